// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which bounds checks the fast path makes, and where. All loads of a block fail in the same way (the filter ends), so
// one check at its start can replace one per load; bytes that every continuation needs are checked together with the
// first load. If there is a slow path, a failed check leads there and decides nothing, so it may check more than is
// needed. Post-condition (guards_cover): on every path each packet load of the fast path lies in bytes checked before.
#pragma once

#include <cstdint>
#include <vector>

#include "filter/facts.hpp"
#include "filter/flow_graph.hpp"

namespace ringtap {

// How packet offsets map to the bytes in memory. Tagged: bytes 12 to 15 are in skb metadata, later ones are 4 earlier.
enum class FrameView : std::uint8_t { kPlain, kTagged };

constexpr std::uint32_t kTagBegin = 12;
constexpr std::uint32_t kTagEnd = 16;
constexpr std::uint32_t kTagSize = kTagEnd - kTagBegin;

// The verifier loses a packet pointer whose variable offset may reach past this (MAX_PACKET_OFF,
// kernel/bpf/verifier.c).
constexpr std::uint32_t kMaxPacketOffset = 0xffff;
// Load offsets are signed 16 bits.
constexpr std::uint32_t kMaxFastEnd = 0x7fff;

struct BlockGuard {
  bool slow_only = false;              // the block has a load the fast path has no code for
  std::uint32_t absolute = 0;          // check that memory has this many bytes; 0: nothing to check
  std::uint32_t indirect = 0;          // check data + X + this; 0: nothing to check
  std::uint32_t indirect_base = 0;     // where the checked pointer is during the block, as an offset to data + X
  std::uint32_t x_at_most = kNoBound;  // check X first
  std::uint32_t x_at_least = 0;        // tagged view: smaller X would reach into the tag
  std::uint32_t least_bytes = 0;       // frames with fewer bytes in memory are rejected from here on in any case
};

// What a failed guard means. Without a slow path it means "no match", so no guard may check more than is needed.
enum class GuardFailure : std::uint8_t { kSlowPath, kReject };

std::vector<BlockGuard> place_guards(const FlowGraph& graph, const std::vector<Bounds>& bounds, FrameView view,
                                     GuardFailure failure);

[[nodiscard]] bool guards_cover(const FlowGraph& graph, const std::vector<BlockGuard>& guards, FrameView view);

}  // namespace ringtap
