// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parsers for the values of options: numbers, durations, sizes, taps, choices, lists in files. An Error is of kind
// kUsage and names the option. Pure functions, except for those that read a file; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ringtap/capture.hpp"
#include "ringtap/fleet.hpp"
#include "ringtap/recording.hpp"
#include "ringtap/result.hpp"
#include "ringtap/tap.hpp"

namespace ringtap {

// An Error of kind kUsage with a hint where to read more.
Error usage(std::string text);

Result<std::uint64_t> parse_number(std::string_view option, const std::string& text, std::uint64_t least,
                                   std::uint64_t most);

// "500ms", "5s", "2m"; without a unit, seconds.
Result<std::chrono::nanoseconds> parse_duration(std::string_view option, const std::string& text);

// A number of `unit` bytes, or of KiB, MiB or GiB: "64k", "64m", "1g", as in tcpdump's versions from 5 on. The result,
// in bytes, is from `least` to `most`.
struct SizeRange {
  std::uint64_t unit;
  std::uint64_t least;
  std::uint64_t most;
};
Result<std::uint64_t> parse_size(std::string_view option, const std::string& text, const SizeRange& range);

// "a,b" gives a and b.
std::vector<std::string> words_of(const std::string& list);

// "200G,7d,free=5%" into the limits of a folder.
Result<KeepLimits> parse_keep(std::string_view option, const std::string& text);

// "taps=tc:xdp,pps=10000,snaplen=256,sessions=2,duration=10m" into what an agent allows.
Result<AgentLimits> parse_allow(std::string_view option, const std::string& text);

// "l4+20" into slice_layer and slice_more.
Result<> parse_slice(std::string_view option, const std::string& text, Reduction& reduction);

// "1/8" gives 8.
Result<std::uint32_t> parse_sample(std::string_view option, const std::string& text);

// Words of --tap separated by commas, for the taps of `known`.
Result<TapSet> parse_taps(std::string_view option, const std::string& list, TapSet known);

// The text of a file of at most kMostText bytes, none of them zero.
inline constexpr std::size_t kMostText = std::size_t{64} << 20;
Result<std::string> read_text(std::string_view option, const std::string& path);

// Such a text as an expression: as in tcpdump, line ends are blanks and '#' starts a comment.
Result<std::string> read_expression(std::string_view option, const std::string& path);

// One name per line, at least one; empty lines are ignored; "-" is standard input.
Result<std::vector<std::string>> read_names(std::string_view option, const std::string& path);

template <class T>
Result<T> choose(std::string_view option, const std::string& word,
                 std::initializer_list<std::pair<const char*, T>> choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (word == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return usage(std::string(option) + " " + word + ": unknown").hint(names);
}

// The element of `known` that is most similar to `word`, by edit distance; empty if none is close.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

}  // namespace ringtap
