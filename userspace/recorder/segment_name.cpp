// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/segment_name.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kForm = "00000000T000000.000000000Z";

// The digits of kForm from `at` on.
std::optional<std::uint64_t> number(std::string_view text, std::size_t at, std::size_t digits) {
  std::uint64_t value = 0;
  const char* const end = text.data() + at + digits;
  const auto [rest, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string SegmentName::text(SegmentFile file) const {
  const auto seconds = static_cast<std::time_t>(begin_ns / kNsPerSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y%m%dT%H%M%S", &parts);
  std::array<char, 16> rest{};
  std::snprintf(rest.data(), rest.size(), ".%09lluZ", static_cast<unsigned long long>(begin_ns % kNsPerSecond));
  std::string text = std::string(day.data()) + rest.data() + ".pcapng" + (compressed ? ".zst" : "");
  if (file == SegmentFile::kPart) text += kPartSuffix;
  if (file == SegmentFile::kIndex) text += kIndexSuffix;
  return text;
}

std::optional<ParsedSegmentName> parse_segment_name(std::string_view text) {
  if (text.size() < kForm.size()) return std::nullopt;
  std::tm parts{};
  const auto year = number(text, 0, 4);
  const auto month = number(text, 4, 2);
  const auto day = number(text, 6, 2);
  const auto hour = number(text, 9, 2);
  const auto minute = number(text, 11, 2);
  const auto second = number(text, 13, 2);
  const auto ns = number(text, 16, 9);
  if (!year || !month || !day || !hour || !minute || !second || !ns) return std::nullopt;
  parts.tm_year = static_cast<int>(*year) - 1900;
  parts.tm_mon = static_cast<int>(*month) - 1;
  parts.tm_mday = static_cast<int>(*day);
  parts.tm_hour = static_cast<int>(*hour);
  parts.tm_min = static_cast<int>(*minute);
  parts.tm_sec = static_cast<int>(*second);
  const std::time_t seconds = ::timegm(&parts);
  if (seconds < 0) return std::nullopt;
  ParsedSegmentName parsed{};
  parsed.name.begin_ns = static_cast<std::uint64_t>(seconds) * kNsPerSecond + *ns;
  // There are few: what is made of the time must be the whole of it.
  for (const bool compressed : {false, true}) {
    for (const SegmentFile file : {SegmentFile::kWhole, SegmentFile::kPart, SegmentFile::kIndex}) {
      parsed.name.compressed = compressed;
      parsed.file = file;
      if (parsed.name.text(file) == text) return parsed;
    }
  }
  return std::nullopt;
}

}  // namespace ringtap
