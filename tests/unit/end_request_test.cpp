// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/end_request.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

constexpr std::uint64_t kFirst = 5'000'000'000;

TEST(EndRequest, IsMadeByOneSignal) {
  EndRequest request;
  EXPECT_FALSE(request.asked());
  request.ask(kFirst);
  EXPECT_TRUE(request.asked());
  EXPECT_FALSE(request.urged());
}

TEST(EndRequest, IsOneForASignalThatComesTwiceAtOnce) {
  EndRequest request;
  request.ask(kFirst);
  request.ask(kFirst);
  request.ask(kFirst + EndRequest::kOneRequestNs - 1);
  EXPECT_FALSE(request.urged());
  request.ask(kFirst + EndRequest::kOneRequestNs);
  EXPECT_TRUE(request.urged());
}

}  // namespace
}  // namespace ringtap
