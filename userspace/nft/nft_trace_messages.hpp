// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Puts the verdicts on packets together from the messages of nftables' trace, NFTA_TRACE_… of
// <linux/netfilter/nf_tables.h>: several messages make a pass of a packet through a base chain, of which only the
// first has the packet's bytes and devices. Owns what it knows of chains and of passes, 65,536 of them at most. One
// thread.
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nft/nft_chains.hpp"
#include "ringtap/rule_verdict.hpp"

struct nlmsghdr;

namespace ringtap {

inline constexpr std::uint16_t kNftTraceMessage = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;

// A packet in a base chain.
struct NftPass {
  std::array<std::byte, 60> bytes{};
  std::size_t size = 0;
  std::uint32_t in_ifindex = 0;
  std::uint32_t out_ifindex = 0;
  std::string hook;
};

// A verdict that can be kept: without its views, and with the text that they will refer to.
struct NftDecision {
  RuleVerdict verdict;  // family is a literal
  NftPass pass;
  std::string table;
  std::string chain;
  std::string text;

  [[nodiscard]] RuleVerdict view() const;  // of this object
};

class NftTraceMessages {
 public:
  explicit NftTraceMessages(NftChains chains) : chains_(std::move(chains)) {}

  // Adds the verdicts in `buffer`, which is aligned to 4, to `decisions`. A message that is not valid is skipped.
  void read(std::span<const std::byte> buffer, std::uint64_t now_ns, std::vector<NftDecision>& decisions);
  // To be called when messages were lost.
  void forget_chains() { chains_.forget(); }
  [[nodiscard]] std::uint64_t count() const { return count_; }  // of trace messages

 private:
  std::optional<NftDecision> decision_of(const nlmsghdr* message, std::uint64_t now_ns);

  NftChains chains_;
  std::unordered_map<std::uint32_t, NftPass> passes_;  // by trace id
  std::uint64_t count_ = 0;
};

}  // namespace ringtap
