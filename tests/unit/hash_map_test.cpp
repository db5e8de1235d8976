// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/hash_map.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace ringtap {
namespace {

// Everybody's home is the last slot, so that every search goes round the end.
struct OneHome {
  std::uint64_t operator()(std::uint64_t) const { return ~std::uint64_t{0}; }
};

struct Ends {
  std::array<std::uint8_t, 8> addresses{};
  std::uint32_t ports = 0;
  bool operator==(const Ends&) const = default;
};
Ends ends(std::uint32_t number) {
  Ends result{.ports = 80};
  for (unsigned i = 0; i < 4; ++i) result.addresses[i] = static_cast<std::uint8_t>(number >> 8 * i);
  return result;
}

TEST(HashMap, KnowsNothingWhenItIsEmpty) {
  HashMap<std::uint64_t, int> map;
  EXPECT_EQ(map.find(0), nullptr);
  map.erase(0);
  map.erase_if([](int) { return true; });
  EXPECT_EQ(map.size(), 0u);
}

TEST(HashMap, GivesANewKeyAnEmptyValueAndFindsItAgain) {
  HashMap<std::uint64_t, std::string> map;
  EXPECT_EQ(map[0], "");
  map[0] = "zero";
  ASSERT_NE(map.find(0), nullptr);
  EXPECT_EQ(*map.find(0), "zero");
  EXPECT_EQ(map.find(1), nullptr);
  map.clear();
  EXPECT_EQ(map.find(0), nullptr);
}

// Hash: one that spreads and one where every key is in the way of every other.
template <class Hash>
void expect_like_std_map(std::uint32_t keys, int steps) {
  HashMap<std::uint64_t, std::uint32_t, Hash> map;
  std::map<std::uint64_t, std::uint32_t> expected;
  std::mt19937 random(1);
  for (int step = 0; step < steps; ++step) {
    const std::uint64_t key = random() % keys;
    if (random() % 3 == 0) {
      map.erase(key);
      expected.erase(key);
    } else {
      map[key] = expected[key] = static_cast<std::uint32_t>(random());
    }
    if (step == steps / 2) {
      const auto is_odd = [](std::uint32_t value) { return value % 2 != 0; };
      map.erase_if(is_odd);
      std::erase_if(expected, [&](const auto& entry) { return is_odd(entry.second); });
    }
    ASSERT_EQ(map.size(), expected.size());
  }
  for (std::uint64_t key = 0; key < keys; ++key) {
    const auto found = expected.find(key);
    const std::uint32_t* value = map.find(key);
    ASSERT_EQ(value != nullptr, found != expected.end()) << key;
    if (value != nullptr) {
      ASSERT_EQ(*value, found->second) << key;
    }
  }
}

TEST(HashMap, HoldsWhatStdMapHoldsAfterAnyOrderOfPutsAndErasures) {
  expect_like_std_map<NumberHash>(5000, 50000);
  expect_like_std_map<OneHome>(60, 5000);
}

TEST(HashMap, MovesValuesThatCannotBeCopiedWhenItGrows) {
  HashMap<std::uint64_t, std::unique_ptr<int>> map;
  for (int i = 0; i < 1000; ++i) map[static_cast<std::uint64_t>(i)] = std::make_unique<int>(i);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(**map.find(static_cast<std::uint64_t>(i)), i);
}

TEST(SeededHash, IsAnotherFunctionInEveryTable) {
  const SeededHash one, other;
  EXPECT_EQ(one(ends(1)), one(ends(1)));
  EXPECT_NE(one(ends(1)), other(ends(1)));
}

TEST(SeededHash, SpreadsKeysThatDifferInOneByte) {
  const SeededHash hash;
  std::map<std::uint64_t, int> of_slot;
  for (std::uint32_t i = 0; i < 65536; ++i) ++of_slot[hash(ends(i << 8)) >> (64 - 16)];
  EXPECT_GT(of_slot.size(), 65536u / 2) << "chance gives 63 of 100";
}

using Recent = RecentMap<Ends, std::uint32_t, SeededHash>;
constexpr std::uint32_t kGeneration = 1 << 12;

TEST(RecentMap, RemembersAGenerationWhileItGrows) {
  Recent map(kGeneration);
  for (std::uint32_t i = 0; i < kGeneration; ++i) {
    EXPECT_EQ(map.find(ends(i)), nullptr);
    map.add(ends(i), i);
  }
  for (std::uint32_t i = 0; i < kGeneration; ++i) {
    ASSERT_NE(map.find(ends(i)), nullptr) << i;
    ASSERT_EQ(*map.find(ends(i)), i);
  }
}

TEST(RecentMap, ForgetsWhatNobodyAskedForInAGeneration) {
  Recent map(kGeneration);
  for (std::uint32_t i = 0; i < 3 * kGeneration; ++i) {
    map.add(ends(i), i);
    ASSERT_NE(map.find(ends(0)), nullptr) << "asked for all the time, forgotten after " << i;
    ASSERT_LE(map.size(), 2 * kGeneration);
  }
  EXPECT_EQ(*map.find(ends(0)), 0u);
  EXPECT_EQ(*map.find(ends(3 * kGeneration - 1)), 3 * kGeneration - 1);
  EXPECT_EQ(map.find(ends(1)), nullptr);
}

}  // namespace
}  // namespace ringtap
