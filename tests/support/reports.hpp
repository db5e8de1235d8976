// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a capture says about itself on stderr: the accounting that ringtap prints with -v, and the three closing lines
// it shares with tcpdump. Parsers of text that ringtap printed, and the identity that every end-to-end test asserts.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringtap::testing {

struct AccountingLine {
  std::map<std::string, std::string> words;  // tap, interface, cpu …; empty in the total
  std::map<std::string, std::uint64_t> counts;

  // 0 when there is no such count; a test of a count that must be there asks has().
  [[nodiscard]] std::uint64_t operator[](const std::string& key) const;
  [[nodiscard]] bool has(const std::string& key) const { return counts.contains(key); }
  // Sum of the counts whose name begins so.
  [[nodiscard]] std::uint64_t sum_of(std::string_view prefix) const;
};

struct Accounting {
  std::vector<AccountingLine> lines;  // one per interface, tap and CPU with traffic
  std::optional<AccountingLine> total;
};

// The lines "ringtap: accounting: …" in `text`; the last report where there are several.
Accounting parse_accounting(std::string_view text);

// seen = filtered + sampled_out + rate_limited + other_owner + unknown_owner + ring_full + no_ring + copy_failed +
// recursion + delivered on every line and in the total, which is the sum of the lines; delivered = written + discarded
// by cause in the total. The failure names the line.
::testing::AssertionResult identity_holds(const Accounting& accounting);
// Parses and asserts; the accounting is returned for further questions.
Accounting expect_identity(std::string_view text);

struct ClosingLines {
  std::uint64_t captured = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
};
// "N packets captured", "N packets received by filter", "N packets dropped by kernel", word for word, one after another
// (tcpdump says "1 packet captured"); the last three where there are several; nothing when they are not all there.
std::optional<ClosingLines> parse_closing_lines(std::string_view text);

std::vector<std::string> lines_of(std::string_view text);

}  // namespace ringtap::testing
