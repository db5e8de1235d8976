// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_plan.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

namespace ringtap {
namespace {

using rtnetlink::Device;

Device device(std::uint32_t ifindex, const std::string& name, std::uint16_t type = ARPHRD_ETHER,
              std::uint32_t flags = IFF_UP, const std::string& kind = "") {
  Device made;
  made.ifindex = ifindex;
  made.name = name;
  made.hardware_type = type;
  made.flags = flags;
  made.kind = kind;
  return made;
}

std::vector<std::string> names_of(const std::vector<Device>& devices) {
  std::vector<std::string> names;
  names.reserve(devices.size());
  for (const Device& one : devices) names.push_back(one.name);
  return names;
}

const std::vector<Device> kPresent = {device(1, "lo", ARPHRD_LOOPBACK), device(2, "eth0"), device(3, "eth1", 1, 0),
                                      device(4, "tun0", ARPHRD_NONE), device(5, "can0", ARPHRD_CAN)};

CaptureSettings settings(const std::vector<std::string>& names, TapSet taps, bool may_choose) {
  CaptureSettings made;
  made.interfaces = names;
  made.taps = taps;
  made.may_choose_taps = may_choose;
  return made;
}
CaptureSettings by_default(const std::vector<std::string>& names) {
  return settings(names, kTcTaps, true);
}

TEST(ChooseDevices, TakesThoseThatWereNamedOnceAndInOrder) {
  const auto chosen = choose_devices(kPresent, by_default({"eth1", "lo", "eth1"}));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(names_of(*chosen), (std::vector<std::string>{"eth1", "lo"}));
}

TEST(ChooseDevices, TakesAlternativeNamesAndLabels) {
  std::vector<Device> present = kPresent;
  present[1].other_names = {"enp1s0", "wan"};
  const auto chosen = choose_devices(present, by_default({"wan:1", "lo:backup", "enp1s0"}));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(names_of(*chosen), (std::vector<std::string>{"eth0", "lo"}));
  EXPECT_FALSE(choose_devices(present, by_default({"eth"})));
  EXPECT_FALSE(choose_devices(present, by_default({"other:1"})));
}

TEST(ChooseDevices, TakesAllThatAreUpAndCanBeCapturedForAny) {
  const auto by_tc = choose_devices(kPresent, settings({"any"}, kTcTaps, false));
  ASSERT_TRUE(by_tc);
  EXPECT_EQ(names_of(*by_tc), (std::vector<std::string>{"lo", "eth0", "tun0"}));
  const auto chosen = choose_devices(kPresent, by_default({"any"}));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(names_of(*chosen), (std::vector<std::string>{"lo", "eth0", "tun0", "can0"}));
}

TEST(ChooseDevices, RefusesWhatIsNotThereAndWhatATapDoesNotUnderstand) {
  const auto missing = choose_devices(kPresent, by_default({"eth9"}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(), "eth9: no such interface");
  EXPECT_EQ(missing.error().hint(), "known interfaces: lo, eth0, eth1, tun0, can0, any");
  for (const TapSet taps : {kTcTaps, TapSet{Tap::kXdp}, TapSet{Tap::kDrop}}) {
    const auto other = choose_devices(kPresent, settings({"eth0", "can0"}, taps, false));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().text(), "can0: its link layer (ARPHRD 280) is not supported at these taps");
  }
  EXPECT_TRUE(choose_devices(kPresent, settings({"eth0", "can0"}, kPacketTaps, false)));
}

TEST(TapsAt, AreThoseOfTheUserWhereThereAreAny) {
  const Device vrf = device(7, "red", ARPHRD_ETHER, IFF_UP, "vrf");
  EXPECT_EQ(taps_at(vrf, settings({}, kTcTaps, false)), kTcTaps);
  EXPECT_EQ(taps_at(vrf, settings({}, {Tap::kTcIngress}, true)), TapSet{Tap::kPacketIn});
}

TEST(TapsAt, AreAfPacketSocketsWhereTcDoesNotSeeWhatTcpdumpSees) {
  const auto taps = [](const Device& at) { return taps_at(at, by_default({})); };
  EXPECT_EQ(taps(device(2, "eth0")), kTcTaps);
  EXPECT_EQ(taps(device(7, "red", ARPHRD_ETHER, IFF_UP, "vrf")), kPacketTaps);
  EXPECT_EQ(taps(device(8, "red", ARPHRD_ETHER, IFF_UP, "bond")), kTcTaps);
  EXPECT_EQ(taps(device(9, "nlmon0", 824, IFF_UP, "nlmon")), kPacketTaps);
  Device gre = device(10, "gre1", ARPHRD_IPGRE, IFF_UP, "gre");
  EXPECT_EQ(taps(gre), kTcTaps);
  gre.multipoint = true;
  EXPECT_EQ(taps(gre), kPacketTaps);
  EXPECT_EQ(taps(device(11, "new0", ARPHRD_ETHER, IFF_UP, "newest")), kTcTaps);
}

// One socket for all devices is made at once, an attachment at each takes two grace periods.
TEST(TapsAt, AreAfPacketSocketsOnAnyUnlessTapsWereChosen) {
  EXPECT_EQ(taps_at(device(2, "eth0"), by_default({"any"})), kPacketTaps);
  EXPECT_EQ(taps_at(device(2, "eth0"), settings({"any"}, {Tap::kTcEgress}, true)), TapSet{Tap::kPacketOut});
  EXPECT_EQ(taps_at(device(2, "eth0"), settings({"any"}, kTcTaps, false)), kTcTaps);
  EXPECT_TRUE(notices_about({device(7, "red", ARPHRD_ETHER, IFF_UP, "vrf")}, by_default({"any"})).empty());
}

TEST(NoticesAbout, DevicesAreOneLineOfEachKind) {
  const std::vector<Device> devices = {device(2, "eth0"), device(7, "red", ARPHRD_ETHER, IFF_UP, "vrf"),
                                       device(8, "blue", ARPHRD_ETHER, IFF_UP, "vrf"),
                                       device(9, "new0", ARPHRD_ETHER, IFF_UP, "newest")};
  const std::string reasons = "red (packets of a VRF pass tc by), blue (packets of a VRF pass tc by)";
  const std::string unknown =
      "it is not known whether all packets pass tc, --tap packet shows what tcpdump shows: new0 (kind newest)";
  EXPECT_EQ(
      notices_about(devices, by_default({})),
      (std::vector<std::string>{"captured by an AF_PACKET socket, as by tcpdump, and not at tc: " + reasons, unknown}));
  EXPECT_EQ(notices_about(devices, settings({}, kTcTaps, false)),
            (std::vector<std::string>{"the tc taps do not show what tcpdump shows, but --tap packet does: " + reasons,
                                      unknown}));
  for (const TapSet taps : {kAllTaps, TapSet{Tap::kDrop}, kPacketTaps}) {
    EXPECT_TRUE(notices_about(devices, settings({}, taps, false)).empty());
  }
  EXPECT_TRUE(notices_about({devices[0]}, by_default({})).empty());
}

TEST(ChooseDevices, TakesADeviceOfEachNamespaceThatHasIt) {
  std::vector<Device> present = kPresent;
  Device there = kPresent[1];
  there.netns = 4026532000;
  there.name = "web/" + there.name;
  present.push_back(there);
  const auto both = choose_devices(present, by_default({kPresent[1].name}));
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2U);
  const auto one = choose_devices(present, by_default({there.name}));
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().netns, there.netns);
}

}  // namespace
}  // namespace ringtap
