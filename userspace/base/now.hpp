// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The time, in nanoseconds: CLOCK_MONOTONIC, which the taps stamp records with, and CLOCK_REALTIME, since the epoch.
// No state; any thread.
#pragma once

#include <cstdint>
#include <ctime>

namespace ringtap {

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

inline std::uint64_t now_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);  // cannot fail for the clocks used here
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t monotonic_now_ns() {
  return now_ns(CLOCK_MONOTONIC);
}

inline std::uint64_t epoch_now_ns() {
  return now_ns(CLOCK_REALTIME);
}

}  // namespace ringtap
