// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Translates a classic program into nftables matches, to select its packets at netfilter's hooks. The rules accept
// every packet that the program accepts, and may accept more: each path of the program to an accepting return becomes
// one rule of the tests on that path. A test that nftables cannot make, or that may fail for the same packet at a hook,
// is left out, which only widens the rule. Pure functions, any thread.
//
// Tests that may fail at a hook: receive and segmentation offload change lengths, IPv4 ids, checksums, sequence numbers
// and flags, so those bytes are never tested. Neither is the link-layer header, and if a frame may be tagged nothing is
// tested, since the tag may be in metadata. All fragments are accepted if a test could treat them differently from the
// complete packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "filter/classic_program.hpp"

namespace ringtap {

// A raw payload expression of nft(8) against a value: (packet[offset : size] & mask) relation value, in network order.
struct NftCondition {
  enum class Relation : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual };
  bool transport = false;  // relative to the transport header, otherwise to the network header
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
  bool everything = false;  // no useful rule exists: accept every packet
  bool fragments = false;   // in addition to the rules, accept every fragment of an IPv4 or IPv6 packet
  bool transport = false;   // some condition is relative to an IPv4 packet's transport header
  std::vector<NftRule> rules;
};

// For a program for LinkType::kEthernet or kRaw; with any other link type every packet is accepted.
NftRules nft_rules(const ClassicProgram& program);

// "@th,16,16 53"; "@nh,96,32 & 0xffffff00 == 0xc0000200".
std::string nft_text(const NftCondition& condition);

}  // namespace ringtap
