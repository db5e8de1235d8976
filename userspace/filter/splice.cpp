// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/splice.hpp"

#include <limits>

namespace ringtap {
namespace {

enum class Reference { kNone, kOffset, kConstant };

// Which field of an instruction holds the distance to another one.
Reference reference_of(const bpf_insn& insn) {
  const int cls = BPF_CLASS(insn.code);
  if (insn.code == (BPF_LD | BPF_IMM | BPF_DW))
    return insn.src_reg == BPF_PSEUDO_FUNC ? Reference::kConstant : Reference::kNone;
  if (cls != BPF_JMP && cls != BPF_JMP32) return Reference::kNone;
  switch (BPF_OP(insn.code)) {
    case BPF_EXIT:
      return Reference::kNone;
    case BPF_CALL:
      return insn.src_reg == BPF_PSEUDO_CALL ? Reference::kConstant : Reference::kNone;
    case BPF_JA:
      return cls == BPF_JMP32 ? Reference::kConstant : Reference::kOffset;
    default:
      return Reference::kOffset;
  }
}

}  // namespace

std::optional<std::vector<bpf_insn>> replace_insns(std::span<const bpf_insn> program, const InsnRange& range,
                                                   std::span<const bpf_insn> replacement) {
  const auto size = static_cast<std::uint32_t>(replacement.size());
  std::vector<bpf_insn> out;
  out.reserve(program.size() + size);
  for (std::uint32_t n = 0; n < program.size(); ++n) {
    if (n == range.begin) out.insert(out.end(), replacement.begin(), replacement.end());
    if (range.contains(n)) continue;
    bpf_insn insn = program[n];
    if (const Reference reference = reference_of(insn); reference != Reference::kNone) {
      const std::int64_t distance = reference == Reference::kOffset ? insn.off : insn.imm;
      const auto target = static_cast<std::uint32_t>(n + 1 + distance);
      const std::int64_t moved =
          std::int64_t{moved_offset(target, range, size)} - std::int64_t{moved_offset(n, range, size)} - 1;
      if (reference == Reference::kConstant) {
        insn.imm = static_cast<std::int32_t>(moved);
      } else {
        if (moved < std::numeric_limits<std::int16_t>::min() || moved > std::numeric_limits<std::int16_t>::max())
          return std::nullopt;
        insn.off = static_cast<std::int16_t>(moved);
      }
    }
    out.push_back(insn);
    if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) out.push_back(program[++n]);  // its second half
  }
  return out;
}

}  // namespace ringtap
