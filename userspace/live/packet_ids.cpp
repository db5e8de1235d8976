// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/packet_ids.hpp"

namespace ringtap {
namespace {

// A tap, or one side of a netfilter hook.
std::uint64_t place_bit(const RecordView& record) {
  const Trace& trace = *record.trace;
  const auto hook = record.tap == Tap::kNetfilter ? 2 * static_cast<unsigned>(trace.hook) + (trace.last ? 1 : 0) : 0;
  constexpr unsigned kTaps = kTapTraits.size(), kHookSides = 2 * kNetfilterHookNames.size();
  static_assert(kTaps + kHookSides <= 64);
  return std::uint64_t{1} << (record.tap == Tap::kNetfilter ? kTaps + hook : static_cast<unsigned>(record.tap));
}

}  // namespace

std::uint64_t PacketIds::of(const RecordView& record) {
  if (!record.trace || record.trace->skb == 0) return next();
  if (buffers_.size() >= kMostBuffers) buffers_.clear();
  const NatProof proof = packet_key(record).proof;
  const std::uint64_t place = place_bit(record);
  Buffer& buffer = buffers_[record.trace->skb];
  if (buffer.ifindex != record.ifindex || buffer.netns != record.trace->netns) buffer.places = 0;
  const bool is_known = buffer.id != 0 && may_be_same(buffer.proof, proof) && (buffer.places & place) == 0;
  if (!is_known) buffer = {.id = next(), .proof = proof};
  buffer.places |= place;
  buffer.ifindex = record.ifindex;
  buffer.netns = record.trace->netns;
  const std::uint64_t id = buffer.id;
  if (record.tap == Tap::kDrop || record.tap == Tap::kEnd) buffers_.erase(record.trace->skb);
  return id;
}

}  // namespace ringtap
