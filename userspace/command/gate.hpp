// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --gate: a capture that is attached keeps no packet before a line comes on standard input, and ends when that is
// closed. A line with a time (nanoseconds since the epoch) has it keep the packets from that time on, by the packets'
// own times: so captures that get the line a while before all begin at one moment, however late each one wakes up. A
// line that comes after its time opens the gate at once, and by how much that is late is said. A packet from before
// the moment counts as skipped. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "command/outputs.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class Gate {
 public:
  // Puts itself in front of the output's sink, and looks at standard input between turns. Has to outlive the output.
  void guard(Output& output);

 private:
  class GatedSink;
  void look();
  void open(std::string_view line);

  std::string line_;                             // as much of it as has come
  bool is_opened_ = false;                       // it has come
  std::uint64_t opened_ns_ = ~std::uint64_t{0};  // since the epoch; packets from then on are kept
  bool is_settled_ = false;                      // no packet from before that can come any more
  std::uint64_t before_ = 0;                     // packets
};

}  // namespace ringtap
