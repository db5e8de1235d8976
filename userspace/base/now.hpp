// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The time, in nanoseconds: CLOCK_MONOTONIC, which the taps stamp records with, and CLOCK_REALTIME, since the epoch.
// No state; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>

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

// "2026-11-29T14:03:19Z", of a time since the epoch.
inline std::string utc_text(std::uint64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / kNsPerSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace ringtap
