// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/packet_ids.hpp"

#include "base/mix.hpp"

namespace ringtap {
namespace {

// A tap at a device, or one side of a netfilter hook there.
std::uint64_t place_bit(const RecordView& record) {
  constexpr unsigned kBits = 64;
  const Trace& trace = *record.trace;
  const auto where = static_cast<std::uint64_t>(record.tap) | static_cast<std::uint64_t>(trace.hook) << 8 |
                     (trace.last ? std::uint64_t{1} << 16 : 0);
  return std::uint64_t{1} << mix(mix(where, record.ifindex), trace.netns) % kBits;
}

}  // namespace

std::uint64_t PacketIds::of(const RecordView& record) {
  if (!record.trace || record.trace->skb == 0) return ++last_;
  if (buffers_.size() >= kMostBuffers) buffers_.clear();
  const NatProof proof = packet_key(record).proof;
  const std::uint64_t place = place_bit(record);
  Buffer& buffer = buffers_[record.trace->skb];
  const bool is_known = buffer.id != 0 && may_be_same(buffer.proof, proof) && (buffer.places & place) == 0;
  if (!is_known) buffer = {.id = ++last_, .places = 0, .proof = proof};
  buffer.places |= place;
  const std::uint64_t id = buffer.id;
  if (record.tap == Tap::kDrop || record.tap == Tap::kEnd) buffers_.erase(record.trace->skb);
  return id;
}

}  // namespace ringtap
