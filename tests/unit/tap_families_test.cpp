// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "taps/tap_families.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

namespace ringtap {
namespace {

class TapFamiliesTest : public ::testing::Test {
 protected:
  TapFamiliesTest() {
    options_.features = KernelFeatures{};
    options_.features->netfilter = true;
  }

  // The first Error of a family, or nothing; as a capture asks them.
  std::optional<Error> prepare() {
    TapPlan plan{.options = options_, .any = any_, .devices = {}, .notice = notice_};
    for (const auto& family : families_) {
      if (auto result = family->prepare(plan); !result) return result.take_error();
    }
    return std::nullopt;
  }
  std::string description(Tap tap, std::uint32_t flags) {
    rtnetlink::Device device;
    device.flags = flags;
    for (const auto& family : families_) {
      if (family->taps().contains(tap)) return family->description(options_, device);
    }
    return "";
  }

  LiveOptions options_;
  bool any_ = false;
  std::string told_;
  Notice notice_ = [this](const std::string& text) { told_ += text + "; "; };
  TapFamilies families_ = make_tap_families();
};

TEST_F(TapFamiliesTest, HaveEveryTapOnceAndThoseOfTheHostFirst) {
  TapSet all;
  bool of_devices = false;
  for (const auto& family : families_) {
    EXPECT_FALSE(all.contains_any(family->taps()));
    all.insert(family->taps());
    const bool of_host = kHostTaps.contains_any(family->taps());
    EXPECT_FALSE(of_host && of_devices);
    of_devices = of_devices || !of_host;
  }
  EXPECT_EQ(all, kAllTaps);
}

TEST_F(TapFamiliesTest, RefuseATapThatTheKernelLacksAndThatWasChosen) {
  options_.taps = {Tap::kNetfilter, Tap::kDrop};
  EXPECT_FALSE(prepare());
  options_.features->netfilter = false;
  const auto error = prepare();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text(),
            "the netfilter tap: this kernel has no BPF programs at netfilter (Linux 6.4) or around functions "
            "(CONFIG_FUNCTION_TRACER)");
  options_.features->traced_netfilter = true;
  EXPECT_FALSE(prepare());
}

TEST_F(TapFamiliesTest, DoWithoutATapThatTheKernelLacksWhereAllAreFollowed) {
  options_.taps = {Tap::kNetfilter, Tap::kSocket, Tap::kDrop};
  options_.follow = true;
  options_.features->netfilter = false;
  EXPECT_FALSE(prepare());
  EXPECT_EQ(options_.taps, (TapSet{Tap::kSocket, Tap::kDrop, Tap::kEnd}));
  EXPECT_NE(told_.find("the netfilter tap"), std::string::npos) << told_;
}

TEST_F(TapFamiliesTest, SayNothingOfATapThatNobodyAskedFor) {
  options_.taps = kTcTaps;
  options_.features = KernelFeatures{};
  EXPECT_FALSE(prepare());
  EXPECT_EQ(options_.taps, kTcTaps);
  EXPECT_EQ(told_, "");
}

TEST_F(TapFamiliesTest, DoNotConsumeOnEveryInterface) {
  options_.taps = {Tap::kXdp};
  options_.consume = true;
  EXPECT_FALSE(prepare());
  any_ = true;
  const auto error = prepare();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::kUsage);
}

TEST_F(TapFamiliesTest, SayThatHooksWithoutRulesAreNotSeen) {
  EXPECT_EQ(description(Tap::kNetfilter, IFF_UP), "netfilter, before and after the rules of every hook");
  options_.features->netfilter = false;
  options_.features->traced_netfilter = true;
  EXPECT_EQ(description(Tap::kNetfilter, IFF_UP), "netfilter, before and after the rules of every hook that has some");
}

// What a device sends to itself comes in again, and is shown once.
TEST_F(TapFamiliesTest, SeeLoopbackOnce) {
  EXPECT_EQ(description(Tap::kTcIngress, IFF_UP), "tc ingress and egress");
  EXPECT_EQ(description(Tap::kTcIngress, IFF_LOOPBACK), "tc ingress");
  options_.follow = true;
  EXPECT_EQ(description(Tap::kTcIngress, IFF_LOOPBACK), "tc ingress and egress");
  options_.follow = false;
  options_.taps = {Tap::kTcEgress};
  EXPECT_EQ(description(Tap::kTcEgress, IFF_LOOPBACK), "tc egress");
}

// As libpcap, where a device's packets come by one socket for all devices.
TEST_F(TapFamiliesTest, TellTheProgramOfAllDevicesWhatToLeaveOut) {
  options_.taps = kPacketTaps;
  any_ = true;
  EXPECT_FALSE(prepare());
  const auto flags = [this](std::uint16_t type, std::uint32_t device_flags, bool multipoint = false) {
    rtnetlink::Device device;
    device.hardware_type = type;
    device.flags = device_flags;
    device.multipoint = multipoint;
    return slot_flags(families_, options_, device);
  };
  EXPECT_EQ(flags(ARPHRD_ETHER, IFF_UP), RINGTAP_SLOT_NO_PACKET);
  options_.features->packet_program = true;
  EXPECT_EQ(flags(ARPHRD_ETHER, IFF_UP), 0U);
  EXPECT_EQ(flags(ARPHRD_LOOPBACK, IFF_UP | IFF_LOOPBACK), RINGTAP_SLOT_NO_OUT);
  EXPECT_EQ(flags(ARPHRD_NONE, IFF_UP), RINGTAP_SLOT_NO_LINK);
  EXPECT_EQ(flags(ARPHRD_IPGRE, IFF_UP, true), RINGTAP_SLOT_NO_LINK | RINGTAP_SLOT_NO_PACKET);
  EXPECT_EQ(flags(ARPHRD_CAN, IFF_UP), RINGTAP_SLOT_NO_LINK | RINGTAP_SLOT_NO_PACKET);
  options_.taps = {Tap::kPacketOut};
  EXPECT_EQ(flags(ARPHRD_LOOPBACK, IFF_UP | IFF_LOOPBACK), 0U);
}

}  // namespace
}  // namespace ringtap
