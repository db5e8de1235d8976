// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/stages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace ringtap {
namespace {

constexpr std::array<unsigned, 3> kCpus = {0, 1, 2};

// Stands for TapPrograms: three stages, of which those in `stuck` cannot be sent.
struct FakePrograms {
  mutable std::array<ringtap_stage, 3> stages{};
  std::set<unsigned> offline;
  std::set<unsigned> stuck;
  mutable std::vector<std::pair<unsigned, bool>> flushes;

  [[nodiscard]] const ringtap_stage& stage(unsigned cpu) const { return stages[cpu]; }
  bool flush_stage(unsigned cpu, bool on_its_cpu) const {
    flushes.emplace_back(cpu, on_its_cpu);
    if (on_its_cpu && offline.contains(cpu)) return false;
    if (!stuck.contains(cpu)) stages[cpu].used = 0;
    return true;
  }
};

using Flushes = std::vector<std::pair<unsigned, bool>>;

TEST(Stages, OfWhichOneHoldsARecordAreNotEmpty) {
  FakePrograms programs;
  EXPECT_TRUE(are_stages_empty(programs, kCpus));
  programs.stages[2].used = 64;
  EXPECT_FALSE(are_stages_empty(programs, kCpus));
  EXPECT_TRUE(are_stages_empty(programs, std::span(kCpus).first(2)));
}

TEST(Stages, AreSentWhenTheirOldestRecordIsDue) {
  FakePrograms programs;
  programs.stages[0] = {.first_ns = 90, .used = 64};
  programs.stages[1] = {.first_ns = 10, .used = 0};
  programs.stages[2] = {.first_ns = 101, .used = 64};
  EXPECT_EQ(collect_stages(programs, kCpus, 100, false), 100U);
  EXPECT_EQ(programs.flushes, (Flushes{{0, true}}));
  EXPECT_EQ(programs.stages[2].used, 64U);
}

TEST(Stages, OfACpuThatIsOfflineAreSentFromHere) {
  FakePrograms programs;
  programs.offline = {1};
  programs.stages[1] = {.first_ns = 90, .used = 64};
  EXPECT_EQ(collect_stages(programs, kCpus, 100, false), 100U);
  EXPECT_EQ(programs.flushes, (Flushes{{1, true}, {1, false}}));
}

TEST(Stages, ThatCannotBeSentHoldTheMergeBack) {
  FakePrograms programs;
  programs.stuck = {0, 1};
  programs.stages[0] = {.first_ns = 90, .used = 64};
  programs.stages[1] = {.first_ns = 80, .used = 64};
  EXPECT_EQ(collect_stages(programs, kCpus, 100, false), 79U);
  EXPECT_EQ(collect_stages(programs, kCpus, 100, true), 100U);  // the taps are off: nothing more comes from there
}

}  // namespace
}  // namespace ringtap
