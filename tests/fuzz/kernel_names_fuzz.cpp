// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: names that come from outside as text. The first byte chooses: /proc/kallsyms, the enumeration of
// the drop reasons in the kernel's type information, the ruleset as nft(8) lists it, or the words that a pcapng file
// keeps of a trace. Each is read both from arbitrary bytes and from a text that was made of names out of the input,
// which has to give back exactly these names.
#include <bpf/btf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/kernel_names.hpp"
#include "loader/kernel_types.hpp"
#include "nft/nft_chains.hpp"
#include "record/trace_text.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

constexpr std::size_t kMostNames = 64;

// What a C compiler takes for a name.
std::string identifier(std::string_view text) {
  std::string name = "f";
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_letter ? c : '_';
  }
  return name;
}

void check_symbols(FuzzInput input) {
  FuzzInput again = input;
  std::istringstream any{std::string(input.take_text())};
  const KernelSymbols symbols = KernelSymbols::read(any);
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX / 2, UINT64_MAX}) {
    require(symbols.function(address).find_first_of(" \t\n") == std::string_view::npos);
  }

  std::map<std::uint64_t, std::string> functions;
  while (!again.empty() && functions.size() < kMostNames) {
    const auto address = again.take<std::uint64_t>();
    const std::string name = identifier(again.take_until('\n'));
    if (address != 0 && address != UINT64_MAX) functions.emplace(address, name);
  }
  std::ostringstream made;
  made << std::hex << "0000000000000000 T hidden\n";
  for (const auto& [address, name] : functions) {
    made << address << (address % 2 != 0 ? " t " : " W ") << name << (address % 3 != 0 ? "\n" : "\t[module]\n");
    made << address << " d data\n";
  }
  std::istringstream text(made.str());
  const KernelSymbols known = KernelSymbols::read(text);
  require(known.empty() == functions.empty());
  for (auto at = functions.begin(); at != functions.end(); ++at) {
    require(known.function(at->first + 1) == at->second);
    require(known.function(at->first) == (at == functions.begin() ? "" : std::prev(at)->second));
  }
}

void check_reasons(FuzzInput input) {
  const std::unique_ptr<btf, decltype([](btf* types) { btf__free(types); })> types(btf__new_empty());
  require(types != nullptr && btf__add_enum(types.get(), "skb_drop_reason", 4) > 0);
  std::map<std::uint32_t, std::string> reasons;
  for (std::size_t n = 0; !input.empty() && n < kMostNames; ++n) {
    const auto value = input.take<std::int32_t>();
    const bool prefixed = input.take<std::uint8_t>() % 2 == 0;
    const std::string name = identifier(input.take_until('\n'));
    const std::string whole = (prefixed ? "SKB_DROP_REASON_" : "") + name;
    if (btf__add_enum_value(types.get(), whole.c_str(), value) != 0) continue;  // too long
    reasons.emplace(static_cast<std::uint32_t>(value), name);
  }
  std::uint32_t size = 0;
  const void* const bytes = btf__raw_data(types.get(), &size);
  require(bytes != nullptr);
  std::vector<std::uint32_t> words((size + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes, size);
  const auto read = KernelTypes::of(std::move(words));
  require(static_cast<bool>(read));
  DropReasons known = DropReasons::of(*read);
  for (const auto& [value, name] : reasons) require(known.name(value) == name);
  for (const std::uint32_t value : {0U, 1U, UINT32_MAX}) {
    const std::string number = "reason_" + std::to_string(value);
    if (!reasons.contains(value)) require(known.name(value) == (value == 0 ? "" : number));
  }
}

void check_chain(FuzzInput input) {
  FuzzInput again = input;
  const NftChain any = parse_nft_chain(input.take_text(), "inet t", "c");
  for (const auto& [handle, rule] : any.rules) require(rule.find('\n') == std::string::npos);

  std::map<std::uint64_t, std::string> rules;
  std::string made = "table ip t { # handle 1\n\tchain c { # handle 2\n\t\tdrop # handle 3\n\t}\n}\n";
  made += "table inet t { # handle 4\n\tset s { # handle 5\n\t\ttype ipv4_addr\n\t}\n\n\tchain c { # handle 6\n";
  made += "\t\ttype filter hook input priority filter; policy drop;\n";
  while (!again.empty() && rules.size() < kMostNames) {
    const auto handle = again.take<std::uint64_t>();
    // As nft prints it: a line that begins with a letter; what is in a comment may be anything but a quote.
    const std::string words = identifier(again.take_until('\n'));
    std::string comment(again.take_until('\n'));
    std::erase(comment, '"');
    if (!rules.emplace(handle, words + " comment \"" + comment + "\"").second) continue;
    made += "\t\t" + rules[handle] + " # handle " + std::to_string(handle) + "\n";
  }
  made += "\t}\n\n\tchain d { # handle 7\n\t\taccept # handle 8\n\t}\n}\n";
  const NftChain chain = parse_nft_chain(made, "inet t", "c");
  require(chain.hook == "input" && chain.policy == "policy drop");
  require(std::map<std::uint64_t, std::string>(chain.rules.begin(), chain.rules.end()) == rules);
}

void check_trace_words(FuzzInput input) {
  RecordView first;
  read_trace_words(input.take_text(), first);
  std::string words;
  append_trace_words(words, first);
  std::string comment;
  append_trace_comment(comment, first);
  RecordView second;
  read_trace_words(words, second);
  std::string again;
  append_trace_words(again, second);
  require(words == again && second.tap == first.tap);
  std::string same_comment;
  append_trace_comment(same_comment, second);
  require(comment == same_comment || !second.trace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  switch (input.take<std::uint8_t>() % 4) {
    case 0:
      check_symbols(input);
      break;
    case 1:
      check_reasons(input);
      break;
    case 2:
      check_chain(input);
      break;
    default:
      check_trace_words(input);
  }
  return 0;
}
