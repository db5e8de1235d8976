// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/interface_totals.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

class InterfaceTotalsTest : public ::testing::Test {
 protected:
  InterfaceTotalsTest() {
    for (const std::uint32_t ifindex : {2U, 3U}) {
      rtnetlink::Device device;
      device.ifindex = ifindex;
      device.name = "eth" + std::to_string(ifindex);
      slots_.interface_of(**slots_.add(device), Tap::kTcIngress);
    }
  }
  // What has been counted at the device of a slot since the capture began.
  TapAccount counted(std::uint32_t slot, std::uint64_t times) {
    TapAccount row;
    row.interface_id = slots_[slot].interface_ids[RINGTAP_TAP_TC_INGRESS];
    row.seen = 10 * times;
    row.filtered = 4 * times;
    row.drops[static_cast<std::size_t>(Drop::kRingFull)] = times;
    row.delivered = 5 * times;
    return row;
  }

  SlotTable slots_{2, {.taps = kTcTaps, .filter = "", .description = [](Tap, const auto&) { return ""; }}};
  InterfaceTotals totals_;
};

TEST_F(InterfaceTotalsTest, SumUpEachInterface) {
  SourceAccount account;
  account.taps = {counted(2, 1), counted(2, 1)};
  TapAccount nowhere = counted(1, 1);
  nowhere.interface_id = kNoInterface;
  account.taps.push_back(nowhere);
  const auto totals = totals_.of(account, slots_, 100, 200);
  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[0].received, 0U);
  EXPECT_EQ(totals[1].interface_id, 1U);
  EXPECT_EQ(totals[1].received, 20U);
  EXPECT_EQ(totals[1].filter_accepted, 12U);
  EXPECT_EQ(totals[1].dropped, 2U);
  EXPECT_EQ(totals[1].delivered, 10U);
  EXPECT_EQ(totals[1].start_ns, 100U);
  EXPECT_EQ(totals[1].end_ns, 200U);
}

TEST_F(InterfaceTotalsTest, GiveEachNameOfADeviceWhatWasCountedUnderIt) {
  SourceAccount account;
  account.taps = {counted(1, 1), counted(2, 1)};
  account.taps[0].seen += 2;  // in the ring: handed over under the next name
  totals_.close(slots_[1], account, slots_, 100, 150);
  slots_.rename(slots_[1], "wan");
  account.taps = {counted(1, 3), counted(2, 1)};
  totals_.close(slots_[1], account, slots_, 100, 170);
  slots_.rename(slots_[1], "lan");
  account.taps = {counted(1, 7), counted(2, 2)};
  const auto totals = totals_.of(account, slots_, 100, 200);
  ASSERT_EQ(totals.size(), 4U);
  const auto expect = [&](std::uint32_t id, std::uint64_t times, std::uint64_t start_ns, std::uint64_t end_ns) {
    SCOPED_TRACE(slots_.interfaces()[id].name);
    EXPECT_EQ(totals[id].interface_id, id);
    EXPECT_EQ(totals[id].received, 10 * times);
    EXPECT_EQ(totals[id].filter_accepted, 6 * times);
    EXPECT_EQ(totals[id].dropped, times);
    EXPECT_EQ(totals[id].delivered, 5 * times);
    EXPECT_EQ(totals[id].start_ns, start_ns);
    EXPECT_EQ(totals[id].end_ns, end_ns);
  };
  expect(0, 1, 100, 150);
  expect(1, 2, 100, 200);
  expect(2, 2, 150, 170);
  expect(3, 4, 170, 200);
}

}  // namespace
}  // namespace ringtap
