// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What operator new does without memory: the first time it gives a reserve back, asks the run to end (EndRequest) and
// tries again, so that the capture ends in order and writes what it has. If that is not enough the process ends with a
// message and exit code 1; the kernel then detaches the taps. One for the process. The handler runs in any thread.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "base/end_request.hpp"
#include "base/limit_text.hpp"

namespace ringtap {

class MemoryReserve {
 public:
  static constexpr std::size_t kBytes = 2 << 20;  // more than malloc(3) keeps in its heap: goes back to the system

  static void install() {
    const std::string text = "ringtap: out of memory (hint: " + limit_text(ENOMEM) + ")\n";
    std::strncpy(message().data(), text.c_str(), message().size() - 1);
    reserve() = std::malloc(kBytes);
    std::set_new_handler(on_shortage);
  }
  // Whether it was needed.
  static bool used() { return shortage(); }

 private:
  static void on_shortage() {
    if (!shortage().exchange(true)) {
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message().data(), std::strlen(message().data()));
    }
    void* const given = reserve().exchange(nullptr);
    if (given == nullptr) ::_exit(1);
    std::free(given);
    EndRequest::of_this_run().ask();
  }

  static std::array<char, 512>& message() {
    static std::array<char, 512> text{};
    return text;
  }
  static std::atomic<void*>& reserve() {
    static std::atomic<void*> memory;
    return memory;
  }
  static std::atomic<bool>& shortage() {
    static std::atomic<bool> happened;
    return happened;
  }
};

}  // namespace ringtap
