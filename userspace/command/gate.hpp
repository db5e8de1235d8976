// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --gate: a capture that is attached keeps no packet before a line comes on standard input, and ends when that is
// closed. A line with a time (nanoseconds since the epoch) has it keep the packets from that time on, by the packets'
// own times: so captures that get the line a while before all begin at one moment, however late each one wakes up. A
// line that comes after its time opens the gate at once, and by how much that is late is said. A packet from before
// the moment counts as skipped. A second number in the line is an interval in nanoseconds: so often, the sink gets the
// statistics of the interfaces whose counters have changed. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command/outputs.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class Gate {
 public:
  // Puts itself in front of the output's sink, and looks at standard input between turns. Has to outlive the output;
  // borrows the source.
  void guard(Output& output, RecordSource& source);

 private:
  class GatedSink;
  void look();
  void open(std::string_view line);
  void write_statistics();

  RecordSource* source_ = nullptr;
  Sink* sink_ = nullptr;                         // the output's
  std::string line_;                             // as much of it as has come
  bool is_opened_ = false;                       // it has come
  std::uint64_t opened_ns_ = ~std::uint64_t{0};  // since the epoch; packets from then on are kept
  bool is_settled_ = false;                      // no packet from before that can come any more
  std::uint64_t before_ = 0;                     // packets
  std::uint64_t interval_ns_ = 0;                // of statistics; 0: none are written
  std::uint64_t looked_ns_ = 0;                  // the last time, by the monotonic clock
  std::uint32_t announced_ = 0;                  // interfaces that the sink knows
  std::vector<InterfaceStatistics> written_;     // the last ones, by interface
};

}  // namespace ringtap
