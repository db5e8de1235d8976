// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/decode.hpp"

#include <linux/filter.h>

#include <optional>
#include <string>

namespace ringtap {
namespace {

// bpf_filter() of libpcap leaves the result of these to the compiler, and pcap_compile never emits them.
constexpr std::uint32_t kMaxShift = 31;

std::uint8_t size_of(std::uint16_t code) {
  switch (BPF_SIZE(code)) {
    case BPF_W:
      return 4;
    case BPF_H:
      return 2;
    default:
      return 1;
  }
}

std::optional<FilterOp> decode_load(const ClassicInsn& insn) {
  FilterOp op{.size = size_of(insn.code), .k = insn.k};
  const bool to_x = BPF_CLASS(insn.code) == BPF_LDX;
  op.reg = to_x ? FilterReg::kX : FilterReg::kA;
  switch (insn.code) {
    case BPF_LD | BPF_ABS | BPF_W:
    case BPF_LD | BPF_ABS | BPF_H:
    case BPF_LD | BPF_ABS | BPF_B:
      op.kind = OpKind::kLoadAbsolute;
      if (const auto area = static_cast<std::uint32_t>(SKF_AD_OFF); insn.k >= area) {
        op.kind = OpKind::kLoadAncillary;
        op.k = insn.k - area;
      }
      return op;
    case BPF_LD | BPF_IND | BPF_W:
    case BPF_LD | BPF_IND | BPF_H:
    case BPF_LD | BPF_IND | BPF_B:
      op.kind = OpKind::kLoadIndirect;
      return op;
    case BPF_LDX | BPF_MSH | BPF_B:
      op.kind = OpKind::kLoadHeaderLength;
      return op;
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
      op.kind = OpKind::kLoadLength;
      return op;
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
      op.kind = OpKind::kLoadConstant;
      return op;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
      op.kind = OpKind::kLoadMemory;
      if (insn.k >= kMemoryWords) return std::nullopt;
      return op;
    default:
      return std::nullopt;
  }
}

std::optional<FilterOp> decode_arithmetic(const ClassicInsn& insn) {
  FilterOp op{.kind = OpKind::kArithmetic,
              .alu = static_cast<std::uint8_t>(BPF_OP(insn.code)),
              .with_x = BPF_SRC(insn.code) == BPF_X,
              .k = insn.k};
  switch (op.alu) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_OR:
    case BPF_AND:
    case BPF_XOR:
      return op;
    case BPF_DIV:
    case BPF_MOD:
      if (!op.with_x && op.k == 0) return std::nullopt;
      return op;
    case BPF_LSH:
    case BPF_RSH:
      if (!op.with_x && op.k > kMaxShift) return std::nullopt;
      return op;
    case BPF_NEG:
      if (op.with_x) return std::nullopt;
      return op;
    default:
      return std::nullopt;
  }
}

std::optional<FilterOp> decode_op(const ClassicInsn& insn) {
  switch (BPF_CLASS(insn.code)) {
    case BPF_LD:
    case BPF_LDX: {
      auto op = decode_load(insn);
      // The one ancillary "load" that is arithmetic.
      if (op && op->kind == OpKind::kLoadAncillary && op->k == SKF_AD_ALU_XOR_X)
        return FilterOp{.kind = OpKind::kArithmetic, .alu = BPF_XOR, .with_x = true};
      return op;
    }
    case BPF_ST:
    case BPF_STX: {
      if ((insn.code != BPF_ST && insn.code != BPF_STX) || insn.k >= kMemoryWords) return std::nullopt;
      const FilterReg reg = insn.code == BPF_STX ? FilterReg::kX : FilterReg::kA;
      return FilterOp{.kind = OpKind::kStoreMemory, .reg = reg, .k = insn.k};
    }
    case BPF_ALU:
      return decode_arithmetic(insn);
    case BPF_MISC:
      if (insn.code == (BPF_MISC | BPF_TAX)) return FilterOp{.kind = OpKind::kTransfer, .reg = FilterReg::kX};
      if (insn.code == (BPF_MISC | BPF_TXA)) return FilterOp{.kind = OpKind::kTransfer, .reg = FilterReg::kA};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<FilterEnd> decode_end(const ClassicInsn& insn, std::size_t position, std::size_t count) {
  using EndKind = FilterEnd::Kind;
  if (insn.code == (BPF_RET | BPF_K)) return FilterEnd{.kind = EndKind::kReturnConstant, .k = insn.k};
  if (insn.code == (BPF_RET | BPF_A)) return FilterEnd{.kind = EndKind::kReturnA};
  const auto next = static_cast<std::int64_t>(position) + 1;
  FilterEnd end{.kind = EndKind::kBranch};
  std::int64_t on_true = 0;
  std::int64_t on_false = 0;
  if (insn.code == (BPF_JMP | BPF_JA)) {
    // `ip6 protochain` loops: the offset is signed, which libpcap's interpreter takes care of and the kernel refuses.
    on_true = on_false = next + static_cast<std::int32_t>(insn.k);
  } else {
    switch (insn.code & ~BPF_X) {
      case BPF_JMP | BPF_JEQ:
      case BPF_JMP | BPF_JGT:
      case BPF_JMP | BPF_JGE:
      case BPF_JMP | BPF_JSET:
        break;
      default:
        return std::nullopt;
    }
    end.test = static_cast<std::uint8_t>(BPF_OP(insn.code));
    end.with_x = BPF_SRC(insn.code) == BPF_X;
    end.k = end.with_x ? 0 : insn.k;
    on_true = next + insn.jt;
    on_false = next + insn.jf;
  }
  const auto limit = static_cast<std::int64_t>(count);
  if (on_true < 0 || on_true >= limit || on_false < 0 || on_false >= limit) return std::nullopt;
  end.on_true = static_cast<int>(on_true);
  end.on_false = static_cast<int>(on_false);
  return end;
}

}  // namespace

Result<std::vector<DecodedInsn>> decode(const ClassicProgram& program) {
  const auto& insns = program.insns;
  if (insns.empty()) return Error("the filter program is empty");
  std::vector<DecodedInsn> decoded;
  decoded.reserve(insns.size());
  for (std::size_t n = 0; n < insns.size(); ++n) {
    const int cls = BPF_CLASS(insns[n].code);
    if (cls == BPF_RET || cls == BPF_JMP) {
      if (auto end = decode_end(insns[n], n, insns.size())) {
        decoded.emplace_back(*end);
        continue;
      }
    } else if (auto op = decode_op(insns[n])) {
      decoded.emplace_back(*op);
      continue;
    }
    return Error("classic BPF instruction " + std::to_string(n) + " (code " + std::to_string(insns[n].code) +
                 ") is not one a filter may contain");
  }
  if (!std::holds_alternative<FilterEnd>(decoded.back())) return Error("the filter program does not end in a return");
  return decoded;
}

}  // namespace ringtap
