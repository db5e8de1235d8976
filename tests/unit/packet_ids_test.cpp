// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/packet_ids.hpp"

#include <gtest/gtest.h>

#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Payload;
using testing::Udp;

Bytes udp(std::uint16_t id) {
  return (Ethernet{} / Ipv4{.id = id} / Udp{.dst_port = 5000} / Payload{"hello"}).bytes();
}

RecordView record(Tap tap, const Bytes& bytes, std::uint64_t skb) {
  RecordView view;
  view.tap = tap;
  view.data = bytes;
  view.wire_len = static_cast<std::uint32_t>(bytes.size());
  view.ifindex = 2;
  if (skb != 0) view.trace = Trace{.skb = skb};
  return view;
}

TEST(PacketIds, OnePacketInOneBufferHasOneNumber) {
  PacketIds ids;
  const Bytes one = udp(1);
  const Bytes two = udp(2);
  EXPECT_EQ(ids.of(record(Tap::kTcIngress, one, 0x100)), 1U);
  EXPECT_EQ(ids.of(record(Tap::kTcIngress, two, 0x200)), 2U);
  EXPECT_EQ(ids.of(record(Tap::kNetfilter, one, 0x100)), 1U);
  EXPECT_EQ(ids.of(record(Tap::kNetfilter, two, 0x200)), 2U);
  EXPECT_EQ(ids.of(record(Tap::kDrop, one, 0x100)), 1U);
}

TEST(PacketIds, AForwardedPacketKeepsItsNumberAtEveryDevice) {
  for (std::uint32_t in = 1; in < 40; ++in) {
    for (std::uint32_t out = 1; out < 40; ++out) {
      if (in == out) continue;
      PacketIds ids;
      const Bytes bytes = udp(1);
      for (const auto& [tap, device] : {std::pair{Tap::kStackIn, in}, std::pair{Tap::kTcIngress, in},
                                        std::pair{Tap::kTcEgress, out}, std::pair{Tap::kStackOut, out}}) {
        RecordView view = record(tap, bytes, 0x100);
        view.ifindex = device;
        ASSERT_EQ(ids.of(view), 1U) << in << " > " << out;
      }
    }
  }
}

TEST(PacketIds, AnAddressUsedAgainIsAnotherPacket) {
  PacketIds ids;
  const Bytes one = udp(1);
  const Bytes two = udp(2);
  EXPECT_EQ(ids.of(record(Tap::kTcIngress, one, 0x100)), 1U);
  EXPECT_EQ(ids.of(record(Tap::kSocket, two, 0x100)), 2U) << "another packet";
  EXPECT_EQ(ids.of(record(Tap::kSocket, two, 0x100)), 3U) << "an equal one, at the same tap";
  EXPECT_EQ(ids.of(record(Tap::kDrop, two, 0x100)), 3U);
  EXPECT_EQ(ids.of(record(Tap::kNetfilter, two, 0x100)), 4U) << "after it was freed";
}

TEST(PacketIds, RecordsWithoutABufferHaveNumbersOfTheirOwn) {
  PacketIds ids;
  const Bytes bytes = udp(1);
  EXPECT_EQ(ids.of(record(Tap::kXdp, bytes, 0)), 1U);
  EXPECT_EQ(ids.of(record(Tap::kPacketIn, bytes, 0)), 2U);
}

TEST(PacketIds, OfSeveralThreadsAreNeverAlike) {
  PacketIds first(0, 2);
  PacketIds second(1, 2);
  const Bytes bytes = udp(1);
  EXPECT_EQ(first.of(record(Tap::kXdp, bytes, 0)), 1U);
  EXPECT_EQ(second.of(record(Tap::kXdp, bytes, 0)), 2U);
  EXPECT_EQ(first.of(record(Tap::kXdp, bytes, 0)), 3U);
  EXPECT_EQ(second.of(record(Tap::kXdp, bytes, 0)), 4U);
}

TEST(PacketIds, ForgetsRatherThanGrows) {
  PacketIds ids;
  const Bytes bytes = udp(1);
  for (std::uint64_t skb = 1; skb <= PacketIds::kMostBuffers; ++skb) ids.of(record(Tap::kTcIngress, bytes, skb));
  EXPECT_EQ(ids.of(record(Tap::kNetfilter, bytes, 7)), PacketIds::kMostBuffers + 1);
}

}  // namespace
}  // namespace ringtap
