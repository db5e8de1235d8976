// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Turns CLOCK_MONOTONIC, which the taps stamp records with, into nanoseconds since the epoch (CLOCK_REALTIME). The
// offset changes when the clock is stepped or slewed, so it is measured repeatedly. One thread.
#pragma once

#include <cstdint>

namespace ringtap {

class Clock {
 public:
  // Readings of the two clocks, replaceable so that a test can step them.
  struct Reading {
    std::uint64_t monotonic_before_ns;
    std::uint64_t real_ns;
    std::uint64_t monotonic_after_ns;
  };
  using Reader = Reading (*)();
  static Reading read_clocks();

  explicit Clock(Reader reader = read_clocks);

  // Takes several readings and uses the best one; its error is half the time between two readings of the other clock
  // (some 20 ns).
  void measure();

  // From now on this one goes as the other does, which was measured later.
  void take_offset(const Clock& other) { offset_ns_ = other.offset_ns_; }

  // Never goes back by less than kStepNs: after such a correction time stands still until the clock has caught up, so
  // that records stay in order. A larger difference is applied as a step.
  [[nodiscard]] std::uint64_t to_epoch_ns(std::uint64_t monotonic_ns);

  // The same without this state, for times that are not those of records.
  [[nodiscard]] std::uint64_t moment_ns(std::uint64_t monotonic_ns) const {
    return monotonic_ns + static_cast<std::uint64_t>(offset_ns_);
  }

  // The inverse, for times that the kernel took from CLOCK_REALTIME.
  [[nodiscard]] std::uint64_t monotonic_ns_of(std::uint64_t epoch_ns) const {
    return epoch_ns - static_cast<std::uint64_t>(offset_ns_);
  }

  static constexpr std::uint64_t kStepNs = 1'000'000;

 private:
  Reader reader_;
  std::int64_t offset_ns_ = 0;
  std::uint64_t last_monotonic_ns_ = 0;
  std::uint64_t last_epoch_ns_ = 0;
};

}  // namespace ringtap
