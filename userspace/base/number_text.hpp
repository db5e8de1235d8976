// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Appends a number to a text, without a text of its own in between. Of base 10 to 16, without a prefix. A pure
// function, any thread.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace ringtap {

inline void append_number(std::string& text, std::uint64_t value, int base = 10) {
  std::array<char, 20> digits{};
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr);
}

}  // namespace ringtap
