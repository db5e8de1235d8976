// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/path_facts.hpp"

#include <linux/bpf_common.h>

#include <algorithm>

namespace ringtap {
namespace {

// Enough for the headers above a port; forgetting is always safe.
constexpr std::size_t kMaxTests = 16;

bool is_value(const FieldTest& known) {
  return known.test == BPF_JEQ && known.result;
}

std::uint64_t absolute_end(const FilterOp& op) {
  return std::uint64_t{op.k} + (op.kind == OpKind::kLoadHeaderLength ? 1 : op.size);
}

}  // namespace

bool evaluate_test(std::uint8_t test, std::uint32_t a, std::uint32_t k) {
  switch (test) {
    case BPF_JEQ:
      return a == k;
    case BPF_JGT:
      return a > k;
    case BPF_JGE:
      return a >= k;
    default:
      return (a & k) != 0;
  }
}

void PathFacts::meet(const PathFacts& other) {
  if (a_ != other.a_) a_.reset();
  if (x_header_at_ != other.x_header_at_) x_header_at_.reset();
  proven_ = std::min(proven_, other.proven_);
  std::erase_if(tests_, [&](const FieldTest& test) {
    return std::find(other.tests_.begin(), other.tests_.end(), test) == other.tests_.end();
  });
}

std::optional<PacketField> PathFacts::loaded_field(const FilterOp& op) const {
  if (op.kind == OpKind::kLoadAbsolute) return PacketField{op.k, op.size, std::nullopt};
  if (op.kind == OpKind::kLoadIndirect && x_header_at_) return PacketField{op.k, op.size, x_header_at_};
  return std::nullopt;
}

bool PathFacts::makes_redundant(const FilterOp& op) const {
  if (op.kind == OpKind::kLoadHeaderLength) return x_header_at_ == op.k;
  const auto field = loaded_field(op);
  return field && a_ == field;
}

bool PathFacts::cannot_fail(const FilterOp& op) const {
  if (op.kind == OpKind::kLoadAbsolute || op.kind == OpKind::kLoadHeaderLength) return absolute_end(op) <= proven_;
  if (op.kind != OpKind::kLoadIndirect) return op.kind == OpKind::kLoadConstant;
  const auto field = loaded_field(op);
  return field && (a_ == field || std::any_of(tests_.begin(), tests_.end(),
                                              [&](const FieldTest& test) { return test.field == *field; }));
}

void PathFacts::step(const FilterOp& op) {
  const auto field = loaded_field(op);
  if (op.kind == OpKind::kLoadAbsolute || op.kind == OpKind::kLoadHeaderLength)
    proven_ = std::max(proven_, absolute_end(op));
  if (writes_a(op)) a_ = field;
  if (op.kind == OpKind::kLoadHeaderLength) {
    x_header_at_ = op.k;
  } else if (writes_x(op)) {
    x_header_at_.reset();
  }
}

std::optional<bool> PathFacts::decide(const FilterEnd& end) const {
  if (!end.is_test()) return true;
  if (end.test == kTestInFrame) return !end.with_x && end.k <= proven_ ? std::optional(true) : std::nullopt;
  if (end.with_x || !a_) return std::nullopt;
  for (const FieldTest& known : tests_) {
    if (known.field != *a_) continue;
    if (is_value(known)) return evaluate_test(end.test, known.k, end.k);
    if (known.test == end.test && known.k == end.k) return known.result;
  }
  return std::nullopt;
}

void PathFacts::assume(const FilterEnd& end, bool result) {
  if (!end.is_test()) return;
  if (end.test == kTestInFrame && result && !end.with_x) proven_ = std::max<std::uint64_t>(proven_, end.k);
  if (end.test == kTestInFrame || end.with_x || !a_) return;
  const FieldTest known{*a_, end.test, end.k, result};
  // The value says more than any test of it.
  if (is_value(known)) std::erase_if(tests_, [&](const FieldTest& test) { return test.field == known.field; });
  if (tests_.size() == kMaxTests) {
    const auto test_only = std::find_if_not(tests_.begin(), tests_.end(), is_value);
    tests_.erase(test_only == tests_.end() ? tests_.begin() : test_only);
  }
  tests_.push_back(known);
}

std::vector<PathFacts> find_path_facts(const FlowGraph& graph) {
  std::vector<PathFacts> at_start(graph.blocks.size());
  std::vector<bool> reached(graph.blocks.size(), false);
  for (std::size_t n = 0; n < graph.blocks.size(); ++n) {
    PathFacts facts = at_start[n];
    for (const FilterOp& op : graph.blocks[n].ops) facts.step(op);
    const FilterEnd& end = graph.blocks[n].end;
    if (!end.is_branch()) continue;
    for (const bool outcome : {true, false}) {
      const int next = outcome ? end.on_true : end.on_false;
      PathFacts arriving = facts;
      arriving.assume(end, outcome);
      if (reached[next]) {
        at_start[next].meet(arriving);
      } else {
        at_start[next] = std::move(arriving);
        reached[next] = true;
      }
    }
  }
  return at_start;
}

}  // namespace ringtap
