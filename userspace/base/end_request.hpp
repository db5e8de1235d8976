// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whether this run has been asked to end, for code that may otherwise wait for long: by a signal, or because the time
// of --duration is over. One for the process, since signals are. ask() may be called by a signal handler; the rest by
// any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/now.hpp"

namespace ringtap {

class EndRequest {
 public:
  // Once the end is due, who reads the output may stand still for so long.
  static constexpr std::uint64_t kPatienceNs = kNsPerSecond;
  // Signals within such a time are one request: timeout(1) signals its child and then the whole process group.
  static constexpr std::uint64_t kOneRequestNs = 100'000'000;

  static EndRequest& of_this_run() {
    static constinit EndRequest request;
    return request;
  }

  void ask(std::uint64_t now = monotonic_now_ns()) {
    if (asked() && now < asked_ns_ + kOneRequestNs) return;
    asked_ns_ = now;
    due_ns_ = std::min(due_ns_.load(), now);
    ++times_;
  }
  // By itself, so late.
  void due_in(std::chrono::nanoseconds time) {
    due_ns_ = monotonic_now_ns() + static_cast<std::uint64_t>(time.count());
  }

  [[nodiscard]] bool asked() const { return times_ > 0; }
  // A second time: the end itself takes too long.
  [[nodiscard]] bool urged() const { return times_ > 1; }
  // Who was waited for took something.
  void note_progress() {
    if (due_ns_ != kNever) progress_ns_ = monotonic_now_ns();
  }
  // Nobody may be waited for any more.
  [[nodiscard]] bool patience_is_over() const {
    const std::uint64_t due = due_ns_;
    return urged() || (due != kNever && monotonic_now_ns() >= std::max(due, progress_ns_.load()) + kPatienceNs);
  }

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  std::atomic<int> times_ = 0;
  std::atomic<std::uint64_t> asked_ns_ = 0;
  std::atomic<std::uint64_t> due_ns_ = kNever;
  std::atomic<std::uint64_t> progress_ns_ = 0;
};

}  // namespace ringtap
