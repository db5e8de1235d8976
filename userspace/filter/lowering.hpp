// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The implementation of lower.hpp: one object lowers one flow graph. lower.cpp walks the graph and writes its blocks
// and guards, lower_loads.cpp the loads from the frame and its metadata, lower_lookups.cpp what run_tables introduces.
// Used once, by one thread.
//
// Registers. Fast: A = R0, context = R1, data = R2, data_end = R3, X = R4, checked pointer of indirect loads = R5. No
// call is made, so no callee-saved register is needed and the JIT pushes none. Slow: A = R0; X and the context live on
// the stack, because every load is a call.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "filter/assembler.hpp"
#include "filter/facts.hpp"
#include "filter/flow_graph.hpp"
#include "filter/guards.hpp"
#include "filter/translate.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class Lowering {
 public:
  Lowering(const FlowGraph& graph, const TranslateOptions& options);

  Result<FilterCode> run();

 private:
  using Reg = EbpfReg;
  static constexpr Reg kA = Reg::kR0;
  static constexpr Reg kContext = Reg::kR1;
  static constexpr Reg kData = Reg::kR2;
  static constexpr Reg kDataEnd = Reg::kR3;
  static constexpr Reg kX = Reg::kR4;
  static constexpr Reg kPointer = Reg::kR5;
  static constexpr Reg kScratch = Reg::kR5;  // while no checked pointer is in use

  // Stack slots below TranslateOptions::stack_base.
  static constexpr int memory_slot(std::uint32_t word) { return -4 * (static_cast<int>(word) + 1); }
  static constexpr int kSlotBuffer = -68;
  static constexpr int kSlotX = -72;
  static constexpr int kSlotA = -76;
  static constexpr int kSlotLength = -80;
  static constexpr int kSlotContext = -88;
  static constexpr int kSlotOffset = -96;
  static constexpr int kSlotJoined = -100;
  static_assert(-kSlotJoined <= static_cast<int>(kFilterStackBytes));

  struct HookTraits {
    bool is_skb;
    bool points_at_packet;  // the context has data and data_end
    bpf_func_id load_bytes;
    int data;
    int data_end;
    int ifindex;
  };
  static HookTraits traits_of(FilterHook hook);

  // One copy of the graph: what it reads, how, and where its blocks are.
  struct Copy {
    FrameView view = FrameView::kPlain;
    bool slow = false;
    std::vector<EbpfAssembler::Label> block;
  };

  // Where the fast copy jumps to the slow one: a label per block, -1 if it never does.
  struct SlowEntries {
    FrameView view;
    std::vector<EbpfAssembler::Label> at;
    std::vector<BlockGuard> guards;
  };

  EbpfAssembler::Label reject();
  [[nodiscard]] int at(int slot) const { return slot - static_cast<int>(options_.stack_base); }
  void push(int slot, Reg from, int bytes) { asm_.store(Reg::kFrame, at(slot), from, bytes); }
  void pop(Reg to, int slot, int bytes) { asm_.load(to, Reg::kFrame, at(slot), bytes); }

  // The verdict is in R0.
  void leave();
  void refuse_ancillary(std::uint32_t what);
  [[nodiscard]] bool in_memory() const { return options_.hook == FilterHook::kMemory; }

  void prologue();
  void point_at_packet();
  Copy new_copy(FrameView view, bool slow);

  // --- the fast copy ---
  SlowEntries fast_copy(FrameView view, const std::vector<BlockGuard>& guards);
  // `fail` returns the label to jump to; it is created when first needed.
  void emit_guard(const BlockGuard& guard, const std::function<EbpfAssembler::Label()>& fail);

  // --- the slow copy ---
  [[nodiscard]] bool has_slow_copy() const { return hook_.is_skb || in_memory() || options_.xdp_load_bytes; }

  void slow_copy(const SlowEntries& entries);
  // Moves values from the fast copy's registers to where the slow copy expects them. Rejects frames that are too short
  // for any accepting path.
  void emit_slow_entry(const Copy& copy, int n, const SlowEntries& entries);
  // R0 = the bytes at the memory offset in R2, in packet order.
  void call_load_bytes(int bytes);
  // R0 = `size` bytes of the frame at the frame offset in R2, most significant first. R2 is a sum of 33 bits at most.
  void load_at_r2(FrameView view, int size);
  // The same, byte by byte, for bytes in the tag or across one of its ends.
  void load_across_tag(int size);

  // --- operations, in either copy ---
  void emit_op(const Copy& copy, int n, std::size_t index, const BlockGuard& guard);
  void fetch_x(const Copy& copy);
  Reg context(const Copy& copy);
  void load_absolute(const Copy& copy, const FilterOp& op, Reg into);
  void load_at_r2_plain(int size);
  // A byte or a half of the tag. vlan_proto is in the packet's byte order, vlan_tci in the host's.
  void load_tag(const FilterOp& op, Reg into);
  void load_indirect(const Copy& copy, const FilterOp& op, const BlockGuard& guard);
  // Offsets that are after the tag whatever X is need no check where they are.
  FrameView shifted_plain(FrameView view);
  void load_length(const Copy& copy, Reg into);
  void load_ancillary(const Copy& copy, std::uint32_t what);
  void emit_arithmetic(const FilterOp& op);

  // --- block ends ---
  // All blocks that only reject share one place.
  [[nodiscard]] bool is_shared_reject(int n) const;
  EbpfAssembler::Label target(const Copy& copy, int n) { return is_shared_reject(n) ? reject() : copy.block[n]; }

  // The block that is written behind block `n`.
  [[nodiscard]] int next_written(int n, const std::vector<bool>& reached) const;
  void emit_end(const Copy& copy, int n, const std::vector<bool>& reached);

  // --- look-ups and tests of the frame's length (run_tables.hpp), in lower_lookups.cpp ---
  void lay_out_tables();
  void look_up(const Copy& copy, const FilterOp& op);
  // `begin`: the first byte of this table in table_.
  void search_hashed(const LookupTable& table, std::uint32_t begin);
  void search_ranges(const LookupTable& table, std::uint32_t begin);
  // The end of block `n`, a kTestInFrame: to `otherwise` if the frame is too short.
  void emit_frame_test(const Copy& copy, int n, EbpfAssembler::Label otherwise, const std::vector<bool>& reached);

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
  std::vector<std::uint64_t> table_;
  std::vector<std::uint32_t> table_at_;  // per table of the graph, its first byte in table_
};

}  // namespace ringtap
