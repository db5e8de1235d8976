// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Text filled up with blanks to the width of a column; what is wider stays whole. For tables of one-byte characters.
// Pure functions, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ringtap {

inline std::string left_aligned(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

inline std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

inline std::string right_aligned(std::uint64_t value, std::size_t width) {
  return right_aligned(std::to_string(value), width);
}

}  // namespace ringtap
