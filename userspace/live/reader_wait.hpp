// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How a reader waits for records. Under load it naps for kNap, so that the CPUs that receive never pay for a wake-up;
// while the line is quiet it sleeps in the kernel, and the first frame wakes it through ringtap_control. One thread.
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

  // A sleep ends when this descriptor becomes readable: there are records, or something has changed.
  Result<> watch(int fd);

  // There were records: the next waits are naps.
  void note_records() { idle_naps_ = 0; }
  // Waits for something that only time brings, no longer than `limit`.
  static void nap(std::chrono::nanoseconds limit);
  // Waits for records, no longer than `limit`. `came` says whether there are any by now. True when it may have slept
  // for longer than a nap, so that the caller should look after everything else.
  bool wait(ringtap_control& control, std::chrono::nanoseconds limit, const std::function<bool()>& came);

 private:
  explicit ReaderWait(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  UniqueFd epoll_;
  int idle_naps_ = 0;
};

}  // namespace ringtap
