// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How a reader waits for records. Under load it naps for kNap, so that receiving CPUs never pay for a wake-up; without
// traffic it sleeps in the kernel, and the first frame wakes it through ringtap_control. One thread.
#pragma once

#include <chrono>
#include <functional>

#include "ringtap/abi.h"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class ReaderWait {
 public:
  static constexpr std::chrono::microseconds kNap{250};
  static constexpr int kNapsBeforeSleep = 20;

  static Result<ReaderWait> create();

  // Adds a descriptor that ends a sleep when it becomes readable.
  Result<> watch(int fd);

  // There were records: the next waits are naps.
  void note_records() { idle_naps_ = 0; }
  // Naps, no longer than `limit`, when only time has to pass.
  static void nap(std::chrono::nanoseconds limit);
  // Waits for records, no longer than `limit`. `came` returns whether there are any by now. Returns true if it may have
  // slept longer than a nap, so that the caller should check everything else, too.
  bool wait(ringtap_control& control, std::chrono::nanoseconds limit, const std::function<bool()>& came);

 private:
  explicit ReaderWait(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  UniqueFd epoll_;
  int idle_naps_ = 0;
};

}  // namespace ringtap
