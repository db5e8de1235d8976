// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/assembler.hpp"

#include <cassert>
#include <limits>
#include <utility>

namespace ringtap {
namespace {

constexpr std::size_t kUnbound = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kMaxInsns = 1'000'000;  // BPF_COMPLEXITY_LIMIT_INSNS, include/linux/bpf.h
constexpr EbpfReg kNoRegister = EbpfReg::kR0;

int size_code(int bytes) {
  switch (bytes) {
    case 1:
      return BPF_B;
    case 2:
      return BPF_H;
    case 4:
      return BPF_W;
    default:
      return BPF_DW;
  }
}

constexpr std::uint8_t kAlways = BPF_JMP | BPF_JA;
constexpr std::uint8_t kAlwaysLong = BPF_JMP32 | BPF_JA;

bool fits(std::int64_t offset) {
  return offset >= std::numeric_limits<std::int16_t>::min() && offset <= std::numeric_limits<std::int16_t>::max();
}

}  // namespace

void EbpfAssembler::emit(int code, EbpfReg to, EbpfReg from, int offset, std::uint32_t constant) {
  bpf_insn insn{};
  insn.code = static_cast<std::uint8_t>(code);
  insn.dst_reg = static_cast<std::uint8_t>(to) & 0xf;
  insn.src_reg = static_cast<std::uint8_t>(from) & 0xf;
  insn.off = static_cast<std::int16_t>(offset);
  insn.imm = static_cast<std::int32_t>(constant);
  code_.push_back(insn);
}

EbpfAssembler::Label EbpfAssembler::new_label() {
  labels_.push_back(kUnbound);
  return static_cast<Label>(labels_.size()) - 1;
}

void EbpfAssembler::bind(Label label) {
  assert(labels_[label] == kUnbound);
  labels_[label] = code_.size();
}

void EbpfAssembler::move(EbpfReg to, EbpfReg from) {
  emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
void EbpfAssembler::add(EbpfReg to, EbpfReg other) {
  emit(BPF_ALU64 | BPF_ADD | BPF_X, to, other, 0, 0);
}
void EbpfAssembler::add(EbpfReg to, std::int32_t constant) {
  emit(BPF_ALU64 | BPF_ADD | BPF_K, to, kNoRegister, 0, static_cast<std::uint32_t>(constant));
}
void EbpfAssembler::subtract(EbpfReg to, EbpfReg other) {
  emit(BPF_ALU64 | BPF_SUB | BPF_X, to, other, 0, 0);
}
void EbpfAssembler::arithmetic64(std::uint8_t op, EbpfReg to, EbpfReg other) {
  emit(BPF_ALU64 | op | BPF_X, to, other, 0, 0);
}
void EbpfAssembler::arithmetic64(std::uint8_t op, EbpfReg to, std::int32_t constant) {
  emit(BPF_ALU64 | op | BPF_K, to, kNoRegister, 0, static_cast<std::uint32_t>(constant));
}
void EbpfAssembler::move64(EbpfReg to, std::uint64_t constant) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, kNoRegister, 0, static_cast<std::uint32_t>(constant));
  emit(0, kNoRegister, kNoRegister, 0, static_cast<std::uint32_t>(constant >> 32));
}
void EbpfAssembler::table_address(EbpfReg to, std::uint32_t offset) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, static_cast<EbpfReg>(BPF_PSEUDO_MAP_VALUE), 0, 0);
  emit(0, kNoRegister, kNoRegister, 0, offset);
}
void EbpfAssembler::move32(EbpfReg to, EbpfReg from) {
  arithmetic32(BPF_MOV, to, from);
}
void EbpfAssembler::move32(EbpfReg to, std::uint32_t constant) {
  arithmetic32(BPF_MOV, to, constant);
}
void EbpfAssembler::arithmetic32(std::uint8_t op, EbpfReg to, EbpfReg other) {
  emit(BPF_ALU | op | BPF_X, to, other, 0, 0);
}
void EbpfAssembler::arithmetic32(std::uint8_t op, EbpfReg to, std::uint32_t constant) {
  emit(BPF_ALU | op | BPF_K, to, kNoRegister, 0, constant);
}
void EbpfAssembler::from_big_endian(EbpfReg reg, int bytes) {
  if (bytes > 1) emit(BPF_ALU | BPF_END | BPF_TO_BE, reg, kNoRegister, 0, static_cast<std::uint32_t>(8 * bytes));
}
void EbpfAssembler::load(EbpfReg to, EbpfReg base, int offset, int bytes) {
  assert(fits(offset));
  emit(BPF_LDX | BPF_MEM | size_code(bytes), to, base, offset, 0);
}
void EbpfAssembler::store(EbpfReg base, int offset, EbpfReg from, int bytes) {
  assert(fits(offset));
  emit(BPF_STX | BPF_MEM | size_code(bytes), base, from, offset, 0);
}
void EbpfAssembler::store_constant(EbpfReg base, int offset, std::uint32_t constant, int bytes) {
  assert(fits(offset));
  emit(BPF_ST | BPF_MEM | size_code(bytes), base, kNoRegister, offset, constant);
}
void EbpfAssembler::append(std::span<const bpf_insn> code) {
  code_.insert(code_.end(), code.begin(), code.end());
}
void EbpfAssembler::call(bpf_func_id helper) {
  emit(BPF_JMP | BPF_CALL, kNoRegister, kNoRegister, 0, static_cast<std::uint32_t>(helper));
}
void EbpfAssembler::exit() {
  emit(BPF_JMP | BPF_EXIT, kNoRegister, kNoRegister, 0, 0);
}

void EbpfAssembler::emit_jump(int code, EbpfReg reg, EbpfReg other, std::uint32_t constant, Label to) {
  jumps_.push_back({code_.size(), to});
  emit(code, reg, other, 0, constant);
}
void EbpfAssembler::jump(Label to) {
  emit_jump(kAlways, kNoRegister, kNoRegister, 0, to);
}
void EbpfAssembler::jump_if(std::uint8_t test, EbpfReg reg, EbpfReg other, Label to) {
  emit_jump(BPF_JMP | test | BPF_X, reg, other, 0, to);
}
void EbpfAssembler::jump_if(std::uint8_t test, EbpfReg reg, std::int32_t constant, Label to) {
  emit_jump(BPF_JMP | test | BPF_K, reg, kNoRegister, static_cast<std::uint32_t>(constant), to);
}
void EbpfAssembler::jump_if32(std::uint8_t test, EbpfReg reg, EbpfReg other, Label to) {
  emit_jump(BPF_JMP32 | test | BPF_X, reg, other, 0, to);
}
void EbpfAssembler::jump_if32(std::uint8_t test, EbpfReg reg, std::uint32_t constant, Label to) {
  emit_jump(BPF_JMP32 | test | BPF_K, reg, kNoRegister, constant, to);
}

Result<std::vector<bpf_insn>> EbpfAssembler::finish(bool long_jumps) && {
  // A conditional jump that does not fit becomes `if c +1; +1; long L` (3 instructions), `goto L` just the long form.
  // Lengthening one may push others out of reach, so positions are found again until nothing changes.
  std::vector<bool> lengthened(jumps_.size(), false);
  std::vector<std::int64_t> position(code_.size() + 1);
  for (bool again = true; again;) {
    again = false;
    std::int64_t at = 0;
    std::size_t next_jump = 0;
    for (std::size_t n = 0; n <= code_.size(); ++n) {
      position[n] = at++;
      if (next_jump < jumps_.size() && jumps_[next_jump].insn == n) {
        if (lengthened[next_jump] && code_[n].code != kAlways) at += 2;
        ++next_jump;
      }
    }
    for (std::size_t j = 0; j < jumps_.size(); ++j) {
      const std::size_t target = labels_[jumps_[j].to];
      assert(target != kUnbound);
      if (lengthened[j] || fits(position[target] - position[jumps_[j].insn] - 1)) continue;
      lengthened[j] = again = true;
      if (!long_jumps) {
        return Error("the filter is too large: a jump spans more than 32767 instructions")
            .hint("Linux 6.6 and later have longer jumps");
      }
    }
  }
  if (static_cast<std::size_t>(position.back()) > kMaxInsns)
    return Error("the filter is too large: more than 1000000 eBPF instructions");

  std::vector<bpf_insn> out;
  out.reserve(static_cast<std::size_t>(position.back()));
  std::size_t next_jump = 0;
  for (std::size_t n = 0; n < code_.size(); ++n) {
    bpf_insn insn = code_[n];
    if (next_jump == jumps_.size() || jumps_[next_jump].insn != n) {
      out.push_back(insn);
      continue;
    }
    const std::int64_t target = position[labels_[jumps_[next_jump].to]];
    if (!lengthened[next_jump++]) {
      insn.off = static_cast<std::int16_t>(target - position[n] - 1);
      out.push_back(insn);
      continue;
    }
    if (insn.code != kAlways) {
      bpf_insn over{};
      over.code = kAlways;
      over.off = 1;
      insn.off = 1;
      out.push_back(insn);
      out.push_back(over);
    }
    bpf_insn far{};
    far.code = kAlwaysLong;
    far.imm = static_cast<std::int32_t>(target - static_cast<std::int64_t>(out.size()) - 1);
    out.push_back(far);
  }
  return out;
}

}  // namespace ringtap
