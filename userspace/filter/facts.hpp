// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What is known at the start of each block, from one backward and one forward walk over the acyclic graph, which is not
// changed. Post-conditions: a register or memory word not in `live` is written on every path before it
// is read; A and X never exceed `a_max` and `x_max`, and the kernel's verifier can derive the same bounds.
#pragma once

#include <cstdint>
#include <vector>

#include "filter/flow_graph.hpp"

namespace ringtap {

struct LiveState {
  bool a = false;
  bool x = false;
  std::uint16_t memory = 0;  // bit n: M[n]

  friend bool operator==(const LiveState&, const LiveState&) = default;
};

// Per block, plus the state after its last operation where a pass needs that: after(block) below.
std::vector<LiveState> find_live(const FlowGraph& graph);

// What is live after operation `op_index` of a block, given the live states of all block starts.
LiveState live_after(const FlowGraph& graph, const std::vector<LiveState>& live, int block, std::size_t op_index);

constexpr std::uint32_t kNoBound = 0xffff'ffff;

struct Bounds {
  std::uint32_t a_max = 0;
  std::uint32_t x_max = 0;
};

std::vector<Bounds> find_bounds(const FlowGraph& graph);

}  // namespace ringtap
