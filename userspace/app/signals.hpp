// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Signals as flags that the session checks between turns, and a descriptor that ends a wait. One instance per process.
// SIGINT, SIGTERM and SIGHUP ask for the end of the run, and a second one ends the process at once; SIGUSR1 asks for
// the counts, SIGUSR2 for a flush. SIGPIPE and SIGXFSZ are ignored, so that write(2) returns EPIPE and EFBIG.
#pragma once

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class Signals {
 public:
  static Result<Signals> create();
  // From this call on signals become flags. It is the last step before a capture starts: until then signals end the
  // process, so that a slow look-up or a FIFO without a reader can be interrupted.
  void install();

  [[nodiscard]] bool end_asked() const;
  // Returns true once per signal.
  bool take_counts_asked();
  bool take_flush_asked();

  // Readable from a signal until clear_wake().
  [[nodiscard]] int wake_fd() const { return wake_.get(); }
  void clear_wake() const;

 private:
  explicit Signals(UniqueFd wake) : wake_(std::move(wake)) {}
  UniqueFd wake_;
};

}  // namespace ringtap
