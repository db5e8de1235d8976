// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Records as the taps give them, made by hand: what `ringtap compare` makes of each way a packet can take.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "compare/comparer.hpp"
#include "compare/report.hpp"
#include "file/capture_reader.hpp"
#include "file/pcapng_writer.hpp"
#include "support/compared_records.hpp"
#include "support/memory_source.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"
#include "support/recording_sink.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Icmp;
using testing::Ipv4;
using testing::Ipv6;
using testing::Kernel;
using testing::kMillisecond;
using testing::kStart;
using testing::MemoryWriter;
using testing::Payload;
using testing::RecordingSink;
using testing::Stored;
using testing::Tcp;
using testing::Udp;

using Outcomes = std::map<std::string, std::uint64_t>;

Bytes udp(std::uint16_t id = 1, const std::string& payload = "hello", std::uint16_t port = 5000) {
  return (Ethernet{} / Ipv4{.id = id} / Udp{.dst_port = port} / Payload{payload}).bytes();
}
Bytes udp6(const std::string& payload = "hello") {
  return (Ethernet{} / Ipv6{} / Udp{.dst_port = 5000} / Payload{payload}).bytes();
}
Bytes tcp(std::uint32_t seq, std::size_t size, std::uint16_t id = 1, std::uint16_t port = 80) {
  return (Ethernet{} / Ipv4{.id = id} / Tcp{.dst_port = port, .seq = seq, .flags = Tcp::kAck} / Payload{size}).bytes();
}

// ---- The rows of the visibility table ----

TEST(Compare, SaysDeliveredWhenASocketWasGivenThePacket) {
  Kernel kernel;
  kernel.deliver(udp(), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
  EXPECT_EQ(kernel.answer(), "XDP saw 1, AF_PACKET 1, the application 1: delivered");
}

TEST(Compare, NamesTheHookAPacketDidNotLeave) {
  Kernel kernel;
  for (std::uint16_t i = 1; i <= 100; ++i) {
    const Bytes bytes = udp(i);
    kernel.receive(bytes, 0x100);
    kernel.both(NetfilterHook::kPrerouting, bytes, 0x100);
    kernel.hook(NetfilterHook::kInput, false, bytes, 0x100);
    kernel.drop(bytes, 0x100, "NETFILTER_DROP", "nf_hook_slow");
  }
  EXPECT_EQ(kernel.answer(),
            "XDP saw 100, AF_PACKET 100, the application 0: dropped at INPUT by netfilter (NETFILTER_DROP in "
            "nf_hook_slow)");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)", 100}}));
}

TEST(Compare, NamesTheHookWhereTheKernelGivesNoReason) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.hook(NetfilterHook::kInput, false, udp(), 0x100);
  kernel.drop(udp(), 0x100, "", "nf_hook_slow");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at INPUT by netfilter (no reason in nf_hook_slow)", 1}}));
}

TEST(Compare, SaysXdpWhenOurProgramConsumedTheFrame) {
  Kernel kernel;
  kernel.xdp(udp(), 1);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped by XDP (consumed by ringtap)", 1}}));
}

TEST(Compare, SaysXdpWhenAnotherProgramDroppedTheFrameWithoutAReason) {
  for (const auto& [function, who] :
       std::map<std::string, std::string>{{"do_xdp_generic", "generic XDP"}, {"veth_xdp_rcv_skb", "XDP"}}) {
    Kernel kernel;
    kernel.drop(udp(), 0x100, "NOT_SPECIFIED", function);
    EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped by " + who + " (NOT_SPECIFIED in " + function + ")", 1}}));
    EXPECT_NE(kernel.finish().find("drop  eth0"), std::string::npos) << kernel.finish();
  }
}

TEST(Compare, WhatLayInASocketBeforeIsNoPacketOfTheRun) {
  Kernel kernel;
  kernel.drop(udp(1), 0x100, "NOT_SPECIFIED", "udp_destruct_common");
  kernel.deliver(udp(2), 0x200);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
}

TEST(Compare, SaysVanishedWhenNothingToldMore) {
  Kernel kernel;
  kernel.xdp(udp());
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after xdp eth0", 1}}));
  EXPECT_NE(kernel.finish().find("note: vanished"), std::string::npos);
}

TapSet all_but(TapSet without) {
  TapSet taps = kAllTaps;
  taps.erase(without);
  return taps;
}

TEST(Compare, DoesNotSayVanishedWhereATapThatWouldTellDidNotRun) {
  Kernel kernel({}, false, all_but({Tap::kDrop, Tap::kEnd}));
  kernel.xdp(udp());
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"unknown after xdp eth0", 1}}));
  const std::string report = kernel.finish();
  EXPECT_EQ(report.find("vanished"), std::string::npos) << report;
  EXPECT_NE(report.find("note: unknown without the drop tap: whether, where and why a packet was dropped"),
            std::string::npos)
      << report;
}

TEST(Compare, NamesNoHookWithoutTheNetfilterTap) {
  Kernel kernel({}, false, all_but({Tap::kNetfilter}));
  kernel.receive(udp(), 0x100);
  kernel.drop(udp(), 0x100, "NETFILTER_DROP", "nft_do_chain");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped by netfilter (NETFILTER_DROP in nft_do_chain)", 1}}));
  EXPECT_NE(kernel.finish().find("note: unknown without the netfilter tap: at which hook"), std::string::npos);
}

TEST(Compare, LeavesOpenWhetherASocketGotAPacketWithoutTheSocketTap) {
  Kernel kernel({}, false, all_but({Tap::kSocket}));
  kernel.receive(udp(), 0x100);
  kernel.end(udp(), 0x100, "skb_consume_udp");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"consumed by the kernel or delivered in skb_consume_udp", 1}}));
  EXPECT_NE(kernel.finish().find("note: unknown without the socket tap: whether a packet that was not dropped"),
            std::string::npos);
}

TEST(Compare, PlacesADropByItsReason) {
  struct Case {
    std::string_view reason;
    std::string text;
  };
  const std::vector<Case> cases = {{"XDP", "dropped by generic XDP (XDP in f)"},
                                   {"TC_INGRESS", "dropped at tc ingress (TC_INGRESS in f)"},
                                   {"NETFILTER_DROP", "dropped at netdev ingress by netfilter (NETFILTER_DROP in f)"},
                                   {"NO_SOCKET", "dropped at the socket (NO_SOCKET in f)"},
                                   {"IP_RPFILTER", "dropped by routing (IP_RPFILTER in f)"},
                                   {"IP_CSUM", "dropped at IP input (IP_CSUM in f)"},
                                   {"OTHERHOST", "dropped at IP input (OTHERHOST in f)"},
                                   {"SOMETHING_NEW", "dropped after tc-in eth0 (SOMETHING_NEW in f)"}};
  for (const Case& one : cases) {
    Kernel kernel;
    kernel.receive(udp(), 0x100);
    kernel.drop(udp(), 0x100, one.reason, "f");
    EXPECT_EQ(kernel.outcomes(), (Outcomes{{one.text, 1}}));
  }
}

TEST(Compare, SeesADropOnTheWayOut) {
  {
    Kernel kernel;
    kernel.hook(NetfilterHook::kOutput, false, udp(), 0x100);
    kernel.drop(udp(), 0x100, "NETFILTER_DROP", "nf_hook_slow");
    EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at OUTPUT by netfilter (NETFILTER_DROP in nf_hook_slow)", 1}}));
    EXPECT_EQ(kernel.answer(), "OUTPUT saw 1: dropped at OUTPUT by netfilter (NETFILTER_DROP in nf_hook_slow)");
  }
  for (const auto& [reason, where] :
       std::map<std::string, std::string>{{"QDISC_DROP", "in the qdisc"},
                                          {"TC_EGRESS", "at tc egress"},
                                          {"NEIGH_FAILED", "for lack of a neighbour's address"}}) {
    Kernel kernel;
    kernel.both(NetfilterHook::kOutput, udp(), 0x100);
    kernel.both(NetfilterHook::kPostrouting, udp(), 0x100);
    kernel.packet(Tap::kTcEgress, udp(), 0x100);
    kernel.drop(udp(), 0x100, reason, "f");
    EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped " + where + " (" + reason + " in f)", 1}}));
  }
}

TEST(Compare, SaysSentWhenTheDriverGotIt) {
  Kernel kernel;
  kernel.send(udp(), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}}));
  EXPECT_EQ(kernel.answer(), "OUTPUT saw 1, AF_PACKET 1, the driver 1: sent on eth0");
}

TEST(Compare, SaysConsumedWhenTheKernelItselfAnswered) {
  Kernel kernel;
  const Bytes echo = (Ethernet{} / Ipv4{.id = 9} / Icmp{} / Payload{56}).bytes();
  kernel.receive(echo, 0x100);
  kernel.both(NetfilterHook::kPrerouting, echo, 0x100);
  kernel.both(NetfilterHook::kInput, echo, 0x100);
  kernel.end(echo, 0x100, "icmp_rcv");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"consumed by the kernel in icmp_rcv", 1}}));
}

TEST(Compare, ARouterSendsOnAnotherDevice) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.both(NetfilterHook::kPrerouting, udp(), 0x100);
  kernel.both(NetfilterHook::kForward, udp(), 0x100);
  kernel.use_device(3);
  kernel.both(NetfilterHook::kPostrouting, udp(), 0x100);
  kernel.leave(udp(), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth1", 1}}));
  EXPECT_EQ(kernel.answer(), "XDP saw 1, AF_PACKET 1, AF_PACKET on the way out 1, the driver 1: sent on eth1");
}

TEST(Compare, ForwardDropIsNamed) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.both(NetfilterHook::kPrerouting, udp(), 0x100);
  kernel.hook(NetfilterHook::kForward, false, udp(), 0x100);
  kernel.drop(udp(), 0x100, "NETFILTER_DROP", "nf_hook_slow");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at FORWARD by netfilter (NETFILTER_DROP in nf_hook_slow)", 1}}));
}

// ---- Ties ----

TEST(Compare, LoopbackShowsOnePacketOutAndIn) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.both(NetfilterHook::kPostrouting, udp(), 0x100);
  kernel.leave(udp(), 0x100);
  kernel.packet(Tap::kPacketIn, udp());
  kernel.packet(Tap::kStackIn, udp(), 0x100);
  kernel.packet(Tap::kTcIngress, udp(), 0x100);
  kernel.both(NetfilterHook::kPrerouting, udp(), 0x100);
  kernel.both(NetfilterHook::kInput, udp(), 0x100);
  kernel.packet(Tap::kSocket, udp(), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
  EXPECT_EQ(kernel.comparer().totals().packets, 1U);
}

TEST(Compare, ALoopbackPacketThatIsDroppedOnItsWayInWasNotSent) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.leave(udp(), 0x100);
  kernel.packet(Tap::kStackIn, udp(), 0x100);
  kernel.hook(NetfilterHook::kInput, false, udp(), 0x100);
  kernel.drop(udp(), 0x100, "NETFILTER_DROP", "nf_hook_slow");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)", 1}}));
}

// XDP at the other end of a veth puts the packet into an sk_buff of its own.
TEST(Compare, APacketThatComesBackOnAnotherDeviceWasNotSentAway) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.leave(udp(), 0x100);
  kernel.end(udp(), 0x100, "skb_pp_cow_data");
  kernel.use_device(3);
  kernel.receive(udp(), 0x200);
  kernel.hook(NetfilterHook::kPrerouting, false, udp(), 0x200);
  kernel.drop(udp(), 0x200, "NETFILTER_DROP", "nft_do_chain");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at PREROUTING by netfilter (NETFILTER_DROP in nft_do_chain)", 1}}));
  EXPECT_EQ(kernel.comparer().totals().packets, 1U);
}

// It sends a clone and then takes the packet itself for the host.
TEST(Compare, WhatABridgeFloodsAndAlsoTakesForItselfWasSent) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.use_device(3);
  kernel.packet(Tap::kTcEgress, udp(), 0x200);
  kernel.packet(Tap::kStackOut, udp(), 0x200);
  kernel.use_device(2);
  RecordView up = kernel.record(Tap::kStackIn, udp(), 0x100);
  const Bytes bytes = udp();
  up.data = bytes;
  up.ifindex = 9;
  up.interface_id = 99;
  kernel.give(up);
  kernel.drop(bytes, 0x100, "NO_SOCKET", "f");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth1", 1}}));
}

// tc gives an sk_buff to ifb, which gives it back to where it was taken.
TEST(Compare, ARedirectedPacketThatPassesTheSameTapsAgainIsOne) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.use_device(3);
  kernel.packet(Tap::kStackOut, udp(), 0x100);
  kernel.use_device(2);
  kernel.packet(Tap::kStackIn, udp(), 0x100);
  kernel.both(NetfilterHook::kInput, udp(), 0x100);
  kernel.drop(udp(), 0x100, "NO_SOCKET", "__udp4_lib_rcv");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at the socket (NO_SOCKET in __udp4_lib_rcv)", 1}}));
}

// The rest is where it was sent.
TEST(Compare, OneOfTwoCopiesThatComesBackDoesNotUndoTheOther) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.packet(Tap::kStackOut, udp(), 0x200);
  kernel.use_device(3);
  kernel.packet(Tap::kStackOut, udp(), 0x300);
  kernel.packet(Tap::kStackIn, udp(), 0x200);
  kernel.drop(udp(), 0x200, "NO_SOCKET", "f");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth1", 1}}));
}

// `tc … action stolen`: nothing tells whether the second is a copy of the first.
TEST(Compare, EqualFramesThatTcTakesAreNotAllOne) {
  Kernel kernel;
  for (std::uint64_t skb = 0x100; skb < 0x104; ++skb) {
    kernel.packet(Tap::kTcEgress, udp(), skb);
    kernel.end(udp(), skb, "__dev_queue_xmit");
    kernel.wait(20 * kMillisecond);
  }
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"consumed by the kernel in __dev_queue_xmit", 4}}));
}

// On the way out it gives a clone away and frees the packet.
TEST(Compare, ThePacketThatTcClonedAndFreedIsTheOneThatIsSent) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.packet(Tap::kTcEgress, udp(), 0x100);
  kernel.end(udp(), 0x100, "__dev_queue_xmit");
  kernel.leave(udp(), 0x200);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}}));
  EXPECT_EQ(kernel.comparer().totals().packets, 1U);
}

TEST(Compare, ThePacketThatTcTookAndDidNotGiveBackIsConsumed) {
  Kernel kernel;
  kernel.packet(Tap::kTcEgress, udp(), 0x100);
  kernel.end(udp(), 0x100, "__dev_queue_xmit");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"consumed by the kernel in __dev_queue_xmit", 1}}));
}

TEST(Compare, LoopbackIsFollowedThroughTheCopyThatXdpMakes) {
  Kernel kernel;
  const Bytes whole = tcp(1000, 1000, 50);
  kernel.both(NetfilterHook::kOutput, whole, 0x100);
  kernel.packet(Tap::kTcEgress, whole, 0x100);
  kernel.end(whole, 0x100, "validate_xmit_skb");
  for (std::uint32_t i = 0; i < 2; ++i) {
    const Bytes half = tcp(1000 + 500 * i, 500, static_cast<std::uint16_t>(50 + i));
    kernel.packet(Tap::kStackOut, half, 0x200 + i);
    kernel.packet(Tap::kStackIn, half, 0x200 + i);
    kernel.end(half, 0x200 + i, "skb_pp_cow_data");
    kernel.xdp(half);
    kernel.packet(Tap::kPacketIn, half);
    kernel.both(NetfilterHook::kInput, half, 0x300 + i);
    kernel.packet(Tap::kSocket, half, 0x300 + i);
    kernel.drop(half, 0x300 + i, "NOT_SPECIFIED", "udp_destruct_common");
  }
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped after socket eth0 (NOT_SPECIFIED in udp_destruct_common)", 1}}));
}

TEST(Compare, FramesThatGroMergedShareTheFateOfOneBuffer) {
  Kernel kernel;
  for (std::uint32_t i = 0; i < 10; ++i) kernel.xdp(tcp(1000 + 100 * i, 100, static_cast<std::uint16_t>(i)));
  const Bytes merged = tcp(1000, 1000, 0);
  kernel.packet(Tap::kPacketIn, merged);
  kernel.packet(Tap::kStackIn, merged, 0x100);
  kernel.both(NetfilterHook::kInput, merged, 0x100);
  kernel.packet(Tap::kSocket, merged, 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 10}}));
  EXPECT_EQ(kernel.answer(), "XDP saw 10, AF_PACKET 10, the application 10: delivered");
  const CompareTotals totals = kernel.comparer().totals();
  ASSERT_EQ(totals.rows.size(), 6U);
  EXPECT_EQ(totals.rows[0].records, 10U);
  EXPECT_EQ(totals.rows[5].packets, 10U);
  EXPECT_EQ(totals.rows[5].records, 1U);
  EXPECT_EQ(totals.rows[5].bytes, merged.size());
}

TEST(Compare, UdpFramesThatGroMergedAreFoundByNumberAndLength) {
  Kernel kernel;
  for (std::uint16_t i = 0; i < 4; ++i) kernel.xdp(udp(static_cast<std::uint16_t>(7 + i), std::string(100, 'x')));
  kernel.packet(Tap::kStackIn, udp(7, std::string(300, 'x')), 0x100);
  kernel.packet(Tap::kSocket, udp(7, std::string(300, 'x')), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 3}, {"vanished after xdp eth0", 1}}));
}

TEST(Compare, ASuperframeIsOnePacketThroughSegmentation) {
  Kernel kernel;
  const Bytes whole = tcp(1000, 1000, 50);
  kernel.both(NetfilterHook::kOutput, whole, 0x100);
  kernel.both(NetfilterHook::kPostrouting, whole, 0x100);
  kernel.packet(Tap::kTcEgress, whole, 0x100);
  kernel.end(whole, 0x100, "validate_xmit_skb");
  for (std::uint32_t i = 0; i < 10; ++i) {
    const Bytes segment = tcp(1000 + 100 * i, 100, static_cast<std::uint16_t>(50 + i));
    kernel.packet(Tap::kPacketOut, segment);
    kernel.packet(Tap::kStackOut, segment, 0x200 + i);
    kernel.end(segment, 0x200 + i, "napi_consume_skb");
  }
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}}));
  const CompareTotals totals = kernel.comparer().totals();
  EXPECT_EQ(totals.rows.back().records, 10U);  // at stack-out
  EXPECT_EQ(totals.counts.matched, totals.counts.records);
  EXPECT_EQ(kernel.answer(), "OUTPUT saw 1, AF_PACKET 1, the driver 1: sent on eth0");
}

TEST(Compare, ASuperframeWhoseSegmentsTheFilterDoesNotKnowIsCalledCut) {
  Kernel kernel;
  const Bytes whole = tcp(1000, 1000, 50);
  kernel.both(NetfilterHook::kForward, whole, 0x100);
  kernel.packet(Tap::kTcEgress, whole, 0x100);
  kernel.end(whole, 0x100, "validate_xmit_skb");
  kernel.drop(tcp(1100, 100, 51), 0x300, "NOT_SPECIFIED", "skb_release_data");  // a frame GRO had hung to the first
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"split into pieces after tc-out eth0; the pieces were not seen", 1}}));
}

TEST(Compare, APartSentAgainIsAnotherPacket) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, tcp(1000, 1000, 50), 0x100);
  kernel.both(NetfilterHook::kOutput, tcp(1000, 100, 60), 0x200);
  kernel.packet(Tap::kPacketOut, tcp(1000, 100, 60));
  kernel.packet(Tap::kStackOut, tcp(1000, 100, 60), 0x200);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}, {"vanished after OUTPUT post", 1}}));
}

TEST(Compare, NatKeepsTheTieBecauseTheBufferStays) {
  Kernel kernel;
  const Bytes before = udp(1, "hello", 5000);
  const Bytes after = udp(1, "hello", 6000);
  kernel.receive(before, 0x100);
  kernel.hook(NetfilterHook::kPrerouting, false, before, 0x100);
  kernel.hook(NetfilterHook::kPrerouting, true, after, 0x100);
  RecordView refused = kernel.record(Tap::kSocket, after, 0x100);
  refused.trace->followed = true;  // the filter asked for port 5000
  kernel.give(refused);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
}

TEST(Compare, AfterNatAfPacketFindsThePacketByItsNewContent) {
  Kernel kernel;
  const Bytes before = udp(1, "hello", 5000);
  const Bytes after = udp(1, "hello", 6000);
  kernel.receive(before, 0x100);
  kernel.both(NetfilterHook::kPrerouting, before, 0x100);
  kernel.both(NetfilterHook::kForward, before, 0x100);
  kernel.use_device(3);
  kernel.hook(NetfilterHook::kPostrouting, false, before, 0x100);
  kernel.hook(NetfilterHook::kPostrouting, true, after, 0x100);
  kernel.packet(Tap::kPacketOut, after);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth1", 1}}));
}

TEST(Compare, AnAddressUsedAgainIsAnotherPacket) {
  Kernel kernel;
  kernel.packet(Tap::kStackIn, udp(1), 0x100);  // its end is not seen
  kernel.packet(Tap::kStackIn, udp(2), 0x100);
  kernel.packet(Tap::kSocket, udp(2), 0x100);
  const Bytes bytes = udp(3);
  RecordView stale = kernel.record(Tap::kSocket, bytes, 0x100);
  stale.trace->followed = true;
  kernel.give(stale);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}, {"vanished after stack-in eth0", 1}}));
  EXPECT_EQ(kernel.comparer().totals().counts.reused_skb, 1U);
}

TEST(Compare, ARetransmissionIsAnotherPacketAlsoWhereNothingTellsThemApart) {
  Kernel kernel;
  const Bytes bytes = (Ethernet{} / Ipv6{} / Tcp{.seq = 5, .flags = Tcp::kAck} / Payload{100}).bytes();
  kernel.xdp(bytes);  // the first one goes no further
  kernel.wait(200 * kMillisecond);
  kernel.deliver(bytes, 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}, {"vanished after xdp eth0", 1}}));
}

TEST(Compare, AHundredThousandEqualPacketsAreCountedOneByOne) {
  Kernel kernel;
  const Bytes bytes = udp6();
  constexpr std::uint64_t kPackets = 100'000, kBatch = 1000;
  for (std::uint64_t done = 0; done < kPackets; done += kBatch) {
    for (std::uint64_t i = 0; i < kBatch; ++i) kernel.xdp(bytes);
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      const std::uint64_t skb = 0x1000 + i % 7;
      kernel.packet(Tap::kPacketIn, bytes);
      kernel.packet(Tap::kStackIn, bytes, skb);
      if (i % 4 == 0) {
        kernel.hook(NetfilterHook::kInput, false, bytes, skb);
        kernel.drop(bytes, skb, "NETFILTER_DROP", "nf_hook_slow");
      } else {
        kernel.both(NetfilterHook::kInput, bytes, skb);
        kernel.packet(Tap::kSocket, bytes, skb);
        kernel.end(bytes, skb, "skb_free_datagram");
      }
    }
  }
  EXPECT_EQ(kernel.outcomes(),
            (Outcomes{{"delivered", 3 * kPackets / 4},
                      {"dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)", kPackets / 4}}));
}

TEST(Compare, PacketsOfOneLengthAreToldApartByTheirPayload) {
  Kernel kernel;
  kernel.xdp(udp6("one"));
  kernel.xdp(udp6("two"));
  kernel.packet(Tap::kStackIn, udp6("two"), 0x100);
  kernel.drop(udp6("two"), 0x100, "NO_SOCKET", "f");
  EXPECT_EQ(kernel.outcomes(),
            (Outcomes{{"dropped at the socket (NO_SOCKET in f)", 1}, {"vanished after xdp eth0", 1}}));
}

TEST(Compare, ARecordCutShortOfItsPayloadIsTiedOnlyWhereOnePacketFits) {
  Kernel kernel;
  const auto cut = [](Bytes bytes) {
    bytes.resize(bytes.size() - 2);
    return bytes;
  };
  const auto give = [&](Tap tap, const Bytes& bytes, std::uint64_t skb) {
    const Bytes part = cut(bytes);
    RecordView view = kernel.record(tap, part, skb);
    view.wire_len = static_cast<std::uint32_t>(bytes.size());
    kernel.give(view);
  };
  kernel.xdp(udp6("one"));
  give(Tap::kStackIn, udp6("one"), 0x100);
  kernel.xdp(udp6("two"));
  kernel.xdp(udp6("six"));
  give(Tap::kStackIn, udp6("two"), 0x200);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after stack-in eth0", 1}, {"vanished after xdp eth0", 2}}));
  EXPECT_EQ(kernel.comparer().totals().counts.ambiguous, 1U);
  EXPECT_NE(kernel.finish().find("note: 1 record cut too short"), std::string::npos);
}

TEST(Compare, TtlChecksumsVlanTagsAndPaddingDoNotCount) {
  Kernel kernel;
  Bytes padded =
      (Ethernet{} / testing::Vlan{.id = 7} / Ipv4{.ttl = 64, .id = 1} / Udp{.dst_port = 5000} / Payload{"x"}).bytes();
  padded.resize(60);
  kernel.xdp(padded);
  kernel.packet(Tap::kStackIn,
                (Ethernet{} / Ipv4{.ttl = 63, .id = 1} / Udp{.dst_port = 5000, .checksum = 1} / Payload{"x"}).bytes(),
                0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after stack-in eth0", 1}}));
}

TEST(Compare, FragmentsEndInTheDatagramTheyBecome) {
  for (const std::uint16_t id : {std::uint16_t{77}, std::uint16_t{0}}) {  // the counter of a sender passes 0
    Kernel kernel;
    const Bytes whole = udp(id, std::string(40, 'x'));
    const Bytes first = (Ethernet{} / Ipv4{.id = id, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                         Payload{std::string(16, 'x')})
                            .bytes();
    const Bytes second =
        (Ethernet{} / Ipv4{.id = id, .fragment = 3, .protocol = 17} / Payload{std::string(24, 'x')}).bytes();
    kernel.receive(first, 0x100);
    kernel.receive(second, 0x200);
    kernel.hook(NetfilterHook::kPrerouting, true, whole, 0x200);
    kernel.both(NetfilterHook::kInput, whole, 0x200);
    kernel.packet(Tap::kSocket, whole, 0x200);
    EXPECT_EQ(kernel.outcomes(), (Outcomes{{"a fragment, reassembled", 2}, {"delivered", 1}})) << id;
  }
}

// A busy machine is late with them.
TEST(Compare, PacketsAgeByTheTimeUpToWhichThereAreAllRecords) {
  CompareOptions options{.live = true};
  options.correlator.follow = 1;
  Kernel kernel(options);
  kernel.xdp(udp());
  kernel.comparer().on_time(kStart + kMillisecond);
  EXPECT_TRUE(kernel.comparer().flush());
  EXPECT_FALSE(kernel.comparer().is_done());
  kernel.comparer().on_time(kStart + 60'000 * kMillisecond);
  EXPECT_TRUE(kernel.comparer().is_done());
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after xdp eth0", 1}}));
}

// Linux gives it to all that may not be fragmented.
TEST(Compare, AnotherPacketWithTheNumber0IsNotWhatFragmentsBecome) {
  Kernel kernel;
  const Bytes whole = udp(0, "x");
  kernel.receive((Ethernet{} / Ipv4{.id = 0, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                  Payload{std::string(16, 'x')})
                     .bytes(),
                 0x100);
  kernel.receive(whole, 0x200);
  kernel.both(NetfilterHook::kInput, whole, 0x200);
  kernel.packet(Tap::kSocket, whole, 0x200);
  EXPECT_EQ(kernel.outcomes().count("a fragment, reassembled"), 0U);
  EXPECT_EQ(kernel.outcomes().at("delivered"), 1U);
}

TEST(Compare, FragmentsAreNotCountedWithTheDatagramThatTheKernelConsumed) {
  Kernel kernel;
  const Bytes first = (Ethernet{} / Ipv4{.id = 77, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                       Payload{std::string(16, 'x')})
                          .bytes();
  kernel.receive(first, 0x100);
  kernel.end(first, 0x100, "inet_frag_reasm_prepare");
  kernel.both(NetfilterHook::kInput, udp(77, std::string(40, 'x')), 0x200);
  kernel.end(udp(77, std::string(40, 'x')), 0x200, "icmp_rcv");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"a fragment, reassembled", 1}, {"consumed by the kernel in icmp_rcv", 1}}));
}

TEST(Compare, ADatagramIsOnePacketThroughFragmentation) {
  Kernel kernel;
  const Bytes whole = udp(77, std::string(40, 'x'));
  const Bytes first = (Ethernet{} / Ipv4{.id = 77, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                       Payload{std::string(16, 'x')})
                          .bytes();
  const Bytes second =
      (Ethernet{} / Ipv4{.id = 77, .fragment = 3, .protocol = 17} / Payload{std::string(24, 'x')}).bytes();
  kernel.both(NetfilterHook::kOutput, whole, 0x100);
  kernel.both(NetfilterHook::kPostrouting, whole, 0x100);
  kernel.end(whole, 0x100, "ip_do_fragment");
  kernel.leave(first, 0x200);
  kernel.leave(second, 0x300);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}}));
}

// Connection tracking on a router reassembles; the fragments it sends on can be the sk_buffs that came.
TEST(Compare, FragmentsOfAReassembledDatagramThatLeaveAgainAreTheDatagrams) {
  Kernel kernel;
  const Bytes whole = udp(77, std::string(40, 'x'));
  const Bytes first = (Ethernet{} / Ipv4{.id = 77, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                       Payload{std::string(16, 'x')})
                          .bytes();
  const Bytes second =
      (Ethernet{} / Ipv4{.id = 77, .fragment = 3, .protocol = 17} / Payload{std::string(24, 'x')}).bytes();
  kernel.receive(first, 0x100);
  kernel.hook(NetfilterHook::kPrerouting, false, first, 0x100);
  kernel.receive(second, 0x200);
  kernel.hook(NetfilterHook::kPrerouting, false, second, 0x200);
  kernel.hook(NetfilterHook::kPrerouting, true, whole, 0x100);
  kernel.both(NetfilterHook::kForward, whole, 0x100);
  kernel.use_device(3);
  kernel.leave(first, 0x100);
  kernel.leave(second, 0x200);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"a fragment, reassembled", 2}, {"sent on eth1", 1}}));
}

// RFC 8200; `offset` in units of 8 bytes.
Bytes ipv6_fragment(std::uint32_t id, std::uint16_t offset, bool more, const Bytes& bytes) {
  Bytes header = {std::byte{17}, std::byte{0}};
  const unsigned place = unsigned{offset} << 3 | (more ? 1U : 0U);
  for (const unsigned byte :
       {place >> 8 & 0xffU, place & 0xffU, id >> 24U & 0xffU, id >> 16U & 0xffU, id >> 8U & 0xffU, id & 0xffU}) {
    header.push_back(static_cast<std::byte>(byte));
  }
  header.insert(header.end(), bytes.begin(), bytes.end());
  return (Ethernet{} / Ipv6{.next_header = 44} / Payload{header}).bytes();
}

// Of two datagrams whose fragments come mixed.
TEST(Compare, Ipv6FragmentsEndInTheDatagramOfTheirLength) {
  Kernel kernel;
  const auto payload_of = [](const Bytes& datagram) { return Bytes(datagram.begin() + 54, datagram.end()); };
  const Bytes one = udp6(std::string(40, 'x'));
  const Bytes two = udp6(std::string(56, 'y'));
  std::uint64_t skb = 0x100;
  for (const bool last : {false, true}) {
    for (const auto& [id, datagram] : {std::pair{7U, payload_of(one)}, std::pair{8U, payload_of(two)}}) {
      const Bytes bytes =
          last ? Bytes(datagram.begin() + 24, datagram.end()) : Bytes(datagram.begin(), datagram.begin() + 24);
      kernel.receive(ipv6_fragment(id, last ? 3 : 0, !last, bytes), skb++);
    }
  }
  kernel.packet(Tap::kSocket, two, 0x200);
  kernel.drop(one, 0x300, "SOCKET_RCVBUFF", "f");
  EXPECT_EQ(
      kernel.outcomes(),
      (Outcomes{{"a fragment, reassembled", 4}, {"delivered", 1}, {"dropped at the socket (SOCKET_RCVBUFF in f)", 1}}));
}

TEST(Compare, FragmentsOfOneIpv6DatagramAreNotThoseOfOneThatWasDropped) {
  Kernel kernel;
  const Bytes dropped = udp6(std::string(80, 'x'));
  const Bytes sent = udp6(std::string(40, 'y'));
  kernel.both(NetfilterHook::kOutput, dropped, 0x100);
  kernel.drop(dropped, 0x100, "NEIGH_FAILED", "f");
  kernel.both(NetfilterHook::kOutput, sent, 0x200);
  kernel.end(sent, 0x200, "ip6_fragment");
  const Bytes datagram(sent.begin() + 54, sent.end());
  kernel.leave(ipv6_fragment(7, 0, true, Bytes(datagram.begin(), datagram.begin() + 24)), 0x300);
  kernel.leave(ipv6_fragment(7, 3, false, Bytes(datagram.begin() + 24, datagram.end())), 0x400);
  EXPECT_EQ(kernel.outcomes(),
            (Outcomes{{"dropped for lack of a neighbour's address (NEIGH_FAILED in f)", 1}, {"sent on eth0", 1}}));
}

// The kernel frees the sk_buffs of its fragments one by one.
TEST(Compare, AFragmentsBufferThatIsFreedAfterReassemblyIsNoDrop) {
  Kernel kernel;
  const Bytes first = (Ethernet{} / Ipv4{.id = 77, .fragment = 0x2000} / Udp{.dst_port = 5000, .length = 48} /
                       Payload{std::string(16, 'x')})
                          .bytes();
  kernel.receive(first, 0x100);
  kernel.packet(Tap::kSocket, udp(77, std::string(40, 'x')), 0x200);
  kernel.drop(first, 0x100, "NOT_SPECIFIED", "kfree_skb_list");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"a fragment, reassembled", 1}, {"delivered", 1}}));
}

TEST(Compare, WhatWasInATunnelsPacketIsFollowedInItsPlace) {
  for (const bool matches : {false, true}) {
    Kernel kernel;
    const Bytes outer = udp(1, std::string(90, 'x'), 4789);
    const Bytes inner = udp(2, std::string(20, 'y'));
    kernel.receive(outer, 0x100);
    kernel.both(NetfilterHook::kInput, outer, 0x100);
    kernel.use_device(3);
    RecordView view = kernel.record(Tap::kStackIn, inner, 0x100);
    view.trace->followed = !matches;
    kernel.give(view);
    kernel.drop(inner, 0x100, "NO_SOCKET", "f");
    EXPECT_EQ(kernel.outcomes(), matches
                                     ? (Outcomes{{"unwrapped after INPUT post; what was in it is another packet", 1},
                                                 {"dropped at the socket (NO_SOCKET in f)", 1}})
                                     : (Outcomes{{"dropped at the socket (NO_SOCKET in f)", 1}}));
  }
}

// It may have been refused without a word, as with a full queue of connections.
TEST(Compare, DoesNotSayWhatAListeningSocketDidWithARequest) {
  Kernel kernel;
  kernel.deliver((Ethernet{} / Ipv4{} / Tcp{.dst_port = 80, .flags = Tcp::kSyn}).bytes(), 0x100);
  EXPECT_EQ(kernel.outcomes(),
            (Outcomes{{"given to a listening socket; whether it accepted the connection is unknown", 1}}));
  EXPECT_TRUE(kernel.answer().starts_with("XDP saw 1, AF_PACKET 1, the application 0:")) << kernel.answer();
}

TEST(Compare, ACopyThatIsDroppedDoesNotMakeThePacketDropped) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.drop(udp(), 0x900, "PACKET_SOCK_ERROR", "packet_rcv");  // of a packet socket that is full
  kernel.drop(udp(), 0x901, "SOCKET_RCVBUFF", "raw_rcv");        // of a raw socket
  kernel.packet(Tap::kSocket, udp(), 0x100);
  kernel.end(udp(), 0x902, "skb_free_datagram");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
}

TEST(Compare, APacketThatTheSocketRefusedIsDropped) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.packet(Tap::kSocket, udp(), 0x100);
  kernel.drop(udp(), 0x100, "SOCKET_RCVBUFF", "udp_queue_rcv_one_skb");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at the socket (SOCKET_RCVBUFF in udp_queue_rcv_one_skb)", 1}}));
  EXPECT_TRUE(kernel.answer().starts_with("XDP saw 1, AF_PACKET 1, the application 0:")) << kernel.answer();
}

TEST(Compare, SeveralSocketsOfAGroupGetOnePacket) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.packet(Tap::kSocket, udp(), 0x200);
  kernel.packet(Tap::kSocket, udp(), 0x300);
  kernel.packet(Tap::kSocket, udp(), 0x100);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
}

TEST(Compare, AnotherNamespaceCountsOnlyForPacketsSeenHere) {
  Kernel kernel;
  kernel.send(udp(1), 0x100);
  for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{2}}) {
    const Bytes bytes = udp(id);
    RecordView view = kernel.record(Tap::kStackIn, bytes, 0x500U + id);
    view.trace->other_netns = true;
    kernel.give(view);
  }
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"sent on eth0", 1}}));
  EXPECT_EQ(kernel.comparer().totals().counts.other_netns, 1U);
}

TEST(Compare, ADropBehindAVethIsCalledSo) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(), 0x100);
  kernel.leave(udp(), 0x100);
  const Bytes bytes = udp();
  RecordView drop = kernel.record(Tap::kDrop, bytes, 0x100);
  drop.trace->other_netns = true;
  drop.trace->reason = "NO_SOCKET";
  kernel.give(drop);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped in another namespace at the socket (NO_SOCKET)", 1}}));
}

TEST(Compare, NamesDevicesThatAreNotCaptured) {
  Kernel kernel;
  const Bytes bytes = udp();
  kernel.packet(Tap::kStackIn, bytes, 0x100);
  RecordView view = kernel.record(Tap::kStackOut, bytes, 0x100);
  view.interface_id = 99;
  view.ifindex = 9;
  view.trace->device = "ifb0";
  kernel.give(view);
  view = kernel.record(Tap::kStackIn, bytes, 0x100);
  view.trace->other_netns = true;
  view.trace->netns = 4026532000;
  view.trace->device = "eth0";
  kernel.give(view);
  view = kernel.record(Tap::kDrop, bytes, 0x100);
  view.trace->other_netns = true;
  view.trace->netns = 4026532001;
  view.trace->netns_name = "web";
  kernel.give(view);
  const std::string text = kernel.finish();
  for (const char* row : {"stack-out  ifb0 ", "stack-in   eth0 in netns 4026532000 ", "drop       if2 in web "}) {
    EXPECT_NE(text.find(row), std::string::npos) << row << "\n" << text;
  }
}

TEST(Compare, TellsABridgesHooksFromThoseOfTheDevice) {
  const auto dropped = [](bool elsewhere, const std::string& rule) {
    Kernel kernel;
    const Bytes bytes = udp();
    kernel.receive(bytes, 0x100);
    if (elsewhere) kernel.use_device(3);
    RecordView drop = kernel.record(Tap::kDrop, bytes, 0x100);
    drop.trace->reason = "NETFILTER_DROP";
    drop.trace->bridge_port = true;
    drop.trace->rule = rule;
    kernel.give(drop);
    return kernel.outcomes().begin()->first;
  };
  EXPECT_EQ(dropped(false, ""), "dropped in the bridge or at a netdev hook by netfilter (NETFILTER_DROP)");
  EXPECT_EQ(dropped(true, ""), "dropped in the bridge or at a netdev hook by netfilter (NETFILTER_DROP)");
  EXPECT_EQ(dropped(false, "bridge t c handle 2: drop"), "dropped in the bridge by netfilter (NETFILTER_DROP)");
  EXPECT_EQ(dropped(true, "netdev t c handle 2: drop"), "dropped at netdev egress by netfilter (NETFILTER_DROP)");
  EXPECT_EQ(dropped(false, "netdev t c handle 2: drop"), "dropped at netdev ingress by netfilter (NETFILTER_DROP)");
}

TEST(Compare, AHookPassedOnOneDeviceIsOpenOnAnother) {
  Kernel kernel;
  kernel.receive(udp(), 0x100);
  kernel.both(NetfilterHook::kPrerouting, udp(), 0x100);
  kernel.use_device(3);
  kernel.packet(Tap::kStackIn, udp(), 0x100);
  kernel.hook(NetfilterHook::kPrerouting, false, udp(), 0x100);
  kernel.drop(udp(), 0x100, "NETFILTER_DROP", "f");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"dropped at PREROUTING by netfilter (NETFILTER_DROP in f)", 1}}));
}

TEST(Compare, WhatWasUnderWayAsTheTapsWereAttachedIsNotCounted) {
  Kernel kernel({}, true);
  kernel.comparer().begin(kStart + 2500);  // the third record
  kernel.both(NetfilterHook::kInput, udp(1), 0x100);
  kernel.packet(Tap::kSocket, udp(1), 0x100);
  kernel.deliver(udp(2), 0x200);
  kernel.comparer().end(kStart + kMillisecond);
  kernel.wait(kMillisecond);
  kernel.receive(udp(3), 0x300);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
  EXPECT_EQ(kernel.comparer().totals().packets, 1U);
  EXPECT_EQ(kernel.comparer().totals().before_begin, 1U);
  EXPECT_NE(kernel.finish().find("note: 1 packet already under way"), std::string::npos);
  for (const auto& kept : kernel.file().records) EXPECT_EQ(kept.view.packet_id, 1U);
  EXPECT_EQ(kernel.file().records.size(), 10U);
}

TEST(Compare, WhatIsNotFinishedAtTheEndIsStillUnderWay) {
  Kernel kernel;
  kernel.both(NetfilterHook::kOutput, udp(1), 0x100);
  kernel.wait(200 * kMillisecond);
  kernel.both(NetfilterHook::kOutput, udp(2), 0x200);
  kernel.comparer().end(kStart + 201 * kMillisecond);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after OUTPUT post", 1},
                                         {"still under way after OUTPUT post at the end of the run", 1}}));
}

TEST(Compare, AnEndOfSomethingUnknownIsNoPacket) {
  Kernel kernel;
  kernel.end(udp(), 0x100, "kfree");
  EXPECT_EQ(kernel.comparer().totals().counts.unknown_end, 1U);
  EXPECT_NE(kernel.finish().find("no packet was seen"), std::string::npos);
}

TEST(Compare, ArpIsFollowedThoughItIsPaddedOnTheWire) {
  Kernel kernel;
  Bytes arp = (Ethernet{} / testing::Arp{}).bytes();
  Bytes padded = arp;
  padded.resize(60);
  kernel.xdp(padded);
  kernel.packet(Tap::kStackIn, arp, 0x100);
  kernel.end(arp, 0x100, "arp_process");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"consumed by the kernel in arp_process", 1}}));
}

TEST(Compare, WhatTcpFreesWithoutAReasonAfterASocketGotItIsNoDrop) {
  Kernel kernel;
  kernel.receive(tcp(1, 0), 0x100);
  kernel.packet(Tap::kSocket, tcp(1, 0), 0x100);
  kernel.drop(tcp(1, 0), 0x100, "NOT_SPECIFIED", "tcp_rcv_state_process");
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"delivered", 1}}));
}

// ---- Limits ----

TEST(Compare, FinishesTheOldestFirstWhenThereAreTooMany) {
  CompareOptions options;
  options.correlator.max_packets = 10;
  Kernel kernel(options);
  for (std::uint16_t i = 1; i <= 30; ++i) kernel.xdp(udp(i));
  EXPECT_LE(kernel.comparer().totals().counts.packets, 30U);
  EXPECT_EQ(kernel.outcomes(),
            (Outcomes{{"given up after xdp eth0: too many packets at once", 21}, {"vanished after xdp eth0", 9}}));
  EXPECT_NE(kernel.finish().find("note: 21 packets given up early, with more than 10 followed at once"),
            std::string::npos);
}

TEST(Compare, FinishesAPacketWhenItHasBeenQuietForItsAge) {
  Kernel kernel;
  kernel.xdp(udp(1));
  kernel.deliver(udp(2), 0x100);
  kernel.wait(200 * kMillisecond);
  kernel.xdp(udp(3));
  EXPECT_EQ(kernel.comparer().totals().packets, 1U);  // its sk_buff was freed
  kernel.wait(4100 * kMillisecond);
  kernel.xdp(udp(4));
  EXPECT_EQ(kernel.comparer().totals().packets, 3U);
}

TEST(Compare, FollowsAsManyPacketsAsAskedForToTheirEnd) {
  CompareOptions options;
  options.correlator.follow = 2;
  Kernel kernel(options);
  kernel.xdp(udp(1));
  kernel.xdp(udp(2));
  kernel.xdp(udp(3));
  kernel.packet(Tap::kStackIn, udp(1), 0x100);
  EXPECT_FALSE(kernel.comparer().is_done());
  kernel.wait(4100 * kMillisecond);
  kernel.xdp(udp(4));
  EXPECT_TRUE(kernel.comparer().is_done());
  EXPECT_EQ(kernel.comparer().totals().counts.over_limit, 2U);
  EXPECT_EQ(kernel.outcomes(), (Outcomes{{"vanished after stack-in eth0", 1}, {"vanished after xdp eth0", 1}}));
}

TEST(Compare, SaysThatCountsAreLowerBoundsWhenRecordsWereLost) {
  Kernel kernel;
  kernel.deliver(udp(), 0x100);
  EXPECT_TRUE(kernel.comparer().on_statistics({.interface_id = 1, .dropped = 3}));
  EXPECT_TRUE(kernel.comparer().on_statistics({.interface_id = 1, .dropped = 7}));
  EXPECT_NE(kernel.finish().find("note: 7 records lost in the kernel: the counts are lower bounds\n"),
            std::string::npos);
}

TEST(Compare, LooksOnlyAtTheTapsAskedFor) {
  CompareOptions options;
  options.taps = {Tap::kXdp, Tap::kDrop};
  Kernel kernel(options);
  kernel.receive(udp(), 0x100);
  kernel.drop(udp(), 0x100, "NO_SOCKET", "f");
  EXPECT_EQ(kernel.answer(), "XDP saw 1: dropped at the socket (NO_SOCKET in f)");
}

TEST(Compare, RefusesRecordsThatDoNotSayTheirTap) {
  Kernel kernel;
  const Bytes bytes = udp();
  const auto result = kernel.comparer().on_record(kernel.record(Tap::kUnknown, bytes));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "the file does not say at which tap its packets were seen");
  EXPECT_EQ(result.error().kind(), ErrorKind::kFailure);
}

TEST(Compare, SaysWhereItListenedWhenNothingCame) {
  CompareOptions options;
  options.listened_at = "eth0 for 'udp port 5000'";
  Kernel kernel(options);
  EXPECT_EQ(
      kernel.finish(),
      "no packet was seen; looked at eth0 for 'udp port 5000' (hint: does the filter match the packets you mean, with "
      "their VLAN tags? did they reach this host and device?)\n");
}

// ---- Rules ----

RuleVerdict verdict_on(std::span<const std::byte> packet) {
  RuleVerdict verdict;
  verdict.action = RuleAction::kDrop;
  verdict.family = "inet";
  verdict.table = "filter";
  verdict.chain = "input";
  verdict.rule_handle = 4;
  verdict.rule_text = "udp dport 5000 drop";
  verdict.network_header_on = packet;
  return verdict;
}

TEST(Compare, NamesTheRuleThatDroppedThePacketAlsoWhenItIsToldFirst) {
  Kernel kernel;
  const Bytes bytes = udp(1, std::string(100, 'x'));
  constexpr std::size_t kEthernet = 14, kTold = 40;  // nftables tells 20 bytes of the transport header
  kernel.comparer().on_rule(verdict_on(std::span(bytes).subspan(kEthernet, kTold)));
  kernel.deliver(udp(2), 0x200);
  kernel.receive(bytes, 0x100);
  kernel.hook(NetfilterHook::kInput, false, bytes, 0x100);
  kernel.drop(bytes, 0x100, "NETFILTER_DROP", "nf_hook_slow");
  EXPECT_NE(kernel.finish().find("      1  dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)\n"
                                 "         by rule inet filter input handle 4: udp dport 5000 drop\n"),
            std::string::npos);
}

TEST(Compare, TheFileHasTheRuleWithTheDropThoughItIsToldLater) {
  CompareOptions options;
  options.rule_delay_ns = 10 * kMillisecond;
  Kernel kernel(options, true);
  const Bytes bytes = udp();
  kernel.receive(bytes, 0x100);
  kernel.hook(NetfilterHook::kInput, false, bytes, 0x100);
  kernel.drop(bytes, 0x100, "NETFILTER_DROP", "nf_hook_slow");
  EXPECT_TRUE(kernel.file().records.empty());
  kernel.comparer().on_rule(verdict_on(std::span(bytes).subspan(14)));
  kernel.finish();
  ASSERT_EQ(kernel.file().records.size(), 6U);
  EXPECT_EQ(kernel.file().records.back().view.trace->rule, "inet filter input handle 4: udp dport 5000 drop");

  Kernel again;
  for (const RecordingSink::Kept& kept : kernel.file().records) again.give(kept.view);
  EXPECT_NE(again.finish().find("         by rule inet filter input handle 4: udp dport 5000 drop\n"),
            std::string::npos);
}

TEST(Compare, ARuleOfNoPacketSeenIsCounted) {
  Kernel kernel;
  const Bytes bytes = udp();
  kernel.comparer().on_rule(verdict_on(std::span(bytes).subspan(14)));
  kernel.finish();
  EXPECT_EQ(kernel.comparer().totals().unmatched_rules, 1U);
}

// ---- What is written ----

void two_packets(Kernel& kernel) {
  kernel.receive(udp(1), 0x100);
  kernel.hook(NetfilterHook::kInput, false, udp(1), 0x100);
  kernel.drop(udp(1), 0x100, "NETFILTER_DROP", "nf_hook_slow");
  kernel.deliver(udp(2), 0x100);
}

TEST(Compare, WritesTablesAndTheAnswer) {
  Kernel kernel;
  two_packets(kernel);
  EXPECT_EQ(
      kernel.finish(),
      R"(XDP saw 2, AF_PACKET 2, the application 1: 1 dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow), 1 delivered

tap        device  hook        packets  bytes  last seen here
xdp        eth0                      2     94
stack-in   eth0                      2     94
packet-in  eth0                      2     94
tc-in      eth0                      2     94
netfilter  eth0    PREROUTING        1     47
netfilter  eth0    INPUT pre         2     94               1
netfilter  eth0    INPUT post        1     47
socket     eth0                      1     47
drop       eth0                      1     47
end        eth0                      1     47

packets  outcome
      1  dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)
      1  delivered
)");
}

TEST(Compare, WritesABlockForEachPacketWithTheLongestGapMarked) {
  CompareOptions options;
  options.each = true;
  options.show_time = false;
  Kernel kernel(options);
  kernel.receive(udp(1), 0x100);
  kernel.wait(kMillisecond);
  kernel.hook(NetfilterHook::kInput, false, udp(1), 0x100);
  kernel.drop(udp(1), 0x100, "NETFILTER_DROP", "nf_hook_slow");
  const std::string text = kernel.finish();
  EXPECT_EQ(
      text.substr(0, text.find("XDP saw")),
      R"(#1 192.0.2.1.40000 > 192.0.2.2.5000 UDP, length 5: dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)
        0.0 us  xdp eth0
        1.0 us  packet-in eth0
        1.0 us  stack-in eth0
        1.0 us  tc-in eth0
     1001.0 us  netfilter eth0 INPUT pre  <- longest
        1.0 us  drop eth0
)");
}

TEST(Compare, WritesJsonObjectsALineEach) {
  CompareOptions options;
  options.each = true;
  options.json = true;
  Kernel kernel(options);
  kernel.xdp(udp());
  kernel.drop(udp(), 0x100, "NO_SOCKET", "f");
  EXPECT_EQ(
      kernel.finish(),
      R"json({"type":"packet","id":1,"time_ns":1700000000000001000,"ip":4,"protocol":17,"source":"192.0.2.1","destination":"192.0.2.2","source_port":40000,"destination_port":5000,"length":5,"observations":[{"tap":"xdp","device":"eth0","after_ns":0,"records":1,"bytes":47},{"tap":"drop","device":"eth0","after_ns":1000,"records":1,"bytes":47}],"outcome":"dropped","at":"socket","reason":"NO_SOCKET","function":"f","text":"dropped at the socket (NO_SOCKET in f)"}
{"type":"place","tap":"xdp","device":"eth0","packets":1,"records":1,"bytes":47,"last_seen":1}
{"type":"place","tap":"drop","device":"eth0","packets":1,"records":1,"bytes":47,"last_seen":0}
{"type":"outcome","packets":1,"outcome":"dropped","at":"socket","reason":"NO_SOCKET","function":"f","text":"dropped at the socket (NO_SOCKET in f)"}
{"type":"summary","packets":1,"records":2,"matched":2,"lost":0,"evicted":0,"ambiguous":0,"unknown_end":0,"other_netns":0,"reused_skb":0,"over_limit":0,"unmatched_rules":0,"before_begin":0,"answer":"XDP saw 1, the application 0: dropped at the socket (NO_SOCKET in f)"}
)json");
}

TEST(Compare, NumbersTheRecordsOfAPacketInTheFile) {
  Kernel kernel({}, true);
  kernel.xdp(udp(1));
  kernel.xdp(udp(2));
  kernel.packet(Tap::kStackIn, udp(1), 0x100);
  kernel.end(udp(9), 0x900, "f");
  ASSERT_EQ(kernel.file().records.size(), 4U);
  EXPECT_EQ(kernel.file().records[0].view.packet_id, 1U);
  EXPECT_EQ(kernel.file().records[1].view.packet_id, 2U);
  EXPECT_EQ(kernel.file().records[2].view.packet_id, 1U);
  EXPECT_FALSE(kernel.file().records[3].view.packet_id);
  kernel.finish();
  EXPECT_EQ(kernel.file().finished, 1);
}

TEST(Compare, AnswersTheSameFromTheFileItHasWritten) {
  auto stored = std::make_shared<Stored>();
  auto first_text = std::make_shared<Stored>();
  Comparer first({}, std::make_unique<MemoryWriter>(first_text),
                 std::make_unique<PcapngWriter>(std::make_unique<MemoryWriter>(stored), PcapngOptions{}));
  Kernel records({}, true);
  two_packets(records);
  Interface interface;
  interface.name = "eth0:xdp";
  ASSERT_TRUE(first.on_interface(interface));
  for (const RecordingSink::Kept& kept : records.file().records) ASSERT_TRUE(first.on_record(kept.view));
  ASSERT_TRUE(first.finish());

  auto second_text = std::make_shared<Stored>();
  Comparer second({}, std::make_unique<MemoryWriter>(second_text), nullptr);
  CaptureReader reader(std::make_unique<testing::MemorySource>(stored->bytes), "x.pcapng");
  ASSERT_EQ(testing::drain(reader, second), std::nullopt);
  ASSERT_TRUE(second.finish());
  EXPECT_EQ(first_text->bytes, second_text->bytes);
  EXPECT_FALSE(first_text->bytes.empty());
}

}  // namespace
}  // namespace ringtap
