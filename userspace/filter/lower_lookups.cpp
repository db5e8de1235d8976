// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <cstddef>

#include "filter/lowering.hpp"

namespace ringtap {

void Lowering::lay_out_tables() {
  for (const LookupTable& table : graph_.tables) {
    table_at_.push_back(static_cast<std::uint32_t>(table_.size() * sizeof(std::uint64_t)));
    table_.insert(table_.end(), table.words.begin(), table.words.end());
  }
}

// The fast copy has no register left: its context waits on the stack, and the checked pointer is lost (guards).
void Lowering::look_up(const Copy& copy, const FilterOp& op) {
  const LookupTable& table = graph_.tables[op.k];
  if (!copy.slow) push(kSlotContext, kContext, 8);
  if (op.size != kNoKeyWord) {
    pop(kContext, memory_slot(op.size), 4);
    asm_.arithmetic64(BPF_LSH, kContext, 32);
    asm_.arithmetic64(BPF_OR, kA, kContext);
  }
  if (table.ranges) {
    search_ranges(table, table_at_[op.k]);
  } else {
    search_hashed(table, table_at_[op.k]);
  }
  if (!copy.slow) pop(kContext, kSlotContext, 8);
}

// The key is in A, and so is the value afterwards.
void Lowering::search_hashed(const LookupTable& table, std::uint32_t begin) {
  const Reg slot = kPointer;
  const Reg other = kContext;
  asm_.move64(slot, table.multiplier);
  asm_.arithmetic64(BPF_MUL, slot, kA);
  asm_.arithmetic64(BPF_RSH, slot, static_cast<std::int32_t>(64 - table.bits));
  asm_.arithmetic64(BPF_LSH, slot, 4);
  static_assert(kLookupSlotBytes == 1 << 4);
  asm_.table_address(other, begin);
  asm_.add(slot, other);
  const auto found = asm_.new_label();
  const auto done = asm_.new_label();
  for (unsigned probe = 0; probe < table.probes; ++probe) {
    if (probe != 0) asm_.add(slot, static_cast<std::int32_t>(kLookupSlotBytes));
    asm_.load(other, slot, 0, 8);
    asm_.jump_if(BPF_JEQ, other, kA, found);
  }
  asm_.move32(kA, 0U);
  asm_.jump(done);
  asm_.bind(found);
  asm_.load(kA, slot, 8, 8);
  asm_.bind(done);
}

// Without a branch, which the verifier would follow both ways at each step, to a different place in the table.
void Lowering::search_ranges(const LookupTable& table, std::uint32_t begin) {
  constexpr unsigned kWordShift = 3;  // of an offset in bytes
  const Reg found = kPointer;         // the offset of the last key that is not greater, as far as it is known
  const Reg other = kContext;
  asm_.move32(found, 0U);
  for (unsigned bit = table.bits; bit-- > 0;) {
    asm_.table_address(other, begin + (1U << (bit + kWordShift)));
    asm_.add(other, found);
    asm_.load(other, other, 0, 8);
    // The sign of A - key, turned round, is the next bit of the offset.
    asm_.arithmetic64(BPF_NEG, other, 0);
    asm_.add(other, kA);
    asm_.arithmetic64(BPF_RSH, other, 63);
    asm_.arithmetic64(BPF_XOR, other, 1);
    asm_.arithmetic64(BPF_LSH, other, static_cast<std::int32_t>(bit + kWordShift));
    asm_.add(found, other);
  }
  asm_.table_address(other, begin + (1U << (table.bits + kWordShift)));
  asm_.add(other, found);
  asm_.load(kA, other, 0, 8);
}

void Lowering::emit_frame_test(const Copy& copy, int n, EbpfAssembler::Label otherwise,
                               const std::vector<bool>& reached) {
  const FilterEnd& end = graph_.blocks[n].end;
  const bool tagged = copy.view == FrameView::kTagged;
  if (copy.slow) {
    asm_.load(Reg::kR1, Reg::kFrame, at(kSlotContext), 8);
    if (hook_.is_skb) {
      asm_.load(kScratch, Reg::kR1, offsetof(__sk_buff, len), 4);
    } else if (in_memory()) {
      asm_.load(kScratch, Reg::kR1, offsetof(MemoryFrame, length), 4);
    } else {
      const bool keep_a = live_[end.on_true].a || live_[end.on_false].a;
      if (keep_a) push(kSlotA, kA, 4);
      asm_.call(BPF_FUNC_xdp_get_buff_len);
      asm_.move(kScratch, kA);
      if (keep_a) pop(kA, kSlotA, 4);
    }
    if (tagged) asm_.add(kScratch, static_cast<std::int32_t>(kTagSize));
    asm_.move32(Reg::kR2, end.k);
    if (end.with_x) {
      pop(Reg::kR3, kSlotX, 4);
      asm_.add(Reg::kR2, Reg::kR3);
    }
    asm_.jump_if(BPF_JLT, kScratch, Reg::kR2, otherwise);
  } else {
    std::uint32_t bytes = end.k;
    if (tagged && bytes >= kTagEnd) bytes -= kTagSize;
    asm_.move(kScratch, kData);
    if (end.with_x) asm_.add(kScratch, kX);
    asm_.add(kScratch, static_cast<std::int32_t>(bytes));
    asm_.jump_if(BPF_JGT, kScratch, kDataEnd, otherwise);
  }
  if (end.on_true != next_written(n, reached)) asm_.jump(target(copy, end.on_true));
}

}  // namespace ringtap
