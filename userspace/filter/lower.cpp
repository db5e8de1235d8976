// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Registers. Fast: A = R0, context = R1, data = R2, data_end = R3, X = R4, checked pointer of indirect loads = R5. No
// call is made, so no callee-saved register is needed and the JIT pushes none. Slow: A = R0; X and the context live on
// the stack, because every load is a call.
#include "filter/lower.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string>

#include "filter/assembler.hpp"
#include "filter/facts.hpp"
#include "filter/guards.hpp"

namespace ringtap {
namespace {

using Reg = EbpfReg;
constexpr Reg kA = Reg::kR0;
constexpr Reg kContext = Reg::kR1;
constexpr Reg kData = Reg::kR2;
constexpr Reg kDataEnd = Reg::kR3;
constexpr Reg kX = Reg::kR4;
constexpr Reg kPointer = Reg::kR5;
constexpr Reg kScratch = Reg::kR5;  // where no checked pointer is in use

// Stack slots below TranslateOptions::stack_base; M[n] is at -4 * (n + 1).
constexpr int kSlotBuffer = -68;
constexpr int kSlotX = -72;
constexpr int kSlotA = -76;
constexpr int kSlotLength = -80;
constexpr int kSlotContext = -88;
constexpr int kSlotOffset = -96;
constexpr int kSlotJoined = -100;
static_assert(-kSlotJoined <= static_cast<int>(kFilterStackBytes));

int memory_slot(std::uint32_t word) {
  return -4 * (static_cast<int>(word) + 1);
}

// bpf_skb_load_bytes refuses offsets beyond an int; X + k has up to 33 bits.
constexpr std::int32_t kMaxHelperOffset = 0x7fff'ff00;
// The verifier takes an offset from a pointer into a map up to 2^29 (BPF_MAX_VAR_OFF); no frame in memory is as long.
constexpr std::int32_t kMaxMemoryOffset = 1 << 28;

// Chains of tests are followed into their untaken side first, and the verifier keeps at most 8192 other sides waiting
// (BPF_COMPLEXITY_LIMIT_JMP_SEQ). Past this many tests those whose taken side returns are written the other way round.
constexpr std::size_t kManyTests = 3000;

struct HookTraits {
  bool is_skb;
  bpf_func_id load_bytes;
  int data;
  int data_end;
  int ifindex;
};

HookTraits traits_of(FilterHook hook) {
  if (hook == FilterHook::kXdp) {
    return {false, BPF_FUNC_xdp_load_bytes, offsetof(xdp_md, data), offsetof(xdp_md, data_end),
            offsetof(xdp_md, ingress_ifindex)};
  }
  if (hook == FilterHook::kMemory) {
    return {false, BPF_FUNC_probe_read_kernel, 0, 0, offsetof(MemoryFrame, ifindex)};
  }
  return {true, BPF_FUNC_skb_load_bytes, offsetof(__sk_buff, data), offsetof(__sk_buff, data_end),
          offsetof(__sk_buff, ifindex)};
}

// One copy of the graph: what it reads, how, and where its blocks are.
struct Copy {
  FrameView view = FrameView::kPlain;
  bool slow = false;
  std::vector<EbpfAssembler::Label> block;
};

class Lowering {
 public:
  Lowering(const FlowGraph& graph, const TranslateOptions& options)
      : graph_(graph), options_(options), hook_(traits_of(options.hook)), live_(find_live(graph)) {
    for (const auto& block : graph.blocks) {
      tests_ += block.end.is_test() ? 1 : 0;
      for (const auto& op : block.ops) {
        reads_packet_ = reads_packet_ || reads_packet(op);
        reads_length_ = reads_length_ || op.kind == OpKind::kLoadLength;
        const bool calls = op.kind == OpKind::kLoadAncillary && (op.k == SKF_AD_CPU || op.k == SKF_AD_RANDOM);
        if (calls && !has_slow_copy()) refuse_ancillary(op.k);
      }
    }
    reject_ = asm_.new_label();
    end_ = asm_.new_label();
  }

  Result<std::vector<bpf_insn>> run() {
    const auto bounds = find_bounds(graph_);
    const bool two_views = hook_.is_skb && options_.vlan_view && (reads_packet_ || reads_length_);
    std::vector<FrameView> views{FrameView::kPlain};
    if (two_views) views.push_back(FrameView::kTagged);

    prologue();
    const auto tagged = asm_.new_label();
    if (two_views) {
      asm_.load(kScratch, kContext, offsetof(__sk_buff, vlan_present), 4);
      asm_.jump_if(BPF_JNE, kScratch, 0, tagged);
    }
    std::vector<SlowEntries> entries;
    for (const FrameView view : views) {
      if (view == FrameView::kTagged) asm_.bind(tagged);
      auto guards =
          place_guards(graph_, bounds, view, has_slow_copy() ? GuardFailure::kSlowPath : GuardFailure::kReject);
      if (in_memory()) guards.front() = BlockGuard{.slow_only = true};
      entries.push_back(fast_copy(view, guards));
    }
    for (const auto& entry : entries) slow_copy(entry);
    asm_.bind(reject_);
    if (reject_used_) {
      asm_.move32(kA, 0U);
      if (!options_.inlined) leave();
    }
    asm_.bind(end_);
    if (!unsupported_.empty()) return Error(unsupported_);
    return std::move(asm_).finish(options_.long_jumps);
  }

 private:
  // Where the fast copy leaves for the slow one: a label per block, -1 where it never does.
  struct SlowEntries {
    FrameView view;
    std::vector<EbpfAssembler::Label> at;
    std::vector<BlockGuard> guards;
  };

  EbpfAssembler::Label reject() {
    reject_used_ = true;
    return reject_;
  }

  [[nodiscard]] int at(int slot) const { return slot - static_cast<int>(options_.stack_base); }
  void push(int slot, Reg from, int bytes) { asm_.store(Reg::kFrame, at(slot), from, bytes); }
  void pop(Reg to, int slot, int bytes) { asm_.load(to, Reg::kFrame, at(slot), bytes); }

  // The verdict is in R0.
  void leave() {
    if (options_.inlined) {
      asm_.jump(end_);
    } else {
      asm_.exit();
    }
  }

  void refuse_ancillary(std::uint32_t what) {
    unsupported_ = "the filter reads ancillary field " + std::to_string(what) + ", which this tap does not have";
  }

  [[nodiscard]] bool in_memory() const { return options_.hook == FilterHook::kMemory; }

  void prologue() {
    if (in_memory()) {
      if (reads_length_) {
        asm_.load(kScratch, kContext, offsetof(MemoryFrame, wire_length), 4);
        push(kSlotLength, kScratch, 4);
      }
    } else {
      point_at_packet();
    }
    if (live_[0].a) asm_.move32(kA, 0U);
    if (live_[0].x) asm_.move32(kX, 0U);
    for (std::uint32_t word = 0; word < kMemoryWords; ++word)
      if ((live_[0].memory >> word & 1) != 0) asm_.store_constant(Reg::kFrame, at(memory_slot(word)), 0, 4);
  }

  void point_at_packet() {
    if (reads_length_ && !hook_.is_skb && options_.xdp_load_bytes) {
      push(kSlotContext, kContext, 8);
      asm_.call(BPF_FUNC_xdp_get_buff_len);
      push(kSlotLength, kA, 4);
      pop(kContext, kSlotContext, 8);
    }
    const bool length_from_pointers = reads_length_ && !hook_.is_skb && !options_.xdp_load_bytes;
    if (reads_packet_ || length_from_pointers) {
      asm_.load(kData, kContext, hook_.data, 4);
      asm_.load(kDataEnd, kContext, hook_.data_end, 4);
    }
    if (length_from_pointers) {
      asm_.move(kScratch, kDataEnd);
      asm_.subtract(kScratch, kData);
      push(kSlotLength, kScratch, 4);
    }
  }

  Copy new_copy(FrameView view, bool slow) {
    Copy copy{view, slow, {}};
    for (std::size_t n = 0; n < graph_.blocks.size(); ++n) copy.block.push_back(asm_.new_label());
    return copy;
  }

  // --- the fast copy ---

  SlowEntries fast_copy(FrameView view, const std::vector<BlockGuard>& guards) {
    const Copy copy = new_copy(view, false);
    const int count = static_cast<int>(graph_.blocks.size());
    SlowEntries entries{view, std::vector<EbpfAssembler::Label>(count, -1), guards};
    std::vector<bool> reached(count, false);
    reached[0] = true;
    for (int n = 0; n < count; ++n) {
      asm_.bind(copy.block[n]);
      if (!reached[n] || is_shared_reject(n)) continue;
      const FlowBlock& block = graph_.blocks[n];
      const auto fail = [&] {
        if (!has_slow_copy()) return reject();
        if (entries.at[n] < 0) entries.at[n] = asm_.new_label();
        return entries.at[n];
      };
      if (guards[n].slow_only) {
        asm_.jump(fail());
        continue;
      }
      emit_guard(guards[n], fail);
      for (std::size_t i = 0; i < block.ops.size(); ++i) emit_op(copy, n, i, guards[n]);
      if (block.end.is_branch()) reached[block.end.on_true] = reached[block.end.on_false] = true;
      emit_end(copy, n, reached);
    }
    return entries;
  }

  template <class Fail>
  void emit_guard(const BlockGuard& guard, const Fail& fail) {
    if (guard.absolute != 0) {
      asm_.move(kScratch, kData);
      asm_.add(kScratch, static_cast<std::int32_t>(guard.absolute));
      asm_.jump_if(BPF_JGT, kScratch, kDataEnd, fail());
    }
    if (guard.indirect != 0) {
      if (guard.x_at_most != kNoBound) asm_.jump_if(BPF_JGT, kX, static_cast<std::int32_t>(guard.x_at_most), fail());
      if (guard.x_at_least != 0) asm_.jump_if(BPF_JLT, kX, static_cast<std::int32_t>(guard.x_at_least), fail());
      asm_.move(kPointer, kData);
      asm_.add(kPointer, kX);
      asm_.add(kPointer, static_cast<std::int32_t>(guard.indirect));
      asm_.jump_if(BPF_JGT, kPointer, kDataEnd, fail());
    }
  }

  // --- the slow copy ---

  [[nodiscard]] bool has_slow_copy() const { return hook_.is_skb || in_memory() || options_.xdp_load_bytes; }

  void slow_copy(const SlowEntries& entries) {
    const Copy copy = new_copy(entries.view, true);
    const int count = static_cast<int>(graph_.blocks.size());
    std::vector<bool> reached(count, false);
    for (int n = 0; n < count; ++n) {
      if (entries.at[n] >= 0) {
        reached[n] = true;
        emit_slow_entry(copy, n, entries);
      }
    }
    for (int n = 0; n < count; ++n) {
      if (!reached[n] || !graph_.blocks[n].end.is_branch()) continue;
      reached[graph_.blocks[n].end.on_true] = reached[graph_.blocks[n].end.on_false] = true;
    }
    for (int n = 0; n < count; ++n) {
      asm_.bind(copy.block[n]);
      if (!reached[n] || is_shared_reject(n)) continue;
      for (std::size_t i = 0; i < graph_.blocks[n].ops.size(); ++i) emit_op(copy, n, i, {});
      emit_end(copy, n, reached);
    }
  }

  // From the fast copy's registers to the slow copy's places. Frames that are too short for any accepting path end
  // here.
  void emit_slow_entry(const Copy& copy, int n, const SlowEntries& entries) {
    asm_.bind(entries.at[n]);
    push(kSlotContext, kContext, 8);
    if (live_[n].x) push(kSlotX, kX, 4);
    if (const auto least = entries.guards[n].least_bytes; least != 0) {
      if (hook_.is_skb) {
        asm_.load(kScratch, kContext, offsetof(__sk_buff, len), 4);
        asm_.jump_if(BPF_JLT, kScratch, static_cast<std::int32_t>(least), reject());
      } else {
        if (live_[n].a) push(kSlotA, kA, 4);
        asm_.call(BPF_FUNC_xdp_get_buff_len);
        asm_.jump_if(BPF_JLT, kA, static_cast<std::int32_t>(least), reject());
        if (live_[n].a) pop(kA, kSlotA, 4);
      }
    }
    asm_.jump(copy.block[n]);
  }

  // R0 = the bytes at the memory offset in R2, as they stand in the packet.
  void call_load_bytes(int bytes) {
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

  // R0 = `size` bytes of the frame at the frame offset in R2, most significant first. R2 is a sum of 33 bits at most.
  void load_at_r2(FrameView view, int size) {
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

  // The same, byte by byte, for what lies in the tag or over one of its edges.
  void load_across_tag(int size) {
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

  // --- operations, in either copy ---

  void emit_op(const Copy& copy, int n, std::size_t index, const BlockGuard& guard) {
    const FilterOp& op = graph_.blocks[n].ops[index];
    const Reg target = op.reg == FilterReg::kX ? kX : kA;
    switch (op.kind) {
      case OpKind::kLoadAbsolute:
        load_absolute(copy, op, kA);
        break;
      case OpKind::kLoadHeaderLength: {
        const bool keep_a = copy.slow && live_after(graph_, live_, n, index).a;
        if (keep_a) push(kSlotA, kA, 4);
        const Reg into = copy.slow ? kA : kX;
        load_absolute(copy, FilterOp{.kind = OpKind::kLoadAbsolute, .size = 1, .k = op.k}, into);
        asm_.arithmetic32(BPF_AND, into, 0xfU);
        asm_.arithmetic32(BPF_LSH, into, 2U);
        if (copy.slow) push(kSlotX, into, 4);
        if (keep_a) pop(kA, kSlotA, 4);
        return;
      }
      case OpKind::kLoadIndirect:
        load_indirect(copy, op, guard);
        break;
      case OpKind::kLoadLength:
        load_length(copy, target);
        break;
      case OpKind::kLoadConstant:
        asm_.move32(target, op.k);
        break;
      case OpKind::kLoadMemory:
        pop(target, memory_slot(op.k), 4);
        break;
      case OpKind::kLoadAncillary:
        load_ancillary(copy, op.k);
        break;
      case OpKind::kStoreMemory:
        if (op.reg == FilterReg::kX) fetch_x(copy);
        push(memory_slot(op.k), target, 4);
        break;
      case OpKind::kTransfer:
        if (op.reg == FilterReg::kA) fetch_x(copy);
        asm_.move32(target, op.reg == FilterReg::kX ? kA : kX);
        break;
      case OpKind::kArithmetic:
        if (op.with_x) fetch_x(copy);
        emit_arithmetic(op);
        break;
    }
    if (copy.slow && writes_x(op)) push(kSlotX, kX, 4);
  }

  void fetch_x(const Copy& copy) {
    if (copy.slow) pop(kX, kSlotX, 4);
  }

  Reg context(const Copy& copy) {
    if (copy.slow) pop(kContext, kSlotContext, 8);
    return kContext;
  }

  void load_absolute(const Copy& copy, const FilterOp& op, Reg into) {
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

  void load_at_r2_plain(int size) {
    call_load_bytes(size);
    asm_.from_big_endian(Reg::kR0, size);
  }

  // A byte or a half of the tag. vlan_proto is in the packet's byte order, vlan_tci in the host's.
  void load_tag(const FilterOp& op, Reg into) {
    const bool proto = op.k < kTagBegin + 2;
    asm_.load(into, kContext, proto ? offsetof(__sk_buff, vlan_proto) : offsetof(__sk_buff, vlan_tci), 4);
    if (proto) asm_.from_big_endian(into, 2);
    if (op.size == 2) return;
    if (op.k % 2 == 0) {
      asm_.arithmetic32(BPF_RSH, into, 8U);
    }
    asm_.arithmetic32(BPF_AND, into, 0xffU);
  }

  void load_indirect(const Copy& copy, const FilterOp& op, const BlockGuard& guard) {
    if (!copy.slow) {
      asm_.load(kA, kPointer, static_cast<int>(op.k) - static_cast<int>(guard.indirect_base), op.size);
      asm_.from_big_endian(kA, op.size);
      return;
    }
    pop(Reg::kR2, kSlotX, 4);
    if (op.k != 0) asm_.add(Reg::kR2, static_cast<std::int32_t>(op.k));  // below 2^31: larger ones became rejects
    load_at_r2(op.k >= kTagEnd ? shifted_plain(copy.view) : copy.view, op.size);
  }

  // Offsets that lie behind the tag whatever X is need no look at where they fall.
  FrameView shifted_plain(FrameView view) {
    if (view == FrameView::kTagged) asm_.add(Reg::kR2, -static_cast<int>(kTagSize));
    return FrameView::kPlain;
  }

  void load_length(const Copy& copy, Reg into) {
    if (hook_.is_skb) {
      asm_.load(into, context(copy), offsetof(__sk_buff, len), 4);
    } else {
      pop(into, kSlotLength, 4);
    }
    if (copy.view == FrameView::kTagged) asm_.arithmetic32(BPF_ADD, into, kTagSize);
  }

  void load_ancillary(const Copy& copy, std::uint32_t what) {
    const auto field = [&](std::size_t offset) { asm_.load(kA, context(copy), static_cast<int>(offset), 4); };
    const bool skb = hook_.is_skb;
    switch (what) {
      case SKF_AD_PKTTYPE:
        // The field is set by the receiving side only: what leaves is PACKET_OUTGOING, what XDP sees is not.
        if (options_.hook == FilterHook::kTcIngress) {
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

  void emit_arithmetic(const FilterOp& op) {
    if (op.alu == BPF_NEG) {
      asm_.arithmetic32(BPF_NEG, kA, 0U);
      return;
    }
    if (!op.with_x) {
      asm_.arithmetic32(op.alu, kA, op.k);
      return;
    }
    // eBPF goes on after a division by zero (the quotient is 0) and takes shifts modulo 32; classic BPF does neither.
    if (op.alu == BPF_DIV || op.alu == BPF_MOD) asm_.jump_if32(BPF_JEQ, kX, 0U, reject());
    if (op.alu != BPF_LSH && op.alu != BPF_RSH) {
      asm_.arithmetic32(op.alu, kA, kX);
      return;
    }
    const auto too_far = asm_.new_label();
    const auto done = asm_.new_label();
    asm_.jump_if32(BPF_JGT, kX, 31U, too_far);
    asm_.arithmetic32(op.alu, kA, kX);
    asm_.jump(done);
    asm_.bind(too_far);
    asm_.move32(kA, 0U);
    asm_.bind(done);
  }

  // --- block ends ---

  // Rejecting blocks that do nothing are all the same place.
  [[nodiscard]] bool is_shared_reject(int n) const {
    return n != 0 && graph_.blocks[n].ops.empty() && graph_.blocks[n].end.rejects();
  }

  EbpfAssembler::Label target(const Copy& copy, int n) { return is_shared_reject(n) ? reject() : copy.block[n]; }

  void emit_end(const Copy& copy, int n, const std::vector<bool>& reached) {
    const FilterEnd& end = graph_.blocks[n].end;
    if (end.kind == FilterEnd::Kind::kReturnConstant) {
      asm_.move32(kA, end.k);
      leave();
      return;
    }
    if (end.kind == FilterEnd::Kind::kReturnA) {
      leave();
      return;
    }
    const int count = static_cast<int>(graph_.blocks.size());
    int next = n + 1;
    while (next < count && (!reached[next] || is_shared_reject(next))) ++next;

    if (!end.is_test()) {
      if (end.on_true != next) asm_.jump(target(copy, end.on_true));
      return;
    }
    if (end.with_x) fetch_x(copy);
    std::uint8_t test = end.test;
    int taken = end.on_true;
    int straight = end.on_false;
    const FlowBlock& accept = graph_.blocks[taken];
    const bool returns = accept.ops.empty() && accept.end.kind == FilterEnd::Kind::kReturnConstant;
    const bool turn = test != BPF_JSET && (taken == next || (returns && tests_ > kManyTests));
    if (turn) {
      test = test == BPF_JEQ ? BPF_JNE : test == BPF_JGT ? BPF_JLE : BPF_JLT;
      std::swap(taken, straight);
    }
    if (end.with_x) {
      asm_.jump_if32(test, kA, kX, target(copy, taken));
    } else {
      asm_.jump_if32(test, kA, end.k, target(copy, taken));
    }
    if (straight == next) return;
    if (turn) {  // only a constant is returned there
      asm_.move32(kA, graph_.blocks[straight].end.k);
      leave();
      return;
    }
    asm_.jump(target(copy, straight));
  }

  const FlowGraph& graph_;
  const TranslateOptions& options_;
  const HookTraits hook_;
  const std::vector<LiveState> live_;
  std::size_t tests_ = 0;
  bool reads_packet_ = false;
  bool reads_length_ = false;
  EbpfAssembler asm_;
  EbpfAssembler::Label reject_ = -1;
  EbpfAssembler::Label end_ = -1;
  bool reject_used_ = false;
  std::string unsupported_;
};

}  // namespace

Result<std::vector<bpf_insn>> lower(const FlowGraph& graph, const TranslateOptions& options) {
  return Lowering(graph, options).run();
}

}  // namespace ringtap
