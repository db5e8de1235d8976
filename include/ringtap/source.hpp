// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where records come from: a live capture or a file. Records are borrowed by the sink until its call returns; one
// thread calls everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "ringtap/accounting.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

enum class SourceState {
  kMore,  // records are ready or may follow
  kEnd,   // no record will follow: the file has ended, or the taps are detached and the rings empty
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // One turn: waits for records for at most `wait`, passes those that are ready, in time order and at most
  // `max_records`, to `sink` (on_interface and on_record only), and returns. A signal ends the wait early. An Error of
  // the sink is returned unchanged; the record that caused it counts as handed over.
  virtual Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) = 0;

  // Stops capturing; further turns, until kEnd, hand over what was captured before. Idempotent.
  virtual Result<> stop() = 0;

  // The accounting so far; empty for a source without a kernel side (a file).
  virtual Result<SourceAccount> account() { return SourceAccount{}; }
  // Totals per interface, for the sinks.
  virtual Result<std::vector<InterfaceStatistics>> statistics() { return std::vector<InterfaceStatistics>{}; }
};

}  // namespace ringtap
