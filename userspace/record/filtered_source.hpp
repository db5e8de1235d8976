// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A source whose records pass a filter before the sink sees them; its account says how many were refused. The count of
// a turn limits what the source below hands over, so a turn may end with fewer records accepted. Owns the source. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "record/record_filter.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

enum class OfRefused : std::uint8_t {
  kNothing,   // none is handed over
  kFollowed,  // those whose sk_buff is known are, with Trace::followed set; so are records that have it already
};

class FilteredSource final : public RecordSource {
 public:
  // `filter` has a predicate.
  FilteredSource(std::unique_ptr<RecordSource> source, RecordFilter filter, OfRefused of_refused)
      : source_(std::move(source)), filter_(std::move(filter)), of_refused_(of_refused) {}

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
};

}  // namespace ringtap
