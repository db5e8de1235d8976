// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/capture_account.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ringtap {
namespace {

constexpr std::size_t kCpus = 2;

rtnetlink::Device device(std::uint32_t ifindex, const std::string& name) {
  rtnetlink::Device made;
  made.ifindex = ifindex;
  made.name = name;
  return made;
}

class CaptureAccountTest : public ::testing::Test {
 protected:
  CaptureAccountTest() {
    Slot& eth0 = **slots_.add(device(2, "eth0"));
    slots_.interface_of(eth0, Tap::kTcIngress);
    slots_.interface_of(eth0, Tap::kDrop);
    slots_.interface_of(eth0, Tap::kPacketIn);
  }

  ringtap_counters& kernel(std::uint32_t slot, ringtap_tap tap, std::size_t cpu) {
    auto& rows = kernel_[{slot, tap}];
    rows.resize(kCpus);
    return rows[cpu];
  }
  Result<SourceAccount> account(std::vector<TapCounts> rows = {}) {
    return account_.account(
        slots_,
        [this](std::uint32_t slot, ringtap_tap tap) -> Result<std::vector<ringtap_counters>> {
          auto rows_of = kernel_[{slot, tap}];
          rows_of.resize(kCpus);
          return rows_of;
        },
        std::move(rows));
  }

  SlotTable slots_{4,
                   {.taps = kAllTaps, .filter = "", .description = [](Tap, const rtnetlink::Device&) { return ""; }}};
  CaptureAccount account_{5, kCpus};
  std::map<std::pair<std::uint32_t, int>, std::vector<ringtap_counters>> kernel_;
};

TEST_F(CaptureAccountTest, PutsRecordsAndTheKernelsCountersTogether) {
  auto& counters = kernel(1, RINGTAP_TAP_TC_INGRESS, 1);
  counters.value[RINGTAP_CNT_SEEN] = 10;
  counters.value[RINGTAP_CNT_FILTERED] = 4;
  counters.filtered_tagged = 3;
  counters.value[RINGTAP_CNT_RATE_LIMITED] = 1;
  counters.value[RINGTAP_CNT_RING_FULL] = 2;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(account_.add({.monotonic_ns = 5, .cpu = 1, .slot = 1, .tap = RINGTAP_TAP_TC_INGRESS}));
  }
  ASSERT_TRUE(account_.add({.monotonic_ns = 6, .cpu = 0, .slot = 1, .tap = RINGTAP_TAP_TC_INGRESS}));
  const auto told = account();
  ASSERT_TRUE(told);
  ASSERT_EQ(told->taps.size(), 1U);
  const TapAccount& row = told->taps[0];
  EXPECT_EQ(row.interface, "eth0");
  EXPECT_EQ(row.tap, "tc-ingress");
  EXPECT_EQ(row.cpu, 1U);
  EXPECT_EQ(row.interface_id, 0U);
  EXPECT_EQ(row.seen, 10U);
  EXPECT_EQ(row.filtered, 4U);
  EXPECT_EQ(row.filtered_tagged, 3U);
  EXPECT_EQ(row.left_out[static_cast<std::size_t>(LeftOut::kRateLimited)], 1U);
  EXPECT_EQ(row.drops[static_cast<std::size_t>(Drop::kRingFull)], 2U);
  EXPECT_EQ(row.delivered, 3U);  // that CPU's alone
  EXPECT_TRUE(row.balances());
  EXPECT_EQ(told->late, 0U);
}

TEST_F(CaptureAccountTest, RefusesARecordOfACpuThatIsNone) {
  EXPECT_FALSE(account_.add({.cpu = kCpus, .slot = 1}));
  account_.add_malformed();
  EXPECT_EQ(account()->malformed, 1U);
}

TEST_F(CaptureAccountTest, CountsRecordsThatComeTooLate) {
  for (const std::uint64_t time : {3, 5, 4, 5, 2}) account_.add({.monotonic_ns = time, .slot = 1});
  EXPECT_EQ(account()->late, 2U);
}

TEST_F(CaptureAccountTest, TakesInWhatFamiliesCountThemselves) {
  kernel(1, RINGTAP_TAP_DROP, 0).value[RINGTAP_CNT_SEEN] = 1;
  const auto told =
      account({{.slot = 1, .tap = Tap::kPacketIn, .delivered = 7, .reason = Drop::kRingFull, .dropped = 2},
               {.slot = 0, .tap = Tap::kDrop, .delivered = 0, .reason = Drop::kNoRing, .dropped = 5}});
  ASSERT_TRUE(told);
  ASSERT_EQ(told->taps.size(), 3U);
  EXPECT_EQ(told->taps[0].interface, "unknown");
  EXPECT_EQ(told->taps[0].tap, "drop");
  EXPECT_EQ(told->taps[0].interface_id, 1U);  // of the first device, or no file would tell
  EXPECT_EQ(told->taps[0].seen, 5U);
  EXPECT_EQ(told->taps[0].drops[static_cast<std::size_t>(Drop::kNoRing)], 5U);
  EXPECT_EQ(told->taps[1].tap, "packet-in");
  EXPECT_EQ(told->taps[1].interface_id, 2U);
  EXPECT_EQ(told->taps[1].seen, 9U);
  EXPECT_EQ(told->taps[1].delivered, 7U);
  EXPECT_EQ(told->taps[2].interface, "eth0");
}

TEST_F(CaptureAccountTest, PassesAnErrorOfTheCountersOn) {
  const auto told = account_.account(
      slots_, [](std::uint32_t, ringtap_tap) -> Result<std::vector<ringtap_counters>> { return Error("no map"); }, {});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().text(), "no map");
}

}  // namespace
}  // namespace ringtap
