// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <random>

namespace ringtap {
namespace {

struct FakeStream {
  std::deque<std::uint64_t> times;
  [[nodiscard]] bool ready() const { return !times.empty(); }
  [[nodiscard]] std::uint64_t time() const { return times.front(); }
  void pop() { times.pop_front(); }
};

std::vector<std::uint64_t> merged(std::vector<FakeStream>& streams, std::uint64_t watermark,
                                  std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  std::vector<FakeStream*> heads;
  for (FakeStream& stream : streams) {
    if (stream.ready()) heads.push_back(&stream);
  }
  std::vector<std::uint64_t> out;
  if (limit == 0) return out;
  merge_until(heads, watermark, [&](FakeStream& stream) {
    out.push_back(stream.time());
    return out.size() < limit;
  });
  return out;
}

TEST(MergeUntil, InterleavesStreamsByTime) {
  std::vector<FakeStream> streams = {{{1, 4, 5, 9}}, {{2, 3, 10}}, {{}}, {{6}}};
  EXPECT_EQ(merged(streams, 100), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 9, 10}));
}

TEST(MergeUntil, LeavesWhatIsYoungerThanTheWatermark) {
  std::vector<FakeStream> streams = {{{1, 4, 8}}, {{2, 7}}};
  EXPECT_EQ(merged(streams, 4), (std::vector<std::uint64_t>{1, 2, 4}));
  EXPECT_EQ(merged(streams, 7), (std::vector<std::uint64_t>{7}));
  EXPECT_EQ(merged(streams, 8), (std::vector<std::uint64_t>{8}));
}

TEST(MergeUntil, StopsWhereItIsToldAndGoesOnFromThere) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<FakeStream> streams(1 + random() % 5);
    std::vector<std::uint64_t> expected;
    for (FakeStream& stream : streams) {
      std::uint64_t time = 0;
      for (auto n = random() % 30; n > 0; --n) {
        stream.times.push_back(time += random() % 3);
        expected.push_back(time);
      }
    }
    std::sort(expected.begin(), expected.end());
    std::vector<std::uint64_t> got;
    while (got.size() < expected.size()) {
      const auto part = merged(streams, 1000, 1 + random() % 7);
      ASSERT_FALSE(part.empty());
      got.insert(got.end(), part.begin(), part.end());
    }
    ASSERT_EQ(got, expected);
  }
}

}  // namespace
}  // namespace ringtap
