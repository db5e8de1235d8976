// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Base 64 as RFC 4648 4 has it, with padding. Writes into memory that the caller has, base64_size() of it. Pure
// functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtap {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// Writes base64_size(bytes.size()) characters to `out` and returns their end.
inline char* write_base64(char* out, std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) {
    return i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : std::uint32_t{0};
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *out++ = kDigits[word >> 18];
    *out++ = kDigits[word >> 12 & 63];
    *out++ = i + 1 < bytes.size() ? kDigits[word >> 6 & 63] : '=';
    *out++ = i + 2 < bytes.size() ? kDigits[word & 63] : '=';
  }
  return out;
}

}  // namespace ringtap
