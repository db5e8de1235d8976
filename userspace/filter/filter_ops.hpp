// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A filter independent of its encoding: the operations and block ends that every pass after decode() works on.
// The machine has an accumulator A, an index X (both 32 bits, 0 at the start) and 16 memory words.
#pragma once

#include <cstdint>

namespace ringtap {

enum class OpKind : std::uint8_t {
  kLoadAbsolute,      // reg = packet[k : size]; outside the packet: the filter returns 0
  kLoadIndirect,      // A = packet[X + k : size], the sum does not wrap
  kLoadHeaderLength,  // X = 4 * (packet[k] & 15)
  kLoadLength,        // reg = length on the wire
  kLoadConstant,      // reg = k
  kLoadMemory,        // reg = M[k]
  kLoadAncillary,     // A = what the kernel knows in addition to the bytes; k is SKF_AD_… of <linux/filter.h>
  kStoreMemory,       // M[k] = reg
  kTransfer,          // reg = the other register
  kArithmetic,        // A = A alu (X or k); division by X = 0: the filter returns 0; shift by X > 31 gives 0
  kLookUp,            // A = what table k has for A, or for (M[size] << 32 | A) if size is not kNoKeyWord; 0: nothing
};

enum class FilterReg : std::uint8_t { kA, kX };

struct FilterOp {
  OpKind kind = OpKind::kLoadConstant;
  FilterReg reg = FilterReg::kA;
  std::uint8_t size = 4;
  std::uint8_t alu = 0;  // BPF_ADD … BPF_NEG of <linux/bpf_common.h>
  bool with_x = false;
  bool swapped = false;  // A is left in the packet's byte order; set only by the byte order pass
  std::uint32_t k = 0;

  friend bool operator==(const FilterOp&, const FilterOp&) = default;
};

// Whether the frame has k bytes, or X + k: its outcome does not depend on A.
constexpr std::uint8_t kTestInFrame = 0xf0;
constexpr std::uint8_t kNoKeyWord = 0xff;  // FilterOp::size of a look-up by A alone

struct FilterEnd {
  enum class Kind : std::uint8_t { kReturnConstant, kReturnA, kBranch };
  Kind kind = Kind::kReturnConstant;
  std::uint8_t test = 0;  // BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET of A against X or k; or kTestInFrame
  bool with_x = false;
  std::uint32_t k = 0;  // the constant compared with, or returned
  int on_true = -1;     // equal to on_false: no test
  int on_false = -1;

  [[nodiscard]] bool is_branch() const { return kind == Kind::kBranch; }
  [[nodiscard]] bool is_test() const { return is_branch() && on_true != on_false; }
  [[nodiscard]] bool reads_a() const { return kind == Kind::kReturnA || (is_test() && test != kTestInFrame); }
  [[nodiscard]] bool rejects() const { return kind == Kind::kReturnConstant && k == 0; }
};

// Everything but the accumulator's value and the branch taken stays as it is.
[[nodiscard]] inline bool writes_x(const FilterOp& op) {
  return op.reg == FilterReg::kX && op.kind != OpKind::kStoreMemory;
}
[[nodiscard]] inline bool writes_a(const FilterOp& op) {
  return op.reg == FilterReg::kA && op.kind != OpKind::kStoreMemory;
}
[[nodiscard]] inline bool reads_a(const FilterOp& op) {
  if (op.kind == OpKind::kArithmetic || op.kind == OpKind::kLookUp) return true;
  if (op.kind == OpKind::kStoreMemory) return op.reg == FilterReg::kA;
  return op.kind == OpKind::kTransfer && op.reg == FilterReg::kX;
}
[[nodiscard]] inline bool reads_x(const FilterOp& op) {
  if (op.kind == OpKind::kArithmetic) return op.with_x;
  if (op.kind == OpKind::kLoadIndirect) return true;
  if (op.kind == OpKind::kStoreMemory) return op.reg == FilterReg::kX;
  return op.kind == OpKind::kTransfer && op.reg == FilterReg::kA;
}
[[nodiscard]] inline bool reads_packet(const FilterOp& op) {
  return op.kind == OpKind::kLoadAbsolute || op.kind == OpKind::kLoadIndirect || op.kind == OpKind::kLoadHeaderLength;
}

constexpr std::uint32_t kMemoryWords = 16;

// The memory words that an operation reads.
[[nodiscard]] inline std::uint16_t reads_memory(const FilterOp& op) {
  if (op.kind == OpKind::kLoadMemory) return static_cast<std::uint16_t>(1U << op.k);
  const bool by_word = op.kind == OpKind::kLookUp && op.size != kNoKeyWord;
  return by_word ? static_cast<std::uint16_t>(1U << op.size) : std::uint16_t{0};
}

}  // namespace ringtap
