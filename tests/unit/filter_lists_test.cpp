// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Long lists of terms: that what is composed and put into tables means what libpcap makes of the whole expression, and
// that the work for a packet and for the verifier does not grow with the list.
#include <gtest/gtest.h>
#include <linux/filter.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/compose.hpp"
#include "filter/expression_tree.hpp"
#include "filter/lookup_table.hpp"
#include "filter/run_tables.hpp"
#include "filter/translate.hpp"
#include "support/filter_comparison.hpp"
#include "support/filter_inputs.hpp"

namespace ringtap {
namespace {

using testing::compare_all;
using testing::EbpfFrame;
using testing::EbpfRun;
using testing::FilterInputs;
using testing::RawFrame;
using testing::report;
using testing::Tally;
using testing::wanted_pairs;

std::string host(std::uint32_t n) {
  return "10." + std::to_string(n >> 16 & 255) + "." + std::to_string(n >> 8 & 255) + "." + std::to_string(n & 255);
}

template <class Term>
std::string joined(std::uint32_t count, Term term) {
  std::string out;
  for (std::uint32_t n = 0; n < count; ++n) out += (n == 0 ? "" : " or ") + term(n);
  return out;
}

std::string pairs(std::uint32_t count) {
  return joined(count, [](std::uint32_t n) {
    return "(src host " + host(n * 7919) + " and udp port " + std::to_string(1000 + n * 31 % 60000) + ")";
  });
}

std::string hosts(std::uint32_t count) {
  return joined(count, [](std::uint32_t n) { return "host " + host(n * 1601); });
}

std::size_t tables_of(const std::string& expression) {
  auto program = compile({.expression = expression});
  EXPECT_TRUE(program) << program.error().text();
  if (!program) return 0;
  auto prepared = prepare(*program);
  EXPECT_TRUE(prepared);
  return prepared ? prepared->tables.size() : 0;
}

TEST(FilterLists, AgreeWithLibpcap) {
  FilterInputs random(21);
  Tally tally;
  std::size_t programs = 0;
  std::size_t with_tables = 0;
  while (tally.pairs < wanted_pairs() / 8) {
    const std::string expression = random.list(64 + random.below(40));
    auto program = compile({.expression = expression, .optimise = !random.one_in(4), .any_vlan = random.one_in(30)});
    if (!program) continue;
    ++programs;
    auto prepared = prepare(*program);
    ASSERT_TRUE(prepared) << prepared.error().text();
    with_tables += prepared->tables.empty() ? 0 : 1;
    compare_all(*program, expression, 40, random, tally);
    if (HasFatalFailure()) return;
  }
  std::printf("%zu with tables, ", with_tables);
  report(tally, programs);
  EXPECT_GT(with_tables, programs / 4);
  EXPECT_GT(tally.accepted, tally.pairs / 50);
  EXPECT_LT(tally.rechecks, tally.pairs / 10);
}

// A table's test of the frame's length may come between a load and the last use of what was loaded.
TEST(FilterLists, KeepWhatWasLoadedBefore) {
  FilterInputs random(23);
  Tally tally;
  const std::string list = joined(60, [](std::uint32_t n) {
    return "ip6 host 2001:db8::" + std::to_string(n) + " or (src host " + host(n * 7919) + " and udp port 4789)";
  });
  for (const bool optimise : {true, false}) {
    const std::string expression = "(icmp or tcp) and not (" + list + ")";
    const auto program = compile({.expression = expression, .optimise = optimise});
    ASSERT_TRUE(program);
    compare_all(*program, expression, 400, random, tally);
  }
  report(tally, 1);
  EXPECT_GT(tally.accepted, 0U);
}

// The program that is joined from parts, against what libpcap makes of the whole expression. libpcap's optimiser drops
// loads whose result does not matter, so that frames that end before them may match (`not port 1 or not port 2`):
// optimised parts have to agree with the whole only where it agrees with itself.
TEST(FilterLists, MeanTheSameInPartsAsInOnePiece) {
  FilterInputs random(22);
  std::uint64_t runs = 0;
  std::uint64_t accepted = 0;
  std::uint64_t unsure = 0;
  std::size_t composed = 0;
  for (int n = 0; n < 60; ++n) {
    const std::string expression = random.list(64 + random.below(20));
    // From a file an expression of this size is not taken apart.
    std::vector<FilterMatcher> matchers;
    for (const auto& [live, optimise] : {std::pair(true, false), {false, false}, {true, true}, {false, true}}) {
      auto program = compile({.expression = expression, .optimise = optimise, .live = live});
      if (!program && matchers.empty()) continue;  // refused in every form
      // Only the optimiser finds that out, and only for the whole.
      if (!program && program.error().text() == "expression rejects all packets") break;
      ASSERT_TRUE(program) << expression << ": " << program.error().text();
      ASSERT_TRUE(live || program->runs.empty()) << expression;
      composed += live && !optimise && !program->runs.empty() ? 1 : 0;
      auto matcher = FilterMatcher::create(*program);
      ASSERT_TRUE(matcher);
      matchers.push_back(matcher.take());
    }
    if (matchers.size() < 4) continue;
    for (int frames = 0; frames < 200; ++frames) {
      const RawFrame frame = random.frame();
      const auto verdict = [&](std::size_t which) {
        return matchers[which].verdict(std::as_bytes(std::span(frame)), static_cast<std::uint32_t>(frame.size()));
      };
      const std::uint32_t expected = verdict(1);
      ASSERT_EQ(verdict(0), expected) << expression << ", frame of " << frame.size() << " bytes";
      if (verdict(3) == expected) {
        ASSERT_EQ(verdict(2), expected) << expression << " [optimised], frame of " << frame.size() << " bytes";
      } else {
        ++unsure;
      }
      ++runs;
      accepted += expected != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(composed, 40U);
  EXPECT_GT(accepted, runs / 50);
  EXPECT_LT(unsure, runs / 50);
}

TEST(FilterLists, AreSearchedInTablesHoweverLong) {
  EXPECT_GT(tables_of(pairs(100)), 0U);
  EXPECT_GT(tables_of(hosts(1000)), 0U);
  EXPECT_GT(tables_of("udp and not (" + hosts(1000) + ")"), 0U);
  EXPECT_GT(
      tables_of(joined(
          300, [](std::uint32_t n) { return "(host " + host(n * 13) + " and port " + std::to_string(n + 1) + ")"; })),
      0U);
  EXPECT_GT(tables_of(joined(300, [](std::uint32_t n) { return "net " + host(n << 8) + "/24"; })), 0U);
  EXPECT_GT(tables_of(joined(300, [](std::uint32_t n) { return "port " + std::to_string(n * 3 + 1); })), 0U);
  EXPECT_GT(tables_of(joined(300, [](std::uint32_t n) { return "host 2001:db8::" + std::to_string(n); })), 0U);
  EXPECT_GT(tables_of(joined(300,
                             [](std::uint32_t n) {
                               return "(dst host " + host(n) + " and portrange " + std::to_string(n) + "-" +
                                      std::to_string(2 * n + 5) + ")";
                             })),
            0U);
  EXPECT_GT(
      tables_of(joined(
          300, [](std::uint32_t n) { return "portrange " + std::to_string(9 * n) + "-" + std::to_string(9 * n + 5); })),
      0U);
  EXPECT_EQ(tables_of(pairs(20)), 0U);
}

TEST(FilterLists, TakeAsManyStepsForManyTermsAsForFew) {
  const RawFrame frame = [] {
    RawFrame f(60);
    f[12] = 8;
    f[14] = 0x45;
    f[23] = 17;
    f[26] = 10;
    return f;
  }();
  const auto steps = [&](const std::string& expression) {
    auto program = compile({.expression = expression});
    EXPECT_TRUE(program);
    auto code = translate(*program, {.hook = FilterHook::kXdp});
    EXPECT_TRUE(code);
    EbpfFrame memory{.bytes = frame, .linear = 60, .table = code->table};
    const EbpfRun run = testing::run_ebpf(code->insns, memory);
    EXPECT_EQ(run.fault, "");
    return run.steps;
  };
  for (const auto& list : {pairs, hosts}) {
    const auto few = steps(list(300));
    EXPECT_LT(few, 200U);
    EXPECT_LT(steps(list(5000)), few + 60);
  }
}

// 10,000 hosts and 300 pairs; what the verifier makes of it is FilterInTheKernel.LongListsLoad.
TEST(FilterLists, BecomeFewInstructions) {
  for (const auto& [expression, limit] : {std::pair(pairs(300), 1000U), {pairs(600), 1000U}, {hosts(10'000), 3000U}}) {
    auto program = compile({.expression = expression});
    ASSERT_TRUE(program) << program.error().text();
    auto code = translate(*program, {.hook = FilterHook::kTcIngress});
    ASSERT_TRUE(code) << code.error().text();
    EXPECT_LT(code->insns.size(), limit);
  }
}

TEST(FilterLists, FramesThatEndWithinTheFieldsAreLeftToUserSpace) {
  auto program = compile({.expression = pairs(100)});
  ASSERT_TRUE(program);
  auto code = translate(*program, {.hook = FilterHook::kXdp});
  ASSERT_TRUE(code);
  RawFrame frame(60);
  frame[12] = 8;
  frame[14] = 0x45;
  const auto verdict = [&](std::uint32_t size) {
    const EbpfFrame memory{.bytes = std::span(frame).first(size), .linear = size, .table = code->table};
    return testing::run_ebpf(code->insns, memory).verdict;
  };
  EXPECT_EQ(verdict(38), 0U);
  EXPECT_EQ(verdict(37), kRecheckVerdict);
  EXPECT_EQ(verdict(20), kRecheckVerdict);
  frame[12] = 9;  // not IPv4: the Ethernet type is all that is asked for
  EXPECT_EQ(verdict(20), 0U);
}

std::string parsed(const std::string& expression) {
  const auto tree = parse_expression(expression);
  return tree ? tree->to_text() : "";
}

TEST(Expression, HasAWordThatStandsByItself) {
  for (const char* expression :
       {"vlan", "not vlan", "(vlan 5)&&udp", "udp or(vlan)", "  vlan\nand udp port 53", "!vlan"})
    EXPECT_TRUE(has_word(expression, "vlan")) << expression;
  for (const char* expression :
       {"", " ", "udp port 9", "host vlan.example", "host my-vlan", "ether host vlan5", "VLAN"})
    EXPECT_FALSE(has_word(expression, "vlan")) << expression;
}

TEST(ExpressionTree, TakesApartWhatItUnderstands) {
  EXPECT_EQ(parsed("host 10.0.0.1 or 10.0.0.2"), "host 10.0.0.1 or host 10.0.0.2");
  EXPECT_EQ(parsed("src host (10.0.0.1||10.0.0.2) and udp"), "(src host 10.0.0.1 or src host 10.0.0.2) and udp");
  EXPECT_EQ(parsed("tcp port 80 or 443 or 8000"), "tcp port 80 or tcp port 443 or tcp port 8000");
  EXPECT_EQ(parsed("10.0.0.1 or 10.0.0.2"), "10.0.0.1 or 10.0.0.2");
  EXPECT_EQ(
      parsed("tcp src or dst port 80 or 81 or src and dst host (10.0.0.1 or 10.0.0.2)"),
      "tcp src or dst port 80 or tcp src or dst port 81 or src and dst host 10.0.0.1 or src and dst host 10.0.0.2");
  // The same precedence, from left to right.
  EXPECT_EQ(parsed("ip or tcp and udp or arp"), "((ip or tcp) and udp) or arp");
  EXPECT_EQ(parsed("not tcp or !(udp)"), "(not (tcp)) or (not (udp))");
  EXPECT_EQ(parsed("(tcp[13] & 2) != 0 or ip[2:2]>5"), "(tcp[13] & 2) != 0 or ip[2:2]>5");
  EXPECT_EQ(parsed("net 10.0.0.0 mask 255.0.0.0 or 192.168.0.0/16"),
            "net 10.0.0.0 mask 255.0.0.0 or net 192.168.0.0/16");
  EXPECT_EQ(parsed("host 2001:db8::1 or ether host 02:00:00:00:00:01"),
            "host 2001:db8::1 or ether host 02:00:00:00:00:01");
}

TEST(ExpressionTree, LeavesWhatItDoesNotUnderstandToLibpcap) {
  for (const char* expression : {"vlan 5 or ip", "ip or mpls", "pppoes and ip", "geneve", "host example.org",
                                 "example.org or tcp", "host a or b", "tcp port http", "udp or 53", "(ip", "ip)",
                                 "ip or", "", "not", "host (tcp or 10.0.0.1)", "len > 5 or 80"})
    EXPECT_EQ(parsed(expression), "") << expression;
  EXPECT_EQ(parsed(std::string(100'000, '(')), "");
}

TEST(LookupTable, FindsEveryKeyWithinItsProbes) {
  FilterInputs random(23);
  for (const std::uint32_t count : {1U, 2U, 3U, 100U, 5000U}) {
    for (const bool dense : {true, false}) {
      std::vector<std::pair<std::uint64_t, std::uint32_t>> entries;
      for (std::uint32_t n = 0; n < count; ++n) {
        const std::uint64_t key = dense ? n : std::uint64_t{n + 1} << 32 | random.below(65536);
        entries.emplace_back(key, n + 1);
      }
      const auto table = make_lookup_table(entries);
      ASSERT_TRUE(table);
      ASSERT_EQ(table->words.size(), 2 * ((std::size_t{1} << table->bits) + table->probes - 1));
      for (const auto& [key, value] : entries) {
        std::uint32_t found = 0;
        const std::size_t first = key * table->multiplier >> (64 - table->bits);
        for (std::size_t probe = first; probe < first + table->probes; ++probe)
          if (table->words[2 * probe] == key) found = static_cast<std::uint32_t>(table->words[2 * probe + 1]);
        EXPECT_EQ(found, value);
      }
    }
  }
}

TEST(LookupTable, FindsRangesByHalving) {
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges = {
      {5, 9}, {20, 20}, {7, 12}, {30, 40}, {31, 32}, {1ULL << 32, (1ULL << 32) + 3}, {41, 41}};
  const auto table = make_range_table(ranges);
  const std::size_t count = std::size_t{1} << table.bits;
  ASSERT_EQ(table.words.size(), 2 * count);
  EXPECT_TRUE(std::is_sorted(table.words.begin(), table.words.begin() + static_cast<std::ptrdiff_t>(count)));
  for (std::uint64_t key = 0; key < 60; ++key) {
    for (const std::uint64_t number : {0ULL, 1ULL << 32}) {
      const auto at = std::upper_bound(table.words.begin(), table.words.begin() + static_cast<std::ptrdiff_t>(count),
                                       number + key) -
                      table.words.begin() - 1;
      const bool inside = std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
        return range.first <= number + key && number + key <= range.second;
      });
      EXPECT_EQ(table.words[count + static_cast<std::size_t>(at)], inside ? 1U : 0U) << number + key;
    }
  }
  EXPECT_EQ(make_range_table({{0, 3}}).words[2], 1U);
}

}  // namespace
}  // namespace ringtap
