// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Text from outside (names of devices, files and hosts, comments, rules) on its way to a terminal or a log. What could
// steer a terminal, reorder what is read or forge a line becomes visible: control characters (C0, DEL, C1), marks of
// bidirectional text and separators of lines (Unicode Standard Annex 9, UTR 36) as \x1b or \u202e, and each byte that
// is not UTF-8 as \xff. All other text stays as it is. Pure functions, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace ringtap {

// The length of the UTF-8 sequence at the start of `text`, which is not empty; 0 if there is no valid one. Overlong
// forms, surrogates and code points above U+10FFFF are not valid.
[[nodiscard]] inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool too_large = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

// The code point of a sequence whose length utf8_length() gave.
[[nodiscard]] inline std::uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) return byte(0);
  std::uint32_t point = byte(0) & (0xffU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) point = point << 6U | (byte(i) & 0x3fU);
  return point;
}

// A terminal obeys it, or it is not where it seems to be.
[[nodiscard]] constexpr bool is_control(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||       // C0, DEL, C1
         point == 0x061c || point == 0x200e || point == 0x200f ||  // marks of a direction
         (point >= 0x2028 && point <= 0x202e) ||                   // separators; embeddings, overrides
         (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;  // isolates; byte order mark
}

// Whether `text` is printable ASCII with newlines and tabs, as nearly all is. Every printed line is looked through, so
// eight bytes are tested together, and one by one only if any of them is not printable.
[[nodiscard]] inline bool is_plain_ascii(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const auto is_plain = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; };
  for (; text.size() >= sizeof kEach; text.remove_prefix(sizeof kEach)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    const std::uint64_t odd = bytes | (bytes + kEach) | (bytes - kEach * 0x20);  // above 0x7e, or below 0x20
    if ((odd & kEach * 0x80) != 0 && !std::ranges::all_of(text.substr(0, sizeof kEach), is_plain)) return false;
  }
  return std::ranges::all_of(text, is_plain);
}

// Several lines: newlines and tabs stay.
[[nodiscard]] inline std::string plain_text(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  std::string plain;
  plain.reserve(text.size() + 16);
  const auto escape = [&](const char* format, std::uint32_t value) {
    std::array<char, 16> escaped{};
    std::snprintf(escaped.data(), escaped.size(), format, value);
    plain += escaped.data();
  };
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    const std::uint32_t point = length == 0 ? 0 : code_point(sequence);
    if (length == 0) {
      escape("\\x%02x", static_cast<unsigned char>(text.front()));
    } else if (is_control(point) && point != '\n' && point != '\t') {
      escape(point < 0x100 ? "\\x%02x" : "\\u%04x", point);
    } else {
      plain += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return plain;
}

// A part of a line: newlines and tabs are escaped too.
[[nodiscard]] inline std::string plain_line(std::string_view text) {
  std::string plain = plain_text(text);
  if (plain.find_first_of("\n\t") == std::string::npos) return plain;
  std::string line;
  for (const char c : plain) line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return line;
}

}  // namespace ringtap
