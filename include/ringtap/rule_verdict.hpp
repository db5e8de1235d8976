// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The verdict of one nftables rule, or of the policy of a base chain, on one packet; passed from the reader of
// nftables' trace to a comparison. A view like RecordView: valid until the call that received it returns.
//
// The kernel's trace message carries neither an sk_buff address nor a time, so a verdict is matched to records by
// content: the packet's first bytes as they were when the base chain began. NAT in that chain shows only in later
// hooks. Only verdicts are reported, not rules that merely matched, jumped or returned. A packet gets at most one from
// each base chain that it passes: accept lets it continue to the next one, drop ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ringtap/record.hpp"

namespace ringtap {

enum class RuleAction : std::uint8_t {
  kAccept,
  kDrop,    // reject too
  kStolen,  // the rule takes the packet over (fwd, synproxy)
  kQueue,   // passed to a program in user space, which decides
};

struct RuleVerdict {
  std::uint64_t time_ns = 0;  // since the epoch, when the message was read: shortly after the packet
  RuleAction action = RuleAction::kAccept;
  bool policy = false;                // the verdict is that of the chain's policy, not of a rule; rule_handle is 0
  std::uint32_t trace_id = 0;         // the same at all hooks for one sk_buff; reused, so two packets may share one
  std::string_view family;            // of the table: "ip", "ip6", "inet", "arp", "bridge", "netdev"
  std::string_view table;             // "filter"
  std::string_view chain;             // the one that holds the rule: "INPUT", "my_drops"
  std::uint64_t rule_handle = 0;      // as `nft -a list` shows
  std::string_view rule_text;         // as `nft -s list` shows: "udp dport 5000 drop"; "policy drop"; empty: not known
  std::string_view hook_name;         // "input", "ingress"; empty: not known
  std::optional<NetfilterHook> hook;  // the same for ip, ip6 and inet; none for ingress, egress and other families
  std::uint32_t in_ifindex = 0;       // 0 none
  std::uint32_t out_ifindex = 0;      // 0 none
  // From the first byte of the network header on: up to 40 bytes of it, and up to 20 of the transport header and what
  // follows it, if they are contiguous. Empty: the kernel gave none.
  std::span<const std::byte> network_header_on;
};

}  // namespace ringtap
