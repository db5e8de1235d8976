// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A time as seconds with nine decimals, "1764490000.300000000": written, and read again exactly, as nanoseconds.
// Values; any thread.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/now.hpp"

namespace ringtap {

inline std::string seconds_text(std::uint64_t ns) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%llu.%09llu", static_cast<unsigned long long>(ns / kNsPerSecond),
                static_cast<unsigned long long>(ns % kNsPerSecond));
  return text.data();
}

// Of text that begins with such a time; none if it does not.
inline std::optional<std::uint64_t> nanoseconds_of(std::string_view text) {
  std::uint64_t seconds = 0;
  std::uint64_t rest = 0;
  const char* const end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, seconds);
  if (whole.ec != std::errc() || whole.ptr == end || *whole.ptr != '.') return std::nullopt;
  const auto part = std::from_chars(whole.ptr + 1, end, rest);
  if (part.ec != std::errc() || part.ptr != whole.ptr + 10) return std::nullopt;
  return seconds * kNsPerSecond + rest;
}

}  // namespace ringtap
