// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How a process ended, in words, from the status that waitpid(2) gives, for messages about helper processes and
// commands. No state; any thread.
#pragma once

#include <sys/wait.h>

#include <cstring>
#include <string>

namespace ringtap {

// "killed by signal 9 (Killed)", "exit status 1".
inline std::string ending_text(int status) {
  if (!WIFSIGNALED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

}  // namespace ringtap
