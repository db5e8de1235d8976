// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A command that a capture starts, and whose packets it captures: the process is there before the taps, so that they
// can know its number, and runs the command once they are attached. It has the rights and files that ringtap was
// started with. One that was never released ends without having run anything. Owns the descriptors; one thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class ChildCommand {
 public:
  // Before threads are started, and before signals are handled.
  static Result<ChildCommand> start(const std::vector<std::string>& command);

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable once it has ended.
  [[nodiscard]] int fd() const { return ended_.get(); }
  // From now on the command runs; an Error if it cannot.
  Result<> release();
  [[nodiscard]] bool has_ended() const;

 private:
  ChildCommand(std::string name, pid_t pid) : name_(std::move(name)), pid_(pid) {}

  std::string name_;
  pid_t pid_;
  UniqueFd ended_;    // pidfd_open(2)
  UniqueFd go_;       // it waits for a byte
  UniqueFd refused_;  // an errno if it cannot be run; closed if it is
};

}  // namespace ringtap
