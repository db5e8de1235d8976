// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/search_tree.hpp"

#include <linux/bpf_common.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "filter/facts.hpp"
#include "filter/path_facts.hpp"

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

// The constants one field is compared with. The first group of a chain compares what A is already.
struct Comparisons {
  std::optional<FilterOp> load;
  std::optional<PacketField> field;
  std::vector<Interval> intervals;  // in the order of the tests until sort_intervals()
};

struct Chain {
  std::vector<Comparisons> groups;
  int otherwise = -1;
  std::size_t length = 0;
};

bool compares_a(const FilterEnd& end) {
  return end.is_test() && end.test == BPF_JEQ && !end.with_x;
}

// Ascending and disjoint, neighbours with one target joined. Of equal constants the first one tested decides.
void sort_intervals(std::vector<Interval>& intervals) {
  const auto by_value = [](const Interval& a, const Interval& b) { return a.first < b.first; };
  std::stable_sort(intervals.begin(), intervals.end(), by_value);
  std::vector<Interval> joined;
  for (const Interval& next : intervals) {
    if (!joined.empty() && next.first == joined.back().last) continue;
    if (!joined.empty() && next.first == joined.back().last + 1 && next.target == joined.back().target) {
      joined.back().last = next.last;
    } else {
      joined.push_back(next);
    }
  }
  intervals = std::move(joined);
}

class ChainFinder {
 public:
  explicit ChainFinder(const FlowGraph& graph)
      : graph_(graph), live_(find_live(graph)), facts_(find_path_facts(graph)) {}

  // The chain that starts with the test at the end of block `head`.
  [[nodiscard]] Chain follow(int head) const {
    PathFacts at_head = facts_[head];
    for (const FilterOp& op : graph_.blocks[head].ops) at_head.step(op);
    Chain chain;
    chain.groups.push_back({.field = at_head.a()});
    add(chain, 0, graph_.blocks[head].end);
    while (is_link_of_a(chain.otherwise)) add(chain, 0, graph_.blocks[chain.otherwise].end);

    // Over several fields A differs behind the chain, so nobody may read it there, and all tests lead to one block.
    const int target = graph_.blocks[head].end.on_true;
    if (live_[target].a || !leads_only_to(chain.groups[0], target)) return chain;
    Chain longer = chain;
    std::size_t current = 0;
    while (const auto group = group_of_link(longer, current, target)) {
      current = *group;
      add(longer, current, graph_.blocks[longer.otherwise].end);
      if (!live_[longer.otherwise].a) chain = longer;
    }
    return chain;
  }

 private:
  static void add(Chain& chain, std::size_t group, const FilterEnd& end) {
    chain.groups[group].intervals.push_back({end.k, end.k, end.on_true});
    chain.otherwise = end.on_false;
    ++chain.length;
  }

  static bool leads_only_to(const Comparisons& group, int target) {
    return std::all_of(group.intervals.begin(), group.intervals.end(),
                       [&](const Interval& interval) { return interval.target == target; });
  }

  [[nodiscard]] bool is_link_of_a(int n) const {
    return graph_.blocks[n].ops.empty() && compares_a(graph_.blocks[n].end);
  }

  // Which group the next link belongs to: it may do nothing but load one field, which cannot fail, and test it.
  [[nodiscard]] std::optional<std::size_t> group_of_link(Chain& chain, std::size_t current, int target) const {
    const FlowBlock& link = graph_.blocks[chain.otherwise];
    if (!compares_a(link.end) || link.end.on_true != target) return std::nullopt;
    if (link.ops.empty()) return current;
    const FilterOp& load = link.ops.front();
    const PathFacts& facts = facts_[chain.otherwise];
    const auto field = facts.loaded_field(load);
    if (link.ops.size() != 1 || !field || !facts.cannot_fail(load)) return std::nullopt;
    for (std::size_t n = 0; n < chain.groups.size(); ++n)
      if (chain.groups[n].field == field) return n;
    chain.groups.push_back({.load = load, .field = field});
    return chain.groups.size() - 1;
  }

  const FlowGraph& graph_;
  const std::vector<LiveState> live_;
  const std::vector<PathFacts> facts_;
};

FilterEnd test(std::uint8_t kind, std::uint32_t k, int on_true, int on_false) {
  return {.kind = FilterEnd::Kind::kBranch, .test = kind, .k = k, .on_true = on_true, .on_false = on_false};
}

// Writes chains as trees into a list of blocks. Blocks of the tree are numbered as they are appended, and marked by
// appended(), because all other targets still have their numbers of the old graph.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::vector<FlowBlock>& blocks) : blocks_(blocks) {}

  // The search begins at the end of block `at`.
  void build(std::size_t at, Chain& chain) {
    for (std::size_t n = 0; n < chain.groups.size(); ++n) {
      Comparisons& group = chain.groups[n];
      sort_intervals(group.intervals);
      otherwise_ = chain.otherwise;
      if (n + 1 < chain.groups.size()) {
        pending_.clear();
        otherwise_ = kNextGroup;
      }
      search(at, group.intervals);
      if (n + 1 == chain.groups.size()) break;
      const std::size_t next = append();
      blocks_[next].ops.push_back(*chain.groups[n + 1].load);
      for (const std::size_t block : pending_)
        for (int* target : {&blocks_[block].end.on_true, &blocks_[block].end.on_false})
          if (*target == kNextGroup) *target = appended(next);
      at = next;
    }
  }

  static bool is_appended(int target) { return target <= kAppended; }
  static int number_of(int target) { return kAppended - target; }

 private:
  static constexpr int kNextGroup = -2;  // until that block has its number
  static constexpr int kAppended = -3;
  static int appended(std::size_t block) { return kAppended - static_cast<int>(block); }

  void search(std::size_t at, std::span<const Interval> intervals) {
    if (intervals.size() > 1) {
      const std::size_t middle = intervals.size() / 2;
      const std::size_t low = append();
      blocks_[at].end = test(BPF_JGE, intervals[middle].first, -1, appended(low));
      search(low, intervals.first(middle));
      const std::size_t high = append();
      blocks_[at].end.on_true = appended(high);
      search(high, intervals.subspan(middle));
      return;
    }
    const Interval& only = intervals.front();
    pending_.push_back(at);
    if (only.first == only.last) {
      blocks_[at].end = test(BPF_JEQ, only.first, only.target, otherwise_);
      return;
    }
    const std::size_t upper = append();
    pending_.push_back(upper);
    blocks_[at].end = test(BPF_JGE, only.first, appended(upper), otherwise_);
    blocks_[upper].end = test(BPF_JGT, only.last, otherwise_, only.target);
  }

  std::size_t append() {
    blocks_.emplace_back();
    return blocks_.size() - 1;
  }

  std::vector<FlowBlock>& blocks_;
  std::vector<std::size_t> pending_;  // blocks with a branch out of their group's search
  int otherwise_ = -1;
};

}  // namespace

void build_search_trees(FlowGraph& graph) {
  const int count = static_cast<int>(graph.blocks.size());
  const ChainFinder finder(graph);
  std::vector<FlowBlock> blocks;
  std::vector<int> moved(count, -1);  // old number → new number
  std::vector<bool> in_chain(count, false);
  for (int n = 0; n < count; ++n) {
    moved[n] = static_cast<int>(blocks.size());
    blocks.push_back(graph.blocks[n]);
    // The links of a chain stay for who jumps into its middle; no tree of their own for the tail.
    if (in_chain[n] || !compares_a(graph.blocks[n].end)) continue;
    Chain chain = finder.follow(n);
    if (chain.length < kMinChain) continue;
    for (int link = graph.blocks[n].end.on_false; link != chain.otherwise; link = graph.blocks[link].end.on_false)
      in_chain[link] = true;
    TreeBuilder(blocks).build(blocks.size() - 1, chain);
  }
  for (auto& block : blocks) {
    if (!block.end.is_branch()) continue;
    for (int* target : {&block.end.on_true, &block.end.on_false})
      *target = TreeBuilder::is_appended(*target) ? TreeBuilder::number_of(*target) : moved[*target];
  }
  graph.blocks = std::move(blocks);
  drop_unreachable(graph);
  assert(is_well_formed(graph));
}

}  // namespace ringtap
