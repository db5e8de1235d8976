// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/thread.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(StartThread, KeepsSignalsAwayFromTheThreadAndNotFromItsStarter) {
  bool blocked = false;
  auto thread = start_thread("tests", [&blocked] { blocked = is_blocked(SIGINT) && is_blocked(SIGUSR1); });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_TRUE(blocked);
  EXPECT_FALSE(is_blocked(SIGINT));
}

}  // namespace
}  // namespace ringtap
