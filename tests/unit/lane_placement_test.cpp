// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/lane_placement.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

using Cpus = std::vector<unsigned>;

// Two nodes of four CPUs each.
const Placement kTwoNodes{.allowed = {0, 1, 2, 3, 4, 5, 6, 7}, .node_of = {0, 0, 0, 0, 1, 1, 1, 1}, .delivered = {}};

std::vector<bool> only(std::initializer_list<unsigned> cpus) {
  std::vector<bool> receiving(8);
  for (const unsigned cpu : cpus) receiving[cpu] = true;
  return receiving;
}

TEST(Placement, IsNearTheRingsAndNotWherePacketsAreReceived) {
  EXPECT_EQ(kTwoNodes.place_for({0, 1}, only({})), (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(kTwoNodes.place_for({0, 1}, only({0, 1})), (Cpus{2, 3}));
  EXPECT_EQ(kTwoNodes.place_for({4, 5, 6, 7}, only({4, 5, 6})), (Cpus{7}));
}

TEST(Placement, LeavesTheNodeRatherThanSlowDownAReceiver) {
  EXPECT_EQ(kTwoNodes.place_for({0, 1, 2, 3}, only({0, 1, 2, 3})), (Cpus{4, 5, 6, 7}));
}

TEST(Placement, WhereEveryCpuReceivesStaysNear) {
  EXPECT_EQ(kTwoNodes.place_for({4, 5}, only({0, 1, 2, 3, 4, 5, 6, 7})), (Cpus{4, 5, 6, 7}));
}

TEST(Placement, NeverUsesWhatIsNotAllowed) {
  Placement some = kTwoNodes;
  some.allowed = {1, 5};
  EXPECT_EQ(some.place_for({0}, only({})), (Cpus{1}));
  EXPECT_EQ(some.place_for({0}, only({1})), (Cpus{5}));
  EXPECT_EQ(some.place_for({0}, only({1, 5})), (Cpus{1}));
}

TEST(Placement, KnowsWhoReceivesByWhatCameSinceTheLastLook) {
  Placement placement;
  const std::uint64_t many = Placement::kLeastReceived;
  EXPECT_EQ(placement.receiving({many, many - 1}), (std::vector<bool>{true, false}));
  EXPECT_EQ(placement.receiving({many, 2 * many}), (std::vector<bool>{false, true}));
  EXPECT_EQ(placement.receiving({many, 2 * many}), (std::vector<bool>{false, false}));
}

}  // namespace
}  // namespace ringtap
