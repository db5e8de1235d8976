// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --gate: a capture that is attached keeps no packet before a line comes on standard input, and ends when that is
// closed. So who starts several captures can have them begin at one moment, and none outlives who started it. A packet
// from before the moment counts as skipped. One thread.
#pragma once

#include <cstdint>

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

  std::uint64_t opened_ns_ = ~std::uint64_t{0};  // since the epoch
  bool is_open_ = false;
  std::uint64_t before_ = 0;  // packets
};

}  // namespace ringtap
