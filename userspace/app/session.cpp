// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/session.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <numeric>
#include <utility>

#include "base/end_request.hpp"

namespace ringtap {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::nanoseconds kLongestWait = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kProgressInterval = std::chrono::seconds(1);

// Passes records on and counts the result of each.
class CountingSink final : public Sink {
 public:
  CountingSink(Sink& sink, const SessionOptions& options, std::uint64_t& taken, bool& loss_seen, SessionTotals& totals)
      : sink_(sink), options_(options), taken_(taken), loss_seen_(loss_seen), totals_(totals) {}

  Result<> on_interface(const Interface& interface) override { return sink_.on_interface(interface); }
  Result<> on_record(const RecordView& record) override {
    loss_seen_ |= record.lost_before != 0;
    if (totals_.discard(Discard::kSkipped) < options_.limits.skip) {
      ++totals_.discard(Discard::kSkipped);
      return ok();
    }
    auto result = sink_.on_record(record);
    if (!result) {
      ++totals_.discard(Discard::kOutput);
      return result;
    }
    ++taken_;
    return options_.flush_each_record ? sink_.flush() : ok();
  }
  void on_time(std::uint64_t until_ns) override { sink_.on_time(until_ns); }
  Result<> on_block(const FileBlockView& block) override { return sink_.on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override { return sink_.on_statistics(statistics); }
  Result<> flush() override { return sink_.flush(); }
  Result<> finish() override { return sink_.finish(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return sink_.records_stored(); }

 private:
  Sink& sink_;
  const SessionOptions& options_;
  std::uint64_t& taken_;
  bool& loss_seen_;
  SessionTotals& totals_;
};

// Discards and counts records that are no longer wanted.
class DiscardingSink final : public Sink {
 public:
  explicit DiscardingSink(std::uint64_t& discarded) : discarded_(discarded) {}
  Result<> on_interface(const Interface&) override { return ok(); }
  Result<> on_record(const RecordView&) override {
    ++discarded_;
    return ok();
  }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return 0; }

 private:
  std::uint64_t& discarded_;
};

void keep_first(Result<>& first, Result<> next) {
  if (first && !next) first = std::move(next);
}

}  // namespace

std::uint64_t SessionTotals::discarded() const {
  return std::accumulate(discards.begin(), discards.end(), std::uint64_t{0});
}

Result<> Session::run() {
  Result<> result = capture();
  const bool sink_works = static_cast<bool>(result) || result.error().kind() != ErrorKind::kOutput;
  keep_first(result, source_.stop());
  keep_first(result, hand_over_rest(sink_works && !count_reached_));
  Result<> closed = close_sink(sink_works);

  // Records that the sink accepted but could not store count as discarded.
  const std::uint64_t left_out = sink_.records_left_out();
  totals_.discard(Discard::kSkipped) += left_out;
  totals_.written = std::min(handed_over() - left_out, sink_.records_stored());
  totals_.discard(Discard::kOutput) += handed_over() - left_out - totals_.written;
  if (options_.beside) totals_.discard(Discard::kOutput) += options_.beside().refused;
  if (auto account = source_.account()) totals_.discard(Discard::kFilter) = account->refused;
  // A reader that has closed the pipe is not an error, but any other failure at the end is.
  const auto is_epipe = [](const Result<>& r) { return !r && r.error().errno_value() == EPIPE; };
  if (is_epipe(result)) result = ok();
  if (!is_epipe(closed)) keep_first(result, std::move(closed));
  return result;
}

std::uint64_t Session::handed_over() const {
  return handed_over_ + (options_.beside ? options_.beside().taken : 0);
}

Result<> Session::capture() {
  CountingSink sink(sink_, options_, handed_over_, loss_seen_, totals_);
  const auto start = Steady::now();
  auto last_flush = start;
  last_progress_ = start;
  EndRequest& end = EndRequest::of_this_run();
  if (options_.limits.duration) end.due_in(*options_.limits.duration);
  while (!end.asked()) {
    auto wait = kLongestWait;
    if (options_.limits.duration) {
      wait = std::min<std::chrono::nanoseconds>(wait, start + *options_.limits.duration - Steady::now());
      if (wait <= std::chrono::nanoseconds::zero()) return ok();
    }
    const std::uint64_t before = handed_over_;
    auto state = source_.turn(sink, most_records(), wait);
    if (!state) return state.take_error();
    if (*state == SourceState::kEnd) return ok();
    if (options_.is_done && options_.is_done()) {
      stopped_by_sink_ = true;
      return ok();
    }
    if (options_.limits.count && handed_over_ >= *options_.limits.count) {
      count_reached_ = true;
      return ok();
    }

    signals_.clear_wake();
    if (signals_.take_counts_asked()) {
      totals_.written = handed_over();
      on_counts_asked_(totals_);
      if (auto result = options_.beside ? ok() : write_statistics(); !result) return result;
    }
    const auto now = Steady::now();
    look_at_progress(now);
    if (signals_.take_next_file_asked() && options_.start_next_file) {
      if (auto started = options_.start_next_file(); !started) return started;
    }
    const bool idle = handed_over_ == before;
    const bool flush_asked = signals_.take_flush_asked();
    if (flush_asked && options_.on_flush_asked) {
      if (auto done = options_.on_flush_asked(); !done) return done;
    }
    if (flush_asked || idle || now - last_flush >= kFlushInterval) {
      if (auto result = sink_.flush(); !result) return result;
      last_flush = now;
    }
  }
  return ok();
}

void Session::look_at_progress(Steady::time_point now) {
  if (!options_.on_progress) return;
  const bool is_first_loss = loss_seen_ && !loss_told_;
  if (!is_first_loss && now - last_progress_ < kProgressInterval) return;
  loss_told_ = loss_seen_;
  last_progress_ = now;
  totals_.written = handed_over();
  options_.on_progress(totals_);
}

// Until the count is reached.
std::uint64_t Session::most_records() {
  if (!options_.limits.count) return kNoLimit;
  const std::uint64_t wanted = *options_.limits.count - handed_over_;
  const std::uint64_t to_skip = options_.limits.skip - totals_.discard(Discard::kSkipped);
  return wanted > kNoLimit - to_skip ? kNoLimit : wanted + to_skip;
}

Result<> Session::hand_over_rest(bool wanted) {
  CountingSink sink(sink_, options_, handed_over_, loss_seen_, totals_);
  DiscardingSink bin(totals_.discard(count_reached_ ? Discard::kAfterStop : Discard::kOutput));
  Result<> result;
  for (;;) {
    if (wanted && EndRequest::of_this_run().urged()) {
      keep_first(result, Error("ended by a second signal before everything captured was written", ErrorKind::kOutput));
      wanted = false;
    }
    auto state = source_.turn(wanted ? static_cast<Sink&>(sink) : bin, kNoLimit, kLongestWait);
    if (state && *state == SourceState::kEnd) return result;
    if (!state) {
      const bool from_sink = state.error().kind() == ErrorKind::kOutput;
      keep_first(result, state.take_error());
      if (!from_sink) return result;
      wanted = false;
    }
  }
}

Result<> Session::write_statistics() {
  auto statistics = source_.statistics();
  if (!statistics) return statistics.take_error();
  for (const InterfaceStatistics& interface : *statistics) {
    if (auto result = sink_.on_statistics(interface); !result) return result;
  }
  return ok();
}

Result<> Session::close_sink(bool sink_works) {
  Result<> result = sink_works ? write_statistics() : ok();
  keep_first(result, sink_.finish());
  return result;
}

}  // namespace ringtap
