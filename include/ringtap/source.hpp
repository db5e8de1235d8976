// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where records come from: the ring drain or a file. Records are borrowed by the sink until its call returns; one
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

  // One turn: waits for records at most `wait`, hands what is ready to `sink` (on_interface and on_record only), in
  // time order and at most `max_records` of them, and returns. A signal ends the wait early. An Error of the sink comes
  // back unchanged; the record that met it counts as handed over.
  virtual Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) = 0;

  // No new records from here on; turns go on until kEnd to hand over what was taken before. Idempotent.
  virtual Result<> stop() = 0;

  // The books so far. A source without a kernel side (a file) has nothing to tell.
  virtual Result<SourceAccount> account() { return SourceAccount{}; }
  // Totals per interface, for the sinks.
  virtual Result<std::vector<InterfaceStatistics>> statistics() { return std::vector<InterfaceStatistics>{}; }
};

}  // namespace ringtap
