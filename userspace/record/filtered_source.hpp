// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A source whose records pass a filter and are cut before the sink sees them; its account has the number of rejected
// ones. The limit of a turn applies to the records of the underlying source, so a turn may pass on fewer. Owns the
// source. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "record/record_filter.hpp"
#include "record/slice.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

enum class OfRefused : std::uint8_t {
  kNothing,   // no rejected record is handed over
  kFollowed,  // rejected records whose sk_buff is known are, with Trace::followed set; so are those that already have
              // it
};

class FilteredSource final : public RecordSource {
 public:
  FilteredSource(std::unique_ptr<RecordSource> source, RecordFilter filter, OfRefused of_refused, Cut cut = {})
      : source_(std::move(source)), filter_(std::move(filter)), of_refused_(of_refused), cut_(cut) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override { return source_->stop(); }
  Result<SourceAccount> account() override;
  Result<std::vector<InterfaceStatistics>> statistics() override { return source_->statistics(); }

 private:
  class FilteringSink;
  Result<> filter_into(Sink& sink, const RecordView& record);

  std::unique_ptr<RecordSource> source_;
  RecordFilter filter_;
  OfRefused of_refused_;
  Cut cut_;
};

}  // namespace ringtap
