// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The correlator's part for packets that are the same bytes divided differently: GRO, segmentation, fragments.
#include "compare/correlator.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/mix.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kMergeWindowNs = 100'000'000;  // frames that GRO merges come closer together
constexpr int kPathSteps = 1024;                       // among frames and superframes of one flow
constexpr int kMostFragments = 128;                    // that wait for their datagrams, between two hosts …
constexpr std::size_t kMostDatagrams = 8;              // … and how many IPv6 datagrams they may belong to

// Mixed into the hash of a path chain, to keep the kinds apart.
enum Path : std::uint64_t { kFrames = 1, kSuperframes = 2, kFragments = 3 };

// Taps at which a superframe is not segmented yet; AF_PACKET's transmit tap and the driver come later.
bool is_before_segmentation(const RecordView& record) {
  if (record.tap == Tap::kTcEgress) return true;
  return record.tap == Tap::kNetfilter && record.trace && record.trace->hook >= NetfilterHook::kForward;
}
bool is_after_segmentation(Tap tap) {
  return tap == Tap::kStackOut || tap == Tap::kPacketOut;
}
// Segments that come in again over loopback, in new sk_buffs if XDP had to copy them.
bool may_come_back(Tap tap) {
  return tap == Tap::kXdp || tap == Tap::kStackIn || tap == Tap::kPacketIn || tap == Tap::kTcIngress ||
         tap == Tap::kNetfilter || tap == Tap::kSocket;
}

// GRO and GSO apply to these, if they have a payload.
bool may_be_merged(const PacketKey& key) {
  const std::uint8_t protocol = key.proof.protocol;
  return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && key.proof.payload_len != 0 && !key.is_fragment();
}

// An IPv6 datagram does not have the number that its fragments have.
std::uint64_t fragment_chain(const PacketKey& key) {
  return mix(key.proof.version == 4 ? key.datagram() : key.hosts, kFragments);
}

// Fragments of a datagram have no ports; TCP segments have nothing in common but their flow.
std::uint64_t superframe_chain(const PacketKey& key) {
  return mix(key.proof.protocol == IPPROTO_TCP ? key.flow : key.hosts, kSuperframes);
}

}  // namespace

// GRO: frames of the flow that only XDP has seen, and whose bytes are in this record.
std::uint32_t Correlator::merge(const RecordView& record, const PacketKey& key) {
  if (record.tap == Tap::kXdp || !may_be_merged(key)) return kNone;
  std::uint32_t at = chains_.last(mix(key.flow, kFrames));
  if (at == kNone) return kNone;
  const std::uint32_t length = key.proof.payload_len;
  merging_.clear();
  std::uint64_t sum = 0;
  const auto take = [&](std::uint32_t packet) {
    merging_.push_back(packet);
    sum += packets_[packet].history.proof.payload_len;
  };
  if (key.proof.protocol == IPPROTO_TCP) {
    for (int i = 0; at != kNone && i < kPathSteps && sum < length; ++i, at = chains_.previous(at)) {
      const Packet& frame = packets_[packet_of(at)];
      if (frame.history.last_ns + kMergeWindowNs < record.time_ns) break;
      const std::uint64_t offset = frame.history.proof.sequence - key.proof.sequence;
      if (offset + frame.history.proof.payload_len <= length && sum + frame.history.proof.payload_len <= length)
        take(packet_of(at));
    }
    std::reverse(merging_.begin(), merging_.end());
  } else {
    // UDP has no sequence numbers: from the frame with the same IP id on, as many in a row as have its length.
    at = chains_.first(mix(key.flow, kFrames));
    for (int i = 0; at != kNone && i < kPathSteps && sum < length; ++i, at = chains_.next(at)) {
      const Packet& frame = packets_[packet_of(at)];
      if (frame.history.last_ns + kMergeWindowNs < record.time_ns) continue;
      if (!merging_.empty() || frame.history.proof.ip_id == key.proof.ip_id) take(packet_of(at));
    }
    if (sum != length) return kNone;
  }
  if (merging_.empty()) return kNone;

  const std::uint32_t whole = packets_.add();
  Packet& merged = packets_[whole];
  merged.history = packets_[merging_.front()].history;
  merged.history.endpoints = key.endpoints;
  merged.history.payload_len = length;
  merged.history.proof = key.proof;
  merged.flow = key.flow;
  std::uint32_t* link = &merged.members;
  for (const std::uint32_t member : merging_) {
    leave_chains(member);
    packets_.leave_age(member);
    merged.history.number = std::min(merged.history.number, packets_[member].history.number);
    *link = member;
    link = &packets_[member].next_member;
  }
  link_content(whole, key);
  packets_.enter_age(whole);
  return whole;
}

// Software segmentation and fragmentation: finds the packet that contains the record's bytes.
std::uint32_t Correlator::superframe_of(const RecordView& record, const PacketKey& key, std::uint16_t place) {
  const bool after = is_after_segmentation(record.tap);
  if (!key.is_fragment() && !((after || may_come_back(record.tap)) && may_be_merged(key))) return kNone;
  std::uint32_t at = chains_.first(superframe_chain(key));
  constexpr std::uint32_t kMostSegments = 64;
  for (int i = 0; at != kNone && i < kPathSteps; ++i, at = chains_.next(at)) {
    Packet& whole = packets_[packet_of(at)];
    if (key.proof.payload_len >= whole.history.proof.payload_len) continue;
    if (!after && !key.is_fragment() && !whole.history.came_back) continue;
    bool part = false;
    if (key.is_fragment()) {
      // An IPv6 datagram gets a number only as it is fragmented.
      const std::uint32_t ip_id = whole.history.proof.version == 4 ? whole.history.proof.ip_id : whole.fragment_id;
      const bool is_free = whole.history.proof.version == 6 && ip_id == 0 && whole.history.drop.time_ns == 0;
      part = ip_id == key.proof.ip_id || is_free;
    } else if (key.proof.protocol == IPPROTO_TCP) {
      const std::uint64_t offset = key.proof.sequence - whole.history.proof.sequence;
      part = offset + key.proof.payload_len <= whole.history.proof.payload_len;
    } else {
      part = whole.flow == key.flow && ((key.proof.ip_id - whole.history.proof.ip_id) & 0xffff) < kMostSegments;
    }
    if (!part || packets_.has_passed(packet_of(at), place, key.proof.payload_len)) continue;
    if (key.is_fragment() && whole.history.proof.version == 6) whole.fragment_id = key.proof.ip_id;
    return packet_of(at);
  }
  return kNone;
}

void Correlator::link_path(std::uint32_t packet, const RecordView& record, const PacketKey& key) {
  if (record.tap == Tap::kXdp && may_be_merged(key)) chains_.append(node(packet, kPath), mix(key.flow, kFrames));
  if (key.is_fragment()) {
    chains_.append(node(packet, kPath), fragment_chain(key));
  } else if (key.proof.version == 4 || key.proof.payload_len != 0) {
    end_fragments(packets_[packet].history.number, key);
  }
}

// The number of the fragments of a chain that make up a datagram with so much payload; nothing: there are none. An IPv6
// datagram itself does not have it.
std::optional<std::uint32_t> Correlator::whole_fragments_of(std::uint64_t chain, std::uint32_t payload_len) {
  struct Datagram {
    std::optional<std::uint32_t> ip_id;
    std::uint64_t sum = 0;
    bool has_first = false;
    bool has_last = false;
  };
  std::array<Datagram, kMostDatagrams> datagrams;
  std::uint32_t at = chains_.first(chain);
  for (int i = 0; at != kNone && i < kMostFragments; ++i, at = chains_.next(at)) {
    const NatProof& fragment = packets_[packet_of(at)].history.proof;
    const auto same = [&](const Datagram& one) { return !one.ip_id || one.ip_id == fragment.ip_id; };
    auto* const datagram = std::find_if(datagrams.begin(), datagrams.end(), same);
    if (datagram == datagrams.end()) continue;
    datagram->ip_id = fragment.ip_id;
    datagram->sum += fragment.payload_len;
    datagram->has_first = datagram->has_first || fragment.fragment == 1;
    datagram->has_last = datagram->has_last || (fragment.fragment & 1) == 0;
  }
  const auto* const whole = std::find_if(datagrams.begin(), datagrams.end(), [&](const Datagram& one) {
    return one.has_first && one.has_last && one.sum == payload_len;
  });
  return whole == datagrams.end() ? std::nullopt : whole->ip_id;
}

// The datagram that was reassembled from previous fragments, which have its number.
void Correlator::end_fragments(std::uint64_t number, const PacketKey& key) {
  const std::uint64_t hash = fragment_chain(key);
  // A packet that may not be fragmented has the number 0 as well, and so has every 65,536th that may.
  const bool is_numbered = key.proof.version == 4 && key.proof.ip_id != 0;
  const std::optional<std::uint32_t> ip_id =
      is_numbered ? key.proof.ip_id : whole_fragments_of(hash, key.proof.payload_len);
  if (!ip_id) return;
  std::uint32_t at = chains_.first(hash);
  for (int i = 0; at != kNone && i < kMostFragments; ++i) {
    const std::uint32_t fragment = packet_of(at);
    at = chains_.next(at);
    if (packets_[fragment].history.proof.ip_id != ip_id) continue;
    packets_[fragment].history.reassembled_into = number;
    // If the datagram is fragmented again, the fragments are its own, though the same sk_buffs may hold them.
    leave_chains(fragment);
  }
}

void Correlator::note_path(std::uint32_t index, const RecordView& record, const PacketKey& key) {
  if (record.tap == Tap::kXdp) return;
  Packet& packet = packets_[index];
  const std::uint32_t path = node(index, kPath);
  const bool whole = key.proof.payload_len == packet.history.proof.payload_len;
  if (packet.history.proof.fragment != 0) return;  // waits for its datagram
  if (is_before_segmentation(record)) {
    const std::uint64_t hash = superframe_chain(key);
    if (!whole || key.proof.version == 0 || key.proof.payload_len == 0 || packet.history.sent > 0) return;
    if (chains_.contains(path) && chains_.hash_of(path) == hash) return;
    chains_.remove(path);
    chains_.append(path, hash);
    return;
  }
  const bool is_frame = chains_.contains(path) && chains_.hash_of(path) == mix(packet.flow, kFrames);
  if (is_frame || (whole && is_after_segmentation(record.tap))) chains_.remove(path);
}

}  // namespace ringtap
