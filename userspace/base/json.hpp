// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// JSON text, RFC 8259: the one place that writes it. Strings are UTF-8 whatever bytes come in: each byte that is not
// part of a valid sequence becomes U+FFFD. Control characters in the wide sense of base/plain_text.hpp are escaped, so
// that the text itself may be looked at on a terminal. Appends to a string that the caller owns; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/plain_text.hpp"

namespace ringtap {

// Including the quotes.
inline void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (const std::uint32_t point = code_point(text.substr(0, length)); is_control(point)) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", point);
      out += escaped.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

// One object, closed by the destructor; members in the order in which they are added. Borrows the string.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;
  ~JsonObject() { out_ += '}'; }

  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  // Adds nothing if it is empty.
  void optional(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void number(std::string_view name, std::uint64_t value) { key(name) += std::to_string(value); }
  // Adds nothing if it is false.
  void flag(std::string_view name, bool value) {
    if (value) key(name) += "true";
  }
  // The caller appends the value.
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace ringtap
