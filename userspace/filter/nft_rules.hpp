// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A classic program as nftables matches, for whoever has to pick its packets out at netfilter's hooks. The rules accept
// every packet that the program accepts, and may accept more: a program is followed along each path to an accepting
// return, the tests met on it become one rule, and a test that nftables cannot make, or that need not hold of the same
// packet at a hook, is left out. That only widens. Pure functions, any thread.
//
// What need not hold: receive and segmentation offload change lengths, IPv4 ids, checksums, sequence numbers and flags,
// so those bytes are never tested. Neither is the link layer's header, and where a frame may be tagged nothing is,
// since the tag may be in metadata. Fragments are all accepted where a test could tell them apart from the whole
// packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "filter/classic_program.hpp"

namespace ringtap {

// A raw payload expression of nft(8) against a value: (packet[offset : size] & mask) relation value, in network order.
struct NftCondition {
  enum class Relation : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual };
  bool transport = false;  // counted from the transport header, else from the network header
  std::uint8_t size = 1;   // 1, 2 or 4
  std::uint32_t offset = 0;
  std::uint32_t mask = 0;
  Relation relation = Relation::kEqual;
  std::uint32_t value = 0;

  friend bool operator==(const NftCondition&, const NftCondition&) = default;
};

struct NftRule {
  std::uint16_t protocol = 0;  // ETH_P_…: 0x0800, 0x86dd or another
  std::vector<NftCondition> conditions;

  friend bool operator==(const NftRule&, const NftRule&) = default;
};

struct NftRules {
  bool everything = false;  // no useful rule can be given: take every packet
  bool fragments = false;   // besides the rules, take every fragment of an IPv4 or IPv6 packet
  bool transport = false;   // some condition counts from an IPv4 packet's transport header
  std::vector<NftRule> rules;
};

// Of a program for LinkType::kEthernet or kRaw; of any other link type everything is taken.
NftRules nft_rules(const ClassicProgram& program);

// "@th,16,16 53"; "@nh,96,32 & 0xffffff00 == 0xc0000200".
std::string nft_text(const NftCondition& condition);

}  // namespace ringtap
