// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The chains of the nftables ruleset as nft(8) lists them: hook, policy and the text of each rule by its handle.
// Obtained through libnftables, which also shows rules made by iptables-nft, one chain at a time when it is first
// needed, and kept until forget(). Only reads. One thread; a listing blocks for as long as it takes: half a second of a
// CPU for 20,000 rules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace ringtap {

struct NftChain {
  std::string hook;    // "input"; empty: not a base chain
  std::string policy;  // "policy drop"; empty: not a base chain
  std::unordered_map<std::uint64_t, std::string> rules;
};

// Finds the chain with these names in the output of `nft -a list`.
NftChain parse_nft_chain(std::string_view listing, const std::string& table, const std::string& name);

class NftChains {
 public:
  // What `nft -a list` prints of "chain inet filter input" or "ruleset"; nothing if it cannot be listed.
  using List = std::function<std::optional<std::string>(const std::string& what)>;
  explicit NftChains(List list) : list_(std::move(list)) {}

  // Empty if it cannot be listed, for example since it no longer exists. The reference is valid until forget().
  const NftChain& chain(std::string_view family, std::string_view table, std::string_view name);
  // To be called when the ruleset has changed.
  void forget() { chains_.clear(); }

 private:
  List list_;
  std::map<std::tuple<std::string, std::string, std::string>, NftChain> chains_;
};

}  // namespace ringtap
