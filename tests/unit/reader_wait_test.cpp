// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/reader_wait.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <thread>

namespace ringtap {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

class ReaderWaitTest : public ::testing::Test {
 protected:
  // Waits until the next wait may sleep.
  void use_up_naps() {
    for (int i = 0; i < ReaderWait::kNapsBeforeSleep; ++i) {
      EXPECT_FALSE(wait_->wait(control_, 0ns, [] { return true; }));
    }
  }

  Result<ReaderWait> wait_ = ReaderWait::create();
  ringtap_control control_{};
};

TEST_F(ReaderWaitTest, NapsFirstWithoutAskingForAWakeUp) {
  for (int i = 0; i < ReaderWait::kNapsBeforeSleep; ++i) {
    bool asked = false;
    EXPECT_FALSE(wait_->wait(control_, 1h, [&] { return asked = true; }));
    EXPECT_FALSE(asked);
    EXPECT_EQ(control_.sleeping, 0U);
  }
}

TEST_F(ReaderWaitTest, DoesNotSleepWhereARecordCameWhileItSetTheFlag) {
  use_up_naps();
  const auto begin = Steady::now();
  EXPECT_FALSE(wait_->wait(control_, 1h, [&] {
    EXPECT_EQ(control_.sleeping, 1U);  // whoever comes now wakes the reader
    return true;
  }));
  EXPECT_LT(Steady::now() - begin, 10s);
  EXPECT_EQ(control_.sleeping, 0U);
}

TEST_F(ReaderWaitTest, SleepsUntilADescriptorIsReadable) {
  const UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ASSERT_TRUE(wait_->watch(event.get()));
  use_up_naps();
  std::thread later([&] {
    std::this_thread::sleep_for(20ms);
    eventfd_write(event.get(), 1);
  });
  int asked = 0;
  EXPECT_TRUE(wait_->wait(control_, 1h, [&] {
    ++asked;
    return false;
  }));
  later.join();
  EXPECT_GE(asked, 1);
  EXPECT_EQ(control_.sleeping, 0U);
  bool asked_again = false;
  EXPECT_FALSE(wait_->wait(control_, 0ns, [&] { return asked_again = true; }));
  EXPECT_FALSE(asked_again);  // what woke it may be traffic: naps again
}

TEST_F(ReaderWaitTest, SleepsNoLongerThanItMayAndLooksInBetween) {
  use_up_naps();
  const auto begin = Steady::now();
  int asked = 0;
  EXPECT_TRUE(wait_->wait(control_, 30ms, [&] {
    ++asked;
    return false;
  }));
  EXPECT_GE(Steady::now() - begin, 30ms);
  EXPECT_EQ(asked, 3);  // before, after the short sleep and after the long one
}

TEST_F(ReaderWaitTest, EndsAfterTheShortSleepWhenARecordHadSlippedThrough) {
  use_up_naps();
  int asked = 0;
  const auto begin = Steady::now();
  EXPECT_TRUE(wait_->wait(control_, 1h, [&] { return ++asked == 2; }));
  EXPECT_LT(Steady::now() - begin, 900ms);
}

TEST_F(ReaderWaitTest, NapsAgainAfterRecords) {
  use_up_naps();
  wait_->note_records();
  bool asked = false;
  EXPECT_FALSE(wait_->wait(control_, 0ns, [&] { return asked = true; }));
  EXPECT_FALSE(asked);
}

TEST_F(ReaderWaitTest, RefusesADescriptorThatIsNone) {
  EXPECT_FALSE(wait_->watch(-1));
}

}  // namespace
}  // namespace ringtap
