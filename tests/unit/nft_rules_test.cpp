// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// That what nftables is told to pick out holds every packet the program accepts, by libpcap's interpreter; and that it
// is no more than that where nftables can say it. How nftables reads a packet is modelled here; nft_trace_test has the
// kernel itself say so.
#include "filter/nft_rules.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "support/filter_corpus.hpp"
#include "support/filter_inputs.hpp"

namespace ringtap {
namespace {

using testing::FilterInputs;
using testing::RawFrame;

// A frame as a chain at netdev's ingress meets it: an outer tag is in metadata, skb->protocol is what stands behind it.
struct Packet {
  std::uint16_t protocol = 0;
  std::vector<std::uint8_t> network;
  std::optional<std::size_t> transport;  // where nftables lets @th begin; none: IPv4 that it holds to be malformed
  bool fragment = false;

  [[nodiscard]] std::uint32_t at(std::size_t offset, std::size_t size) const {
    std::uint32_t value = 0;
    for (std::size_t n = 0; n < size; ++n) value = value << 8 | network[offset + n];
    return value;
  }
  [[nodiscard]] bool has(std::size_t offset, std::size_t size) const { return offset + size <= network.size(); }
};

bool has_fragment_header(const Packet& packet) {
  std::uint32_t next = packet.has(0, 40) ? packet.at(6, 1) : 59;
  for (std::size_t offset = 40; next == 0 || next == 43 || next == 60;) {
    if (!packet.has(offset, 8)) return false;
    next = packet.at(offset, 1);
    offset += 8 * (packet.at(offset + 1, 1) + 1);
  }
  return next == 44;
}

Packet packet_of(const RawFrame& frame, LinkType link_type) {
  Packet packet;
  std::size_t offset = 0;
  const auto half = [&](std::size_t at) { return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]); };
  if (link_type == LinkType::kEthernet) {
    if (frame.size() < 14) return packet;
    packet.protocol = half(12);
    offset = 14;
    if ((packet.protocol == 0x8100 || packet.protocol == 0x88a8) && frame.size() >= 18) {
      packet.protocol = half(16);
      offset = 18;
    }
    if (packet.protocol < 0x600) packet.protocol = 4;  // ETH_P_802_2
  } else if (!frame.empty()) {
    packet.protocol = frame[0] >> 4 == 6 ? 0x86dd : 0x0800;
  }
  packet.network.assign(frame.begin() + static_cast<std::ptrdiff_t>(offset), frame.end());
  if (packet.protocol == 0x0800 && packet.has(0, 20)) {
    const std::size_t header = 4 * (packet.at(0, 1) & 15);
    const std::size_t total = packet.at(2, 2);
    if (packet.network[0] >> 4 == 4 && header >= 20 && total >= header && total <= packet.network.size()) {
      packet.transport = header;
      packet.fragment = (packet.at(6, 2) & 0x3fff) != 0;
    }
  }
  if (packet.protocol == 0x86dd) packet.fragment = has_fragment_header(packet);
  return packet;
}

bool holds(const NftCondition& condition, const Packet& packet) {
  std::size_t offset = condition.offset;
  if (condition.transport) {
    if (!packet.transport || (packet.at(6, 2) & 0x1fff) != 0) return false;
    offset += *packet.transport;
  }
  if (!packet.has(offset, condition.size)) return false;
  const std::uint32_t value = packet.at(offset, condition.size) & condition.mask;
  switch (condition.relation) {
    case NftCondition::Relation::kEqual:
      return value == condition.value;
    case NftCondition::Relation::kNotEqual:
      return value != condition.value;
    case NftCondition::Relation::kGreater:
      return value > condition.value;
    case NftCondition::Relation::kGreaterOrEqual:
      return value >= condition.value;
    case NftCondition::Relation::kLess:
      return value < condition.value;
    default:
      return value <= condition.value;
  }
}

bool picks(const NftRules& rules, const Packet& packet) {
  if (rules.everything) return true;
  if (rules.fragments && packet.fragment) return true;
  if (rules.transport && packet.protocol == 0x0800 && !packet.transport) return true;
  return std::any_of(rules.rules.begin(), rules.rules.end(), [&](const NftRule& rule) {
    return rule.protocol == packet.protocol && std::all_of(rule.conditions.begin(), rule.conditions.end(),
                                                           [&](const auto& one) { return holds(one, packet); });
  });
}

// What offloads may do to it between the tap and the hook.
void offload(Packet& packet, FilterInputs& random) {
  const auto scramble = [&](std::size_t from, std::size_t to) {
    for (std::size_t n = from; n < std::min(to, packet.network.size()); ++n)
      packet.network[n] = static_cast<std::uint8_t>(random.below(256));
  };
  if (packet.protocol == 0x0800 && packet.transport) {
    scramble(2, 6);
    scramble(10, 12);
    scramble(*packet.transport + 4, packet.network.size());
  } else if (packet.protocol == 0x86dd && !packet.fragment) {
    scramble(4, 6);
    scramble(44, packet.network.size());
  }
}

// Half of the generated packets become ones that an IP stack would take.
RawFrame frame_for(FilterInputs& random, LinkType link_type) {
  RawFrame frame = random.frame();
  if (frame.size() > 34 && frame[12] == 8 && frame[13] == 0 && random.one_in(2)) {
    const std::size_t total = frame.size() - 14;
    if (frame.size() >= 14U + 4U * (frame[14] & 15U)) frame[14] = static_cast<std::uint8_t>(0x40 | (frame[14] & 15));
    frame[16] = static_cast<std::uint8_t>(total >> 8);
    frame[17] = static_cast<std::uint8_t>(total);
    if (random.one_in(2)) frame[20] = frame[21] = 0;
  }
  if (link_type != LinkType::kEthernet)
    frame.erase(frame.begin(), frame.begin() + std::min<std::ptrdiff_t>(14, std::ssize(frame)));
  return frame;
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t accepted = 0;
  std::string missed;
};

// Programs that everything is taken for have nothing to miss and are not counted.
void check_nothing_is_missed(const ClassicProgram& program, const std::string& name, int frames, FilterInputs& random,
                             Tally& tally) {
  const NftRules rules = nft_rules(program);
  if (rules.everything) return;
  auto matcher = FilterMatcher::create(program);
  ASSERT_TRUE(matcher) << name;
  for (int n = 0; n < frames; ++n) {
    const RawFrame frame = frame_for(random, program.link_type);
    const auto size = static_cast<std::uint32_t>(frame.size());
    ++tally.runs;
    if (matcher->verdict(std::as_bytes(std::span(frame)), size) == 0) continue;
    ++tally.accepted;
    Packet packet = packet_of(frame, program.link_type);
    bool picked = picks(rules, packet);
    offload(packet, random);
    picked = picked && picks(rules, packet);
    if (!picked && tally.missed.empty()) tally.missed = name + "\n" + print_program(program, ProgramFormat::kAssembly);
  }
}

TEST(NftRules, MissNoPacketOfTheCorpusOfExpressions) {
  FilterInputs random(21);
  Tally tally;
  for (const auto& filter : testing::read_filter_corpus()) {
    for (const bool optimise : {true, false}) {
      auto program = compile({.expression = filter.expression, .link_type = filter.link_type, .optimise = optimise});
      ASSERT_TRUE(program) << filter.expression;
      check_nothing_is_missed(*program, filter.expression, 500, random, tally);
    }
  }
  EXPECT_EQ(tally.missed, "");
  EXPECT_GT(tally.accepted, 1000U);
}

TEST(NftRules, MissNoPacketOfGeneratedExpressions) {
  FilterInputs random(22);
  Tally tally;
  for (int n = 0; n < 3000; ++n) {
    const std::string expression = random.expression(static_cast<int>(random.below(4)));
    const LinkType link_type = random.one_in(4) ? LinkType::kRaw : LinkType::kEthernet;
    auto program = compile({.expression = expression, .link_type = link_type, .optimise = random.one_in(2)});
    if (program) check_nothing_is_missed(*program, expression, 500, random, tally);
  }
  EXPECT_EQ(tally.missed, "");
  EXPECT_GT(tally.accepted, 5000U);
}

TEST(NftRules, LeaveOutWhatOffloadsChange) {
  FilterInputs random(25);
  Tally tally;
  for (const char* expression :
       {"udp[4:2] < 100 and udp", "tcp[tcpflags] & tcp-syn != 0", "tcp[4:4] > 1000 and tcp", "ip and ip[4:2] > 1000",
        "ip6 and ip6[4:2] < 700", "ip[10:2] & 1 = 1 and ip", "tcp and tcp[0:4] & 1 = 1"}) {
    auto program = compile({.expression = expression});
    ASSERT_TRUE(program) << expression;
    EXPECT_FALSE(nft_rules(*program).everything) << expression;
    check_nothing_is_missed(*program, expression, 5000, random, tally);
  }
  EXPECT_EQ(tally.missed, "");
  EXPECT_GT(tally.accepted, 1000U);
}

TEST(NftRules, TakeFragmentsWhereATestTellsThemFromTheWhole) {
  const auto fragments = [](const char* expression) {
    auto program = compile({.expression = expression});
    return program && nft_rules(*program).fragments;
  };
  EXPECT_TRUE(fragments("ip and udp port 53"));
  EXPECT_TRUE(fragments("ip6 and udp port 53"));
  EXPECT_TRUE(fragments("ip6 and udp"));  // a fragment's next header is 44
  EXPECT_TRUE(fragments("ip[6:2] & 0x3fff = 0 and ip"));
  EXPECT_FALSE(fragments("ip host 192.0.2.1 and udp"));
  EXPECT_FALSE(fragments("ip6 host 2001:db8::1"));
}

TEST(NftRules, MissNoPacketOfGeneratedPrograms) {
  FilterInputs random(23);
  Tally tally;
  for (int n = 0; n < 3000; ++n) {
    auto program = random.program();
    const std::vector<ClassicInsn> ipv4_only = {{.code = BPF_LD | BPF_ABS | BPF_H, .k = 12},
                                                {.code = BPF_JMP | BPF_JEQ, .jt = 1, .k = 0x0800},
                                                {.code = BPF_RET}};
    program.insns.insert(program.insns.begin(), ipv4_only.begin(), ipv4_only.end());
    check_nothing_is_missed(program, "program " + std::to_string(n), 20, random, tally);
  }
  EXPECT_EQ(tally.missed, "");
  EXPECT_GT(tally.accepted, 1000U);
}

TEST(NftRules, AreExactForPlainExpressions) {
  FilterInputs random(24);
  std::uint64_t accepted = 0;
  for (const char* expression :
       {"udp port 53", "tcp dst port 443", "host 192.0.2.1", "icmp", "ip and not udp", "net 10.0.0.0/8", "arp", "ip6",
        "tcp portrange 1000-2000", "src host 10.0.0.1 and udp", "port 53 or port 80 or icmp", "ip6 and tcp port 80",
        "ip proto 47", "arp src host 10.0.0.1", "ip[8] > 10 and ip", "icmp[icmptype] = icmp-echo"}) {
    auto program = compile({.expression = expression});
    ASSERT_TRUE(program) << expression;
    const NftRules rules = nft_rules(*program);
    EXPECT_FALSE(rules.everything) << expression;
    auto matcher = FilterMatcher::create(*program);
    for (int n = 0; n < 6000; ++n) {
      const RawFrame frame = frame_for(random, LinkType::kEthernet);
      const Packet packet = packet_of(frame, LinkType::kEthernet);
      const bool plain = frame.size() > 60 && frame[12] != 0x81 && frame[12] != 0x88 && !packet.fragment &&
                         (packet.protocol != 0x0800 || packet.transport);
      if (!plain) continue;
      const bool wanted =
          matcher->verdict(std::as_bytes(std::span(frame)), static_cast<std::uint32_t>(frame.size())) != 0;
      ASSERT_EQ(picks(rules, packet), wanted) << expression;
      accepted += wanted ? 1 : 0;
    }
  }
  EXPECT_GT(accepted, 1000U);
}

TEST(NftRules, TakeEverythingWhereNoRuleIsSafe) {
  for (const char* expression : {"vlan and udp port 53", "not udp port 53", "ether host 02:00:00:00:00:01", "less 100",
                                 "ip6 protochain 6", "ether[12:2] = 0x8100"}) {
    auto program = compile({.expression = expression});
    ASSERT_TRUE(program) << expression;
    EXPECT_TRUE(nft_rules(*program).everything) << expression;
  }
}

// Of a program with a loop a path has tens of thousands of tests.
TEST(NftRules, OfALongPathNeedLittleStack) {
  auto program = compile({.expression = "ip6 protochain 6"});
  ASSERT_TRUE(program);
  pthread_attr_t small;
  pthread_attr_init(&small);
  ASSERT_EQ(pthread_attr_setstacksize(&small, 256 << 10), 0);
  const auto make = [](void* of) -> void* {
    return nft_rules(*static_cast<ClassicProgram*>(of)).everything ? of : nullptr;
  };
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &small, make, &*program), 0);
  void* result = nullptr;
  ASSERT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &*program);
  pthread_attr_destroy(&small);
}

TEST(NftRules, AreWrittenAsNftReadsThem) {
  auto program = compile({.expression = "ip and udp dst port 53 and src net 10.0.0.0/8"});
  ASSERT_TRUE(program);
  const NftRules rules = nft_rules(*program);
  ASSERT_EQ(rules.rules.size(), 1U);
  std::string text;
  for (const auto& condition : rules.rules[0].conditions) text += nft_text(condition) + "\n";
  EXPECT_EQ(text, "@nh,72,8 == 17\n@nh,48,16 & 8191 == 0\n@th,16,16 == 53\n@nh,96,32 & 4278190080 == 167772160\n");
  EXPECT_EQ(rules.rules[0].protocol, 0x0800);
}

}  // namespace
}  // namespace ringtap
