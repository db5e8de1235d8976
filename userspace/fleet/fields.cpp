// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/fields.hpp"

#include <algorithm>
#include <charconv>

namespace ringtap {
namespace {

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= Fields::kLongestKey && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

void append_escaped(std::string& out, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xfU];
  }
}

std::optional<std::string> unescaped(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    if (value[i] != '%') {
      out += value[i];
      continue;
    }
    unsigned number = 0;
    const std::string_view digits = value.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(number);
    i += 2;
  }
  return out;
}

}  // namespace

Fields& Fields::add(std::string_view key, std::string_view value) {
  fields_.emplace_back(key, value);
  return *this;
}

std::string_view Fields::text(std::string_view key) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == key; });
  return found == fields_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : fields_) {
    if (name == key) found.push_back(value);
  }
  return found;
}

std::optional<std::uint64_t> Fields::number(std::string_view key) const {
  const std::string_view digits = text(key);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string Fields::encode() const {
  std::string out;
  for (const auto& [key, value] : fields_) {
    out += key;
    out += '=';
    append_escaped(out, value);
    out += '\n';
  }
  return out;
}

std::optional<Fields> Fields::parse(std::string_view text) {
  if (text.size() > kMostBytes) return std::nullopt;
  Fields fields;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || fields.fields_.size() == kMostFields) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !is_key(line.substr(0, equals))) return std::nullopt;
    auto value = unescaped(line.substr(equals + 1));
    if (!value) return std::nullopt;
    fields.fields_.emplace_back(line.substr(0, equals), std::move(*value));
    text.remove_prefix(end + 1);
  }
  return fields;
}

}  // namespace ringtap
