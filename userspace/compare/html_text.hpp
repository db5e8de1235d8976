// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A page of HTML that grows from its beginning to its end. Markup is only taken from string literals, so that text from
// outside (names, rules, expressions) can get in as text alone: escaped, also inside a quoted attribute, and with
// control characters and marks of bidirectional text made visible (base/plain_text.hpp). Owns the text. One thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/plain_text.hpp"

namespace ringtap {

class HtmlText {
 public:
  template <std::size_t kSize>
  HtmlText& html(const char (&markup)[kSize]) {  // NOLINT(*-avoid-c-arrays): a literal and nothing else
    page_.append(markup, kSize - 1);
    return *this;
  }
  HtmlText& text(std::string_view outside) {
    for (const char c : plain_line(outside)) {
      switch (c) {
        case '&':
          page_ += "&amp;";
          break;
        case '<':
          page_ += "&lt;";
          break;
        case '>':
          page_ += "&gt;";
          break;
        case '"':
          page_ += "&quot;";
          break;
        case '\'':
          page_ += "&#39;";
          break;
        default:
          page_ += c;
      }
    }
    return *this;
  }
  // For attributes and coordinates.
  HtmlText& number(std::uint64_t value) {
    page_ += std::to_string(value);
    return *this;
  }
  // With one digit after the point.
  HtmlText& decimal(double value) {
    const auto tenths = static_cast<std::uint64_t>(std::llround((value < 0 ? 0 : value) * 10));
    page_ += std::to_string(tenths / 10);
    page_ += '.';
    page_ += static_cast<char>('0' + tenths % 10);
    return *this;
  }
  // For people: 1,204,000.
  HtmlText& count(std::uint64_t value) {
    const std::string digits = std::to_string(value);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && (digits.size() - i) % 3 == 0) page_ += ',';
      page_ += digits[i];
    }
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(page_); }

 private:
  std::string page_;
};

}  // namespace ringtap
