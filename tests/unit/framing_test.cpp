// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/framing.hpp"

#include <gtest/gtest.h>
#include <net/if_arp.h>

#include <vector>

namespace ringtap {
namespace {

// Addresses, a VLAN tag, the IPv4 type and the first bytes of its header.
const std::vector<std::uint8_t> kTagged = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 5, 8, 0, 0x45, 0, 0, 20};

RecordView record_of(Tap tap, const std::vector<std::uint8_t>& bytes) {
  RecordView record;
  record.tap = tap;
  record.data = std::as_bytes(std::span(bytes));
  record.wire_len = static_cast<std::uint32_t>(bytes.size()) + 100;
  return record;
}

Slot slot_of(std::uint16_t hardware_type) {
  rtnetlink::Device device;
  device.hardware_type = hardware_type;
  return Slot(device);
}

TEST(Framing, KnowsHowARecordComesFromItsTap) {
  const Slot ethernet = slot_of(ARPHRD_ETHER);
  const Slot tunnel = slot_of(ARPHRD_NONE);
  EXPECT_EQ(Framing::native(record_of(Tap::kTcIngress, kTagged), ethernet), LinkType::kEthernet);
  EXPECT_EQ(Framing::native(record_of(Tap::kTcIngress, kTagged), tunnel), LinkType::kRaw);
  EXPECT_EQ(Framing::native(record_of(Tap::kDrop, kTagged), tunnel), LinkType::kEthernet);
  Slot multipoint = slot_of(ARPHRD_IPGRE);
  multipoint.packet_link_type = LinkType::kLinuxSll;
  EXPECT_EQ(Framing::native(record_of(Tap::kPacketIn, kTagged), multipoint), LinkType::kLinuxSll);
  EXPECT_EQ(Framing::native(record_of(Tap::kTcEgress, kTagged), multipoint), LinkType::kRaw);
}

TEST(Framing, TakesTheHeaderOfHostTapsAwayWhereDevicesHaveNone) {
  const Slot tunnel = slot_of(ARPHRD_NONE);
  RecordView record = record_of(Tap::kDrop, kTagged);
  Framing(LinkType::kRaw, 1000).frame(record, tunnel, 0);
  EXPECT_EQ(record.data.size(), 4U);
  EXPECT_EQ(record.wire_len, 104U);
  EXPECT_EQ(record.link_type, LinkType::kRaw);
  EXPECT_EQ(record.data[0], std::byte{0x45});
}

TEST(Framing, LeavesAnEthernetFrameAloneButForItsLength) {
  const Slot ethernet = slot_of(ARPHRD_ETHER);
  RecordView record = record_of(Tap::kDrop, kTagged);
  Framing(LinkType::kEthernet, 16).frame(record, ethernet, 0);
  EXPECT_EQ(record.data.size(), 16U);
  EXPECT_EQ(record.wire_len, 122U);
  EXPECT_EQ(record.data[0], std::byte{1});
}

TEST(Framing, CooksWithinTheSnaplen) {
  const Slot ethernet = slot_of(ARPHRD_ETHER);
  RecordView record = record_of(Tap::kTcIngress, kTagged);
  Framing framing(LinkType::kLinuxSll2, 24);
  framing.frame(record, ethernet, 0);
  EXPECT_EQ(record.link_type, LinkType::kLinuxSll2);
  EXPECT_EQ(record.data.size(), 24U);
}

TEST(StripLinkHeader, StandsAFrameThatIsCut) {
  for (std::size_t size = 0; size < kTagged.size(); ++size) {
    const std::vector<std::uint8_t> bytes(kTagged.begin(), kTagged.begin() + static_cast<std::ptrdiff_t>(size));
    RecordView record = record_of(Tap::kEnd, bytes);
    strip_link_header(record);
    EXPECT_EQ(record.data.size(), size <= 18 ? 0 : size - 18) << size;
  }
}

}  // namespace
}  // namespace ringtap
