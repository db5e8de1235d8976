// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Runs a command on files that are complete, while the capture goes on: it is never waited for, has the lowest
// priority, reads nothing, and a Ctrl-C at the terminal does not reach it. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

class FileCommand {
 public:
  // A program found as execlp(3) does, without arguments of its own.
  explicit FileCommand(std::string command) : command_(std::move(command)) {}

  // An Error when it could not be started.
  Result<> run(const std::string& path);

 private:
  std::string command_;
  std::vector<pid_t> running_;  // and those that have ended since the last run
};

}  // namespace ringtap
