// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/record_filter.hpp"

#include <gtest/gtest.h>

#include "support/packet.hpp"

namespace ringtap {
namespace {

TEST(RecordFilter, CountsWhatIsRefused) {
  RecordFilter filter([](const RecordView& record) { return record.wire_len == 1; });
  EXPECT_TRUE(filter.matches({.wire_len = 1}));
  EXPECT_FALSE(filter.matches({.wire_len = 2}));
  EXPECT_EQ(filter.refused(), 0U);
  filter.refuse({.wire_len = 2}, 0);
  filter.refuse({.wire_len = 2}, 7);
  EXPECT_EQ(filter.refused(), 2U);
}

TEST(RecordFilter, CountsTheTaggedFramesAmongThoseThatAreRefused) {
  using testing::Ethernet, testing::Vlan, testing::Ipv4, testing::Udp;
  RecordFilter filter;
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0x8100, 0x88a8, 0x9100}) {
    filter.refuse({.data = (Ethernet{} / Vlan{.id = 5, .protocol = type} / Ipv4{} / Udp{}).bytes()}, 0);
  }
  filter.refuse({.data = (Ethernet{} / Ipv4{} / Udp{}).bytes()}, 0);
  filter.refuse({.data = {}}, 0);
  EXPECT_EQ(filter.refused(), 5U);
  EXPECT_EQ(filter.refused_tagged(), 3U);
}

// A loss is told with the record after it; one that the filter refuses passes it on.
TEST(RecordFilter, PassesLossesOnWithinTheirStream) {
  RecordFilter filter;
  filter.refuse({.lost_before = 3}, 5);
  filter.refuse({}, 6);
  filter.refuse({.lost_before = 4}, 5);
  for (const std::size_t other : {0, 4, 6, 1000}) EXPECT_EQ(filter.take_lost(other), 0U);
  EXPECT_EQ(filter.take_lost(5), 7U);
  EXPECT_EQ(filter.take_lost(5), 0U);
}

}  // namespace
}  // namespace ringtap
