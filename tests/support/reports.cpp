// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/reports.hpp"

#include <algorithm>
#include <charconv>
#include <regex>
#include <sstream>

namespace ringtap::testing {
namespace {

constexpr std::string_view kPrefix = "ringtap: accounting: ";
constexpr const char* kFates[] = {"filtered",  "sampled_out", "rate_limited", "other_owner", "unknown_owner",
                                  "ring_full", "no_ring",     "copy_failed",  "recursion",   "delivered"};
// Words that name the line; every other value is a count.
constexpr std::string_view kNames[] = {"tap", "interface", "cpu"};

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

::testing::AssertionResult kernel_side_balances(const AccountingLine& line, const std::string& name) {
  std::uint64_t outcomes = 0;
  for (const char* outcome : kFates) {
    if (!line.has(outcome)) return ::testing::AssertionFailure() << name << ": no " << outcome;
    outcomes += line[outcome];
  }
  if (!line.has("seen") || line["seen"] != outcomes) {
    return ::testing::AssertionFailure() << name << ": seen " << line["seen"] << ", accounted for " << outcomes;
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult user_side_balances(const AccountingLine& total) {
  const std::uint64_t ends = total["written"] + total.sum_of("discarded_");
  if (!total.has("written") || total["delivered"] != ends) {
    return ::testing::AssertionFailure() << "delivered " << total["delivered"] << ", accounted for " << ends;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace

std::uint64_t AccountingLine::operator[](const std::string& key) const {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

std::uint64_t AccountingLine::sum_of(std::string_view prefix) const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : counts) sum += key.starts_with(prefix) ? count : 0;
  return sum;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Accounting parse_accounting(std::string_view text) {
  Accounting accounting;
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with(kPrefix)) continue;
    if (accounting.total) accounting = {};
    std::istringstream tokens(line.substr(kPrefix.size()));
    AccountingLine parsed;
    bool is_total = false;
    for (std::string token; tokens >> token;) {
      const std::size_t equals = token.find('=');
      const std::string key = token.substr(0, equals);
      const std::string value = equals == std::string::npos ? "" : token.substr(equals + 1);
      const bool is_name = std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames);
      if (token == "total") {
        is_total = true;
      } else if (const auto number = to_number(value); number && !is_name) {
        parsed.counts[key] = *number;
      } else {
        parsed.words[key] = value;
      }
    }
    if (is_total) {
      accounting.total = std::move(parsed);
    } else {
      accounting.lines.push_back(std::move(parsed));
    }
  }
  return accounting;
}

::testing::AssertionResult identity_holds(const Accounting& accounting) {
  if (!accounting.total) return ::testing::AssertionFailure() << "there is no total";
  std::map<std::string, std::uint64_t> sums;
  for (const AccountingLine& line : accounting.lines) {
    std::string name;
    for (const auto& [key, value] : line.words) name += key + "=" + value + " ";
    if (const auto result = kernel_side_balances(line, name); !result) return result;
    for (const auto& [key, count] : line.counts) sums[key] += count;
  }
  if (const auto result = kernel_side_balances(*accounting.total, "total"); !result) return result;
  if (const auto result = user_side_balances(*accounting.total); !result) return result;
  for (const auto& [key, sum] : sums) {
    if ((*accounting.total)[key] != sum) {
      return ::testing::AssertionFailure()
             << "total " << key << " is " << (*accounting.total)[key] << ", the lines have " << sum;
    }
  }
  return ::testing::AssertionSuccess();
}

Accounting expect_identity(std::string_view text) {
  Accounting accounting = parse_accounting(text);
  EXPECT_TRUE(identity_holds(accounting)) << text;
  return accounting;
}

std::optional<ClosingLines> parse_closing_lines(std::string_view text) {
  static const std::regex kLines(
      "(?:^|\n)(\\d+) packets? captured\n(\\d+) packets? received by filter\n(\\d+) packets? dropped by "
      "kernel(?:\n|$)");
  std::optional<ClosingLines> last;
  using Iterator = std::regex_iterator<std::string_view::const_iterator>;
  for (Iterator match(text.begin(), text.end(), kLines); match != Iterator(); ++match) {
    last = ClosingLines{std::stoull((*match)[1]), std::stoull((*match)[2]), std::stoull((*match)[3])};
  }
  return last;
}

}  // namespace ringtap::testing
