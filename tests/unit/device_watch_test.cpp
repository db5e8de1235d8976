// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_watch.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

namespace ringtap {
namespace {

using rtnetlink::Device;

Device device(std::uint32_t ifindex, const std::string& name, std::uint16_t type = ARPHRD_ETHER,
              std::uint32_t flags = IFF_UP) {
  Device made;
  made.ifindex = ifindex;
  made.name = name;
  made.hardware_type = type;
  made.flags = flags;
  return made;
}

constexpr std::uint64_t kNow = 1000;

// A watch whose handler writes down what it is told.
class DeviceWatchTest : public ::testing::Test {
 protected:
  DeviceWatch watch(bool any) {
    return DeviceWatch(any, {.appeared = [this](const Device& one) { told_ += "appeared " + one.name + "; "; },
                             .ended = [this](const std::string& how) { told_ += "ended " + how + "; "; },
                             .notice = [this](const std::string& text) { told_ += text + "; "; }});
  }
  std::string told() { return std::exchange(told_, ""); }

  SlotTable slots_{8, {.taps = kTcTaps, .filter = "", .description = [](Tap, const Device&) { return ""; }}};
  std::string told_;
};

TEST_F(DeviceWatchTest, TellsOfDevicesThatAppearOnAnyAlone) {
  DeviceWatch any = watch(true);
  any.on_event(slots_, {.gone = false, .device = device(2, "eth0")}, kNow);
  EXPECT_EQ(told(), "appeared eth0; ");
  any.on_event(slots_, {.gone = false, .device = device(3, "eth1", ARPHRD_ETHER, 0)}, kNow);
  any.on_event(slots_, {.gone = true, .device = device(5, "eth2")}, kNow);
  DeviceWatch named = watch(false);
  named.on_event(slots_, {.gone = false, .device = device(2, "eth0")}, kNow);
  EXPECT_EQ(told(), "");
}

TEST_F(DeviceWatchTest, FollowsNamesAndState) {
  Slot& slot = **slots_.add(device(2, "eth0"));
  DeviceWatch named = watch(false);
  named.on_event(slots_, {.gone = false, .device = device(2, "wan")}, kNow);
  EXPECT_EQ(told(), "eth0 is now called wan; ");
  EXPECT_EQ(slot.device.name, "wan");
  // What it captured before has yet to be handed over.
  EXPECT_EQ(slot.name, "eth0");
  ASSERT_EQ(named.renamings().size(), 1U);
  EXPECT_EQ(named.renamings().front().since_ns, kNow);
  EXPECT_EQ(named.renamings().front().slot, slots_.number_of(slot));
  EXPECT_EQ(named.renamings().front().name, "wan");
  named.on_event(slots_, {.gone = false, .device = device(2, "wan", ARPHRD_ETHER, 0)}, kNow);
  EXPECT_EQ(told(), "wan went down; waiting for it to come back; ");
  named.on_event(slots_, {.gone = false, .device = device(2, "wan", ARPHRD_ETHER, 0)}, kNow);
  EXPECT_EQ(told(), "");
  named.on_event(slots_, {.gone = false, .device = device(2, "wan")}, kNow);
  EXPECT_EQ(told(), "wan is up; ");
}

TEST_F(DeviceWatchTest, EndsWithTheLastDeviceThatWasNamed) {
  Slot& eth0 = **slots_.add(device(2, "eth0"));
  Slot& eth1 = **slots_.add(device(3, "eth1"));
  DeviceWatch named = watch(false);
  named.on_event(slots_, {.gone = true, .device = eth0.device}, kNow);
  EXPECT_EQ(told(), "eth0 was removed; the other interfaces are still captured; ");
  EXPECT_FALSE(eth0.present);
  EXPECT_TRUE(eth1.present);
  named.on_event(slots_, {.gone = true, .device = eth1.device}, kNow);
  EXPECT_EQ(told(), "ended eth1 was removed; ");
}

TEST_F(DeviceWatchTest, NeverEndsOnAnyButSaysWhatWent) {
  Slot& eth0 = **slots_.add(device(2, "eth0"));
  DeviceWatch any = watch(true);
  any.on_event(slots_, {.gone = true, .device = eth0.device}, kNow);
  EXPECT_EQ(told(), "eth0 was removed; ");
  EXPECT_FALSE(eth0.present);
}

TEST_F(DeviceWatchTest, SaysOfADeviceThatMovedThatItMoved) {
  Slot& eth0 = **slots_.add(device(2, "eth0"));
  DeviceWatch named = watch(false);
  constexpr std::int32_t kNobodys = 1 << 30;
  named.on_event(slots_, {.gone = true, .device = eth0.device, .moved_to = kNobodys}, kNow);
  EXPECT_EQ(told(), "ended eth0 was moved to another network namespace; ");
}

// As after messages that the kernel had to drop.
TEST_F(DeviceWatchTest, FindsWhatIsGoneAndWhatIsNewByComparing) {
  Slot& eth0 = **slots_.add(device(2, "eth0"));
  Slot& eth1 = **slots_.add(device(3, "eth1"));
  DeviceWatch any = watch(true);
  any.compare_with(slots_, {device(3, "lan"), device(9, "eth9")}, kNow);
  EXPECT_EQ(told(), "eth0 is gone; eth1 is now called lan; appeared eth9; ");
  EXPECT_FALSE(eth0.present);
  EXPECT_TRUE(eth1.present);
}

// Of another namespace the same number is another device.
TEST_F(DeviceWatchTest, TellsDevicesOfOtherNamespacesApart) {
  Device there = device(2, "web/eth0");
  there.netns = 4026532000;
  Slot& here = **slots_.add(device(2, "eth0"));
  Slot& other = **slots_.add(there);
  DeviceWatch any = watch(true);
  any.on_event(slots_, {.gone = true, .device = there}, kNow);
  EXPECT_EQ(told(), "web/eth0 was removed; ");
  EXPECT_TRUE(here.present);
  EXPECT_FALSE(other.present);
  any.on_event(slots_, {.gone = false, .device = there}, kNow);
  EXPECT_EQ(told(), "appeared web/eth0; ");
}

}  // namespace
}  // namespace ringtap
