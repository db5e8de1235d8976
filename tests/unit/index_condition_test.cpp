// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What an expression demands of the index: enough to rule out most frames, and never one with a packet that matches.
#include "recorder/index_condition.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "support/filter_corpus.hpp"
#include "support/filter_inputs.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): layers of packets
using Bytes = std::vector<std::byte>;

// A packet, and the index of a frame that has no other.
class Indexed {
 public:
  Indexed(Bytes packet, LinkType link_type) : packet_(std::move(packet)) {
    FrameIndexer indexer;
    indexer.add({.data = packet_}, link_type);
    const auto header = index_file_header();
    file_.assign(header.begin(), header.end());
    const auto entry = indexer.finish(0, 1, 1);
    file_.insert(file_.end(), entry.begin(), entry.end());
  }
  [[nodiscard]] const Bytes& packet() const { return packet_; }
  [[nodiscard]] bool may_match(const IndexCondition& condition) const {
    IndexReader reader(file_);
    return reader.next() == IndexReader::State::kEntry && condition.may_match(reader.entry());
  }

 private:
  Bytes packet_;
  Bytes file_;
};

bool rules_out(const std::string& expression, const Bytes& packet) {
  return !Indexed(packet, LinkType::kEthernet).may_match(IndexCondition::of(expression));
}

TEST(IndexCondition, DemandsWhatAPrimitiveDemands) {
  const Bytes udp =
      (Ethernet{} / Ipv4{.src = "192.0.2.7", .dst = "198.51.100.9"} / Udp{.src_port = 4711, .dst_port = 53}).bytes();
  for (const char* other : {"host 192.0.2.8",
                            "src host 192.0.2.8",
                            "src or dst 192.0.2.8",
                            "net 192.0.2.8/32",
                            "net 192.0.2.8",
                            "port 54",
                            "dst port 54",
                            "udp port 54",
                            "tcp port 53",
                            "portrange 54-60",
                            "tcp",
                            "icmp",
                            "ip6",
                            "arp",
                            "ip proto 6",
                            "host 2001:db8::1",
                            "net 2001:db8::1/128",
                            "vlan",
                            "vlan 5",
                            "host 192.0.2.8 or port 54",
                            "host 192.0.2.7 and port 54",
                            "vlan 5 and host 192.0.2.7",
                            "host 192.0.2.8 and not port 80",
                            "host www.example.com and port 54",
                            "(port 54 or port 55) and host 192.0.2.7",
                            "tcp port 80 or 443",
                            "mpls and host 192.0.2.7",
                            "pppoes and host 192.0.2.7",
                            "port 54 and ip[0] & 15 > 5"}) {
    EXPECT_TRUE(rules_out(other, udp)) << other;
  }
  for (const char* fits : {"host 192.0.2.7",
                           "src host 192.0.2.7",
                           "net 192.0.2.7/32",
                           "net 192.0.2.0/24",
                           "net 192.0.2",
                           "port 53",
                           "src port 4711",
                           "udp port 53",
                           "udp",
                           "ip",
                           "ip proto 17",
                           "proto 17",
                           "portrange 50-60",
                           "portrange 60-50",
                           "portrange 1-60000",
                           "not host 192.0.2.8",
                           "not (not port 54)",
                           "host 192.0.2.8 or not port 54",
                           "ip[0] & 15 > 5",
                           "host www.example.com",
                           "ether host 02:00:00:00:00:09",
                           "less 9",
                           "host 192.0.2.8 or vlan",
                           "not vlan and host 192.0.2.8",
                           "gateway x and port 54",
                           "geneve and port 54",
                           "",
                           "   ",
                           "(",
                           "port 54 and )"}) {
    EXPECT_FALSE(rules_out(fits, udp)) << fits;
  }
}

TEST(IndexCondition, LooksAfterTheHeadersThatAConjunctionDemands) {
  const Bytes tagged = (Ethernet{} / Vlan{.id = 5} / Ipv4{.src = "192.0.2.7"} / Udp{.dst_port = 53}).bytes();
  for (const char* fits :
       {"vlan", "vlan 5", "vlan 5 and host 192.0.2.7", "vlan and (port 53 or port 54)", "host 192.0.2.7"}) {
    EXPECT_FALSE(rules_out(fits, tagged)) << fits;
  }
  for (const char* other : {"vlan 6", "vlan 5 and host 192.0.2.8", "vlan and (port 55 or port 54)"}) {
    EXPECT_TRUE(rules_out(other, tagged)) << other;
  }
}

// Each way in which the same expression is compiled.
std::vector<FilterRequest> requests(const std::string& expression, LinkType link_type) {
  std::vector<FilterRequest> all;
  for (const bool any_vlan : {false, true}) {
    if (any_vlan && link_type != LinkType::kEthernet) break;
    all.push_back({.expression = expression,
                   .link_type = link_type,
                   .any_vlan = any_vlan,
                   .live = false,
                   .has_directions = true});
  }
  return all;
}

struct Tried {
  std::uint64_t matches = 0;
  std::uint64_t ruled_out = 0;
  std::uint64_t pairs = 0;
};

void expect_never_too_little(const std::string& expression, LinkType link_type, const std::vector<Indexed>& packets,
                             Tried& tried) {
  const auto condition = IndexCondition::of(expression);
  for (const FilterRequest& request : requests(expression, link_type)) {
    auto program = compile(request);
    auto matcher = program ? FilterMatcher::create(*program) : Result<FilterMatcher>(program.take_error());
    if (!matcher) continue;
    for (const Indexed& packet : packets) {
      const FrameMetadata metadata{.packet_type = PacketType::kHost, .ifindex = 0};
      const bool matches =
          matcher->verdict(packet.packet(), static_cast<std::uint32_t>(packet.packet().size()), metadata) != 0;
      const bool may_match = packet.may_match(condition);
      tried.matches += matches ? 1 : 0;
      tried.ruled_out += may_match ? 0 : 1;
      ++tried.pairs;
      ASSERT_TRUE(may_match || !matches) << expression;
    }
  }
}

Bytes bytes_of(const RawFrame& frame) {
  const auto bytes = std::as_bytes(std::span(frame));
  return {bytes.begin(), bytes.end()};
}

TEST(IndexCondition, NeverRulesOutAPacketThatLibpcapAccepts) {
  FilterInputs inputs(14);
  std::vector<Indexed> ethernet;
  ethernet.reserve(300);
  for (int n = 0; n < 300; ++n) ethernet.emplace_back(bytes_of(inputs.frame()), LinkType::kEthernet);
  Tried tried;
  for (const CorpusFilter& filter : read_filter_corpus()) {
    if (filter.link_type != LinkType::kEthernet) continue;
    expect_never_too_little(filter.expression, filter.link_type, ethernet, tried);
  }
  for (int n = 0; n < 1500 && !HasFatalFailure(); ++n) {
    expect_never_too_little(inputs.expression(), LinkType::kEthernet, ethernet, tried);
  }
  // The same frames without an Ethernet header, as if they had another one: what is read there is as good as any.
  for (const LinkType link_type :
       {LinkType::kRaw, LinkType::kIpv4, LinkType::kIpv6, LinkType::kLinuxSll, LinkType::kLinuxSll2, LinkType::kPpp}) {
    std::vector<Indexed> packets;
    packets.reserve(100);
    for (int n = 0; n < 100; ++n) {
      Bytes packet = bytes_of(inputs.frame());
      const std::size_t header = std::min<std::size_t>(packet.size(), 14);
      Bytes type(packet.begin() + static_cast<std::ptrdiff_t>(header < 14 ? 0 : 12),
                 packet.begin() + static_cast<std::ptrdiff_t>(header));
      type.resize(2);
      packet.erase(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
      if (link_type == LinkType::kLinuxSll) packet.insert(packet.begin(), 14, std::byte{0});
      if (link_type == LinkType::kLinuxSll) packet.insert(packet.begin() + 14, type.begin(), type.end());
      if (link_type == LinkType::kLinuxSll2) packet.insert(packet.begin(), 18, std::byte{0});
      if (link_type == LinkType::kLinuxSll2) packet.insert(packet.begin(), type.begin(), type.end());
      packets.emplace_back(packet, link_type);
    }
    for (int n = 0; n < 200 && !HasFatalFailure(); ++n)
      expect_never_too_little(inputs.expression(), link_type, packets, tried);
  }
  std::printf("%zu pairs of a packet and an expression: %.1f %% match, %.1f %% ruled out\n", std::size_t{tried.pairs},
              100.0 * static_cast<double>(tried.matches) / static_cast<double>(tried.pairs),
              100.0 * static_cast<double>(tried.ruled_out) / static_cast<double>(tried.pairs));
  EXPECT_GT(tried.matches, tried.pairs / 20);
  EXPECT_GT(tried.ruled_out, tried.pairs / 20);
}

}  // namespace
}  // namespace ringtap
