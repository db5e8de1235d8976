// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A program that a test started: what it printed, how it ended, signals to it. Owns the child process and kills it when
// it goes; also when the test itself dies. The report of a sanitizer on its stderr fails the test. Output goes to
// memory files, so a silent reader never blocks the program. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/wait.hpp"

namespace ringtap::testing {

struct ExitStatus {
  int code = -1;   // -1 when a signal ended it
  int signal = 0;  // 0 when it ended by itself

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};
std::ostream& operator<<(std::ostream& out, const ExitStatus& status);

class Process {
 public:
  // Searches PATH for argv[0]. Throws when there is no process to be had; a program that is not there exits with 127.
  // `in_child` runs between fork and exec.
  explicit Process(std::vector<std::string> argv, const std::function<void()>& in_child = {});
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  // Nothing when it still runs after `patience`.
  std::optional<ExitStatus> wait(std::chrono::milliseconds patience = kPatience);

  // What it has written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  [[nodiscard]] bool wait_for_out(std::string_view text, std::chrono::milliseconds patience = kPatience);
  [[nodiscard]] bool wait_for_err(std::string_view text, std::chrono::milliseconds patience = kPatience);
  // False as soon as the process has ended without making the file.
  [[nodiscard]] bool wait_ready(const std::filesystem::path& file, std::chrono::milliseconds patience = kPatience);

 private:
  void expect_no_sanitizer_report() const;

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::optional<ExitStatus> status_;
};

struct Finished {
  ExitStatus status;
  std::string out;
  std::string err;
};
std::ostream& operator<<(std::ostream& stream, const Finished& finished);

// Runs to the end; one that does not end in time is killed and has status.signal == SIGKILL.
Finished run(std::vector<std::string> argv, std::chrono::milliseconds patience = kPatience);
// `script` by a POSIX shell: for pipes and redirections.
Finished run_shell(const std::string& script, std::chrono::milliseconds patience = kPatience);

// The ringtap binary under test, from the environment that ctest sets.
std::string ringtap_binary();

}  // namespace ringtap::testing
