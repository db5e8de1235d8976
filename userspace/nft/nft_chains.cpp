// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_chains.hpp"

#include <charconv>

namespace ringtap {
namespace {

constexpr std::string_view kHandle = " # handle ";

std::string_view without_indent(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view() : line.substr(start);
}

// "type filter hook input priority filter; policy drop;"
void parse_base(std::string_view line, NftChain& chain) {
  constexpr std::string_view hook = " hook ";
  if (const auto start = line.find(hook); start != std::string_view::npos) {
    const auto rest = line.substr(start + hook.size());
    chain.hook = rest.substr(0, rest.find(' '));
  }
  if (const auto start = line.find("policy "); start != std::string_view::npos) {
    const auto rest = line.substr(start);
    chain.policy = rest.substr(0, rest.find(';'));
  }
}

}  // namespace

NftChain parse_nft_chain(std::string_view listing, const std::string& table, const std::string& name) {
  NftChain chain;
  bool inside_table = false;
  bool inside = false;
  std::string rule;  // a long set goes over several lines
  while (!listing.empty()) {
    const auto length = listing.find('\n');
    const std::string_view line = without_indent(listing.substr(0, length));
    listing.remove_prefix(length == std::string_view::npos ? listing.size() : length + 1);
    if (line.starts_with("table ") && rule.empty()) inside_table = line.starts_with("table " + table + " {");
    if (line.starts_with("chain ") && rule.empty()) inside = inside_table && line.starts_with("chain " + name + " {");
    if (line == "}" && rule.empty()) inside = false;
    if (!inside || line.empty() || line.starts_with("chain ")) continue;
    if (rule.empty() && line.starts_with("type ") && line.find(" hook ") != std::string_view::npos) {
      parse_base(line, chain);
      continue;
    }
    rule += (rule.empty() ? "" : " ") + std::string(line);
    const auto mark = rule.rfind(kHandle);
    if (mark == std::string::npos) continue;
    std::uint64_t handle = 0;
    const char* end = rule.data() + rule.size();
    const auto parsed = std::from_chars(rule.data() + mark + kHandle.size(), end, handle);
    if (parsed.ec != std::errc() || parsed.ptr != end) continue;  // the words are in a comment of the rule
    rule.resize(mark);
    chain.rules[handle] = std::move(rule);
    rule.clear();
  }
  return chain;
}

const NftChain& NftChains::chain(std::string_view family, std::string_view table, std::string_view name) {
  const auto [entry, unknown] = chains_.try_emplace({std::string(family), std::string(table), std::string(name)});
  if (!unknown) return entry->second;
  const std::string of_table = std::string(family) + " " + std::string(table);
  const std::string of_chain(name);
  // iptables-nft allows names that are keywords of nft(8); such a chain is found by listing everything.
  for (const std::string& what : {"chain " + of_table + " " + of_chain, std::string("ruleset")}) {
    const auto listing = list_(what);
    if (!listing) continue;
    entry->second = parse_nft_chain(*listing, of_table, of_chain);
    break;
  }
  return entry->second;
}

}  // namespace ringtap
