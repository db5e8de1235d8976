// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_trace_messages.hpp"

#include <endian.h>
#include <linux/netfilter.h>

#include <algorithm>

#include "net/netlink_message.hpp"

namespace ringtap {
namespace {

using netlink::bytes_of;
using netlink::text_of;

constexpr std::uint16_t kNewGeneration = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;
constexpr std::size_t kMaxPasses = 1 << 16;  // passes whose last message was lost never end by themselves

using Attributes = std::array<const nlattr*, NFTA_TRACE_MAX + 1>;

std::uint32_t number_of(const nlattr* attribute) {
  return be32toh(netlink::number_of<std::uint32_t>(attribute).value_or(0));
}

std::int32_t code_of(const nlattr* attribute) {
  const auto code = netlink::number_of<std::uint32_t>(attribute);
  return code ? static_cast<std::int32_t>(be32toh(*code)) : NFT_CONTINUE;
}

// NF_DROP … or NFT_JUMP …, of the rule's verdict or the policy's.
std::int32_t code_of(const Attributes& attributes, bool policy) {
  std::int32_t code = NFT_CONTINUE;
  if (policy) return code_of(attributes[NFTA_TRACE_POLICY]);
  if (const nlattr* verdict = attributes[NFTA_TRACE_VERDICT]) {
    netlink::for_each_nested(verdict, [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CODE) code = code_of(attribute);
    });
  }
  return code;
}

std::optional<RuleAction> action_of(std::int32_t code) {
  if (code < 0) return std::nullopt;  // NFT_CONTINUE, NFT_JUMP …: nothing is decided
  switch (code & NF_VERDICT_MASK) {
    case NF_DROP:
      return RuleAction::kDrop;
    case NF_ACCEPT:
    case NF_STOP:
      return RuleAction::kAccept;
    case NF_STOLEN:
      return RuleAction::kStolen;
    case NF_QUEUE:
      return RuleAction::kQueue;
    default:
      return std::nullopt;
  }
}

const char* family_name(std::uint8_t family) {
  switch (family) {
    case NFPROTO_INET:
      return "inet";
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_ARP:
      return "arp";
    case NFPROTO_NETDEV:
      return "netdev";
    case NFPROTO_BRIDGE:
      return "bridge";
    default:
      return "";
  }
}

std::optional<NetfilterHook> hook_of(std::uint8_t family, std::string_view name) {
  static constexpr std::array<std::string_view, 5> names = {"prerouting", "input", "forward", "output", "postrouting"};
  const auto* const found = std::find(names.begin(), names.end(), name);
  const bool ip = family == NFPROTO_INET || family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
  if (!ip || found == names.end()) return std::nullopt;
  return static_cast<NetfilterHook>(found - names.begin());
}

// Whether the transport header's bytes follow those of the network header: it has not been cut, and there is nothing
// between them.
bool transport_follows(std::span<const std::byte> network) {
  if (network.empty()) return false;
  const auto at = [&](std::size_t n) { return std::to_integer<std::uint32_t>(network[n]); };
  if (at(0) >> 4 == 4) return network.size() >= 20 && network.size() == 4 * (at(0) & 15);
  return at(0) >> 4 == 6 && network.size() == 40 && (at(6) == 6 || at(6) == 17 || at(6) == 58 || at(6) == 132);
}

NftPass pass_of(const Attributes& attributes) {
  NftPass pass;
  pass.in_ifindex = number_of(attributes[NFTA_TRACE_IIF]);
  pass.out_ifindex = number_of(attributes[NFTA_TRACE_OIF]);
  const auto add = [&pass](std::span<const std::byte> bytes) {
    const std::size_t size = std::min(bytes.size(), pass.bytes.size() - pass.size);
    std::copy_n(bytes.begin(), size, pass.bytes.begin() + static_cast<std::ptrdiff_t>(pass.size));
    pass.size += size;
  };
  const auto network = bytes_of(attributes[NFTA_TRACE_NETWORK_HEADER]);
  add(network);
  if (transport_follows(network)) add(bytes_of(attributes[NFTA_TRACE_TRANSPORT_HEADER]));
  return pass;
}

}  // namespace

RuleVerdict NftDecision::view() const {
  RuleVerdict whole = verdict;
  whole.table = table;
  whole.chain = chain;
  whole.rule_text = text;
  whole.hook_name = pass.hook;
  whole.network_header_on = std::span(pass.bytes).first(pass.size);
  return whole;
}

void NftTraceMessages::read(std::span<const std::byte> buffer, std::uint64_t now_ns,
                            std::vector<NftDecision>& decisions) {
  netlink::for_each_message(buffer, [&](const nlmsghdr* message) {
    if (message->nlmsg_type == kNewGeneration) forget_chains();
    if (message->nlmsg_type != kNftTraceMessage) return;
    ++count_;
    if (auto one = decision_of(message, now_ns)) decisions.push_back(std::move(*one));
  });
}

std::optional<NftDecision> NftTraceMessages::decision_of(const nlmsghdr* message, std::uint64_t now_ns) {
  const auto* body = netlink::body_of<nfgenmsg>(message);
  if (body == nullptr) return std::nullopt;
  const std::uint8_t family = body->nfgen_family;
  Attributes attributes{};
  netlink::for_each_attribute(message, sizeof *body, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) <= NFTA_TRACE_MAX) attributes[mnl_attr_get_type(attribute)] = attribute;
  });
  const std::uint32_t id = number_of(attributes[NFTA_TRACE_ID]);
  NftDecision decision;
  decision.table = text_of(attributes[NFTA_TRACE_TABLE]);
  decision.chain = text_of(attributes[NFTA_TRACE_CHAIN]);
  // A pass begins with the message that has a device; every packet at a hook has one.
  if (attributes[NFTA_TRACE_IIF] != nullptr || attributes[NFTA_TRACE_OIF] != nullptr) {
    if (passes_.size() >= kMaxPasses) passes_.clear();
    NftPass& pass = passes_[id] = pass_of(attributes);
    // The chain in which it begins is the base chain, whichever chain has the verdict.
    pass.hook = chains_.chain(family_name(family), decision.table, decision.chain).hook;
  }

  RuleVerdict& verdict = decision.verdict;
  verdict.policy = number_of(attributes[NFTA_TRACE_TYPE]) == NFT_TRACETYPE_POLICY;
  const auto action = action_of(code_of(attributes, verdict.policy));
  if (!action) return std::nullopt;
  verdict.time_ns = now_ns;
  verdict.action = *action;
  verdict.trace_id = id;
  verdict.family = family_name(family);
  if (const auto pass = passes_.extract(id)) decision.pass = std::move(pass.mapped());
  verdict.hook = hook_of(family, decision.pass.hook);
  verdict.in_ifindex = decision.pass.in_ifindex;
  verdict.out_ifindex = decision.pass.out_ifindex;
  const NftChain& chain = chains_.chain(verdict.family, decision.table, decision.chain);
  if (verdict.policy) {
    decision.text = chain.policy;
  } else if (const nlattr* handle = attributes[NFTA_TRACE_RULE_HANDLE]) {
    verdict.rule_handle = be64toh(netlink::number_of<std::uint64_t>(handle).value_or(0));
    const auto rule = chain.rules.find(verdict.rule_handle);
    if (rule != chain.rules.end()) decision.text = rule->second;
  }
  return decision;
}

}  // namespace ringtap
