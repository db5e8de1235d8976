// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/clock.hpp"

#include <limits>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr int kReadings = 5;

}  // namespace

Clock::Reading Clock::read_clocks() {
  Reading reading{};
  reading.monotonic_before_ns = monotonic_now_ns();
  reading.real_ns = epoch_now_ns();
  reading.monotonic_after_ns = monotonic_now_ns();
  return reading;
}

Clock::Clock(Reader reader) : reader_(reader) {
  measure();
}

void Clock::measure() {
  std::uint64_t tightest = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < kReadings; ++i) {
    const Reading reading = reader_();
    const std::uint64_t width = reading.monotonic_after_ns - reading.monotonic_before_ns;
    if (width >= tightest) continue;
    tightest = width;
    offset_ns_ = static_cast<std::int64_t>(reading.real_ns - (reading.monotonic_before_ns + width / 2));
  }
}

std::uint64_t Clock::to_epoch_ns(std::uint64_t monotonic_ns) {
  std::uint64_t epoch_ns = moment_ns(monotonic_ns);
  const bool in_order = monotonic_ns >= last_monotonic_ns_;
  if (in_order && epoch_ns < last_epoch_ns_ && last_epoch_ns_ - epoch_ns < kStepNs) epoch_ns = last_epoch_ns_;
  last_monotonic_ns_ = monotonic_ns;
  last_epoch_ns_ = epoch_ns;
  return epoch_ns;
}

}  // namespace ringtap
