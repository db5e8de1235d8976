// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Text that tries to steer a terminal, and the judge of what came out, which finds the first byte that would. Pure
// functions, any thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace ringtap::testing {

// ESC with a colour and a window title, BEL, DEL, C1 (CSI as UTF-8 and as a byte), an override and an isolate of
// bidirectional text, a line separator, a carriage return; no blank, so that it can be a word.
inline constexpr std::string_view kHostile =
    "a\x1b[31m\x1b]0;t\x07\x7f\xc2\x9b\x9b\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\rz";
// The same in the 15 bytes of a device's name.
inline constexpr std::string_view kHostileDevice = "a\x1b[31m\x07\x7f\x9b\xe2\x80\xaez";

// The first byte or sequence in `text` that a terminal would obey, with its place; empty if there is none. Written on
// its own, byte by byte, so that it does not share a mistake with the program.
inline std::string first_control(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto found = [&](std::size_t i) {
    char place[64];
    std::snprintf(place, sizeof place, "%02x %02x %02x at byte %zu after '", byte(i), byte(i + 1), byte(i + 2), i);
    return place + std::string(text.substr(i < 40 ? 0 : i - 40, i < 40 ? i : 40)) + "'";
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned c = byte(i);
    if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f)) continue;
    if (c < 0x80) return found(i);
    const std::size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    unsigned point = c & (0x3fU >> more);
    if (c < 0xc2 || c > 0xf4) return found(i);
    for (std::size_t k = 1; k <= more; ++k) {
      if (byte(i + k) < 0x80 || byte(i + k) > 0xbf) return found(i);
      point = point * 64 + byte(i + k) % 64;
    }
    if (point < 0xa0 || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
        point == 0x200e || point == 0x200f || point == 0x61c) {
      return found(i);
    }
    i += more;
  }
  return "";
}

}  // namespace ringtap::testing
