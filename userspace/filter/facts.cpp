// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/facts.hpp"

#include <linux/bpf_common.h>

#include <algorithm>

namespace ringtap {
namespace {

LiveState merged(const LiveState& one, const LiveState& other) {
  return {one.a || other.a, one.x || other.x, static_cast<std::uint16_t>(one.memory | other.memory)};
}

LiveState before_end(const FlowGraph& graph, const std::vector<LiveState>& live, int block) {
  const FilterEnd& end = graph.blocks[block].end;
  if (end.kind == FilterEnd::Kind::kReturnConstant) return {};
  if (end.kind == FilterEnd::Kind::kReturnA) return {.a = true};
  LiveState state = merged(live[end.on_true], live[end.on_false]);
  state.a = state.a || end.reads_a();
  state.x = state.x || (end.is_test() && end.with_x);
  return state;
}

void step_back(LiveState& state, const FilterOp& op) {
  const auto word = static_cast<std::uint16_t>(1U << (op.k % kMemoryWords));
  if (writes_a(op)) state.a = false;
  if (writes_x(op)) state.x = false;
  if (op.kind == OpKind::kStoreMemory) state.memory = static_cast<std::uint16_t>(state.memory & ~word);
  state.memory = static_cast<std::uint16_t>(state.memory | reads_memory(op));
  state.a = state.a || reads_a(op);
  state.x = state.x || reads_x(op);
}

// Sums and shifts that leave 32 bits lose their bound.
std::uint32_t clamp_bound(std::uint64_t value) {
  return value < kNoBound ? static_cast<std::uint32_t>(value) : kNoBound;
}

// Only what every verifier since 5.1 tracks through 32-bit arithmetic: byte loads, constants, masks, shifts, sums.
std::uint32_t arithmetic_bound(const FilterOp& op, const Bounds& in) {
  const std::uint64_t a = in.a_max;
  const std::uint64_t other = op.with_x ? in.x_max : op.k;
  switch (op.alu) {
    case BPF_ADD:
      return clamp_bound(a + other);
    case BPF_AND:
      return op.with_x ? kNoBound : static_cast<std::uint32_t>(std::min(a, other));
    case BPF_RSH:
      return op.with_x || a == kNoBound ? kNoBound : static_cast<std::uint32_t>(a >> op.k);
    case BPF_LSH:
      return op.with_x || a == kNoBound ? kNoBound : clamp_bound(a << op.k);
    default:
      return kNoBound;
  }
}

void step_forward(Bounds& state, const FilterOp& op) {
  std::uint32_t bound = kNoBound;
  switch (op.kind) {
    case OpKind::kStoreMemory:
      return;
    case OpKind::kLoadAbsolute:
    case OpKind::kLoadIndirect:
      bound = op.size == 1 ? 0xff : kNoBound;
      break;
    case OpKind::kLoadHeaderLength:
      bound = 4 * 15;
      break;
    case OpKind::kLoadConstant:
      bound = op.k;
      break;
    case OpKind::kTransfer:
      bound = op.reg == FilterReg::kX ? state.a_max : state.x_max;
      break;
    case OpKind::kArithmetic:
      bound = arithmetic_bound(op, state);
      break;
    default:
      break;
  }
  (op.reg == FilterReg::kX ? state.x_max : state.a_max) = bound;
}

}  // namespace

std::vector<LiveState> find_live(const FlowGraph& graph) {
  std::vector<LiveState> live(graph.blocks.size());
  for (int n = static_cast<int>(graph.blocks.size()) - 1; n >= 0; --n) {
    live[n] = before_end(graph, live, n);
    const auto& ops = graph.blocks[n].ops;
    for (auto op = ops.rbegin(); op != ops.rend(); ++op) step_back(live[n], *op);
  }
  return live;
}

LiveState live_after(const FlowGraph& graph, const std::vector<LiveState>& live, int block, std::size_t op_index) {
  LiveState state = before_end(graph, live, block);
  const auto& ops = graph.blocks[block].ops;
  for (std::size_t i = ops.size(); i > op_index + 1; --i) step_back(state, ops[i - 1]);
  return state;
}

std::vector<Bounds> find_bounds(const FlowGraph& graph) {
  std::vector<Bounds> bounds(graph.blocks.size());  // A = X = 0 at the start, and the maximum grows at joins
  for (std::size_t n = 0; n < graph.blocks.size(); ++n) {
    Bounds state = bounds[n];
    for (const auto& op : graph.blocks[n].ops) step_forward(state, op);
    const FilterEnd& end = graph.blocks[n].end;
    if (!end.is_branch()) continue;
    for (const int next : {end.on_true, end.on_false}) {
      bounds[next].a_max = std::max(bounds[next].a_max, state.a_max);
      bounds[next].x_max = std::max(bounds[next].x_max, state.x_max);
    }
  }
  return bounds;
}

}  // namespace ringtap
