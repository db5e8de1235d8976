// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ringtap that captures for an agent, as a process of its own: it confines itself as any capture does, and ends if
// the agent does, since its standard input is then closed. It is started with a list of words, never by a shell, and
// with no file of the agent but three pipes and the memory for its packets. Owns these and the process. One thread at a
// time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class CaptureProcess {
 public:
  // `words` are those after the program's name. `memory_fd`, borrowed for the call, is that of a SharedPipeReader for
  // what it writes; -1: that goes to standard output.
  static Result<CaptureProcess> start(const std::vector<std::string>& words, int memory_fd = -1);
  CaptureProcess(CaptureProcess&& other) noexcept;
  CaptureProcess& operator=(CaptureProcess&&) = delete;
  // Ends it, at once.
  ~CaptureProcess();

  // Where its output, or the bell of that, and its messages come from. Not blocking.
  [[nodiscard]] int output() const { return out_.get(); }
  [[nodiscard]] int messages() const { return err_.get(); }
  // Packets are to be kept from this moment on, since the epoch, and statistics of interfaces come among them; false:
  // it does not run any more.
  bool open_gate(std::uint64_t at_ns);
  // It is to end, and what it captured before still comes.
  void end() { in_.reset(); }
  // Nobody reads its output any more: it ends if it has more.
  void close_output() { out_.reset(); }
  // It did not end.
  void kill() const;
  // Waits for its end; its status as of waitpid(2).
  int wait();

 private:
  CaptureProcess(pid_t pid, UniqueFd in, UniqueFd out, UniqueFd err)
      : pid_(pid), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)) {}

  pid_t pid_;
  UniqueFd in_;
  UniqueFd out_;
  UniqueFd err_;
};

}  // namespace ringtap
