// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How many processes have a socket: only where every reference is known, and how often it is looked.
#include "live/socket_holders.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringtap {
namespace {

constexpr std::uint64_t kCookie = 77;
constexpr std::uint64_t kBegin = 1'000'000'000'000;

struct Rig {
  std::uint64_t now = kBegin;
  std::uint64_t takes = 1'000'000;
  bool works = true;
  unsigned looks = 0;
  std::vector<ringtap_holder> open;
  SocketHolders holders{{.look =
                             [this](std::vector<ringtap_holder>& found) {
                               ++looks;
                               now += takes;
                               found = open;
                               return works;
                             },
                         .now_ns = [this] { return now; }}};

  void add(std::uint64_t process, std::uint64_t table, std::uint32_t descriptor, std::uint32_t references) {
    open.push_back(
        {.cookie = kCookie, .process = process, .table = table, .descriptor = descriptor, .references = references});
  }
  std::uint32_t count(std::uint32_t references) { return holders.count(kCookie, references, now); }
  // A packet each millisecond, with two references.
  void ask_for(std::uint64_t seconds) {
    for (const std::uint64_t end = kBegin + seconds * 1'000'000'000; now < end; now += 1'000'000) (void)count(2);
  }
};

TEST(SocketHolders, AreTheProcessesWhoseDescriptorsAreAllTheReferences) {
  Rig rig;
  rig.add(1, 10, 3, 3);
  rig.add(2, 20, 3, 3);
  rig.add(2, 20, 4, 3);
  EXPECT_EQ(rig.count(3), 2U);
}

TEST(SocketHolders, AreNotLookedForWhereThereIsOneReference) {
  Rig rig;
  EXPECT_EQ(rig.count(1), 0U);
  EXPECT_EQ(rig.count(0), 0U);
  EXPECT_EQ(rig.holders.count(0, 2, rig.now), 0U);
  EXPECT_EQ(rig.looks, 0U);
}

TEST(SocketHolders, OfOneProcessAreNotSaid) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(1, 10, 4, 2);
  EXPECT_EQ(rig.count(2), 0U);
}

// A message carries it, or a thread is in a call.
TEST(SocketHolders, AreNotKnownWhereAReferenceWasNotFound) {
  Rig rig;
  rig.add(1, 10, 3, 3);
  rig.add(2, 20, 3, 3);
  EXPECT_EQ(rig.count(3), 0U);
}

TEST(SocketHolders, AreNotKnownWhereTheReferencesChangedMeanwhile) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 3);
  EXPECT_EQ(rig.count(2), 0U);
  EXPECT_EQ(rig.count(3), 0U);
}

TEST(SocketHolders, AreNotKnownForAPacketWithOtherReferences) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  EXPECT_EQ(rig.count(3), 0U);
  EXPECT_EQ(rig.count(2), 2U);
}

// The table of a process that has ended is that of a new one within one look.
TEST(SocketHolders, AreNotKnownWhereATableWasUsedAgain) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  rig.add(3, 20, 3, 2);
  EXPECT_EQ(rig.count(2), 0U);
}

// As threads of a process whose first thread has ended have them.
TEST(SocketHolders, WithOneTableHaveOneReference) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  EXPECT_EQ(rig.count(2), 2U);
}

TEST(SocketHolders, AreNotKnownWhereLookingFails) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  rig.works = false;
  EXPECT_EQ(rig.count(2), 0U);
}

TEST(SocketHolders, HoldForPacketsNearby) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  EXPECT_EQ(rig.count(2), 2U);
  const std::uint64_t ended = rig.now;
  EXPECT_EQ(rig.holders.count(kCookie, 2, kBegin - SocketHolders::kNearNs), 2U);
  EXPECT_EQ(rig.holders.count(kCookie, 2, ended + SocketHolders::kNearNs), 2U);
  EXPECT_EQ(rig.looks, 1U);
  EXPECT_EQ(rig.holders.count(kCookie, 2, kBegin - SocketHolders::kNearNs - 1), 0U);
  EXPECT_EQ(rig.looks, 1U);
  rig.now = ended + SocketHolders::kNearNs + 1;
  EXPECT_EQ(rig.count(2), 2U);
  EXPECT_EQ(rig.looks, 2U);
}

TEST(SocketHolders, AreLookedForInASmallPartOfTheTime) {
  Rig rig;
  rig.takes = 20'000'000;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  rig.ask_for(20);
  EXPECT_GE(rig.looks, 15U);
  EXPECT_LE(rig.looks, 20'000U / 20 / SocketHolders::kShare + 1);
}

TEST(SocketHolders, AreLookedForLessAndLessInVain) {
  Rig rig;
  rig.ask_for(60);
  EXPECT_LE(rig.looks, 20U);
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  rig.now += SocketHolders::kLongestPauseNs;
  EXPECT_EQ(rig.count(2), 2U);
}

// A thread that waits in a call has one reference more than there are descriptors.
TEST(SocketHolders, AreLookedForLessAndLessWhereAReferenceIsNeverFound) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.ask_for(60);
  EXPECT_LE(rig.looks, 20U);
}

TEST(SocketHolders, OfOneSocketInVainDoNotKeepThoseOfAnother) {
  Rig rig;
  rig.add(1, 10, 3, 2);
  rig.add(2, 20, 3, 2);
  unsigned said = 0;
  constexpr unsigned kSteps = 2000;
  for (unsigned i = 0; i < kSteps; ++i, rig.now += 10'000'000) {
    (void)rig.holders.count(kCookie + 1, 2 + i % 3, rig.now);
    said += rig.count(2) == 2 ? 1 : 0;
  }
  EXPECT_GE(said, kSteps * 9 / 10);
}

}  // namespace
}  // namespace ringtap
