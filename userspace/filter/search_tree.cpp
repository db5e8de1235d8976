// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/search_tree.hpp"

#include <linux/bpf_common.h>

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>
#include <vector>

namespace ringtap {
namespace {

// Shorter chains are as fast as they are.
constexpr std::size_t kMinChain = 6;

// Values of A, first to last, that lead to `target`.
struct Interval {
  std::uint32_t first;
  std::uint32_t last;
  int target;
};

struct Chain {
  std::vector<Interval> intervals;  // ascending, disjoint, neighbours with one target joined
  int otherwise = -1;
  std::size_t length = 0;
};

bool compares_a(const FilterEnd& end) {
  return end.is_test() && end.test == BPF_JEQ && !end.with_x;
}

// The chain that starts with the test at the end of block `head`: its links do nothing but test the same A.
Chain follow_chain(const FlowGraph& graph, int head) {
  Chain chain;
  for (int n = head; compares_a(graph.blocks[n].end) && (n == head || graph.blocks[n].ops.empty());) {
    const FilterEnd& end = graph.blocks[n].end;
    chain.intervals.push_back({end.k, end.k, end.on_true});
    ++chain.length;
    n = chain.otherwise = end.on_false;
  }
  // Of equal constants the first one tested decides.
  const auto by_value = [](const Interval& a, const Interval& b) { return a.first < b.first; };
  std::stable_sort(chain.intervals.begin(), chain.intervals.end(), by_value);
  std::vector<Interval> joined;
  for (const Interval& next : chain.intervals) {
    if (!joined.empty() && next.first == joined.back().last) continue;
    if (!joined.empty() && next.first == joined.back().last + 1 && next.target == joined.back().target) {
      joined.back().last = next.last;
    } else {
      joined.push_back(next);
    }
  }
  chain.intervals = std::move(joined);
  return chain;
}

FilterEnd test(std::uint8_t kind, std::uint32_t k, int on_true, int on_false) {
  return {.kind = FilterEnd::Kind::kBranch, .test = kind, .k = k, .on_true = on_true, .on_false = on_false};
}

class TreeBuilder {
 public:
  TreeBuilder(std::vector<FlowBlock>& blocks, int otherwise) : blocks_(blocks), otherwise_(otherwise) {}

  // Writes the search over `intervals` into the end of block `at`; blocks it needs are appended. Targets inside the
  // tree are numbers of appended blocks, marked by kAppended, because the others are still numbered as in the old
  // graph.
  void build(std::size_t at, std::span<const Interval> intervals) {
    if (intervals.size() > 1) {
      const std::size_t middle = intervals.size() / 2;
      const std::size_t low = append();
      const std::size_t high = append();
      blocks_[at].end = test(BPF_JGE, intervals[middle].first, appended(high), appended(low));
      build(low, intervals.first(middle));
      build(high, intervals.subspan(middle));
      return;
    }
    const Interval& only = intervals.front();
    if (only.first == only.last) {
      blocks_[at].end = test(BPF_JEQ, only.first, only.target, otherwise_);
      return;
    }
    const std::size_t upper = append();
    blocks_[at].end = test(BPF_JGE, only.first, appended(upper), otherwise_);
    blocks_[upper].end = test(BPF_JGT, only.last, otherwise_, only.target);
  }

  static constexpr int kAppended = -2;
  static int appended(std::size_t block) { return kAppended - static_cast<int>(block); }

 private:
  std::size_t append() {
    blocks_.emplace_back();
    return blocks_.size() - 1;
  }

  std::vector<FlowBlock>& blocks_;
  int otherwise_;
};

}  // namespace

void build_search_trees(FlowGraph& graph) {
  const int count = static_cast<int>(graph.blocks.size());
  std::vector<FlowBlock> blocks;
  std::vector<int> moved(count, -1);  // old number → new number
  std::vector<bool> in_chain(count, false);
  for (int n = 0; n < count; ++n) {
    moved[n] = static_cast<int>(blocks.size());
    blocks.push_back(graph.blocks[n]);
    // The links of a chain stay for who jumps into its middle; no tree of their own for the tail.
    if (in_chain[n] || !compares_a(graph.blocks[n].end)) continue;
    const Chain chain = follow_chain(graph, n);
    if (chain.length < kMinChain) continue;
    for (int link = graph.blocks[n].end.on_false; link != chain.otherwise; link = graph.blocks[link].end.on_false)
      in_chain[link] = true;
    TreeBuilder(blocks, chain.otherwise).build(blocks.size() - 1, chain.intervals);
  }
  for (auto& block : blocks) {
    if (!block.end.is_branch()) continue;
    for (int* target : {&block.end.on_true, &block.end.on_false})
      *target = *target <= TreeBuilder::kAppended ? TreeBuilder::kAppended - *target : moved[*target];
  }
  graph.blocks = std::move(blocks);
  drop_unreachable(graph);
  assert(is_well_formed(graph));
}

}  // namespace ringtap
