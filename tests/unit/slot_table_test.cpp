// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/slot_table.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

rtnetlink::Device device(std::uint32_t ifindex, const std::string& name) {
  rtnetlink::Device made;
  made.ifindex = ifindex;
  made.name = name;
  return made;
}

SlotTable::Interfaces of(TapSet taps) {
  return {
      .taps = taps,
      .link_type = LinkType::kRaw,
      .snaplen = 96,
      .filter = "tcp",
      .description = [](Tap tap, const rtnetlink::Device& at) { return at.name + "/" + std::string(tap_name(tap)); }};
}

TEST(SlotTable, GivesNumbersFromOneAndRefusesMoreThanItsLimit) {
  SlotTable slots(2, of(kTcTaps));
  EXPECT_EQ(slots.size(), 1U);
  EXPECT_FALSE(slots[0].present);
  auto first = slots.add(device(7, "eth0"));
  auto second = slots.add(device(9, "eth1"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(slots.number_of(**first), 1U);
  EXPECT_EQ(slots.number_of(**second), 2U);
  const auto third = slots.add(device(11, "eth2"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().text(), "eth2: not captured, since one run is limited to 2 interfaces");
  EXPECT_EQ((*first)->device.name, "eth0");  // where it was
}

TEST(SlotTable, FindsTheDevicesThatArePresent) {
  SlotTable slots(4, of(kTcTaps));
  Slot& slot = **slots.add(device(7, "eth0"));
  EXPECT_EQ(slots.find(7), &slot);
  EXPECT_EQ(slots.find(8), nullptr);
  EXPECT_EQ(slots.find(0), nullptr);  // slot 0 is no device
  slot.present = false;
  EXPECT_EQ(slots.find(7), nullptr);
  Slot& again = **slots.add(device(7, "eth0"));
  EXPECT_EQ(slots.find(7), &again);
}

TEST(SlotTable, MakesOneInterfaceForEachFamilyAndDevice) {
  SlotTable slots(4, of({Tap::kXdp, Tap::kTcIngress, Tap::kTcEgress}));
  Slot& eth0 = **slots.add(device(7, "eth0"));
  Slot& eth1 = **slots.add(device(9, "eth1"));
  EXPECT_EQ(slots.interface_of(eth0, Tap::kTcIngress), 0U);
  EXPECT_EQ(slots.interface_of(eth1, Tap::kTcEgress), 1U);
  EXPECT_EQ(slots.interface_of(eth0, Tap::kTcEgress), 0U);
  EXPECT_EQ(slots.interface_of(eth0, Tap::kXdp), 2U);
  EXPECT_EQ(slots.interface_of(eth0, Tap::kXdp), 2U);
  ASSERT_EQ(slots.interfaces().size(), 3U);
  const Interface& tc = slots.interfaces()[0];
  EXPECT_EQ(tc.name, "eth0:tc");
  EXPECT_EQ(tc.description, "eth0/tc-ingress");
  EXPECT_EQ(tc.ifindex, 7U);
  EXPECT_EQ(tc.link_type, LinkType::kRaw);
  EXPECT_EQ(tc.snaplen, 96U);
  EXPECT_EQ(tc.filter, "tcp");
  EXPECT_FALSE(tc.ingress_only);
  EXPECT_EQ(slots.interfaces()[2].name, "eth0:xdp");
  EXPECT_TRUE(slots.interfaces()[2].ingress_only);
}

TEST(SlotTable, NamesAnInterfaceAfterItsDeviceAloneWhereThereIsOneFamily) {
  SlotTable slots(1, of(kTcTaps));
  Slot& eth0 = **slots.add(device(7, "eth0"));
  slots.interface_of(eth0, Tap::kTcIngress);
  EXPECT_EQ(slots.interfaces()[0].name, "eth0");
}

TEST(SlotTable, GivesARenamedDeviceOtherInterfaces) {
  SlotTable slots(2, of({Tap::kXdp, Tap::kTcIngress, Tap::kTcEgress}));
  Slot& eth0 = **slots.add(device(7, "eth0"));
  slots.interface_of(eth0, Tap::kTcIngress);
  slots.interface_of(eth0, Tap::kTcEgress);
  slots.interface_of(eth0, Tap::kXdp);
  slots.rename(eth0, "wan");
  ASSERT_EQ(slots.interfaces().size(), 4U);
  EXPECT_EQ(slots.interfaces()[0].name, "eth0:tc");
  EXPECT_EQ(slots.interface_of(eth0, Tap::kTcEgress), slots.interface_of(eth0, Tap::kTcIngress));
  const std::uint32_t tc = slots.interface_of(eth0, Tap::kTcIngress);
  const std::uint32_t xdp = slots.interface_of(eth0, Tap::kXdp);
  EXPECT_EQ(slots.interfaces()[tc].name, "wan:tc");
  EXPECT_EQ(slots.interfaces()[xdp].name, "wan:xdp");
  EXPECT_EQ(slots.interfaces()[tc].ifindex, 7U);
  EXPECT_EQ(slots.predecessor_of(tc), 0U);
  EXPECT_EQ(slots.predecessor_of(xdp), 1U);
  EXPECT_EQ(slots.predecessor_of(0), kNoInterface);
}

}  // namespace
}  // namespace ringtap
