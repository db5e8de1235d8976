// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Several sinks as one: each call goes to every sink, in the order in which they were added, even if one of them fails;
// returns the first Error of a call. Owns the sinks. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "ringtap/sink.hpp"

namespace ringtap {

class Tee final : public Sink {
 public:
  void add(std::unique_ptr<Sink> sink) { sinks_.push_back(std::move(sink)); }

  // Returns the sink itself if there is only one, which saves a call per record.
  static std::unique_ptr<Sink> unwrap(std::unique_ptr<Tee> tee) {
    if (tee->sinks_.size() == 1) return std::move(tee->sinks_.front());
    return tee;
  }

  Result<> on_interface(const Interface& interface) override {
    return each([&](Sink& sink) { return sink.on_interface(interface); });
  }
  Result<> on_record(const RecordView& record) override {
    return each([&](Sink& sink) { return sink.on_record(record); });
  }
  void on_time(std::uint64_t until_ns) override {
    for (const auto& sink : sinks_) sink->on_time(until_ns);
  }
  Result<> on_block(const FileBlockView& block) override {
    return each([&](Sink& sink) { return sink.on_block(block); });
  }
  Result<> on_statistics(const InterfaceStatistics& statistics) override {
    return each([&](Sink& sink) { return sink.on_statistics(statistics); });
  }
  Result<> flush() override {
    return each([](Sink& sink) { return sink.flush(); });
  }
  Result<> finish() override {
    return each([](Sink& sink) { return sink.finish(); });
  }
  // How many records every sink has stored.
  [[nodiscard]] std::uint64_t records_stored() const override {
    std::uint64_t least = sinks_.empty() ? 0 : std::numeric_limits<std::uint64_t>::max();
    for (const auto& sink : sinks_) least = std::min(least, sink->records_stored());
    return least;
  }

 private:
  template <class Call>
  Result<> each(Call call) {
    Result<> first = ok();
    for (const auto& sink : sinks_) {
      Result<> result = call(*sink);
      if (first && !result) first = std::move(result);
    }
    return first;
  }

  std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace ringtap
