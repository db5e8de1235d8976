// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One run: passes records from a source to a sink until something ends it; then stops the source, hands over what was
// captured before, finishes the sink and computes the final totals. Borrows source, sink and signals. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "app/signals.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

// What happened to the records that reached user space.
struct SessionTotals {
  std::uint64_t written = 0;
  std::array<std::uint64_t, kDiscardNames.size()> discards{};
  std::uint64_t& discard(Discard cause) { return discards[static_cast<std::size_t>(cause)]; }

  [[nodiscard]] std::uint64_t discarded() const;
};

struct SessionOptions {
  RunLimits limits;
  bool flush_each_record = false;
  // Called between turns; true: the sink accepts no more records. Null: it always does.
  std::function<bool()> is_done;
  // Called with the totals so far once a second, and at once when the first record comes before which others were lost
  // (of threads beside: within a second); null: never.
  std::function<void(const SessionTotals&)> on_progress = {};
  // What threads of the source have handed to sinks of their own, and what these refused; null: there are none.
  struct Beside {
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
  };
  std::function<Beside()> beside = {};
  // Called between turns after a SIGHUP; null: that is not asked of the sink.
  std::function<Result<>()> start_next_file = {};
  // Called between turns after a SIGUSR2, before the flush; null: that is all it does.
  std::function<Result<>()> on_flush_asked = {};
};

class Session {
 public:
  // `on_counts_asked` is called on SIGUSR1 with the totals so far; the sink then also gets the statistics.
  Session(RecordSource& source, Sink& sink, Signals& signals, SessionOptions options,
          std::function<void(const SessionTotals&)> on_counts_asked)
      : source_(source),
        sink_(sink),
        signals_(signals),
        options_(std::move(options)),
        on_counts_asked_(std::move(on_counts_asked)) {}

  // Returns the first error of source or sink; the totals are final in any case. If the reader of the output has closed
  // it (EPIPE), this is a normal end, not an error.
  Result<> run();

  // Final after run().
  [[nodiscard]] const SessionTotals& totals() const { return totals_; }
  // Whether it ended because SessionOptions::is_done returned true.
  [[nodiscard]] bool stopped_by_sink() const { return stopped_by_sink_; }

  // How long output may wait in a buffer while records keep coming; otherwise it is written immediately.
  static constexpr std::chrono::milliseconds kFlushInterval{5};

 private:
  Result<> capture();
  [[nodiscard]] std::uint64_t handed_over() const;
  void look_at_progress(std::chrono::steady_clock::time_point now);
  std::uint64_t most_records();
  Result<> hand_over_rest(bool wanted);
  Result<> write_statistics();
  Result<> close_sink(bool sink_works);

  RecordSource& source_;
  Sink& sink_;
  Signals& signals_;
  SessionOptions options_;
  std::function<void(const SessionTotals&)> on_counts_asked_;
  SessionTotals totals_;
  std::uint64_t handed_over_ = 0;  // records that the sink accepted
  bool loss_seen_ = false;         // by a record's lost_before
  bool loss_told_ = false;
  std::chrono::steady_clock::time_point last_progress_;
  bool count_reached_ = false;
  bool stopped_by_sink_ = false;
};

}  // namespace ringtap
