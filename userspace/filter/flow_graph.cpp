// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/flow_graph.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>

#include "filter/translate.hpp"

namespace ringtap {
namespace {

// No frame has more bytes than an int counts, so such a load always ends the filter with 0.
bool always_outside(const FilterOp& op) {
  const bool fixed = op.kind == OpKind::kLoadAbsolute || op.kind == OpKind::kLoadHeaderLength;
  const bool from_x = op.kind == OpKind::kLoadIndirect;
  const std::uint64_t size = op.kind == OpKind::kLoadHeaderLength ? 1 : op.size;
  return (fixed || from_x) && op.k + size > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
}

// Blocks begin where a branch arrives, after a block end and after a write to X.
std::vector<bool> find_leaders(std::span<const DecodedInsn> insns) {
  std::vector<bool> leader(insns.size() + 1, false);
  leader[0] = true;
  for (std::size_t n = 0; n < insns.size(); ++n) {
    if (const auto* end = std::get_if<FilterEnd>(&insns[n])) {
      leader[n + 1] = true;
      if (end->is_branch()) leader[end->on_true] = leader[end->on_false] = true;
    } else if (writes_x(std::get<FilterOp>(insns[n]))) {
      leader[n + 1] = true;
    }
  }
  return leader;
}

// One block from its leader on. Targets are still instruction numbers; `last` is the number of its last instruction.
FlowBlock cut_block(std::span<const DecodedInsn> insns, const std::vector<bool>& leader, int first, int& last) {
  FlowBlock block;
  for (int n = first;; ++n) {
    last = n;
    if (const auto* end = std::get_if<FilterEnd>(&insns[n])) {
      block.end = *end;
      return block;
    }
    const auto& op = std::get<FilterOp>(insns[n]);
    if (always_outside(op)) {
      block.ops.clear();
      block.end = FilterEnd{.kind = FilterEnd::Kind::kReturnConstant, .k = 0};
      return block;
    }
    block.ops.push_back(op);
    if (leader[n + 1]) {
      block.end = FilterEnd{.kind = FilterEnd::Kind::kBranch, .on_true = n + 1, .on_false = n + 1};
      return block;
    }
  }
}

}  // namespace

Result<FlowGraph> build_flow_graph(std::span<const DecodedInsn> insns, unsigned unroll) {
  const auto leader = find_leaders(insns);
  const int count = static_cast<int>(insns.size());
  const int copies = static_cast<int>(std::max(1U, unroll));

  // A place is (copy of the loop, instruction). Every branch goes to a later instruction of its copy or into a later
  // copy, so growing place numbers are a topological order.
  const int recheck_place = copies * count;
  std::vector<bool> wanted(static_cast<std::size_t>(recheck_place) + 1, false);
  wanted[0] = true;
  FlowGraph graph;
  std::vector<int> block_of(wanted.size(), -1);
  for (int place = 0; place < recheck_place; ++place) {
    if (!wanted[place]) continue;
    if (graph.blocks.size() >= kMaxBlocks) return Error("the filter is too large: more than 200000 blocks");
    const int copy = place / count;
    int last = 0;
    FlowBlock block = cut_block(insns, leader, place % count, last);
    if (block.end.is_branch()) {
      for (int* target : {&block.end.on_true, &block.end.on_false}) {
        const int to_copy = copy + (*target <= last ? 1 : 0);
        *target = to_copy < copies ? to_copy * count + *target : recheck_place;
        wanted[*target] = true;
      }
    }
    block_of[place] = static_cast<int>(graph.blocks.size());
    graph.blocks.push_back(std::move(block));
  }
  if (wanted[recheck_place]) {
    block_of[recheck_place] = static_cast<int>(graph.blocks.size());
    graph.blocks.push_back({.end = {.kind = FilterEnd::Kind::kReturnConstant, .k = kRecheckVerdict}});
  }
  for (auto& block : graph.blocks) {
    if (!block.end.is_branch()) continue;
    block.end.on_true = block_of[block.end.on_true];
    block.end.on_false = block_of[block.end.on_false];
  }
  assert(is_well_formed(graph));
  return graph;
}

void drop_unreachable(FlowGraph& graph) {
  auto& blocks = graph.blocks;
  std::vector<bool> reached(blocks.size(), false);
  reached[0] = true;
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    if (!reached[n] || !blocks[n].end.is_branch()) continue;
    reached[blocks[n].end.on_true] = reached[blocks[n].end.on_false] = true;
  }
  std::vector<int> moved(blocks.size(), -1);
  std::size_t kept = 0;
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    if (!reached[n]) continue;
    moved[n] = static_cast<int>(kept);
    if (kept != n) blocks[kept] = std::move(blocks[n]);
    ++kept;
  }
  blocks.resize(kept);
  for (auto& block : blocks) {
    if (!block.end.is_branch()) continue;
    block.end.on_true = moved[block.end.on_true];
    block.end.on_false = moved[block.end.on_false];
  }
}

bool is_well_formed(const FlowGraph& graph) {
  const auto& blocks = graph.blocks;
  if (blocks.empty()) return false;
  std::vector<bool> reached(blocks.size(), false);
  reached[0] = true;
  for (int n = 0; n < static_cast<int>(blocks.size()); ++n) {
    if (!reached[n]) return false;
    const auto& ops = blocks[n].ops;
    for (std::size_t i = 0; i + 1 < ops.size(); ++i)
      if (writes_x(ops[i])) return false;
    const auto& end = blocks[n].end;
    if (!end.is_branch()) continue;
    for (const int target : {end.on_true, end.on_false}) {
      if (target <= n || target >= static_cast<int>(blocks.size())) return false;
      reached[target] = true;
    }
  }
  return true;
}

}  // namespace ringtap
