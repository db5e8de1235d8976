// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A source of records that also calls a function to read something else: at every turn, and once more when capturing
// stops, before the last records are handed over; and another right before it stops. Borrows the source. One thread.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "ringtap/source.hpp"

namespace ringtap {

class Beside final : public RecordSource {
 public:
  // `last`: this is the last call, so it should wait for what is still on its way.
  using Read = std::function<Result<>(bool last)>;

  Beside(RecordSource& source, Read read, std::function<void()> before_stop)
      : source_(source), read_(std::move(read)), before_stop_(std::move(before_stop)) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override {
    auto state = source_.turn(sink, max_records, std::min<std::chrono::nanoseconds>(wait, kLongestWait));
    if (!state) return state;
    if (auto read = read_(false); !read) return read.take_error();
    return state;
  }
  Result<> stop() override {
    before_stop_();
    Result<> stopped = source_.stop();
    Result<> read = read_(true);
    return stopped ? std::move(read) : std::move(stopped);
  }
  Result<SourceAccount> account() override { return source_.account(); }
  Result<std::vector<InterfaceStatistics>> statistics() override { return source_.statistics(); }

 private:
  static constexpr std::chrono::milliseconds kLongestWait{50};

  RecordSource& source_;
  Read read_;
  std::function<void()> before_stop_;
};

}  // namespace ringtap
