// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/compose.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace ringtap {
namespace {

using Kind = ExpressionNode::Kind;

bool is_return(const ClassicInsn& insn) {
  return insn.code == (BPF_RET | BPF_K);
}
bool rejects(const ClassicInsn& insn) {
  return is_return(insn) && insn.k == 0;
}
bool accepts(const ClassicInsn& insn) {
  return is_return(insn) && insn.k != 0;
}

ClassicInsn jump(std::size_t from, std::size_t to) {
  return {.code = BPF_JMP | BPF_JA, .k = static_cast<std::uint32_t>(to - from - 1)};
}

void append(ClassicProgram& program, const ClassicProgram& more) {
  const auto shift = static_cast<std::uint32_t>(program.insns.size());
  program.insns.insert(program.insns.end(), more.insns.begin(), more.insns.end());
  for (ClassicRun run : more.runs) {
    for (auto& term : run.terms) term += shift;
    run.end += shift;
    program.runs.push_back(std::move(run));
  }
}

// What `first` answers with a return that `leaves`, `second` decides.
ClassicProgram joined(ClassicProgram first, const ClassicProgram& second, bool (*leaves)(const ClassicInsn&)) {
  const std::size_t end = first.insns.size();
  for (std::size_t n = 0; n < end; ++n)
    if (leaves(first.insns[n])) first.insns[n] = jump(n, end);
  append(first, second);
  return first;
}

class Composer {
 public:
  Composer(std::uint32_t accepted, const CompilePart& compile) : accepted_(accepted), compile_(compile) {}

  Result<ClassicProgram> node(const ExpressionNode& node) {
    if (!has_run(node)) return compile_(node.to_text());
    if (node.kind == Kind::kNot) return negated(node.children.front());
    if (node.kind == Kind::kOr) return alternatives(node.children);
    auto all = this->node(node.children.front());
    for (std::size_t n = 1; all && n < node.children.size(); ++n) {
      auto next = this->node(node.children[n]);
      if (!next) return next;
      all = joined(all.take(), *next, accepts);
    }
    return all;
  }

 private:
  Result<ClassicProgram> negated(const ExpressionNode& child) {
    auto program = node(child);
    if (!program) return program;
    for (auto& insn : program->insns)
      if (is_return(insn)) insn.k = insn.k == 0 ? accepted_ : 0;
    return program;
  }

  Result<ClassicProgram> alternatives(std::span<const ExpressionNode> children) {
    std::optional<ClassicProgram> all;
    while (!children.empty()) {
      const auto first_large = std::find_if(children.begin(), children.end(), has_run);
      const auto small = static_cast<std::size_t>(first_large - children.begin());
      auto next = small >= kRunTerms ? run(children.first(small)) : node(children.front());
      if (!next) return next;
      all = all ? joined_by_or(std::move(*all), *next) : next.take();
      children = children.subspan(small >= kRunTerms ? small : 1);
    }
    return std::move(*all);
  }

  Result<ClassicProgram> run(std::span<const ExpressionNode> terms) {
    ClassicProgram all;
    ClassicRun run;
    for (const auto& term : terms) {
      auto part = compile_(term.to_text());
      if (!part) return part;
      all.link_type = part->link_type;
      run.terms.push_back(static_cast<std::uint32_t>(all.insns.size()));
      all.insns.insert(all.insns.end(), part->insns.begin(), part->insns.end());
    }
    run.end = static_cast<std::uint32_t>(all.insns.size());
    for (std::size_t n = 0; n < run.terms.size(); ++n) {
      for (std::size_t at = run.terms[n]; at < run.behind(n); ++at) {
        if (!is_return(all.insns[at])) continue;
        all.insns[at] = jump(at, accepts(all.insns[at]) ? run.on_true() : run.behind(n));
      }
    }
    all.insns.push_back({.code = BPF_RET | BPF_K, .k = 0});
    all.insns.push_back({.code = BPF_RET | BPF_K, .k = accepted_});
    all.runs.push_back(std::move(run));
    return all;
  }

  const std::uint32_t accepted_;
  const CompilePart& compile_;
};

}  // namespace

bool has_run(const ExpressionNode& node) {
  if (node.kind == Kind::kOr && node.children.size() >= kRunTerms) return true;
  return std::any_of(node.children.begin(), node.children.end(), has_run);
}

ClassicProgram joined_by_or(ClassicProgram first, const ClassicProgram& second) {
  return joined(std::move(first), second, rejects);
}

Result<ClassicProgram> compose(const ExpressionNode& node, std::uint32_t accepted, const CompilePart& compile) {
  return Composer(accepted, compile).node(node);
}

}  // namespace ringtap
