// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Runs the eBPF subset that the filter translator emits, in user space, on a made-up frame. Anything the kernel's
// verifier would refuse is a fault: reading an unset register or stack byte, memory outside the linear part, an unknown
// instruction or helper; at FilterHook::kMemory also a read past the frame, where a real one would find what another
// frame has left. Pure; any thread.
#pragma once

#include <linux/bpf.h>
#include <linux/filter.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "ringtap/abi.h"

namespace ringtap::testing {

enum class EbpfContext { kXdp, kSkb, kMemory };  // xdp_md, __sk_buff, ringtap_memory_frame

struct EbpfFrame {
  std::span<const std::uint8_t> bytes;  // what is in memory, without a tag that stands in metadata
  std::uint32_t linear = 0;             // how many of them data … data_end spans; kMemory: were captured
  EbpfContext context = EbpfContext::kXdp;
  bool tagged = false;  // a tag in metadata
  std::uint16_t tag_protocol = 0;
  std::uint16_t tag_control = 0;
  std::uint32_t ifindex = 1;
  std::uint32_t packet_type = 0;
  std::uint32_t mark = 0;
  std::uint32_t cpu = 0;
  bool outgoing = false;                 // kMemory
  std::span<const std::uint64_t> table;  // FilterCode::table
};

struct EbpfRun {
  std::uint32_t verdict = 0;
  std::string fault;  // empty: the program ended by exit
  std::uint64_t steps = 0;
  bool helper_loads = false;  // the slow path was taken
};

class EbpfInterpreter {
 public:
  EbpfInterpreter(std::span<const bpf_insn> program, const EbpfFrame& frame) : program_(program), frame_(frame) {}

  EbpfRun run() {
    set(BPF_REG_1, kContextBase);
    set(BPF_REG_10, kStackBase + kStackSize);
    std::int64_t at = 0;
    while (run_.fault.empty()) {
      if (at < 0 || at >= static_cast<std::int64_t>(program_.size())) {
        fault("left the program");
        break;
      }
      if (++run_.steps > program_.size()) {  // the translator emits no loops
        fault("ran longer than the program");
        break;
      }
      const bpf_insn& insn = program_[at];
      if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && at + 1 < static_cast<std::int64_t>(program_.size())) {
        load_constant(insn, program_[at + 1]);
        at += 2;
        continue;
      }
      if (insn.code == (BPF_JMP | BPF_EXIT)) {
        run_.verdict = static_cast<std::uint32_t>(get(BPF_REG_0));
        break;
      }
      at += 1 + step(insn);
    }
    return run_;
  }

 private:
  static constexpr std::uint64_t kPacketBase = 1ULL << 44;
  static constexpr std::uint64_t kContextBase = 2ULL << 44;
  static constexpr std::uint64_t kStackBase = 3ULL << 44;
  static constexpr std::uint64_t kStackSize = 512;
  static constexpr std::uint64_t kTableBase = 4ULL << 44;

  void fault(const char* why) {
    if (run_.fault.empty()) run_.fault = why;
  }
  void set(int reg, std::uint64_t value) { registers_[reg] = value; }
  std::uint64_t get(int reg) {
    if (!registers_[reg]) {
      fault("read an unset register");
      return 0;
    }
    return *registers_[reg];
  }

  static int size_of(const bpf_insn& insn) {
    switch (BPF_SIZE(insn.code)) {
      case BPF_B:
        return 1;
      case BPF_H:
        return 2;
      case BPF_W:
        return 4;
      default:
        return 8;
    }
  }

  void load_constant(const bpf_insn& low, const bpf_insn& high) {
    const auto upper = static_cast<std::uint64_t>(static_cast<std::uint32_t>(high.imm));
    if (low.src_reg == 0) {
      set(low.dst_reg, upper << 32 | static_cast<std::uint32_t>(low.imm));
    } else if (low.src_reg == BPF_PSEUDO_MAP_VALUE && upper < frame_.table.size_bytes()) {
      set(low.dst_reg, kTableBase + upper);
    } else {
      fault("address of a map");
    }
  }

  // Returns how far to jump beyond the next instruction.
  std::int64_t step(const bpf_insn& insn) {
    switch (BPF_CLASS(insn.code)) {
      case BPF_ALU:
      case BPF_ALU64:
        arithmetic(insn);
        return 0;
      case BPF_LDX:
        if (BPF_MODE(insn.code) != BPF_MEM) fault("load mode");
        set(insn.dst_reg, load(get(insn.src_reg) + static_cast<std::int64_t>(insn.off), size_of(insn)));
        return 0;
      case BPF_ST:
        store(get(insn.dst_reg) + static_cast<std::int64_t>(insn.off), size_of(insn),
              static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm)));
        return 0;
      case BPF_STX:
        if (BPF_MODE(insn.code) != BPF_MEM) fault("store mode");
        store(get(insn.dst_reg) + static_cast<std::int64_t>(insn.off), size_of(insn), get(insn.src_reg));
        return 0;
      case BPF_JMP:
      case BPF_JMP32:
        return jump(insn);
      default:
        fault("instruction class");
        return 0;
    }
  }

  void arithmetic(const bpf_insn& insn) {
    const bool wide = BPF_CLASS(insn.code) == BPF_ALU64;
    const int op = BPF_OP(insn.code);
    if (op == BPF_END) {
      if (wide || BPF_SRC(insn.code) != BPF_TO_BE) return fault("byte swap");
      std::uint64_t value = get(insn.dst_reg);
      if constexpr (std::endian::native == std::endian::little)
        value = insn.imm == 16 ? __builtin_bswap16(static_cast<std::uint16_t>(value))
                               : __builtin_bswap32(static_cast<std::uint32_t>(value));
      return set(insn.dst_reg, value);
    }
    std::uint64_t other = BPF_SRC(insn.code) == BPF_X ? get(insn.src_reg)
                                                      : static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm));
    std::uint64_t value = op == BPF_MOV ? 0 : get(insn.dst_reg);
    const int bits = wide ? 64 : 32;
    if (!wide) {
      other = static_cast<std::uint32_t>(other);
      value = static_cast<std::uint32_t>(value);
    }
    switch (op) {
      case BPF_MOV:
        value = other;
        break;
      case BPF_ADD:
        value += other;
        break;
      case BPF_SUB:
        value -= other;
        break;
      case BPF_MUL:
        value *= other;
        break;
      case BPF_OR:
        value |= other;
        break;
      case BPF_AND:
        value &= other;
        break;
      case BPF_XOR:
        value ^= other;
        break;
      case BPF_NEG:
        value = 0 - value;
        break;
      case BPF_LSH:
        value <<= other % bits;
        break;
      case BPF_RSH:
        value >>= other % bits;
        break;
      case BPF_DIV:
        value = other == 0 ? 0 : value / other;
        break;
      case BPF_MOD:
        value = other == 0 ? value : value % other;
        break;
      default:
        return fault("arithmetic operation");
    }
    set(insn.dst_reg, wide ? value : static_cast<std::uint32_t>(value));
  }

  std::int64_t jump(const bpf_insn& insn) {
    const bool narrow = BPF_CLASS(insn.code) == BPF_JMP32;
    const int op = BPF_OP(insn.code);
    if (op == BPF_JA) return narrow ? insn.imm : insn.off;
    if (op == BPF_CALL) {
      call(insn);
      return 0;
    }
    std::uint64_t value = get(insn.dst_reg);
    std::uint64_t other = BPF_SRC(insn.code) == BPF_X ? get(insn.src_reg)
                                                      : static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm));
    if (narrow) {
      value = static_cast<std::uint32_t>(value);
      other = static_cast<std::uint32_t>(other);
    }
    bool taken = false;
    switch (op) {
      case BPF_JEQ:
        taken = value == other;
        break;
      case BPF_JNE:
        taken = value != other;
        break;
      case BPF_JGT:
        taken = value > other;
        break;
      case BPF_JGE:
        taken = value >= other;
        break;
      case BPF_JLT:
        taken = value < other;
        break;
      case BPF_JLE:
        taken = value <= other;
        break;
      case BPF_JSET:
        taken = (value & other) != 0;
        break;
      default:
        fault("jump operation");
    }
    return taken ? insn.off : 0;
  }

  void call(const bpf_insn& insn) {
    std::uint64_t result = 0;
    switch (insn.imm) {
      case BPF_FUNC_xdp_get_buff_len:
        result = frame_.bytes.size();
        break;
      case BPF_FUNC_get_smp_processor_id:
        result = frame_.cpu;
        break;
      case BPF_FUNC_get_prandom_u32:
        result = 0x12345678;
        break;
      case BPF_FUNC_skb_load_bytes:
      case BPF_FUNC_xdp_load_bytes:
        result = load_bytes(insn.imm == BPF_FUNC_skb_load_bytes);
        break;
      case BPF_FUNC_probe_read_kernel:
        result = probe_read();
        break;
      default:
        fault("helper");
    }
    for (int reg = BPF_REG_1; reg <= BPF_REG_5; ++reg) registers_[reg].reset();
    set(BPF_REG_0, result);
  }

  std::uint64_t load_bytes(bool skb) {
    run_.helper_loads = true;
    if (frame_.context != (skb ? EbpfContext::kSkb : EbpfContext::kXdp) || get(BPF_REG_1) != kContextBase)
      fault("helper's context");
    const auto offset = static_cast<std::uint32_t>(get(BPF_REG_2));
    const std::uint64_t to = get(BPF_REG_3);
    const auto size = static_cast<std::uint32_t>(get(BPF_REG_4));
    if (to < kStackBase || to + size > kStackBase + kStackSize) {
      fault("helper's buffer");
      return 0;
    }
    const bool outside = std::uint64_t{offset} + size > frame_.bytes.size() || (!skb && offset > 0xffff);
    for (std::uint32_t i = 0; i < size; ++i) {
      stack_[to - kStackBase + i] = outside ? 0 : frame_.bytes[offset + i];
      stack_set_[to - kStackBase + i] = true;
    }
    return outside ? static_cast<std::uint64_t>(-14) : 0;
  }

  std::uint64_t probe_read() {
    run_.helper_loads = true;
    const std::uint64_t to = get(BPF_REG_1);
    const auto size = static_cast<std::uint32_t>(get(BPF_REG_2));
    const std::uint64_t from = get(BPF_REG_3);
    if (frame_.context != EbpfContext::kMemory) fault("helper's context");
    if (to < kStackBase || to + size > kStackBase + kStackSize) fault("helper's buffer");
    if (from < kPacketBase || from + size > kPacketBase + frame_.linear) fault("read past the frame");
    if (!run_.fault.empty()) return 0;
    for (std::uint32_t i = 0; i < size; ++i) {
      stack_[to - kStackBase + i] = frame_.bytes[from - kPacketBase + i];
      stack_set_[to - kStackBase + i] = true;
    }
    return 0;
  }

  std::uint64_t load(std::uint64_t address, int size) {
    std::uint64_t value = 0;
    const auto inside = [&](std::uint64_t base, std::uint64_t limit) {
      return address >= base && address + size <= base + limit;
    };
    if (inside(kStackBase, kStackSize)) {
      if (address % size != 0) fault("unaligned stack read");
      for (int i = 0; i < size; ++i)
        if (!stack_set_[address - kStackBase + i]) fault("read unset stack");
      std::memcpy(&value, stack_.data() + (address - kStackBase), size);
    } else if (inside(kTableBase, frame_.table.size_bytes())) {
      std::memcpy(&value, reinterpret_cast<const std::byte*>(frame_.table.data()) + (address - kTableBase), size);
    } else if (frame_.context != EbpfContext::kMemory && inside(kPacketBase, frame_.linear)) {
      std::memcpy(&value, frame_.bytes.data() + (address - kPacketBase), size);
    } else if (frame_.context == EbpfContext::kMemory && inside(kContextBase, sizeof(ringtap_memory_frame))) {
      return memory_field(address - kContextBase, size);
    } else if (size == 4 && inside(kContextBase, 4096)) {
      return frame_.context == EbpfContext::kSkb ? skb_field(address - kContextBase)
                                                 : xdp_field(address - kContextBase);
    } else {
      fault("read outside packet, stack and context");
    }
    return value;
  }

  void store(std::uint64_t address, int size, std::uint64_t value) {
    if (address < kStackBase || address + size > kStackBase + kStackSize || address % size != 0)
      return fault("write outside the stack");
    std::memcpy(stack_.data() + (address - kStackBase), &value, size);
    for (int i = 0; i < size; ++i) stack_set_[address - kStackBase + i] = true;
  }

  std::uint64_t memory_field(std::uint64_t offset, int size) {
    const ringtap_memory_frame fields{.address = kPacketBase,
                                      .length = frame_.linear,
                                      .wire_length = static_cast<std::uint32_t>(frame_.bytes.size()),
                                      .ifindex = frame_.ifindex,
                                      .outgoing = frame_.outgoing ? 1U : 0U};
    if (size != (offset == offsetof(ringtap_memory_frame, address) ? 8 : 4) || offset % size != 0) {
      fault("ringtap_memory_frame field");
      return 0;
    }
    std::uint64_t value = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&value, reinterpret_cast<const std::byte*>(&fields) + offset, size);
    } else {
      std::memcpy(reinterpret_cast<std::byte*>(&value) + 8 - size, reinterpret_cast<const std::byte*>(&fields) + offset,
                  size);
    }
    return value;
  }

  std::uint64_t xdp_field(std::uint64_t offset) {
    switch (offset) {
      case offsetof(xdp_md, data):
        return kPacketBase;
      case offsetof(xdp_md, data_end):
        return kPacketBase + frame_.linear;
      case offsetof(xdp_md, ingress_ifindex):
        return frame_.ifindex;
      default:
        fault("xdp_md field");
        return 0;
    }
  }

  std::uint64_t skb_field(std::uint64_t offset) {
    switch (offset) {
      case offsetof(__sk_buff, data):
        return kPacketBase;
      case offsetof(__sk_buff, data_end):
        return kPacketBase + frame_.linear;
      case offsetof(__sk_buff, len):
        return frame_.bytes.size();
      case offsetof(__sk_buff, ifindex):
        return frame_.ifindex;
      case offsetof(__sk_buff, pkt_type):
        return frame_.packet_type;
      case offsetof(__sk_buff, mark):
        return frame_.mark;
      case offsetof(__sk_buff, vlan_present):
        return frame_.tagged ? 1 : 0;
      case offsetof(__sk_buff, vlan_tci):
        return frame_.tag_control;
      case offsetof(__sk_buff, vlan_proto):  // as on the wire
        return std::endian::native == std::endian::little ? __builtin_bswap16(frame_.tag_protocol)
                                                          : frame_.tag_protocol;
      default:
        fault("__sk_buff field");
        return 0;
    }
  }

  std::span<const bpf_insn> program_;
  const EbpfFrame& frame_;
  EbpfRun run_;
  std::array<std::optional<std::uint64_t>, 11> registers_;
  std::array<std::uint8_t, kStackSize> stack_;  // set as it is written
  std::array<bool, kStackSize> stack_set_ = {};
};

inline EbpfRun run_ebpf(std::span<const bpf_insn> program, const EbpfFrame& frame) {
  return EbpfInterpreter(program, frame).run();
}

}  // namespace ringtap::testing
