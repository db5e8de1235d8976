// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What fuzz targets share: taking an input apart, and ending the process when a property does not hold. Borrows the
// input. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace ringtap::testing {

inline void require(bool holds, int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold\n", file, line);
  std::abort();
}

// Takes an input apart from its front; one that is too short ends in zeros.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  template <class Number>
  Number take() {
    Number number{};
    const auto bytes = take_bytes(sizeof number);
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), bytes.size());
    return number;
  }
  std::span<const std::uint8_t> take_bytes(std::size_t most) {
    const auto taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::string_view take_text(std::size_t most = SIZE_MAX) {
    const auto bytes = take_bytes(most);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // Up to the separator, which is taken too, or to the end.
  std::string_view take_until(char separator) {
    const std::string_view rest(reinterpret_cast<const char*>(rest_.data()), rest_.size());
    const std::size_t length = std::min(rest.find(separator), rest.size());
    const auto text = take_text(length);
    take_bytes(1);
    return text;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace ringtap::testing
