// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Classic BPF → the body of an eBPF function: R1 = the hook's context in, R0 = the classic return value out. The body
// uses R0 to R5 and kFilterStackBytes of stack, reads its own table, changes neither packet nor context. Its verdict
// equals libpcap's bpf_filter() on the frame as it goes to the file (restored tag included), or is kRecheckVerdict.
// Pure function of its arguments, any thread. docs/filter.md describes the passes and the limits.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "filter/classic_program.hpp"
#include "filter/flow_graph.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// Returned if a loop (protochain) has more rounds than were unrolled, and for frames shorter than kRecheckBytes that
// end within what a ClassicRun asks for (run_tables.hpp): user space decides with FilterMatcher on the whole frame. A
// program that happens to compute this value is rechecked too, which does no harm.
constexpr std::uint32_t kRecheckVerdict = 0x8000'0000;

// How much stack a body uses, from TranslateOptions::stack_base down.
constexpr std::uint32_t kFilterStackBytes = 104;

// kPacket: a socket filter at an AF_PACKET socket, which may read the frame only by bpf_skb_load_bytes. kMemory: the
// frame is in memory that only bpf_probe_read_kernel can read, and the context is a MemoryFrame.
enum class FilterHook : std::uint8_t { kXdp, kTcIngress, kTcEgress, kPacket, kMemory };

struct MemoryFrame {
  std::uint64_t address;
  std::uint32_t length;  // bytes past it do not exist
  std::uint32_t wire_length;
  std::uint32_t ifindex;
  std::uint32_t outgoing;  // 1: sent, 0: received
};

struct TranslateOptions {
  FilterHook hook = FilterHook::kXdp;
  // XDP: bpf_xdp_load_bytes exists (Linux 5.18), frames may have fragments. False: bytes past data_end do not exist.
  bool xdp_load_bytes = true;
  // tc: the filter sees a tag from skb metadata where it was on the wire, at offset 12 of an Ethernet frame. False for
  // devices without a link-layer header, which have no place for it.
  bool vlan_view = true;
  bool long_jumps = false;  // Linux 6.6: 32-bit jump offsets; without them very large filters are refused
  // False: the body of a function, which ends with exit. True: it replaces the call instruction itself (it uses only
  // registers that a call may change), and execution continues after its last instruction. That saves the call, 1 to 7
  // ns with the return thunks of CPU mitigations; stack_base is then what the caller's frame uses, a multiple of 8.
  bool inlined = false;
  std::uint32_t stack_base = 0;
  std::uint32_t hardware_type = 1;  // ARPHRD_… of the device, for its ancillary load
};

struct FilterCode {
  std::vector<bpf_insn> insns;
  // The value of an array map with one element, if it is not empty: read by loads of an address with
  // BPF_PSEUDO_MAP_VALUE, whose first half gets the map's descriptor before the code is loaded (set_table()).
  std::vector<std::uint64_t> table;
};

// The passes that do not depend on the options, and for a large program are most of the work; lower() of lower.hpp is
// the rest. `unroll`: copies of a loop before the recheck.
Result<FlowGraph> prepare(const ClassicProgram& program, unsigned unroll = 8);

Result<FilterCode> translate(const ClassicProgram& program, const TranslateOptions& options);

// Puts the descriptor of the table's map into the code.
void set_table(std::vector<bpf_insn>& insns, int map_fd);

}  // namespace ringtap
