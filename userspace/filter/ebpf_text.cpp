// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The notation is that of kernel/bpf/disasm.c: r0 is 64 bits, w0 its lower half, a jump's +n counts from the next
// instruction; the target's number is added behind it. `table` is FilterCode::table.
#include "filter/ebpf_text.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace ringtap {
namespace {

struct Operator {
  int code;
  std::string_view text;
};

constexpr std::array<Operator, 12> kArithmetic = {{{BPF_ADD, "+="},
                                                   {BPF_SUB, "-="},
                                                   {BPF_MUL, "*="},
                                                   {BPF_DIV, "/="},
                                                   {BPF_OR, "|="},
                                                   {BPF_AND, "&="},
                                                   {BPF_LSH, "<<="},
                                                   {BPF_RSH, ">>="},
                                                   {BPF_MOD, "%="},
                                                   {BPF_XOR, "^="},
                                                   {BPF_MOV, "="},
                                                   {BPF_ARSH, "s>>="}}};

constexpr std::array<Operator, 7> kTests = {{{BPF_JEQ, "=="},
                                             {BPF_JNE, "!="},
                                             {BPF_JGT, ">"},
                                             {BPF_JGE, ">="},
                                             {BPF_JLT, "<"},
                                             {BPF_JLE, "<="},
                                             {BPF_JSET, "&"}}};

template <std::size_t N>
std::string_view find(const std::array<Operator, N>& table, int code) {
  for (const auto& row : table)
    if (row.code == code) return row.text;
  return "?";
}

std::string reg(int number, bool wide) {
  return (wide ? "r" : "w") + std::to_string(number);
}

std::string hex(std::int32_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%x", static_cast<unsigned>(value));
  return text.data();
}

std::string memory(int size_code, int base, int offset) {
  const char* bits = size_code == BPF_B ? "u8" : size_code == BPF_H ? "u16" : size_code == BPF_W ? "u32" : "u64";
  std::string text = std::string("*(") + bits + " *)(r" + std::to_string(base);
  text += (offset < 0 ? " - " : " + ") + std::to_string(offset < 0 ? -offset : offset) + ")";
  return text;
}

std::string helper(int number) {
  switch (number) {
    case BPF_FUNC_get_prandom_u32:
      return "bpf_get_prandom_u32";
    case BPF_FUNC_get_smp_processor_id:
      return "bpf_get_smp_processor_id";
    case BPF_FUNC_skb_load_bytes:
      return "bpf_skb_load_bytes";
    case BPF_FUNC_xdp_get_buff_len:
      return "bpf_xdp_get_buff_len";
    case BPF_FUNC_xdp_load_bytes:
      return "bpf_xdp_load_bytes";
    default:
      return "helper";
  }
}

std::string arithmetic(const bpf_insn& insn) {
  const bool wide = BPF_CLASS(insn.code) == BPF_ALU64;
  const std::string to = reg(insn.dst_reg, wide);
  const int op = BPF_OP(insn.code);
  if (op == BPF_END) {
    const std::string swapped = reg(insn.dst_reg, true);
    return swapped + " = " + (BPF_SRC(insn.code) == BPF_TO_BE ? "be" : "le") + std::to_string(insn.imm) + " " + swapped;
  }
  if (op == BPF_NEG) return to + " = -" + to;
  const bool from_register = BPF_SRC(insn.code) == BPF_X;
  const std::string other = from_register ? reg(insn.src_reg, wide) : std::to_string(insn.imm);
  return to + " " + std::string(find(kArithmetic, op)) + " " + other;
}

std::string jump(const bpf_insn& insn, std::size_t position) {
  const int op = BPF_OP(insn.code);
  if (op == BPF_EXIT) return "exit";
  if (op == BPF_CALL) return "call " + helper(insn.imm) + "#" + std::to_string(insn.imm);
  const bool wide = BPF_CLASS(insn.code) == BPF_JMP;
  const int offset = op == BPF_JA && !wide ? insn.imm : insn.off;
  const auto target = static_cast<long long>(position) + 1 + offset;
  const std::string where = (offset < 0 ? "pc" : "pc+") + std::to_string(offset) + "   ; " + std::to_string(target);
  if (op == BPF_JA) return (wide ? "goto " : "gotol ") + where;
  const bool from_register = BPF_SRC(insn.code) == BPF_X;
  const std::string other = from_register ? reg(insn.src_reg, wide) : hex(insn.imm);
  return "if " + reg(insn.dst_reg, wide) + " " + std::string(find(kTests, op)) + " " + other + " goto " + where;
}

bool is_wide_constant(const bpf_insn& insn) {
  return insn.code == (BPF_LD | BPF_IMM | BPF_DW);
}

// Two instructions.
std::string wide_constant(const bpf_insn& low, const bpf_insn& high) {
  const std::string to = reg(low.dst_reg, true) + " = ";
  if (low.src_reg == BPF_PSEUDO_MAP_VALUE) return to + "table + " + std::to_string(high.imm);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "0x%x%08x ll", static_cast<unsigned>(high.imm),
                static_cast<unsigned>(low.imm));
  return to + text.data();
}

std::string body(const bpf_insn& insn, std::size_t position) {
  const int size = BPF_SIZE(insn.code);
  switch (BPF_CLASS(insn.code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return arithmetic(insn);
    case BPF_LDX:
      return reg(insn.dst_reg, true) + " = " + memory(size, insn.src_reg, insn.off);
    case BPF_STX:
      return memory(size, insn.dst_reg, insn.off) + " = " + reg(insn.src_reg, true);
    case BPF_ST:
      return memory(size, insn.dst_reg, insn.off) + " = " + std::to_string(insn.imm);
    case BPF_JMP:
    case BPF_JMP32:
      return jump(insn, position);
    default:
      return "?";
  }
}

}  // namespace

std::string print_ebpf(std::span<const bpf_insn> code) {
  std::string out;
  std::array<char, 32> head{};
  for (std::size_t n = 0; n < code.size(); ++n) {
    std::snprintf(head.data(), head.size(), "%4zu: (%02x) ", n, static_cast<unsigned>(code[n].code));
    const bool wide = is_wide_constant(code[n]) && n + 1 < code.size();
    out += head.data() + (wide ? wide_constant(code[n], code[n + 1]) : body(code[n], n)) + "\n";
    if (wide) ++n;
  }
  return out;
}

}  // namespace ringtap
