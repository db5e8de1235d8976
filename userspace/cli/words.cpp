// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/words.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>
#include <numeric>

namespace ringtap {
namespace {

std::string given(std::string_view option, std::string_view text) {
  return std::string(option).append(" ").append(text);
}

// How many letters have to be put in, taken out or changed.
std::size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

// As std::getline: what is after the last line end is a line unless it is empty.
template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    use(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

}  // namespace

Error usage(std::string text) {
  return Error(std::move(text), ErrorKind::kUsage).hint("ringtap -h lists the options, man ringtap explains them");
}

Result<std::uint64_t> parse_number(std::string_view option, const std::string& text, std::uint64_t least,
                                   std::uint64_t most) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || rest != end || value < least || value > most) {
    return usage(given(option, text) + ": not a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view option, const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
      {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"", 1e9}}};
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    double value = 0;
    const char* end = text.data() + text.size() - unit.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || !(value * nanoseconds >= 1) || value * nanoseconds > 9e18) break;
    return std::chrono::nanoseconds(std::llround(value * nanoseconds));
  }
  return usage(given(option, text) + ": not a time").hint("a number with us, ms, s, m or h; for example 500ms, 5s, 2m");
}

Result<std::uint64_t> parse_size(std::string_view option, const std::string& text, const SizeRange& range) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kUnits = {{{"kK", std::uint64_t{1} << 10},
                                                                                 {"mM", std::uint64_t{1} << 20},
                                                                                 {"gG", std::uint64_t{1} << 30},
                                                                                 {"tT", std::uint64_t{1} << 40}}};
  std::uint64_t unit = range.unit;
  std::string_view digits = text;
  for (const auto& [letters, bytes] : kUnits) {
    if (text.empty() || letters.find(text.back()) == std::string_view::npos) continue;
    unit = bytes;
    digits.remove_suffix(1);
  }
  auto number = parse_number(option, std::string(digits), 0, range.most / unit);
  if (number && *number * unit >= range.least) return *number * unit;
  const std::uint64_t least = (range.least + range.unit - 1) / range.unit;
  return usage(given(option, text) + ": not a size from " + std::to_string(least) + " to " +
               std::to_string(range.most / range.unit))
      .hint("a number, or with k, m, g or t one of KiB, MiB, GiB or TiB; for example 100, 64k, 64m, 1g");
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    words.push_back(list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return words;
}

Result<KeepLimits> parse_keep(std::string_view option, const std::string& text) {
  constexpr SizeRange kBytes{.unit = 1, .least = 1, .most = std::uint64_t{1} << 60};
  constexpr std::string_view kFree = "free=";
  constexpr double kDay = 86400;
  const auto wrong = [&] {
    return usage(given(option, text) + ": not what to keep")
        .hint(
            "a size such as 200G, an age such as 7d, what stays free such as free=10G or free=5%, or several: 200G,7d");
  };
  KeepLimits limits;
  for (const std::string& word : words_of(text)) {
    if (word.empty()) return wrong();
    if (word.starts_with(kFree) && word.ends_with('%')) {
      const std::string digits = word.substr(kFree.size(), word.size() - kFree.size() - 1);
      auto percent = parse_number(option, digits, 1, 99);
      if (!percent) return wrong();
      limits.free_percent = static_cast<unsigned>(*percent);
    } else if (word.starts_with(kFree)) {
      auto bytes = parse_size(option, word.substr(kFree.size()), kBytes);
      if (!bytes) return wrong();
      limits.free_bytes = *bytes;
    } else if (std::string_view("kKMgGtT").find(word.back()) != std::string_view::npos) {
      auto bytes = parse_size(option, word, kBytes);
      if (!bytes) return wrong();
      limits.bytes = *bytes;
    } else if (word.back() == 'd') {
      auto days = parse_duration(option, word.substr(0, word.size() - 1) + "s");
      if (!days || static_cast<double>(days->count()) * kDay > 9e18) return wrong();
      limits.age_ns = static_cast<std::uint64_t>(static_cast<double>(days->count()) * kDay);
    } else {
      auto age = parse_duration(option, word);
      if (!age) return wrong();
      limits.age_ns = static_cast<std::uint64_t>(age->count());
    }
  }
  return limits;
}

Result<AgentLimits> parse_allow(std::string_view option, const std::string& text) {
  const auto wrong = [&] {
    return usage(given(option, text) + ": not what an agent may allow")
        .hint("one or more of taps=tc:xdp, pps=10000, snaplen=256, sessions=2, duration=10m, with commas in between");
  };
  AgentLimits limits;
  for (const std::string& word : words_of(text)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals + 1 == word.size()) return wrong();
    const std::string key = word.substr(0, equals);
    std::string value = word.substr(equals + 1);
    if (key == "taps") {
      std::replace(value.begin(), value.end(), ':', ',');
      auto taps = parse_taps(option, value, kAllTaps);
      if (!taps) return taps.take_error();
      limits.taps = *taps;
    } else if (key == "duration") {
      auto longest = parse_duration(option, value);
      if (!longest) return wrong();
      limits.longest = *longest;
    } else if (key == "pps" || key == "snaplen" || key == "sessions") {
      const std::uint64_t most = key == "snaplen" ? kMaxSnaplen : key == "sessions" ? 64 : 1'000'000'000;
      auto number = parse_number(option, value, 1, most);
      if (!number) return wrong();
      if (key == "pps") limits.max_pps = *number;
      if (key == "snaplen") limits.snaplen = static_cast<std::uint32_t>(*number);
      if (key == "sessions") limits.max_sessions = *number;
    } else {
      return wrong();
    }
  }
  return limits;
}

Result<> parse_slice(std::string_view option, const std::string& text, Reduction& reduction) {
  constexpr std::array<std::pair<std::string_view, int>, 3> kLayers = {{{"l2", 2}, {"l3", 3}, {"l4", 4}}};
  const auto wrong = [&] {
    return usage(given(option, text) + ": not a layer")
        .hint("l2, l3 or l4, and +N to keep N bytes after its headers; for example l4+20");
  };
  const std::size_t plus = text.find('+');
  reduction.slice_layer = 0;
  for (const auto& [name, number] : kLayers) {
    if (text.substr(0, plus) == name) reduction.slice_layer = number;
  }
  if (reduction.slice_layer == 0) return wrong();
  if (plus == std::string::npos) return ok();
  auto more = parse_number(option, text.substr(plus + 1), 0, kMaxSnaplen);
  if (!more) return wrong();
  reduction.slice_more = static_cast<std::uint32_t>(*more);
  return ok();
}

Result<std::uint32_t> parse_sample(std::string_view option, const std::string& text) {
  constexpr std::string_view kOneOf = "1/";
  auto flows = parse_number(option, text.substr(std::min(text.size(), kOneOf.size())), 1, std::uint64_t{1} << 31);
  if (!text.starts_with(kOneOf) || !flows) {
    return usage(given(option, text) + ": not of the form 1/N")
        .hint("captures one flow in N, with N from 1 to 2147483648");
  }
  return static_cast<std::uint32_t>(*flows);
}

Result<TapSet> parse_taps(std::string_view option, const std::string& list, TapSet known) {
  TapSet taps;
  for (const std::string& word : words_of(list)) {
    const TapSet found = taps_of_word(word, known);
    if (found.empty()) {
      return usage(given(option, list) + ": there is no tap '" + word + "'").hint(tap_words(known));
    }
    taps.insert(found);
  }
  return taps;
}

Result<std::string> read_text(std::string_view option, const std::string& path) {
  std::ifstream file;
  const bool is_standard_input = path == "-" && option == "-V";
  if (!is_standard_input) file.open(path);
  if (!file) return usage(given(option, path) + ": " + std::generic_category().message(errno));
  std::istream& in = is_standard_input ? std::cin : file;
  std::string text;
  std::array<char, 65536> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostText) return usage(given(option, path) + ": longer than 64 MiB");
  }
  if (in.bad()) return usage(given(option, path) + ": " + std::generic_category().message(errno));
  if (text.find('\0') != std::string::npos) return usage(given(option, path) + ": not text, it has zero bytes");
  return text;
}

Result<std::string> read_expression(std::string_view option, const std::string& path) {
  auto text = read_text(option, path);
  if (!text) return text;
  std::string expression;
  for_each_line(*text, [&](std::string_view line) { expression.append(line.substr(0, line.find('#'))) += ' '; });
  return expression;
}

Result<std::vector<std::string>> read_names(std::string_view option, const std::string& path) {
  auto text = read_text(option, path);
  if (!text) return text.take_error();
  std::vector<std::string> names;
  for_each_line(*text, [&](std::string_view line) {
    if (!line.empty()) names.emplace_back(line);
  });
  if (names.empty()) {
    return usage(given(option, path) + ": contains no names").hint("it must list capture files, one name per line");
  }
  return names;
}

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(word.size() / 5, 2) + 1;  // farther than that is another word
  for (const std::string& candidate : known) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace ringtap
