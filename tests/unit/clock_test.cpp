// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/clock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::int64_t offset_ns = 0;
std::uint64_t monotonic_ns = 0;
int readings = 0;

// The monotonic clock goes on by 40 ns a reading, but every third reading is interrupted for a millisecond, which would
// spoil an average.
Clock::Reading fake_clocks() {
  const bool interrupted = ++readings % 3 == 0;
  Clock::Reading reading{};
  reading.monotonic_before_ns = monotonic_ns;
  reading.real_ns = monotonic_ns + 20 + static_cast<std::uint64_t>(offset_ns) + (interrupted ? 1'000'000U : 0U);
  monotonic_ns += interrupted ? 1'000'040 : 40;
  reading.monotonic_after_ns = monotonic_ns;
  return reading;
}

class ClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    offset_ns = 1000 * static_cast<std::int64_t>(kSecond);
    monotonic_ns = 5 * kSecond;
    readings = 0;
  }
};

TEST_F(ClockTest, AddsTheOffsetOfTheTightestReading) {
  Clock clock(fake_clocks);
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond), 1007 * kSecond);
}

TEST_F(ClockTest, FollowsAStepInEitherDirection) {
  Clock clock(fake_clocks);
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond), 1007 * kSecond);
  offset_ns -= 100 * static_cast<std::int64_t>(kSecond);
  clock.measure();
  EXPECT_EQ(clock.to_epoch_ns(8 * kSecond), 908 * kSecond);
  offset_ns += 500 * static_cast<std::int64_t>(kSecond);
  clock.measure();
  EXPECT_EQ(clock.to_epoch_ns(9 * kSecond), 1409 * kSecond);
}

TEST_F(ClockTest, StandsStillInsteadOfGoingBackWhenTheOffsetShrinksALittle) {
  Clock clock(fake_clocks);
  const std::uint64_t before = clock.to_epoch_ns(7 * kSecond);
  offset_ns -= 500;
  clock.measure();
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond + 100), before);
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond + 2000), 1007 * kSecond + 1500);
}

TEST_F(ClockTest, ARecordThatIsLateKeepsItsOwnTime) {
  Clock clock(fake_clocks);
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond), 1007 * kSecond);
  EXPECT_EQ(clock.to_epoch_ns(7 * kSecond - 300), 1007 * kSecond - 300);
}

TEST(Clock, AgreesWithTheSystemClock) {
  Clock clock;
  const std::uint64_t converted = clock.to_epoch_ns(monotonic_now_ns());
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto system = static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  EXPECT_LT(std::abs(system - static_cast<std::int64_t>(converted)), 1'000'000'000);
}

}  // namespace
}  // namespace ringtap
