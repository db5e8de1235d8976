// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Runs a command on complete files while the capture continues. The command is not waited for, has the lowest priority
// and an empty standard input, and is not reached by Ctrl-C at the terminal. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

class FileCommand {
 public:
  // A program, searched for as by execlp(3); the file is its only argument.
  explicit FileCommand(std::string command) : command_(std::move(command)) {}

  // An Error if it could not be started.
  Result<> run(const std::string& path);

 private:
  std::string command_;
  std::vector<pid_t> running_;  // including those that have ended since the last run
};

}  // namespace ringtap
