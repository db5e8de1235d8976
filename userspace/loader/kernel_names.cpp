// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/kernel_names.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "loader/kernel_types.hpp"

namespace ringtap {

DropReasons DropReasons::load() {
  const auto types = KernelTypes::read();
  return types ? of(*types) : DropReasons();
}

DropReasons DropReasons::of(const KernelTypes& types) {
  constexpr std::string_view kPrefix = "SKB_DROP_REASON_";
  DropReasons reasons;
  for (auto [value, name] : types.enumeration("skb_drop_reason")) {
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    reasons.names_.emplace(value, name);
  }
  return reasons;
}

std::string_view DropReasons::name(std::uint32_t reason) {
  const auto [entry, fresh] = names_.try_emplace(reason);
  // Kernels without reasons (before Linux 5.17) give 0.
  if (fresh && reason != 0) entry->second = "reason_" + std::to_string(reason);
  return entry->second;
}

KernelSymbols KernelSymbols::load(const std::string& path) {
  std::ifstream file(path);
  return read(file);
}

KernelSymbols KernelSymbols::read(std::istream& lines) {
  struct Symbol {
    std::uint64_t address;
    std::uint32_t name_at;
  };
  std::vector<Symbol> sorted;
  KernelSymbols symbols;
  std::string line;
  // Where CPUs need space before functions, every second symbol is that of such a space, in which no code runs.
  constexpr std::string_view kPadding = "__pfx_";
  while (std::getline(lines, line)) {
    // "ffffffff81000000 T _text", "ffffffffc0000000 t function [module]"; t and w are code.
    std::uint64_t address = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    const std::string_view rest(end, static_cast<std::size_t>(line.data() + line.size() - end));
    if (error != std::errc() || address == 0 || rest.size() < 4) continue;
    constexpr std::string_view kCode = "tTwW";
    if (kCode.find(rest[1]) == std::string_view::npos) continue;
    std::string_view name = rest.substr(3);
    name = name.substr(0, std::min(name.find(' '), name.find('\t')));
    if (name.starts_with(kPadding)) continue;
    sorted.push_back({address, static_cast<std::uint32_t>(symbols.names_.size())});
    symbols.names_.append(name).push_back('\0');
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  symbols.addresses_.reserve(sorted.size());
  symbols.name_at_.reserve(sorted.size());
  for (const Symbol& symbol : sorted) {
    symbols.addresses_.push_back(symbol.address);
    symbols.name_at_.push_back(symbol.name_at);
  }
  symbols.names_.shrink_to_fit();
  return symbols;
}

std::string_view KernelSymbols::function(std::uint64_t address) const {
  // A return address may be the first byte after a function whose last instruction is the call, so look up the byte
  // before.
  const auto after = std::upper_bound(addresses_.begin(), addresses_.end(), address - 1);
  if (address == 0 || after == addresses_.begin()) return {};
  return names_.c_str() + name_at_[static_cast<std::size_t>(after - addresses_.begin()) - 1];
}

TraceNames TraceNames::load() {
  TraceNames names;
  names.reasons_ = DropReasons::load();
  names.symbols_ = KernelSymbols::load();
  return names;
}

}  // namespace ringtap
