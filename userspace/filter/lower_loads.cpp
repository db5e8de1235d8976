// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <linux/filter.h>

#include <cassert>
#include <cstddef>

#include "filter/lowering.hpp"

namespace ringtap {
namespace {

// bpf_skb_load_bytes refuses offsets beyond an int; X + k has up to 33 bits.
constexpr std::int32_t kMaxHelperOffset = 0x7fff'ff00;
// The verifier takes an offset from a pointer into a map up to 2^29 (BPF_MAX_VAR_OFF); no frame in memory is as long.
constexpr std::int32_t kMaxMemoryOffset = 1 << 28;

}  // namespace

void Lowering::refuse_ancillary(std::uint32_t what) {
  unsupported_ = "the filter reads ancillary field " + std::to_string(what) + ", which this tap does not have";
}

void Lowering::call_load_bytes(int bytes) {
  if (in_memory()) {
    asm_.jump_if(BPF_JGT, Reg::kR2, kMaxMemoryOffset, reject());
    pop(Reg::kR4, kSlotContext, 8);
    asm_.load(Reg::kR5, Reg::kR4, offsetof(MemoryFrame, length), 4);
    asm_.move(Reg::kR3, Reg::kR2);
    asm_.add(Reg::kR3, bytes);
    asm_.jump_if(BPF_JGT, Reg::kR3, Reg::kR5, reject());
    asm_.load(Reg::kR3, Reg::kR4, offsetof(MemoryFrame, address), 8);
    asm_.add(Reg::kR3, Reg::kR2);
    asm_.move(Reg::kR1, Reg::kFrame);
    asm_.add(Reg::kR1, at(kSlotBuffer));
    asm_.move32(Reg::kR2, static_cast<std::uint32_t>(bytes));
    asm_.call(hook_.load_bytes);
    asm_.jump_if(BPF_JNE, Reg::kR0, 0, reject());
    pop(Reg::kR0, kSlotBuffer, bytes);
    return;
  }
  pop(Reg::kR1, kSlotContext, 8);
  asm_.move(Reg::kR3, Reg::kFrame);
  asm_.add(Reg::kR3, at(kSlotBuffer));
  asm_.move32(Reg::kR4, static_cast<std::uint32_t>(bytes));
  asm_.call(hook_.load_bytes);
  asm_.jump_if(BPF_JNE, Reg::kR0, 0, reject());
  pop(Reg::kR0, kSlotBuffer, bytes);
}

void Lowering::load_at_r2(FrameView view, int size) {
  asm_.jump_if(BPF_JGT, Reg::kR2, kMaxHelperOffset, reject());
  if (view == FrameView::kPlain) {
    call_load_bytes(size);
    asm_.from_big_endian(Reg::kR0, size);
    return;
  }
  const auto before = asm_.new_label();
  const auto across = asm_.new_label();
  const auto done = asm_.new_label();
  asm_.jump_if(BPF_JLE, Reg::kR2, static_cast<int>(kTagBegin) - size, before);
  asm_.jump_if(BPF_JLT, Reg::kR2, kTagEnd, across);
  asm_.add(Reg::kR2, -static_cast<int>(kTagSize));
  asm_.bind(before);
  call_load_bytes(size);
  asm_.from_big_endian(Reg::kR0, size);
  asm_.jump(done);
  asm_.bind(across);
  load_across_tag(size);
  asm_.bind(done);
}

void Lowering::load_across_tag(int size) {
  push(kSlotOffset, Reg::kR2, 8);
  asm_.store_constant(Reg::kFrame, at(kSlotJoined), 0, 4);
  for (int byte = 0; byte < size; ++byte) {
    const auto memory = asm_.new_label();
    const auto behind = asm_.new_label();
    const auto join = asm_.new_label();
    pop(Reg::kR2, kSlotOffset, 8);
    if (byte != 0) asm_.add(Reg::kR2, byte);
    asm_.jump_if(BPF_JLT, Reg::kR2, kTagBegin, memory);
    asm_.jump_if(BPF_JGE, Reg::kR2, kTagEnd, behind);
    // The tag as one word, then the byte wanted: shift by 8 * (15 - offset).
    pop(Reg::kR1, kSlotContext, 8);
    asm_.load(Reg::kR0, Reg::kR1, offsetof(__sk_buff, vlan_proto), 4);
    asm_.from_big_endian(Reg::kR0, 2);
    asm_.arithmetic32(BPF_LSH, Reg::kR0, 16U);
    asm_.load(Reg::kR3, Reg::kR1, offsetof(__sk_buff, vlan_tci), 4);
    asm_.arithmetic32(BPF_OR, Reg::kR0, Reg::kR3);
    asm_.move32(Reg::kR3, kTagEnd - 1);
    asm_.arithmetic32(BPF_SUB, Reg::kR3, Reg::kR2);
    asm_.arithmetic32(BPF_LSH, Reg::kR3, 3U);
    asm_.arithmetic32(BPF_RSH, Reg::kR0, Reg::kR3);
    asm_.arithmetic32(BPF_AND, Reg::kR0, 0xffU);
    asm_.jump(join);
    asm_.bind(behind);
    asm_.add(Reg::kR2, -static_cast<int>(kTagSize));
    asm_.bind(memory);
    call_load_bytes(1);
    asm_.bind(join);
    pop(Reg::kR3, kSlotJoined, 4);
    asm_.arithmetic32(BPF_LSH, Reg::kR3, 8U);
    asm_.arithmetic32(BPF_OR, Reg::kR3, Reg::kR0);
    push(kSlotJoined, Reg::kR3, 4);
  }
  pop(Reg::kR0, kSlotJoined, 4);
}

void Lowering::fetch_x(const Copy& copy) {
  if (copy.slow) pop(kX, kSlotX, 4);
}

Lowering::Reg Lowering::context(const Copy& copy) {
  if (copy.slow) pop(kContext, kSlotContext, 8);
  return kContext;
}

void Lowering::load_absolute(const Copy& copy, const FilterOp& op, Reg into) {
  const bool tagged = copy.view == FrameView::kTagged;
  const std::uint64_t end = std::uint64_t{op.k} + op.size;
  const bool behind = tagged && op.k >= kTagEnd;
  const bool before = !tagged || end <= kTagBegin;
  if (copy.slow) {
    if (before || behind) {
      asm_.move32(Reg::kR2, behind ? op.k - kTagSize : op.k);
      load_at_r2_plain(op.size);
    } else {
      asm_.move32(Reg::kR2, op.k);
      load_at_r2(copy.view, op.size);
    }
    return;
  }
  if (before || behind) {
    asm_.load(into, kData, static_cast<int>(behind ? op.k - kTagSize : op.k), op.size);
    asm_.from_big_endian(into, op.size);
    return;
  }
  load_tag(op, into);
}

void Lowering::load_at_r2_plain(int size) {
  call_load_bytes(size);
  asm_.from_big_endian(Reg::kR0, size);
}

void Lowering::load_tag(const FilterOp& op, Reg into) {
  const bool proto = op.k < kTagBegin + 2;
  asm_.load(into, kContext, proto ? offsetof(__sk_buff, vlan_proto) : offsetof(__sk_buff, vlan_tci), 4);
  if (proto) asm_.from_big_endian(into, 2);
  if (op.size == 2) return;
  if (op.k % 2 == 0) {
    asm_.arithmetic32(BPF_RSH, into, 8U);
  }
  asm_.arithmetic32(BPF_AND, into, 0xffU);
}

void Lowering::load_indirect(const Copy& copy, const FilterOp& op, const BlockGuard& guard) {
  if (!copy.slow) {
    asm_.load(kA, kPointer, static_cast<int>(op.k) - static_cast<int>(guard.indirect_base), op.size);
    asm_.from_big_endian(kA, op.size);
    return;
  }
  pop(Reg::kR2, kSlotX, 4);
  if (op.k != 0) asm_.add(Reg::kR2, static_cast<std::int32_t>(op.k));  // below 2^31: larger ones became rejects
  load_at_r2(op.k >= kTagEnd ? shifted_plain(copy.view) : copy.view, op.size);
}

FrameView Lowering::shifted_plain(FrameView view) {
  if (view == FrameView::kTagged) asm_.add(Reg::kR2, -static_cast<int>(kTagSize));
  return FrameView::kPlain;
}

void Lowering::load_length(const Copy& copy, Reg into) {
  if (hook_.is_skb) {
    asm_.load(into, context(copy), offsetof(__sk_buff, len), 4);
  } else {
    pop(into, kSlotLength, 4);
  }
  if (copy.view == FrameView::kTagged) asm_.arithmetic32(BPF_ADD, into, kTagSize);
}

void Lowering::load_ancillary(const Copy& copy, std::uint32_t what) {
  const auto field = [&](std::size_t offset) { asm_.load(kA, context(copy), static_cast<int>(offset), 4); };
  const bool skb = hook_.is_skb;
  switch (what) {
    case SKF_AD_PKTTYPE:
      // The field is set by the receiving side, and for AF_PACKET: what leaves is PACKET_OUTGOING, what XDP sees is
      // not.
      if (options_.hook == FilterHook::kTcIngress || options_.hook == FilterHook::kPacket) {
        field(offsetof(__sk_buff, pkt_type));
      } else if (in_memory()) {
        field(offsetof(MemoryFrame, outgoing));
        asm_.arithmetic32(BPF_LSH, kA, 2U);  // PACKET_OUTGOING, 4
      } else {
        asm_.move32(kA, options_.hook == FilterHook::kTcEgress ? 4U : 0U);
      }
      return;
    case SKF_AD_IFINDEX:
      field(static_cast<std::size_t>(hook_.ifindex));
      return;
    case SKF_AD_HATYPE:
      asm_.move32(kA, options_.hardware_type);
      return;
    case SKF_AD_CPU:
    case SKF_AD_RANDOM:
      assert(copy.slow);  // place_guards() makes such blocks slow_only
      asm_.call(what == SKF_AD_CPU ? BPF_FUNC_get_smp_processor_id : BPF_FUNC_get_prandom_u32);
      return;
    case SKF_AD_PROTOCOL:
      if (!skb) break;
      field(offsetof(__sk_buff, protocol));
      asm_.from_big_endian(kA, 2);
      return;
    case SKF_AD_MARK:
      if (!skb) break;
      field(offsetof(__sk_buff, mark));
      return;
    case SKF_AD_QUEUE:
      if (!skb) break;
      field(offsetof(__sk_buff, queue_mapping));
      return;
    case SKF_AD_RXHASH:
      if (!skb) break;
      field(offsetof(__sk_buff, hash));
      return;
    case SKF_AD_VLAN_TAG:
    case SKF_AD_VLAN_TAG_PRESENT:
    case SKF_AD_VLAN_TPID:
      // With the view the tag is in the bytes; to have it beside them as well would count it twice.
      if (!skb || options_.vlan_view) break;
      if (what == SKF_AD_VLAN_TAG) field(offsetof(__sk_buff, vlan_tci));
      if (what == SKF_AD_VLAN_TAG_PRESENT) field(offsetof(__sk_buff, vlan_present));
      if (what == SKF_AD_VLAN_TPID) {
        field(offsetof(__sk_buff, vlan_proto));
        asm_.from_big_endian(kA, 2);
      }
      return;
    default:
      break;
  }
  refuse_ancillary(what);
}

}  // namespace ringtap
