// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/clock_watch.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

namespace ringtap {

Result<> ClockWatch::open() {
  changes_.reset(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  // Never expires; a read fails with ECANCELED when the time has been set.
  itimerspec never{};
  never.it_value.tv_sec = 4'000'000'000;  // the year 2096
  if (timerfd_settime(fd(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0) {
    return Error::from_errno(errno, "watch the clock");
  }
  return ok();
}

bool ClockWatch::look(std::uint64_t now_ns) {
  std::uint64_t expirations = 0;
  const bool was_set = ::read(fd(), &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
  if (!was_set && now_ns - last_ns_ < kPeriodNs) return false;
  clock_.measure();
  last_ns_ = now_ns;
  return true;
}

}  // namespace ringtap
