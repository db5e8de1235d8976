// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Runs a command on complete files while the capture continues, in the order in which they come, and reports each that
// fails. It has the lowest priority and an empty standard input, and is not reached by Ctrl-C at the terminal. At most
// kMostAtOnce run at a time; further files wait. Commands outlive this process, but files that wait do not: whoever
// ends calls wait_for_start() first. Each command has a thread that waits for it. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

class FileCommand {
 public:
  static constexpr std::size_t kMostAtOnce = 16;

  struct Totals {
    std::uint64_t files = 0;    // given to run()
    std::uint64_t failed = 0;   // could not be started, or ended by a signal or with an exit status other than 0
    std::uint64_t running = 0;  // or still to be started
  };

  // A program, searched for as by execlp(3); the file is its only argument. `report` is called by another thread.
  FileCommand(std::string command, std::function<void(const std::string& text)> report);

  // An Error if there is no thread to be had.
  Result<> run(const std::string& path);

  // Waits for what runs, but for a tenth of a second at most.
  [[nodiscard]] Totals totals() const;
  // Returns when every file has its command.
  void wait_for_start() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // also of the threads
};

}  // namespace ringtap
