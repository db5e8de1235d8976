// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/lower_both.hpp"

#include <utility>

#include "filter/assembler.hpp"
#include "filter/lower.hpp"

namespace ringtap {
namespace {

using enum EbpfReg;

constexpr std::uint32_t kMatch = 1;

// Behind the first table there is the second one.
void move_table(std::vector<bpf_insn>& insns, std::uint32_t bytes) {
  for (std::size_t n = 0; n < insns.size(); ++n) {
    if (insns[n].code != (BPF_LD | BPF_IMM | BPF_DW)) continue;
    const bool reads_table = insns[n].src_reg == BPF_PSEUDO_MAP_VALUE;
    ++n;  // its second half
    if (reads_table) insns[n].imm += static_cast<std::int32_t>(bytes);
  }
}

}  // namespace

Result<FilterCode> lower_both(const FlowGraph& filter, const FlowGraph& trigger, const TranslateOptions& options) {
  constexpr int kWord = sizeof(std::uint64_t);
  TranslateOptions part = options;
  part.inlined = true;
  part.stack_base = options.stack_base + kWord;
  auto first = lower(filter, part);
  if (!first) return first;
  auto second = lower(trigger, part);
  if (!second) return second;
  move_table(second->insns, static_cast<std::uint32_t>(first->table.size() * kWord));

  EbpfAssembler code;
  const int context = -static_cast<int>(part.stack_base);
  const auto end = code.new_label();
  const auto plain = code.new_label();
  code.store(kFrame, context, kR1, kWord);
  code.append(first->insns);
  code.jump_if32(BPF_JEQ, kR0, 0U, end);
  code.jump_if32(BPF_JEQ, kR0, kRecheckVerdict, end);
  code.load(kR1, kFrame, context, kWord);
  code.append(second->insns);
  code.jump_if32(BPF_JEQ, kR0, kRecheckVerdict, end);
  code.jump_if32(BPF_JEQ, kR0, 0U, plain);
  code.move32(kR0, kTriggerVerdict);
  code.jump(end);
  code.bind(plain);
  code.move32(kR0, kMatch);
  code.bind(end);
  if (!options.inlined) code.exit();
  auto insns = std::move(code).finish(options.long_jumps);
  if (!insns) return insns.take_error();
  FilterCode both{.insns = insns.take(), .table = std::move(first->table)};
  both.table.insert(both.table.end(), second->table.begin(), second->table.end());
  return both;
}

}  // namespace ringtap
