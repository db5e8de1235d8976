// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/run_tables.hpp"

#include <linux/bpf_common.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "filter/term_paths.hpp"
#include "filter/translate.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMaxParts = 16;   // values of the field that the whole run is divided by
constexpr std::size_t kMaxShapes = 64;  // each costs a packet a look-up or two
// One field and up to this many values: a search tree in code (search_tree) is faster than a table.
constexpr std::size_t kMaxTreeValues = 256;

// Memory words for the numbers of what was found so far. A program that uses them itself is left alone.
constexpr std::uint32_t kFirstFound = kMemoryWords - 1;
constexpr std::uint32_t kLaterFound = kMemoryWords - 2;

constexpr std::uint64_t kMostFromX = 4 * 15;  // X of a header length

using Row = std::vector<std::uint32_t>;

// Paths that make the same tests. Rows hold the values of `varying`, in their order.
struct Shape {
  TermPath same;                     // tests with the same outcome and constant in all paths
  std::vector<std::size_t> varying;  // fields
  bool ranged = false;               // the last of them is compared with a range, and has two values in a row
  std::set<Row> rows;
};

// Shapes that begin alike, so that the tests and the first look-up are made once.
struct Group {
  TermPath same;
  std::optional<std::size_t> first;  // the field looked up first
  std::set<std::uint32_t> values;    // of it
  std::vector<Shape> shapes;
};

// Instructions with labels: targets below 0 until finish().
class Code {
 public:
  int new_label() {
    labels_.push_back(-1);
    return -static_cast<int>(labels_.size());
  }
  void bind(int label) { labels_[index(label)] = static_cast<int>(insns_.size()); }
  void op(const FilterOp& op) { insns_.emplace_back(op); }
  void test(std::uint8_t kind, std::uint32_t k, int on_true, int on_false) {
    insns_.emplace_back(
        FilterEnd{.kind = FilterEnd::Kind::kBranch, .test = kind, .k = k, .on_true = on_true, .on_false = on_false});
  }
  void in_frame(std::uint64_t end, bool from_x, int on_false) {
    const int next = new_label();
    insns_.emplace_back(FilterEnd{.kind = FilterEnd::Kind::kBranch,
                                  .test = kTestInFrame,
                                  .with_x = from_x,
                                  .k = static_cast<std::uint32_t>(end),
                                  .on_true = next,
                                  .on_false = on_false});
    bind(next);
  }
  void jump(int to) { test(0, 0, to, to); }
  void end(std::uint32_t verdict) {
    insns_.emplace_back(FilterEnd{.kind = FilterEnd::Kind::kReturnConstant, .k = verdict});
  }
  [[nodiscard]] std::size_t size() const { return insns_.size(); }

  // `label` is where instruction `at` will be, counted from the first of this code.
  void bind_outside(int label, std::size_t at) { labels_[index(label)] = static_cast<int>(at); }

  std::vector<DecodedInsn> finish(std::size_t begin) {
    for (auto& insn : insns_) {
      auto* end = std::get_if<FilterEnd>(&insn);
      if (end == nullptr || !end->is_branch()) continue;
      for (int* target : {&end->on_true, &end->on_false}) *target = static_cast<int>(begin) + labels_[index(*target)];
    }
    return std::move(insns_);
  }

 private:
  static std::size_t index(int label) { return static_cast<std::size_t>(-label) - 1; }
  std::vector<DecodedInsn> insns_;
  std::vector<int> labels_;
};

class RunTables {
 public:
  RunTables(std::span<const DecodedInsn> insns, const ClassicRun& run, std::vector<LookupTable>& tables)
      : run_(run), reader_(insns), tables_(tables) {}

  // The code for the run; behind its last instruction come those at run.end and run.on_true().
  std::optional<Code> write() {
    for (std::size_t n = 0; n < run_.terms.size(); ++n) {
      auto paths = reader_.matching(term(n));
      if (!paths) return std::nullopt;
      std::move(paths->begin(), paths->end(), std::back_inserter(paths_));
    }
    find_divider();
    matches_ = code_.new_label();
    fails_ = code_.new_label();
    recheck_ = code_.new_label();
    if (!write_parts()) return std::nullopt;
    code_.bind(recheck_);
    code_.end(kRecheckVerdict);
    code_.bind_outside(fails_, code_.size());
    code_.bind_outside(matches_, code_.size() + 1);
    return std::move(code_);
  }

 private:
  [[nodiscard]] Term term(std::size_t n) const {
    return {.begin = run_.terms[n], .end = run_.behind(n), .on_true = run_.on_true()};
  }

  // A field whose value every path tests, as the Ethernet type: what is needed of the frame depends on it.
  void find_divider() {
    if (paths_.empty() || paths_.front().empty()) return;
    const TermTest& candidate = paths_.front().front();
    if (!candidate.is_value() || reader_.fields()[candidate.field].header_at) return;
    std::set<std::uint32_t> values;
    for (const TermPath& path : paths_) {
      const auto* value = value_of(path, candidate.field);
      if (value == nullptr) return;
      values.insert(value->k);
    }
    if (values.size() > kMaxParts) return;
    divider_ = candidate.field;
    divisions_.assign(values.begin(), values.end());
  }

  static const TermTest* value_of(const TermPath& path, std::size_t field) {
    const auto found = std::find_if(path.begin(), path.end(),
                                    [field](const TermTest& test) { return test.field == field && test.is_value(); });
    return found == path.end() ? nullptr : &*found;
  }

  bool write_parts() {
    TermPath other;
    for (const std::uint32_t value : divisions_) other.push_back({*divider_, BPF_JEQ, value, false});
    TermReach first;
    if (divider_) {
      const FilterOp& load = reader_.fields()[*divider_].ops.front();
      first.absolute = std::uint64_t{load.k} + load.size;
    }
    if (!find_reach(other, first) || !check_reach(first, 0)) return false;
    if (!divider_) return write_part(paths_);

    load(*divider_);
    std::vector<int> parts;
    for (const std::uint32_t value : divisions_) {
      parts.push_back(code_.new_label());
      const int next = code_.new_label();
      code_.test(BPF_JEQ, value, parts.back(), next);
      code_.bind(next);
    }
    code_.jump(fails_);
    for (std::size_t n = 0; n < parts.size(); ++n) {
      code_.bind(parts[n]);
      TermReach reach;
      const TermPath known{{*divider_, BPF_JEQ, divisions_[n], true}};
      if (!find_reach(known, reach) || !check_reach(reach, first.absolute)) return false;
      std::vector<TermPath> of_part;
      for (const TermPath& path : paths_) {
        if (value_of(path, *divider_)->k != divisions_[n]) continue;
        TermPath rest = path;
        std::erase_if(rest, [this](const TermTest& test) { return test.field == *divider_; });
        of_part.push_back(std::move(rest));
      }
      if (!write_part(of_part)) return false;
    }
    return true;
  }

  bool find_reach(const TermPath& known, TermReach& reach) {
    for (std::size_t n = 0; n < run_.terms.size(); ++n)
      if (!reader_.add_reach(term(n), known, reach)) return false;
    return true;
  }

  bool check_reach(const TermReach& reach, std::uint64_t checked) {
    if (reach.absolute > kRecheckBytes || reach.from_x > kRecheckBytes - kMostFromX) return false;
    if (reach.absolute > checked) code_.in_frame(reach.absolute, false, recheck_);
    if (!reach.header_at) return true;
    code_.op({.kind = OpKind::kLoadHeaderLength, .reg = FilterReg::kX, .k = *reach.header_at});
    code_.in_frame(reach.from_x, true, recheck_);
    return true;
  }

  // All paths of one value of the divider.
  bool write_part(const std::vector<TermPath>& paths) {
    const auto groups = sort(paths);
    if (!groups) return false;
    std::size_t shapes = 0;
    for (const Group& group : *groups) shapes += group.shapes.size();
    if (shapes > kMaxShapes) return false;
    for (const Group& group : *groups)
      if (!write_group(group)) return false;
    code_.jump(fails_);
    return true;
  }

  // Nothing if several fields are compared with ranges that differ.
  static std::optional<std::vector<Group>> sort(const std::vector<TermPath>& paths) {
    // What paths of one shape have in common: everything but the constants of values.
    std::map<std::vector<std::uint32_t>, std::vector<const TermPath*>> alike;
    std::vector<std::uint32_t> key;
    for (const TermPath& path : paths) {
      key.clear();
      for (const TermTest& test : path)
        key.insert(key.end(), {static_cast<std::uint32_t>(test.field), test.test, test.result ? 1U : 0U,
                               test.is_value() || test.test == kTestRange ? 0 : test.k});
      alike[key].push_back(&path);
    }
    std::vector<Group> groups;
    for (const auto& [unused, members] : alike) {
      auto sorted = shape_of(members);
      if (!sorted) return std::nullopt;
      Shape shape = std::move(*sorted);
      Group group{.same = shape.same};
      if (!shape.varying.empty()) group.first = shape.varying.front();
      const bool has_values = !shape.varying.empty() && !(shape.ranged && shape.varying.size() == 1);
      for (const Row& row : shape.rows)
        if (has_values) group.values.insert(row.front());
      const auto begins_alike = [&](const Group& other) {
        return other.same == group.same && other.first == group.first && other.values == group.values;
      };
      auto found = std::find_if(groups.begin(), groups.end(), begins_alike);
      if (found == groups.end()) found = groups.insert(groups.end(), std::move(group));
      found->shapes.push_back(std::move(shape));
    }
    return groups;
  }

  static std::optional<Shape> shape_of(const std::vector<const TermPath*>& paths) {
    Shape shape;
    const TermPath& first = *paths.front();
    std::vector<std::size_t> varying;  // positions
    std::optional<std::size_t> range;
    for (std::size_t n = 0; n < first.size(); ++n) {
      const bool differs = std::any_of(paths.begin(), paths.end(), [&](const TermPath* path) {
        return (*path)[n].k != first[n].k || (*path)[n].last != first[n].last;
      });
      if (!differs) {
        shape.same.push_back(first[n]);
      } else if (first[n].test != kTestRange) {
        varying.push_back(n);
      } else if (std::exchange(range, n)) {
        return std::nullopt;
      }
    }
    shape.ranged = range.has_value();
    if (range) varying.push_back(*range);
    for (const std::size_t n : varying) shape.varying.push_back(first[n].field);
    for (const TermPath* path : paths) {
      Row row;
      for (const std::size_t n : varying) row.push_back((*path)[n].k);
      if (range) row.push_back((*path)[*range].last);
      if (!range || (*path)[*range].k <= (*path)[*range].last) shape.rows.insert(std::move(row));
    }
    return shape;
  }

  void load(std::size_t field) {
    const TermField& how = reader_.fields()[field];
    if (how.header_at) code_.op({.kind = OpKind::kLoadHeaderLength, .reg = FilterReg::kX, .k = *how.header_at});
    for (const FilterOp& op : how.ops) code_.op(op);
  }

  bool write_group(const Group& group) {
    const int next_group = code_.new_label();
    for (const TermTest& test : group.same) {
      load(test.field);
      const int next = code_.new_label();
      if (test.test == kTestRange) {
        const int above = code_.new_label();
        code_.test(BPF_JGE, test.k, above, next_group);
        code_.bind(above);
        code_.test(BPF_JGT, test.last, next_group, next);
      } else {
        code_.test(test.test, test.k, test.result ? next : next_group, test.result ? next_group : next);
      }
      code_.bind(next);
    }
    if (!group.first) {
      code_.jump(matches_);
    } else if (group.values.empty()) {
      if (!write_rest(group.shapes[0], {}, next_group)) return false;
    } else if (group.shapes.size() == 1 && group.shapes[0].varying.size() == 1 &&
               group.values.size() <= kMaxTreeValues) {
      load(*group.first);
      for (const std::uint32_t value : group.values) {
        const int next = code_.new_label();
        code_.test(BPF_JEQ, value, matches_, next);
        code_.bind(next);
      }
      code_.jump(next_group);
    } else if (!write_search(group, next_group)) {
      return false;
    }
    code_.bind(next_group);
    return true;
  }

  bool write_search(const Group& group, int next_group) {
    std::map<std::uint32_t, std::uint32_t> found;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> entries;
    for (const std::uint32_t value : group.values) {
      const auto number = static_cast<std::uint32_t>(found.size() + 1);
      found[value] = number;
      entries.emplace_back(value, number);
    }
    load(*group.first);
    const bool last = group.shapes.size() == 1 && group.shapes[0].varying.size() == 1;
    if (!look_up(std::move(entries), std::nullopt, next_group, last ? std::nullopt : std::optional(kFirstFound)))
      return false;
    if (last) {
      code_.jump(matches_);
      return true;
    }
    for (const Shape& shape : group.shapes) {
      if (shape.varying.size() == 1) {
        code_.jump(matches_);
        return true;
      }
      const int next_shape = code_.new_label();
      if (!write_rest(shape, found, next_shape)) return false;
      code_.bind(next_shape);
    }
    code_.jump(next_group);
    return true;
  }

  // The fields of a shape from the second on, or its only one. `first`: the numbers of the first one's values.
  bool write_rest(const Shape& shape, const std::map<std::uint32_t, std::uint32_t>& first, int next_shape) {
    std::map<Row, std::uint32_t> found;  // of rows, as far as they have been looked up
    for (const auto& [value, number] : first) found[{value}] = number;
    if (first.empty()) found[{}] = 0;
    const std::size_t begin = first.empty() ? 0 : 1;
    for (std::size_t n = begin; n < shape.varying.size(); ++n) {
      const bool last = n + 1 == shape.varying.size();
      load(shape.varying[n]);
      const auto key_word = n == 0 ? std::nullopt : std::optional(n == 1 ? kFirstFound : kLaterFound);
      std::map<Row, std::uint32_t> longer;
      std::vector<std::pair<std::uint64_t, std::uint32_t>> entries;
      std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
      for (const Row& row : shape.rows) {
        const auto at = row.begin() + static_cast<std::ptrdiff_t>(n);
        const std::uint64_t before = std::uint64_t{found.at(Row(row.begin(), at))} << 32;
        if (last && shape.ranged) {
          ranges.emplace_back(before | *at, before | at[1]);
          continue;
        }
        const auto number = static_cast<std::uint32_t>(longer.size() + 1);
        if (longer.emplace(Row(row.begin(), at + 1), number).second) entries.emplace_back(before | *at, number);
      }
      found = std::move(longer);
      const auto into = last ? std::nullopt : std::optional(kLaterFound);
      if (last && shape.ranged) {
        use(make_range_table(std::move(ranges)), key_word, next_shape, into);
      } else if (!look_up(std::move(entries), key_word, next_shape, into)) {
        return false;
      }
    }
    code_.jump(matches_);
    return true;
  }

  // Looks up A, after the number in memory word `key_word`, and goes on if it is found, the number then in `into`.
  bool look_up(std::vector<std::pair<std::uint64_t, std::uint32_t>> entries, std::optional<std::uint32_t> key_word,
               int if_not, std::optional<std::uint32_t> into) {
    if (!into)
      for (auto& entry : entries) entry.second = 1;
    auto table = make_lookup_table(entries);
    if (table) use(std::move(*table), key_word, if_not, into);
    return table.has_value();
  }

  void use(LookupTable table, std::optional<std::uint32_t> key_word, int if_not, std::optional<std::uint32_t> into) {
    auto same = std::find(tables_.begin(), tables_.end(), table);
    if (same == tables_.end()) same = tables_.insert(tables_.end(), std::move(table));
    code_.op({.kind = OpKind::kLookUp,
              .size = static_cast<std::uint8_t>(key_word.value_or(kNoKeyWord)),
              .k = static_cast<std::uint32_t>(same - tables_.begin())});
    const int next = code_.new_label();
    code_.test(BPF_JEQ, 0, if_not, next);
    code_.bind(next);
    if (into) code_.op({.kind = OpKind::kStoreMemory, .k = *into});
  }

  const ClassicRun& run_;
  TermReader reader_;
  std::vector<LookupTable>& tables_;
  std::vector<TermPath> paths_;
  std::optional<std::size_t> divider_;
  std::vector<std::uint32_t> divisions_;
  Code code_;
  int matches_ = 0;
  int fails_ = 0;
  int recheck_ = 0;
};

bool uses_our_words(std::span<const DecodedInsn> insns) {
  return std::any_of(insns.begin(), insns.end(), [](const DecodedInsn& insn) {
    const auto* op = std::get_if<FilterOp>(&insn);
    return op != nullptr && (op->kind == OpKind::kLoadMemory || op->kind == OpKind::kStoreMemory) &&
           op->k >= kLaterFound;
  });
}

}  // namespace

std::vector<DecodedInsn> tabulate_runs(std::vector<DecodedInsn> insns, const std::vector<ClassicRun>& runs,
                                       std::vector<LookupTable>& tables) {
  if (runs.empty() || uses_our_words(insns)) return insns;
  std::vector<DecodedInsn> out;
  std::vector<int> moved(insns.size(), -1);  // instruction → its new number; only for what stays
  std::vector<bool> written;                 // per new instruction: its targets are new numbers already
  std::size_t at = 0;
  const auto copy_until = [&](std::size_t end) {
    for (; at < end; ++at) {
      moved[at] = static_cast<int>(out.size());
      out.push_back(insns[at]);
      written.push_back(false);
    }
  };
  for (const ClassicRun& run : runs) {
    const std::size_t tables_before = tables.size();
    auto code = RunTables(insns, run, tables).write();
    if (!code) {
      tables.resize(tables_before);
      continue;
    }
    copy_until(run.terms.front());
    moved[at] = static_cast<int>(out.size());
    const auto more = code->finish(out.size());
    out.insert(out.end(), more.begin(), more.end());
    written.resize(out.size(), true);
    at = run.end;
  }
  copy_until(insns.size());
  for (std::size_t n = 0; n < out.size(); ++n) {
    auto* end = std::get_if<FilterEnd>(&out[n]);
    if (written[n] || end == nullptr || !end->is_branch()) continue;
    for (int* target : {&end->on_true, &end->on_false}) {
      assert(moved[*target] >= 0);
      *target = moved[*target];
    }
  }
  return out;
}

}  // namespace ringtap
