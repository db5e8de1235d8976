// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/lower.hpp"

#include <linux/filter.h>

#include <cstddef>
#include <utility>

#include "filter/lowering.hpp"

namespace ringtap {
namespace {

// Chains of tests are followed into their untaken side first, and the verifier keeps at most 8192 other sides waiting
// (BPF_COMPLEXITY_LIMIT_JMP_SEQ). Past this many tests those whose taken side returns are written the other way round.
constexpr std::size_t kManyTests = 3000;

}  // namespace

Lowering::HookTraits Lowering::traits_of(FilterHook hook) {
  if (hook == FilterHook::kXdp) {
    return {false,
            true,
            BPF_FUNC_xdp_load_bytes,
            offsetof(xdp_md, data),
            offsetof(xdp_md, data_end),
            offsetof(xdp_md, ingress_ifindex)};
  }
  if (hook == FilterHook::kMemory) {
    return {false, false, BPF_FUNC_probe_read_kernel, 0, 0, offsetof(MemoryFrame, ifindex)};
  }
  return {true,
          hook != FilterHook::kPacket,
          BPF_FUNC_skb_load_bytes,
          offsetof(__sk_buff, data),
          offsetof(__sk_buff, data_end),
          offsetof(__sk_buff, ifindex)};
}

Lowering::Lowering(const FlowGraph& graph, const TranslateOptions& options)
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

Result<FilterCode> Lowering::run() {
  lay_out_tables();
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
    auto guards = place_guards(graph_, bounds, view, has_slow_copy() ? GuardFailure::kSlowPath : GuardFailure::kReject);
    if (!hook_.points_at_packet) guards.front() = BlockGuard{.slow_only = true};
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
  auto insns = std::move(asm_).finish(options_.long_jumps);
  if (!insns) return insns.take_error();
  return FilterCode{insns.take(), std::move(table_)};
}

EbpfAssembler::Label Lowering::reject() {
  reject_used_ = true;
  return reject_;
}

void Lowering::leave() {
  if (options_.inlined) {
    asm_.jump(end_);
  } else {
    asm_.exit();
  }
}

void Lowering::prologue() {
  if (in_memory()) {
    if (reads_length_) {
      asm_.load(kScratch, kContext, offsetof(MemoryFrame, wire_length), 4);
      push(kSlotLength, kScratch, 4);
    }
  } else if (hook_.points_at_packet) {
    point_at_packet();
  }
  if (live_[0].a) asm_.move32(kA, 0U);
  if (live_[0].x) asm_.move32(kX, 0U);
  for (std::uint32_t word = 0; word < kMemoryWords; ++word)
    if ((live_[0].memory >> word & 1) != 0) asm_.store_constant(Reg::kFrame, at(memory_slot(word)), 0, 4);
}

void Lowering::point_at_packet() {
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

Lowering::Copy Lowering::new_copy(FrameView view, bool slow) {
  Copy copy{view, slow, {}};
  for (std::size_t n = 0; n < graph_.blocks.size(); ++n) copy.block.push_back(asm_.new_label());
  return copy;
}

Lowering::SlowEntries Lowering::fast_copy(FrameView view, const std::vector<BlockGuard>& guards) {
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
    if (is_frame_test(block.end) && has_slow_copy()) {
      // Only the slow copy knows the frame's length.
      reached[block.end.on_true] = true;
      emit_frame_test(copy, n, fail(), reached);
      continue;
    }
    if (block.end.is_branch()) reached[block.end.on_true] = reached[block.end.on_false] = true;
    emit_end(copy, n, reached);
  }
  return entries;
}

void Lowering::slow_copy(const SlowEntries& entries) {
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

void Lowering::emit_slow_entry(const Copy& copy, int n, const SlowEntries& entries) {
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

void Lowering::emit_op(const Copy& copy, int n, std::size_t index, const BlockGuard& guard) {
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
    case OpKind::kLookUp:
      look_up(copy, op);
      break;
  }
  if (copy.slow && writes_x(op)) push(kSlotX, kX, 4);
}

void Lowering::emit_arithmetic(const FilterOp& op) {
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

bool Lowering::is_shared_reject(int n) const {
  return n != 0 && graph_.blocks[n].ops.empty() && graph_.blocks[n].end.rejects();
}

int Lowering::next_written(int n, const std::vector<bool>& reached) const {
  const int count = static_cast<int>(graph_.blocks.size());
  int next = n + 1;
  while (next < count && (!reached[next] || is_shared_reject(next))) ++next;
  return next;
}

void Lowering::emit_end(const Copy& copy, int n, const std::vector<bool>& reached) {
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
  if (is_frame_test(end)) {
    emit_frame_test(copy, n, target(copy, end.on_false), reached);
    return;
  }
  const int next = next_written(n, reached);
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

void Lowering::emit_guard(const BlockGuard& guard, const std::function<EbpfAssembler::Label()>& fail) {
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

Result<FilterCode> lower(const FlowGraph& graph, const TranslateOptions& options) {
  return Lowering(graph, options).run();
}

}  // namespace ringtap
