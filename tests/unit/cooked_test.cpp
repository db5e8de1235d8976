// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/cooked.hpp"

#include <gtest/gtest.h>
#include <net/if_arp.h>

#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Payload;
using testing::Udp;
using testing::Vlan;

RecordView record_of(const Bytes& bytes, LinkType link_type) {
  RecordView record;
  record.data = bytes;
  record.wire_len = static_cast<std::uint32_t>(bytes.size());
  record.link_type = link_type;
  record.ifindex = 0x01020304;
  record.packet_type = PacketType::kOutgoing;
  return record;
}

Bytes hex(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes joined(Bytes header, std::span<const std::byte> rest) {
  header.insert(header.end(), rest.begin(), rest.end());
  return header;
}

Bytes copied(const RecordView& record) {
  return {record.data.begin(), record.data.end()};
}

TEST(Sll2Framer, ReplacesTheEthernetHeader) {
  const Bytes frame = (Ethernet{} / Ipv4{} / Udp{} / Payload{"x"}).bytes();
  Sll2Framer framer;
  const RecordView framed = framer.frame(record_of(frame, LinkType::kEthernet), ARPHRD_ETHER, 262144);
  EXPECT_EQ(framed.link_type, LinkType::kLinuxSll2);
  EXPECT_EQ(framed.wire_len, frame.size() - 14 + 20);
  EXPECT_EQ(copied(framed),
            joined(hex({0x08, 0, 0, 0, 1, 2, 3, 4, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0}), std::span(frame).subspan(14)));
}

TEST(Sll2Framer, KeepsAVlanTag) {
  const Bytes frame = (Ethernet{} / Vlan{.id = 5} / Ipv4{} / Udp{}).bytes();
  Sll2Framer framer;
  const RecordView framed = framer.frame(record_of(frame, LinkType::kEthernet), ARPHRD_ETHER, 262144);
  EXPECT_EQ(framed.data[0], std::byte{0x81});
  EXPECT_EQ(framed.data[1], std::byte{0x00});
  EXPECT_EQ(Bytes(framed.data.begin() + 20, framed.data.end()), Bytes(frame.begin() + 14, frame.end()));
}

TEST(Sll2Framer, TellsTheProtocolOfFramesWithoutALinkHeader) {
  Sll2Framer framer;
  const Bytes v4 = hex({0x45, 0, 0, 20});
  const Bytes v6 = hex({0x60, 0, 0, 0});
  EXPECT_EQ(copied(framer.frame(record_of(v4, LinkType::kRaw), ARPHRD_NONE, 262144)),
            joined(hex({0x08, 0x00, 0, 0, 1, 2, 3, 4, 0xff, 0xfe, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}), v4));
  EXPECT_EQ(framer.frame(record_of(v6, LinkType::kRaw), ARPHRD_NONE, 262144).data[0], std::byte{0x86});
}

TEST(Sll2Framer, TakesOverWhatAnOlderCookedHeaderSays) {
  Sll2Framer framer;
  const Bytes packet = joined(hex({0, 0, 3, 0x0a, 0, 4, 192, 0, 2, 1, 0, 0, 0, 0, 0x08, 0}), hex({0x45, 0, 0, 20}));
  for (const LinkType type : {LinkType::kLinuxSll, LinkType::kNetlink}) {
    const RecordView framed = framer.frame(record_of(packet, type), ARPHRD_IPGRE, 262144);
    EXPECT_EQ(copied(framed),
              joined(hex({0x08, 0, 0, 0, 1, 2, 3, 4, 3, 0x0a, 4, 4, 192, 0, 2, 1, 0, 0, 0, 0}), hex({0x45, 0, 0, 20})));
    EXPECT_EQ(framed.wire_len, packet.size() - 16 + 20);
  }
}

TEST(Sll2Framer, KeepsAllOfAFrameThatItDoesNotKnow) {
  Sll2Framer framer;
  const Bytes frame = hex({0x45, 0, 0, 20});
  EXPECT_EQ(copied(framer.frame(record_of(frame, LinkType{271}), 826, 262144)),
            joined(hex({0, 0, 0, 0, 1, 2, 3, 4, 3, 0x3a, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}), frame));
}

TEST(Sll2Framer, MarksFramesWithALengthFieldAsTheKernelDoes) {
  Sll2Framer framer;
  const Bytes llc = (Ethernet{.type = 38} / Payload{hex({0x42, 0x42, 3})}).bytes();
  const Bytes novell = (Ethernet{.type = 38} / Payload{hex({0xff, 0xff, 0})}).bytes();
  EXPECT_EQ(framer.frame(record_of(llc, LinkType::kEthernet), ARPHRD_ETHER, 262144).data[1], std::byte{4});
  EXPECT_EQ(framer.frame(record_of(novell, LinkType::kEthernet), ARPHRD_ETHER, 262144).data[1], std::byte{1});
}

TEST(Sll2Framer, HoldsToTheSnaplenAndToWhatWasCaptured) {
  const Bytes frame = (Ethernet{} / Ipv4{} / Udp{} / Payload{std::size_t{500}}).bytes();
  Sll2Framer framer;
  for (std::size_t captured = 0; captured <= 60; ++captured) {
    RecordView record = record_of(frame, LinkType::kEthernet);
    record.data = record.data.first(captured);
    const RecordView framed = framer.frame(record, ARPHRD_ETHER, 64);
    EXPECT_LE(framed.data.size(), 64U);
    EXPECT_GE(framed.data.size(), 20U);
    EXPECT_EQ(framed.wire_len, frame.size() - 14 + 20);
  }
}

TEST(Sll2Framer, KeepsTheLargestLengthThereIs) {
  const Bytes bytes = (Ethernet{} / Ipv4{} / Udp{}).bytes();
  RecordView record = record_of(bytes, LinkType::kEthernet);
  record.wire_len = UINT32_MAX;
  Sll2Framer framer;
  EXPECT_EQ(framer.frame(record, ARPHRD_ETHER, 100).wire_len, UINT32_MAX);
}

}  // namespace
}  // namespace ringtap
