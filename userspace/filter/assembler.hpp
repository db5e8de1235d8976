// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Collects eBPF instructions with labels as jump targets; finish() fixes offsets. One thread, one use.
// Post-condition of finish: every jump reaches its label; jumps beyond 16 bits use the 32-bit form (Linux 6.6) if that
// is allowed and are an Error otherwise. The verifier accepts at most 1,000,000 instructions; more is already an Error
// here.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

enum class EbpfReg : std::uint8_t { kR0, kR1, kR2, kR3, kR4, kR5, kR6, kR7, kR8, kR9, kFrame };

class EbpfAssembler {
 public:
  using Label = int;

  Label new_label();
  void bind(Label label);

  void move(EbpfReg to, EbpfReg from);  // 64 bits
  void add(EbpfReg to, EbpfReg other);  // 64 bits
  void add(EbpfReg to, std::int32_t constant);
  void subtract(EbpfReg to, EbpfReg other);  // 64 bits
  void arithmetic64(std::uint8_t op, EbpfReg to, EbpfReg other);
  void arithmetic64(std::uint8_t op, EbpfReg to, std::int32_t constant);
  void move32(EbpfReg to, EbpfReg from);
  void move32(EbpfReg to, std::uint32_t constant);
  void arithmetic32(std::uint8_t op, EbpfReg to, EbpfReg other);
  void arithmetic32(std::uint8_t op, EbpfReg to, std::uint32_t constant);
  void from_big_endian(EbpfReg reg, int bytes);  // nothing for one byte
  void load(EbpfReg to, EbpfReg base, int offset, int bytes);
  void move64(EbpfReg to, std::uint64_t constant);  // two instructions
  // to = the address `offset` bytes into the filter's table, see FilterCode. Two instructions.
  void table_address(EbpfReg to, std::uint32_t offset);
  void store(EbpfReg base, int offset, EbpfReg from, int bytes);
  void store_constant(EbpfReg base, int offset, std::uint32_t constant, int bytes);
  void append(std::span<const bpf_insn> code);  // whose jumps stay within it or lead behind its end
  void call(bpf_func_id helper);
  void exit();
  void jump(Label to);
  void jump_if(std::uint8_t test, EbpfReg reg, EbpfReg other, Label to);          // 64 bits
  void jump_if(std::uint8_t test, EbpfReg reg, std::int32_t constant, Label to);  // 64 bits
  void jump_if32(std::uint8_t test, EbpfReg reg, EbpfReg other, Label to);
  void jump_if32(std::uint8_t test, EbpfReg reg, std::uint32_t constant, Label to);

  Result<std::vector<bpf_insn>> finish(bool long_jumps) &&;

 private:
  struct Jump {
    std::size_t insn;
    Label to;
  };
  void emit(int code, EbpfReg to, EbpfReg from, int offset, std::uint32_t constant);
  void emit_jump(int code, EbpfReg reg, EbpfReg other, std::uint32_t constant, Label to);

  std::vector<bpf_insn> code_;
  std::vector<std::size_t> labels_;
  std::vector<Jump> jumps_;  // in order of insn
};

}  // namespace ringtap
