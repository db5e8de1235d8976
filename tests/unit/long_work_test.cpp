// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/long_work.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringtap {
namespace {

TEST(LongWork, IsSaidOnceASecondAfterTheFirst) {
  std::string said;
  const Notice notice = [&](const std::string& text) { said += text + "; "; };
  constexpr std::uint64_t kBegin = 5'000'000'000;
  constexpr std::uint64_t kMillisecond = 1'000'000;
  LongWork work(notice, "attaching", 250, kBegin);
  for (std::uint64_t n = 1; n <= 250; ++n) work.step(kBegin + n * 10 * kMillisecond);
  EXPECT_EQ(said, "attaching: 100 of 250 interfaces; attaching: 200 of 250 interfaces; ");
}

TEST(LongWork, IsNotSaidIfItIsShortOrDone) {
  std::string said;
  const Notice notice = [&](const std::string& text) { said += text + "; "; };
  LongWork work(notice, "attaching", 2, 0);
  work.step(999'999'999);
  work.step(2'000'000'000);
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace ringtap
