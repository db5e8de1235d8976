// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "record/event.hpp"
#include "ringtap/abi.h"
#include "ringtap/record.hpp"

namespace ringtap {
namespace {

TEST(TapSet, HoldsWhatWasPutInAndNotTakenOut) {
  TapSet taps = kTcTaps;
  taps.insert(Tap::kDrop);
  taps.insert(kStackTaps);
  EXPECT_TRUE(taps.contains(Tap::kTcEgress) && taps.contains(Tap::kDrop) && taps.contains(Tap::kStackOut));
  EXPECT_FALSE(taps.contains(Tap::kXdp));
  taps.erase({Tap::kTcEgress, Tap::kStackIn, Tap::kXdp});
  EXPECT_EQ(taps, (TapSet{Tap::kTcIngress, Tap::kStackOut, Tap::kDrop}));
  EXPECT_TRUE(taps.contains_any(kHostTaps));
  EXPECT_FALSE(taps.contains_any(kPacketTaps));
  EXPECT_FALSE(taps.contains_any({}));
  taps.erase(taps);
  EXPECT_TRUE(taps.empty());
}

TEST(TapFamily, IsTheWordOfTheOptionForBothDirections) {
  EXPECT_EQ(tap_family(Tap::kTcIngress), "tc");
  EXPECT_EQ(tap_family(Tap::kTcEgress), "tc");
  EXPECT_EQ(tap_family(Tap::kStackOut), "stack");
  EXPECT_EQ(tap_family(Tap::kPacketIn), "packet");
  EXPECT_EQ(tap_family(Tap::kXdp), "xdp");
  EXPECT_EQ(tap_family(Tap::kNetfilter), "netfilter");
  EXPECT_EQ(tap_family(Tap::kSocket), "socket");
  EXPECT_EQ(tap_family(Tap::kDrop), "drop");
}

// Against a count by a set, for every set of taps there is.
TEST(TapFamily, IsCountedOnceForEverySet) {
  for (std::uint32_t bits = 0; bits < 1U << kTapTraits.size(); ++bits) {
    TapSet taps;
    std::set<std::string_view> families;
    for (std::size_t tap = 0; tap < kTapTraits.size(); ++tap) {
      if ((bits >> tap & 1) == 0) continue;
      taps.insert(static_cast<Tap>(tap));
      families.insert(tap_family(static_cast<Tap>(tap)));
    }
    ASSERT_EQ(family_count(taps), families.size()) << bits;
    ASSERT_EQ(taps.empty(), bits == 0);
  }
}

TEST(TapTraits, AreOfOneFamilyInARow) {
  std::set<std::string_view> names;
  std::set<std::string_view> families;
  std::string_view family;
  for (const TapTraits& traits : kTapTraits) {
    EXPECT_TRUE(names.insert(traits.name).second) << traits.name;
    if (traits.family == family) continue;
    EXPECT_TRUE(families.insert(traits.family).second) << traits.family;
    family = traits.family;
  }
}

TEST(TapWords, StandForAFamilyOrForOneTapOfIt) {
  EXPECT_EQ(taps_of_word("tc", kCaptureTaps), (TapSet{Tap::kTcIngress, Tap::kTcEgress}));
  EXPECT_EQ(taps_of_word("tc-in", kCaptureTaps), TapSet{Tap::kTcIngress});
  EXPECT_EQ(taps_of_word("tc-out", kCaptureTaps), TapSet{Tap::kTcEgress});
  EXPECT_EQ(taps_of_word("packet", kAllTaps), kPacketTaps);
  EXPECT_EQ(taps_of_word("end", kAllTaps), TapSet{Tap::kEnd});
  for (const std::string_view word : {"end", "unknown", "", "tc-ingress", "t", "tcp"}) {
    EXPECT_TRUE(taps_of_word(word, kCaptureTaps).empty()) << word;
  }
  EXPECT_EQ(
      tap_words(kCaptureTaps),
      "xdp, tc, tc-in, tc-out, stack, stack-in, stack-out, netfilter, socket, drop, packet, packet-in, packet-out");
  EXPECT_EQ(tap_words(kAllTaps),
            "xdp, tc, tc-in, tc-out, stack, stack-in, stack-out, netfilter, socket, drop, end, packet, packet-in, "
            "packet-out");
}

TEST(TapSets, AreThoseOfTheirTraits) {
  EXPECT_EQ(kHostTaps, (TapSet{Tap::kStackIn, Tap::kStackOut, Tap::kNetfilter, Tap::kSocket, Tap::kDrop, Tap::kEnd}));
  EXPECT_EQ(kInTaps, (TapSet{Tap::kXdp, Tap::kTcIngress, Tap::kStackIn, Tap::kPacketIn, Tap::kSocket}));
  EXPECT_EQ(kOutTaps, (TapSet{Tap::kTcEgress, Tap::kStackOut, Tap::kPacketOut}));
  EXPECT_EQ(kPcapngTaps, (TapSet{Tap::kNetfilter, Tap::kDrop}));
  TapSet rest = kAllTaps;
  rest.erase(kCaptureTaps);
  EXPECT_EQ(rest, TapSet{Tap::kEnd});
}

TEST(TapNumbers, OfTheKernelSideLeadToTapsAndBack) {
  std::set<Tap> taps;
  for (std::size_t number = 0; number < kEventTaps; ++number) {
    const Tap tap = tap_of(static_cast<ringtap_tap>(number));
    EXPECT_EQ(event_tap_of(tap), number);
    taps.insert(tap);
  }
  EXPECT_EQ(taps.size(), kEventTaps);
  EXPECT_FALSE(taps.contains(Tap::kUnknown));
}

}  // namespace
}  // namespace ringtap
