// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What ringtap's programs tell each other over the network, as lines of "key=value". A key is of a-z, 0-9, '_' and '.';
// in values control characters and '%' are written as %XX, so that every byte can be sent. A key may come several
// times. What is parsed may come from anybody: its size, the number of fields and the length of keys are bounded.
// Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtap {

class Fields {
 public:
  static constexpr std::size_t kMostBytes = 64 * 1024;
  static constexpr std::size_t kMostFields = 1024;
  static constexpr std::size_t kLongestKey = 48;

  // Adds one; of several with one key, text() and number() give the first.
  Fields& add(std::string_view key, std::string_view value);
  Fields& add(std::string_view key, std::uint64_t value) { return add(key, std::to_string(value)); }

  // Empty, and none, if there is no such key.
  [[nodiscard]] std::string_view text(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  // None if it is not a decimal number of 64 bits either.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
  [[nodiscard]] std::uint64_t number_or(std::string_view key, std::uint64_t otherwise) const {
    return number(key).value_or(otherwise);
  }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

  [[nodiscard]] std::string encode() const;
  // None if it is not in this form, or beyond the limits.
  static std::optional<Fields> parse(std::string_view text);

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace ringtap
