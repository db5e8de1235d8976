// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/flow_graph.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>
#include <string>
#include <utility>

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

// Blocks begin where a branch arrives, after a block end and after what ends a block.
std::vector<bool> find_leaders(std::span<const DecodedInsn> insns) {
  std::vector<bool> leader(insns.size() + 1, false);
  leader[0] = true;
  for (std::size_t n = 0; n < insns.size(); ++n) {
    if (const auto* end = std::get_if<FilterEnd>(&insns[n])) {
      leader[n + 1] = true;
      if (end->is_branch()) leader[end->on_true] = leader[end->on_false] = true;
      if (is_frame_test(*end)) leader[n] = true;
    } else if (ends_block(std::get<FilterOp>(insns[n]))) {
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

// Instructions that a backward jump may run again, [first, last]; every backward jump stays inside its loop.
struct Loop {
  int first;
  int last;
};

std::vector<Loop> find_loops(std::span<const DecodedInsn> insns) {
  std::vector<Loop> loops;  // disjoint, in order
  for (int n = 0; n < static_cast<int>(insns.size()); ++n) {
    const auto* end = std::get_if<FilterEnd>(&insns[n]);
    if (end == nullptr || !end->is_branch()) continue;
    const int target = std::min(end->on_true, end->on_false);
    if (target > n) continue;
    Loop loop{target, n};
    while (!loops.empty() && loops.back().last >= loop.first) {
      loop.first = std::min(loop.first, loops.back().first);
      loops.pop_back();
    }
    loops.push_back(loop);
  }
  return loops;
}

// Numbers for (instruction, copy) such that every branch goes to a greater one: the copies of a loop stand one behind
// the other, between what is before and what is behind the loop.
class Places {
 public:
  Places(std::span<const DecodedInsn> insns, int copies) : copies_(copies) {
    const int count = static_cast<int>(insns.size());
    loop_of_.assign(count, -1);
    loops_ = find_loops(insns);
    for (int i = 0; i < static_cast<int>(loops_.size()); ++i)
      std::fill(loop_of_.begin() + loops_[i].first, loop_of_.begin() + loops_[i].last + 1, i);
    for (int n = 0; n < count; ++n) {
      first_place_.push_back(static_cast<std::int64_t>(insn_at_.size()));
      if (loop_of_[n] < 0) {
        insn_at_.push_back(n);
        continue;
      }
      const Loop& loop = loops_[loop_of_[n]];
      for (int copy = 0; copy < copies; ++copy)
        for (int i = loop.first; i <= loop.last; ++i) insn_at_.push_back(i);
      for (++n; n <= loop.last; ++n) first_place_.push_back(first_place_.back() + 1);
      --n;
    }
  }

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(insn_at_.size()); }
  [[nodiscard]] int insn_at(std::int64_t place) const { return insn_at_[place]; }

  // Where a branch at `place`, from instruction `from`, to instruction `to` goes; nothing when the copies are used up.
  [[nodiscard]] std::optional<std::int64_t> follow(std::int64_t place, int from, int to) const {
    if (loop_of_[to] < 0 || loop_of_[to] != loop_of_[from]) return first_place_[to];
    const Loop& loop = loops_[loop_of_[to]];
    const int length = loop.last - loop.first + 1;
    const std::int64_t copy = (place - first_place_[loop.first]) / length + (to <= from ? 1 : 0);
    if (copy >= copies_) return std::nullopt;
    return first_place_[to] + copy * length;
  }

 private:
  int copies_;
  std::vector<Loop> loops_;
  std::vector<int> loop_of_;               // per instruction, -1: in none
  std::vector<std::int64_t> first_place_;  // per instruction, of its first copy
  std::vector<int> insn_at_;               // per place
};

}  // namespace

Result<FlowGraph> build_flow_graph(std::span<const DecodedInsn> insns, unsigned unroll) {
  const auto leader = find_leaders(insns);
  const Places places(insns, static_cast<int>(std::clamp(unroll, 1U, kMaxUnroll)));
  const std::int64_t recheck_place = places.count();
  std::vector<bool> wanted(static_cast<std::size_t>(recheck_place) + 1, false);
  wanted[0] = true;
  FlowGraph graph;
  std::vector<int> block_of(wanted.size(), -1);
  // Targets are places until every block has its number.
  std::vector<std::pair<std::int64_t, std::int64_t>> targets;
  for (std::int64_t place = 0; place < recheck_place; ++place) {
    if (!wanted[place]) continue;
    if (graph.blocks.size() >= kMaxBlocks) return Error("the filter is too large: more than 200000 blocks");
    int last = 0;
    const int first = places.insn_at(place);
    FlowBlock block = cut_block(insns, leader, first, last);
    std::pair<std::int64_t, std::int64_t> target{-1, -1};
    if (block.end.is_branch()) {
      const std::int64_t from = place + (last - first);
      target.first = places.follow(from, last, block.end.on_true).value_or(recheck_place);
      target.second = places.follow(from, last, block.end.on_false).value_or(recheck_place);
      wanted[target.first] = wanted[target.second] = true;
    }
    block_of[place] = static_cast<int>(graph.blocks.size());
    graph.blocks.push_back(std::move(block));
    targets.push_back(target);
  }
  if (wanted[recheck_place]) {
    block_of[recheck_place] = static_cast<int>(graph.blocks.size());
    graph.blocks.push_back({.end = {.kind = FilterEnd::Kind::kReturnConstant, .k = kRecheckVerdict}});
  }
  for (std::size_t n = 0; n < targets.size(); ++n) {
    if (!graph.blocks[n].end.is_branch()) continue;
    graph.blocks[n].end.on_true = block_of[targets[n].first];
    graph.blocks[n].end.on_false = block_of[targets[n].second];
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
      if (ends_block(ops[i])) return false;
    const auto& end = blocks[n].end;
    if (is_frame_test(end) && !ops.empty()) return false;
    if (!end.is_branch()) continue;
    for (const int target : {end.on_true, end.on_false}) {
      if (target <= n || target >= static_cast<int>(blocks.size())) return false;
      reached[target] = true;
    }
  }
  return true;
}

}  // namespace ringtap
