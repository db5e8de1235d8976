// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/guards.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace ringtap {
namespace {

constexpr std::uint32_t kNever = 1U << 30;  // "needed" on paths that reject anyway: they set no limit to hoisting
constexpr std::uint32_t kNoMinimum = std::numeric_limits<std::uint32_t>::max();

// Asking for a little more than a path needs saves the next check, and costs the slow path only for frames that end
// there: no Ethernet frame with IPv4 is shorter than 34 bytes, and no transport header shorter than 8.
constexpr std::uint32_t kLikelyBytes = 34;
constexpr std::uint32_t kLikelyTransport = 8;

// The loads of one block, in bytes of memory (absolute) and as offsets to X in the frame (indirect).
struct Needs {
  bool slow_only = false;
  std::uint32_t absolute = 0;
  std::uint32_t indirect_end = 0;
  std::uint32_t indirect_min = kNoMinimum;
};

void add_absolute(Needs& needs, std::uint64_t first, std::uint64_t size, FrameView view) {
  std::uint64_t end = first + size;
  if (view == FrameView::kTagged && end > kTagBegin) {
    if (first >= kTagEnd) {
      end -= kTagSize;
    } else if (first >= kTagBegin && end <= kTagEnd && size <= 2 && (first % 2 == 0 || size == 1)) {
      end = kTagBegin;  // the tag is there if the bytes before it are
    } else {
      needs.slow_only = true;  // across the tag's edge
      return;
    }
  }
  if (end > kMaxFastEnd) {
    needs.slow_only = true;
    return;
  }
  needs.absolute = std::max(needs.absolute, static_cast<std::uint32_t>(end));
}

void add_indirect(Needs& needs, const FilterOp& op, FrameView view) {
  const std::uint64_t end = std::uint64_t{op.k} + op.size;
  if (end > kMaxFastEnd || (view == FrameView::kTagged && op.k < kTagSize)) {
    needs.slow_only = true;
    return;
  }
  needs.indirect_end = std::max(needs.indirect_end, static_cast<std::uint32_t>(end));
  needs.indirect_min = std::min(needs.indirect_min, op.k);
}

Needs needs_of(const FlowBlock& block, FrameView view) {
  Needs needs;
  for (const auto& op : block.ops) {
    switch (op.kind) {
      case OpKind::kLoadAbsolute:
        add_absolute(needs, op.k, op.size, view);
        break;
      case OpKind::kLoadHeaderLength:
        add_absolute(needs, op.k, 1, view);
        break;
      case OpKind::kLoadIndirect:
        add_indirect(needs, op, view);
        break;
      case OpKind::kLoadAncillary:  // a helper call clobbers the fast path's registers
        needs.slow_only = needs.slow_only || op.k == SKF_AD_CPU || op.k == SKF_AD_RANDOM;
        break;
      default:
        break;
    }
  }
  return needs;
}

bool changes_x(const FlowBlock& block) {
  return !block.ops.empty() && writes_x(block.ops.back());
}

// Whether the register of the checked pointer holds something else behind the block.
bool loses_pointer(const FlowBlock& block) {
  const bool looks_up = !block.ops.empty() && block.ops.back().kind == OpKind::kLookUp;
  return changes_x(block) || looks_up || is_frame_test(block.end);
}

// What must hold on every path to an accepting end, and what some path wants if it is cheap.
struct Outlook {
  std::uint32_t absolute = 0;         // every accepting path needs at least this; kNever: none accepts
  std::uint32_t absolute_likely = 0;  // greatest need up to kLikelyBytes
  std::uint32_t indirect_end = 0;     // the same for the X of the block's start
  std::uint32_t indirect_min = kNoMinimum;
  std::uint32_t indirect_reach = 0;  // greatest end on any path while X stays
  std::uint32_t indirect_reach_min = kNoMinimum;
};

Outlook look_ahead(const FlowBlock& block, const Needs& needs, const std::vector<Outlook>& outlook,
                   GuardFailure failure) {
  Outlook mine{.absolute = needs.absolute, .indirect_end = needs.indirect_end, .indirect_min = needs.indirect_min};
  if (failure == GuardFailure::kSlowPath) {
    mine.absolute_likely = needs.absolute <= kLikelyBytes ? needs.absolute : 0;
    mine.indirect_reach = needs.indirect_end;
    mine.indirect_reach_min = needs.indirect_min;
  }
  if (block.end.rejects()) {
    mine.absolute = mine.indirect_end = kNever;
    return mine;
  }
  if (!block.end.is_branch()) return mine;
  const Outlook& one = outlook[block.end.on_true];
  const Outlook& other = outlook[block.end.on_false];
  mine.absolute = std::max(mine.absolute, std::min(one.absolute, other.absolute));
  mine.absolute_likely = std::max({mine.absolute_likely, one.absolute_likely, other.absolute_likely});
  if (changes_x(block)) return mine;
  mine.indirect_end = std::max(mine.indirect_end, std::min(one.indirect_end, other.indirect_end));
  mine.indirect_reach = std::max({mine.indirect_reach, one.indirect_reach, other.indirect_reach});
  for (const auto& next : {one, other}) {
    mine.indirect_min = std::min(mine.indirect_min, next.indirect_min);
    mine.indirect_reach_min = std::min(mine.indirect_reach_min, next.indirect_reach_min);
  }
  return mine;
}

// What has been checked when a block starts, whichever way it was reached.
struct Checked {
  bool reached = false;
  std::uint32_t absolute = 0;
  std::uint32_t indirect_end = 0;  // 0: no checked pointer
  std::uint32_t indirect_min = 0;
};

void meet(Checked& at, const Checked& from) {
  if (!at.reached) {
    at = from;
    at.reached = true;
    return;
  }
  at.absolute = std::min(at.absolute, from.absolute);
  if (at.indirect_end != from.indirect_end) at.indirect_end = 0;  // the pointer stands elsewhere on the other path
  at.indirect_min = std::max(at.indirect_min, from.indirect_min);
}

void guard_absolute(BlockGuard& guard, Checked& checked, const Needs& needs, const Outlook& ahead) {
  if (needs.absolute <= checked.absolute) return;
  std::uint32_t want = needs.absolute;
  if (ahead.absolute <= kMaxFastEnd) want = std::max(want, ahead.absolute);
  guard.absolute = std::max(want, ahead.absolute_likely);
  checked.absolute = guard.absolute;
  checked.indirect_end = 0;  // both kinds of check use the same register
}

void guard_indirect(BlockGuard& guard, Checked& checked, const Needs& needs, const Outlook& ahead, std::uint32_t x_max,
                    FrameView view) {
  if (needs.indirect_end == 0) return;
  const bool tagged = view == FrameView::kTagged;
  const bool enough =
      needs.indirect_end <= checked.indirect_end && (!tagged || needs.indirect_min >= checked.indirect_min);
  if (!enough) {
    std::uint32_t end = needs.indirect_end;
    std::uint32_t min = needs.indirect_min;
    const bool min_allows = !tagged || std::min(ahead.indirect_min, ahead.indirect_reach_min) >= kTagSize;
    if (min_allows) {
      if (ahead.indirect_end <= kMaxFastEnd) end = std::max(end, ahead.indirect_end);
      if (ahead.indirect_reach <= end + kLikelyTransport) end = std::max(end, ahead.indirect_reach);
      min = std::min({min, ahead.indirect_min, ahead.indirect_reach_min});
    }
    guard.indirect = tagged ? end - kTagSize : end;
    if (x_max > kMaxPacketOffset - end) guard.x_at_most = kMaxPacketOffset - end;
    if (tagged && min < kTagEnd) guard.x_at_least = kTagEnd - min;
    checked.indirect_end = end;
    checked.indirect_min = min;
  }
  guard.indirect_base = checked.indirect_end;
}

}  // namespace

std::vector<BlockGuard> place_guards(const FlowGraph& graph, const std::vector<Bounds>& bounds, FrameView view,
                                     GuardFailure failure) {
  const int count = static_cast<int>(graph.blocks.size());
  std::vector<Needs> needs(count);
  std::vector<Outlook> outlook(count);
  for (int n = count - 1; n >= 0; --n) {
    needs[n] = needs_of(graph.blocks[n], view);
    outlook[n] = look_ahead(graph.blocks[n], needs[n], outlook, failure);
  }

  std::vector<BlockGuard> guards(count);
  std::vector<Checked> at_start(count);
  at_start[0].reached = true;
  for (int n = 0; n < count; ++n) {
    const FlowBlock& block = graph.blocks[n];
    BlockGuard& guard = guards[n];
    guard.slow_only = needs[n].slow_only;
    guard.least_bytes = outlook[n].absolute < kNever ? outlook[n].absolute : 0;
    Checked checked = at_start[n];
    // The fast path does not go on behind a block it has no code for, nor is it ever there.
    if (guard.slow_only || !checked.reached) continue;
    guard_absolute(guard, checked, needs[n], outlook[n]);
    guard_indirect(guard, checked, needs[n], outlook[n], bounds[n].x_max, view);
    if (loses_pointer(block)) checked.indirect_end = 0;
    if (!block.end.is_branch()) continue;
    meet(at_start[block.end.on_true], checked);
    meet(at_start[block.end.on_false], checked);
  }
  assert(guards_cover(graph, guards, view));
  return guards;
}

// Walks the guards as the generated code does, knowing nothing of how they were chosen.
bool guards_cover(const FlowGraph& graph, const std::vector<BlockGuard>& guards, FrameView view) {
  struct Proven {
    bool reached = false;
    std::uint32_t absolute = 0;
    std::uint32_t base = 0;
    std::uint32_t x_at_least = 0;
  };
  const bool tagged = view == FrameView::kTagged;
  const std::uint32_t shift = tagged ? kTagSize : 0;
  std::vector<Proven> at(graph.blocks.size());
  at[0].reached = true;
  for (std::size_t n = 0; n < graph.blocks.size(); ++n) {
    Proven now = at[n];
    if (!now.reached || guards[n].slow_only) continue;
    const BlockGuard& guard = guards[n];
    if (guard.absolute != 0) {
      now.absolute = std::max(now.absolute, guard.absolute);
      now.base = 0;
    }
    if (guard.indirect != 0) {
      now.base = guard.indirect + shift;
      now.x_at_least = guard.x_at_least;
    }
    for (const auto& op : graph.blocks[n].ops) {
      const std::uint64_t size = op.kind == OpKind::kLoadHeaderLength ? 1 : op.size;
      const std::uint64_t end = op.k + size;
      if (op.kind == OpKind::kLoadAbsolute || op.kind == OpKind::kLoadHeaderLength) {
        const bool behind_tag = tagged && op.k >= kTagEnd;
        const bool in_tag = tagged && op.k >= kTagBegin && op.k < kTagEnd;
        const std::uint64_t memory_end = in_tag ? kTagBegin : behind_tag ? end - kTagSize : end;
        if (memory_end > now.absolute) return false;
      } else if (op.kind == OpKind::kLoadIndirect) {
        if (guard.indirect_base != now.base || end > now.base) return false;
        if (tagged && now.x_at_least + op.k < kTagEnd) return false;
      }
    }
    if (loses_pointer(graph.blocks[n])) now.base = 0;
    if (!graph.blocks[n].end.is_branch()) continue;
    for (const int next : {graph.blocks[n].end.on_true, graph.blocks[n].end.on_false}) {
      Proven& to = at[next];
      if (!to.reached) {
        to = now;
        to.reached = true;
        continue;
      }
      to.absolute = std::min(to.absolute, now.absolute);
      if (to.base != now.base) to.base = 0;
      to.x_at_least = std::min(to.x_at_least, now.x_at_least);
    }
  }
  return true;
}

}  // namespace ringtap
