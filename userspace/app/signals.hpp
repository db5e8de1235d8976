// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Signals as flags that the session checks between turns, and a descriptor that ends a wait. One instance per process.
// SIGINT and SIGTERM ask for the end of the run (base/end_request.hpp), SIGHUP for that or for the next file; SIGUSR1
// asks for the counts, SIGUSR2 for a flush. SIGPIPE and SIGXFSZ are ignored, so that write(2) returns EPIPE and EFBIG.
#pragma once

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class Signals {
 public:
  // From now on SIGUSR1 and SIGUSR2 are flags.
  static Result<Signals> create();
  // From now on all are. It is the last step before a capture starts: until then those that ask for the end end the
  // process, so that a slow look-up or a FIFO without a reader can be interrupted.
  // `hangup_starts_file`: what SIGHUP means.
  void install(bool hangup_starts_file = false);

  // Returns true once per signal.
  bool take_counts_asked();
  bool take_flush_asked();
  bool take_next_file_asked();

  // Readable from a signal until clear_wake().
  [[nodiscard]] int wake_fd() const { return wake_.get(); }
  void clear_wake() const;

 private:
  explicit Signals(UniqueFd wake) : wake_(std::move(wake)) {}
  UniqueFd wake_;
};

}  // namespace ringtap
