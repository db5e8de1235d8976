// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which bounds checks the fast path makes, and where. All loads of a block fail alike (the filter ends), so a check at
// its start is as good as one per load; and what every continuation needs anyway is checked by the first who loads.
// A failed check is not a verdict where there is a slow path to go to, so it may ask for more than is needed here.
// Post-condition (guards_cover): on every path each packet load of the fast path lies in bytes checked before.
#pragma once

#include <cstdint>
#include <vector>

#include "filter/facts.hpp"
#include "filter/flow_graph.hpp"

namespace ringtap {

// How packet offsets map to the bytes in memory. Tagged: bytes 12 to 15 stand in skb metadata, later ones 4 before.
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
  std::uint32_t indirect_base = 0;     // where the checked pointer stands during the block, as offset to data + X
  std::uint32_t x_at_most = kNoBound;  // check X first
  std::uint32_t x_at_least = 0;        // tagged view: smaller X would reach into the tag
  std::uint32_t least_bytes = 0;       // frames with fewer bytes in memory are rejected from here on in any case
};

// What a failed guard means. Without a slow path it is the verdict 0, so no guard may ask for more than must be there.
enum class GuardFailure : std::uint8_t { kSlowPath, kReject };

std::vector<BlockGuard> place_guards(const FlowGraph& graph, const std::vector<Bounds>& bounds, FrameView view,
                                     GuardFailure failure);

[[nodiscard]] bool guards_cover(const FlowGraph& graph, const std::vector<BlockGuard>& guards, FrameView view);

}  // namespace ringtap
