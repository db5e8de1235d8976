// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/term_paths.hpp"

#include <linux/bpf_common.h>

#include <algorithm>
#include <utility>

#include "filter/path_facts.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMaxPaths = 64;
constexpr std::size_t kMaxPathSteps = 4096;  // of all paths of a term

std::optional<bool> known_result(const TermPath& known, std::size_t field, const FilterEnd& end) {
  for (const TermTest& fact : known) {
    if (fact.field != field) continue;
    if (fact.is_value()) return evaluate_test(end.test, fact.k, end.k);
    if (fact.test == end.test && fact.k == end.k) return fact.result;
    // A mask is known not to be met, so the value is none that has a bit of it.
    if (fact.test == BPF_JSET && !fact.result && end.test == BPF_JEQ && (end.k & fact.k) != 0) return false;
  }
  return std::nullopt;
}

// Joins `field >= 5` and `not field > 9`; the one of them that is missing holds for all values.
TermPath with_ranges(const TermPath& path) {
  TermPath out;
  for (const TermTest& test : path) {
    const bool lower = test.result && (test.test == BPF_JGE || test.test == BPF_JGT);
    const bool upper = !test.result && (test.test == BPF_JGE || test.test == BPF_JGT);
    // The bounds that no value is beyond say nothing, or cannot be met; they stay as they are.
    const std::uint32_t k = test.k;
    const bool exclusive = test.test == (lower ? BPF_JGT : BPF_JGE);
    if ((!lower && !upper) || (exclusive && k == (lower ? 0xffff'ffff : 0))) {
      out.push_back(test);
      continue;
    }
    auto range = std::find_if(out.begin(), out.end(), [&](const TermTest& other) {
      return other.field == test.field && other.test == kTestRange;
    });
    if (range == out.end()) {
      range =
          out.insert(out.end(), {.field = test.field, .test = kTestRange, .k = 0, .result = true, .last = 0xffff'ffff});
    }
    if (lower) range->k = std::max(range->k, exclusive ? k + 1 : k);
    if (upper) range->last = std::min(range->last, exclusive ? k - 1 : k);
  }
  return out;
}

}  // namespace

bool TermTest::is_value() const {
  return test == BPF_JEQ && result;
}

// One path, as far as it has been followed.
struct TermReader::Walk {
  std::uint32_t at;
  std::optional<TermField> a;
  std::optional<std::uint32_t> header_at;
  TermPath known;
};

std::size_t TermReader::field_number(const TermField& field) {
  const auto found = std::find(fields_.begin(), fields_.end(), field);
  if (found != fields_.end()) return static_cast<std::size_t>(found - fields_.begin());
  fields_.push_back(field);
  return fields_.size() - 1;
}

bool TermReader::step(Walk& walk, const FilterOp& op, TermReach* reach) const {
  const std::uint64_t end = std::uint64_t{op.k} + (op.kind == OpKind::kLoadHeaderLength ? 1 : op.size);
  switch (op.kind) {
    case OpKind::kLoadAbsolute:
      walk.a = TermField{.header_at = std::nullopt, .ops = {op}};
      if (reach != nullptr) reach->absolute = std::max(reach->absolute, end);
      return true;
    case OpKind::kLoadHeaderLength:
      walk.header_at = op.k;
      if (reach != nullptr) reach->absolute = std::max(reach->absolute, end);
      return true;
    case OpKind::kLoadIndirect:
      if (!walk.header_at) return false;
      walk.a = TermField{.header_at = walk.header_at, .ops = {op}};
      if (reach == nullptr) return true;
      if (reach->header_at && reach->header_at != walk.header_at) return false;
      reach->header_at = walk.header_at;
      reach->from_x = std::max(reach->from_x, end);
      return true;
    case OpKind::kArithmetic:
      if (op.with_x || !walk.a) return false;
      walk.a->ops.push_back(op);
      return true;
    default:
      return false;
  }
}

// `on_path` gets each path's outcome and what is known on it, and returns whether to go on. False: the term is not of
// the kind that can be followed.
template <class OnPath>
bool TermReader::follow(const Term& term, const TermPath& known, TermReach* reach, OnPath on_path) {
  std::vector<Walk> open{{.at = term.begin, .a = std::nullopt, .header_at = std::nullopt, .known = known}};
  std::size_t steps = 0;
  while (!open.empty()) {
    Walk walk = std::move(open.back());
    open.pop_back();
    while (walk.at >= term.begin && walk.at < term.end) {
      if (++steps > kMaxPathSteps) return false;
      const auto* end = std::get_if<FilterEnd>(&insns_[walk.at]);
      if (end == nullptr) {
        if (!step(walk, std::get<FilterOp>(insns_[walk.at]), reach)) return false;
        ++walk.at;
        continue;
      }
      if (!end->is_branch()) return false;
      bool outcome = true;
      if (end->is_test()) {
        if (end->with_x || !walk.a) return false;
        const std::size_t field = field_number(*walk.a);
        if (fields_.size() > kMaxFields) return false;
        const auto decided = known_result(walk.known, field, *end);
        if (!decided) {
          Walk other = walk;
          other.at = static_cast<std::uint32_t>(end->on_false);
          other.known.push_back({field, end->test, end->k, false});
          open.push_back(std::move(other));
          walk.known.push_back({field, end->test, end->k, true});
        }
        outcome = decided.value_or(true);
      }
      const auto next = static_cast<std::uint32_t>(outcome ? end->on_true : end->on_false);
      if (next <= walk.at) return false;
      walk.at = next;
    }
    if (!on_path(walk.at == term.on_true, walk.known)) return true;
  }
  return true;
}

bool TermReader::always_matches(const Term& term, const TermPath& known) {
  bool always = true;
  const bool followed = follow(term, known, nullptr, [&](bool matches, const TermPath&) {
    always = always && matches;
    return always;
  });
  return followed && always;
}

// Without the tests that are not needed: those of a field whose value is known, and those that failed on the way where
// the frame would have matched by another path if they had not.
TermPath TermReader::shortened(const Term& term, const TermPath& path) {
  TermPath kept = path;
  std::erase_if(kept, [&](const TermTest& test) {
    return !test.is_value() && std::any_of(path.begin(), path.end(), [&](const TermTest& other) {
      return other.is_value() && other.field == test.field;
    });
  });
  for (std::size_t n = kept.size(); n-- > 0;) {
    if (kept[n].is_value()) continue;
    TermPath without = kept;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(n));
    if (always_matches(term, without)) kept = std::move(without);
  }
  return kept;
}

std::optional<std::vector<TermPath>> TermReader::matching(const Term& term) {
  std::vector<TermPath> paths;
  const bool followed = follow(term, {}, nullptr, [&](bool matches, const TermPath& known) {
    if (matches) paths.push_back(known);
    return paths.size() <= kMaxPaths;
  });
  if (!followed || paths.size() > kMaxPaths) return std::nullopt;
  for (auto& path : paths) path = with_ranges(shortened(term, path));
  return paths;
}

bool TermReader::add_reach(const Term& term, const TermPath& known, TermReach& reach) {
  return follow(term, known, &reach, [](bool, const TermPath&) { return true; });
}

}  // namespace ringtap
