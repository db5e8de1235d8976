// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/simplify.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <vector>

#include "filter/facts.hpp"
#include "filter/path_facts.hpp"

namespace ringtap {
namespace {

// Following known branches is linear for what libpcap emits; this ends it for what was made to be slow.
constexpr std::uint64_t kMaxHops = 4'000'000;

class Simplifier {
 public:
  explicit Simplifier(FlowGraph& graph) : graph_(graph), live_(find_live(graph)), at_start_(graph.blocks.size()) {}

  void run() {
    at_start_[0] = PathFacts{};
    for (std::size_t n = 0; n < graph_.blocks.size(); ++n) {
      if (!at_start_[n]) continue;  // every way here was led elsewhere
      FlowBlock& block = graph_.blocks[n];
      PathFacts facts = std::move(*at_start_[n]);
      drop_redundant(block, facts);
      if (block.end.is_branch()) lead_on(block.end, facts);
    }
    drop_unreachable(graph_);
  }

 private:
  static void drop_redundant(FlowBlock& block, PathFacts& facts) {
    std::vector<FilterOp> kept;
    for (const FilterOp& op : block.ops) {
      if (facts.makes_redundant(op)) continue;
      facts.step(op);
      kept.push_back(op);
    }
    block.ops = std::move(kept);
  }

  void lead_on(FilterEnd& end, const PathFacts& facts) {
    const auto outcome = facts.decide(end);
    if (outcome) {
      const int next = *outcome ? end.on_true : end.on_false;
      end.on_true = end.on_false = arrive(next, facts);
      return;
    }
    PathFacts if_true = facts;
    PathFacts if_false = facts;
    if_true.assume(end, true);
    if_false.assume(end, false);
    end.on_true = arrive(end.on_true, if_true);
    end.on_false = arrive(end.on_false, if_false);
  }

  // Where a path with these facts that comes to block `n` may go at once; the facts count there.
  int arrive(int n, const PathFacts& facts) {
    while (hops_ < kMaxHops) {
      ++hops_;
      const auto next = beyond(n, facts);
      if (!next) break;
      n = *next;
    }
    if (at_start_[n]) {
      at_start_[n]->meet(facts);
    } else {
      at_start_[n] = facts;
    }
    return n;
  }

  // The block behind `n`, if `n` does nothing on this path that is seen behind it.
  std::optional<int> beyond(int n, const PathFacts& facts) const {
    const FlowBlock& block = graph_.blocks[n];
    if (!block.end.is_branch()) return std::nullopt;
    PathFacts inside = facts;
    bool changes_a = false;
    bool changes_x = false;
    for (const FilterOp& op : block.ops) {
      if (inside.makes_redundant(op)) continue;
      if (op.kind == OpKind::kStoreMemory || !inside.cannot_fail(op)) return std::nullopt;
      changes_a = changes_a || writes_a(op);
      changes_x = changes_x || writes_x(op);
      inside.step(op);
    }
    const auto outcome = inside.decide(block.end);
    if (!outcome) return std::nullopt;
    const int next = *outcome ? block.end.on_true : block.end.on_false;
    if (changes_a && live_[next].a && inside.a() != facts.a()) return std::nullopt;
    if (changes_a && live_[next].a && !facts.a()) return std::nullopt;
    if (changes_x && live_[next].x) return std::nullopt;
    return next;
  }

  FlowGraph& graph_;
  const std::vector<LiveState> live_;
  std::vector<std::optional<PathFacts>> at_start_;
  std::uint64_t hops_ = 0;
};

}  // namespace

void simplify(FlowGraph& graph) {
  Simplifier(graph).run();
  assert(is_well_formed(graph));
}

}  // namespace ringtap
