// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/correlator.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <limits>

#include "compare/mix.hpp"

namespace ringtap {
namespace {

// Among identical packets, one last seen longer ago comes after the others: unless queued, it has left the kernel.
constexpr std::uint64_t kIdleNs = 10'000'000;
constexpr std::uint64_t kMergeWindowNs = 100'000'000;  // frames that GRO merges come closer together
constexpr int kLookAhead = 64;                         // among identical packets
constexpr int kPathSteps = 1024;                       // among frames and superframes of one flow
constexpr int kStepsWithoutCursor = 4;
constexpr std::size_t kMaxCursors = 1U << 16;
constexpr std::int64_t kXdpDrop = 1;  // <linux/bpf.h>

// Mixed into the hash of a path chain, to keep the kinds apart.
enum Path : std::uint64_t { kFrames = 1, kSuperframes = 2, kFragments = 3 };

bool is_freed_tap(Tap tap) {
  return tap == Tap::kDrop || tap == Tap::kEnd;
}

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

// Fragments of a datagram have no ports; TCP segments have nothing in common but their flow.
std::uint64_t superframe_chain(const PacketKey& key) {
  return mix(key.proof.protocol == IPPROTO_TCP ? key.flow : key.hosts, kSuperframes);
}

}  // namespace

std::uint64_t Correlator::add(const RecordView& record, const PacketKey& key, std::uint16_t place,
                              const FreedBy& freed) {
  ++counts_.records;
  expire(record.time_ns);
  // Room for a superframe as well as for a packet.
  while (packets_.open() + 1 >= options_.max_packets && packets_.oldest() != kNone) finish(packets_.oldest(), true);

  const bool followed = record.trace && record.trace->followed;
  const bool other_netns = record.trace && record.trace->other_netns;
  const std::uint64_t address = record.trace ? record.trace->skb : 0;
  const bool is_freed = is_freed_tap(record.tap);
  // A copy may be given to each of several sockets, and copies are freed one by one.
  const bool joins = is_freed || record.tap == Tap::kSocket;
  Buffer* buffer = address == 0 ? nullptr : buffer_of(address, key, place, joins);
  std::uint32_t packet = buffer == nullptr ? kNone : buffer->packet;
  if (packet == kNone) packet = by_content(key, place, record, joins);
  if (packet == kNone) packet = merge(record, key);
  if (packet == kNone) packet = superframe_of(record, key, place);
  if (packet == kAmbiguous) {
    ++counts_.ambiguous;
    return 0;
  }
  if (packet == kNone) {
    std::uint64_t* const why = other_netns ? &counts_.other_netns
                               : followed  ? &counts_.reused_skb
                               : record.tap == Tap::kEnd || freed.ends_nothing || freed.was_queued
                                   ? &counts_.unknown_end
                               : counts_.packets >= options_.follow ? &counts_.over_limit
                                                                    : nullptr;
    if (why != nullptr) {
      ++*why;
      return 0;
    }
    packet = start(record, key);
  }
  ++counts_.matched;
  if (buffer == nullptr && address != 0 && !is_freed) {
    forget_buffers();
    buffer = &buffers_[address];
    *buffer = {packets_[packet].history.number, packet, false, false, key.proof};
  }
  const std::uint64_t number = packets_[packet].history.number;
  see(packet, record, key, place, buffer, freed);
  if (is_freed && buffer != nullptr) buffers_.erase(address);
  return number;
}

Correlator::Buffer* Correlator::buffer_of(std::uint64_t address, const PacketKey& key, std::uint16_t place,
                                          bool joins) {
  Buffer* buffer = buffers_.find(address);
  if (buffer == nullptr) return nullptr;
  const Packet& packet = packets_[buffer->packet];
  const bool lives = packet.is_open && packet.history.number == buffer->number && may_be_same(buffer->proof, key.proof);
  if (lives && (joins || !packets_.has_passed(buffer->packet, place, key.proof.payload_len))) return buffer;
  buffers_.erase(address);
  return nullptr;
}

std::uint32_t Correlator::by_content(const PacketKey& key, std::uint16_t place, const RecordView& record, bool joins) {
  if (!key.payload_known) return by_outline(key, place);
  std::uint32_t found = first_fit(key.content, key, place, record.time_ns);
  if (found == kNone && key.needs_payload && open_outlines_ > 0) {
    std::uint32_t at = chains_.first(key.outline);
    for (int i = 0; at != kNone && i < kLookAhead && found == kNone; ++i, at = chains_.next(at)) {
      const std::uint32_t packet = packet_of(at);
      if (!packets_[packet].payload_known && !packets_.has_passed(packet, place, key.proof.payload_len)) found = packet;
    }
  }
  if (found == kNone && joins) {
    const std::uint32_t last = chains_.last(key.content);
    if (last != kNone && packets_[packet_of(last)].history.has_skb) found = packet_of(last);
  }
  return found;
}

// The record was cut before its payload ends: it can be matched only if all candidates are identical.
std::uint32_t Correlator::by_outline(const PacketKey& key, std::uint16_t place) {
  const std::uint32_t found = first_fit(key.outline, key, place, now_ns_);
  if (found == kNone || !packets_[found].payload_known) return found;
  std::uint32_t at = chains_.next(node(found, kOutline));
  for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
    const std::uint32_t other = packet_of(at);
    if (packets_[other].proof.payload_hash != packets_[found].proof.payload_hash &&
        !packets_.has_passed(other, place, key.proof.payload_len)) {
      return kAmbiguous;
    }
  }
  return found;
}

// The first packet of a chain that has not been seen at the place. A cursor remembers the last one that had, so that a
// hundred thousand identical packets are not searched for each record.
std::uint32_t Correlator::first_fit(std::uint64_t hash, const PacketKey& key, std::uint16_t place,
                                    std::uint64_t time_ns) {
  std::uint32_t at = chains_.first(hash);
  if (at == kNone) return kNone;
  if (chains_.next(at) == kNone) {
    return packets_.has_passed(packet_of(at), place, key.proof.payload_len) ? kNone : packet_of(at);
  }
  const std::uint64_t cursor_key = mix(hash, place);
  if (const Cursor* cursor = cursors_.find(cursor_key)) {
    const bool valid = chains_.contains(cursor->node) && chains_.hash_of(cursor->node) == hash &&
                       packets_[packet_of(cursor->node)].history.number == cursor->number;
    if (valid) at = cursor->node;
  }
  std::uint32_t passed = kNone;
  int steps = 0;
  for (; at != kNone && packets_.has_passed(packet_of(at), place, key.proof.payload_len);
       at = chains_.next(at), ++steps) {
    passed = at;
  }
  if (steps > kStepsWithoutCursor) {
    if (cursors_.size() >= kMaxCursors) cursors_.clear();
    cursors_[cursor_key] = {packets_[packet_of(passed)].history.number, passed};
  }
  if (at == kNone) return kNone;

  const auto is_idle = [&](auto other) { return packets_[packet_of(other)].history.last_ns + kIdleNs < time_ns; };
  if (is_idle(at)) {
    std::uint32_t best = at;
    std::uint32_t other = chains_.last(hash);
    for (int i = 0; i < kLookAhead && other != kNone && !is_idle(other); ++i, other = chains_.previous(other)) {
      if (packets_.has_passed(packet_of(other), place, key.proof.payload_len)) break;
      best = other;
    }
    at = best;
  }
  return packet_of(at);
}

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
    sum += packets_[packet].proof.payload_len;
  };
  if (key.proof.protocol == IPPROTO_TCP) {
    for (int i = 0; at != kNone && i < kPathSteps && sum < length; ++i, at = chains_.previous(at)) {
      const Packet& frame = packets_[packet_of(at)];
      if (frame.history.last_ns + kMergeWindowNs < record.time_ns) break;
      const std::uint64_t offset = frame.proof.sequence - key.proof.sequence;
      if (offset + frame.proof.payload_len <= length && sum + frame.proof.payload_len <= length) take(packet_of(at));
    }
    std::reverse(merging_.begin(), merging_.end());
  } else {
    // UDP has no sequence numbers: from the frame with the same IP id on, as many in a row as have its length.
    at = chains_.first(mix(key.flow, kFrames));
    for (int i = 0; at != kNone && i < kPathSteps && sum < length; ++i, at = chains_.next(at)) {
      const Packet& frame = packets_[packet_of(at)];
      if (frame.history.last_ns + kMergeWindowNs < record.time_ns) continue;
      if (!merging_.empty() || frame.proof.ip_id == key.proof.ip_id) take(packet_of(at));
    }
    if (sum != length) return kNone;
  }
  if (merging_.empty()) return kNone;

  const std::uint32_t whole = packets_.add();
  Packet& merged = packets_[whole];
  merged.history = packets_[merging_.front()].history;
  merged.history.endpoints = key.endpoints;
  merged.history.payload_len = length;
  merged.proof = key.proof;
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

// Software segmentation and IPv4 fragmentation: finds the packet that contains the record's bytes.
std::uint32_t Correlator::superframe_of(const RecordView& record, const PacketKey& key, std::uint16_t place) {
  const bool after = is_after_segmentation(record.tap);
  if (!key.is_fragment() && !((after || may_come_back(record.tap)) && may_be_merged(key))) return kNone;
  std::uint32_t at = chains_.first(superframe_chain(key));
  constexpr std::uint32_t kMostSegments = 64;
  for (int i = 0; at != kNone && i < kPathSteps; ++i, at = chains_.next(at)) {
    const Packet& whole = packets_[packet_of(at)];
    if (key.proof.payload_len >= whole.proof.payload_len) continue;
    if (!after && !key.is_fragment() && !whole.history.came_back) continue;
    bool part = false;
    if (key.is_fragment()) {
      part = whole.proof.ip_id == key.proof.ip_id;
    } else if (key.proof.protocol == IPPROTO_TCP) {
      const std::uint64_t offset = key.proof.sequence - whole.proof.sequence;
      part = offset + key.proof.payload_len <= whole.proof.payload_len;
    } else {
      part = whole.flow == key.flow && ((key.proof.ip_id - whole.proof.ip_id) & 0xffff) < kMostSegments;
    }
    if (part && !packets_.has_passed(packet_of(at), place, key.proof.payload_len)) return packet_of(at);
  }
  return kNone;
}

std::uint32_t Correlator::start(const RecordView& record, const PacketKey& key) {
  const std::uint32_t index = packets_.add();
  Packet& packet = packets_[index];
  packet.history.number = ++numbers_;
  packet.history.first_ns = record.time_ns;
  packet.history.endpoints = key.endpoints;
  packet.history.payload_len = key.proof.payload_len;
  packet.proof = key.proof;
  packet.flow = key.flow;
  ++counts_.packets;
  link_content(index, key);
  packets_.enter_age(index);
  if (record.tap == Tap::kXdp && may_be_merged(key)) chains_.append(node(index, kPath), mix(key.flow, kFrames));
  if (key.proof.version == 4 && key.is_fragment()) {
    chains_.append(node(index, kPath), mix(key.datagram(), kFragments));
  } else if (key.proof.version == 4 && key.proof.ip_id != 0) {
    end_fragments(packet.history.number, key);
  }
  return index;
}

void Correlator::link_content(std::uint32_t packet, const PacketKey& key) {
  packets_[packet].payload_known = key.payload_known;
  if (key.payload_known) {
    chains_.append(node(packet, kFirstContent), key.content);
  } else {
    ++open_outlines_;
  }
  if (key.needs_payload) chains_.append(node(packet, kOutline), key.outline);
}

// The datagram that was reassembled from previous fragments.
void Correlator::end_fragments(std::uint64_t number, const PacketKey& key) {
  const std::uint64_t hash = mix(key.datagram(), kFragments);
  for (std::uint32_t at = chains_.first(hash); at != kNone; at = chains_.first(hash)) {
    packets_[packet_of(at)].history.reassembled_into = number;
    chains_.remove(at);
  }
}

void Correlator::see(std::uint32_t index, const RecordView& record, const PacketKey& key, std::uint16_t place,
                     Buffer* buffer, const FreedBy& freed) {
  Observation& seen = packets_.observation(index, place, record.time_ns);
  Packet& packet = packets_[index];
  ++seen.records;
  seen.wire_bytes += record.wire_len;
  seen.payload += std::min(key.proof.payload_len, std::numeric_limits<std::uint32_t>::max() - seen.payload);
  packet.history.first_ns = std::min(packet.history.first_ns, record.time_ns);
  packet.history.last_ns = std::max(packet.history.last_ns, record.time_ns);
  packets_.leave_age(index);
  note_outcome(index, record, place, buffer, freed);
  packets_.enter_age(index);
  if (may_be_same(packet.proof, key.proof)) note_content(index, key);
  note_path(index, record, key);
  if (buffer != nullptr && record.tap != Tap::kSocket && !is_freed_tap(record.tap)) packet.history.has_skb = true;
}

void Correlator::note_outcome(std::uint32_t index, const RecordView& record, std::uint16_t place, Buffer* buffer,
                              const FreedBy& freed) {
  PacketHistory& history = packets_[index].history;
  const bool other_netns = record.trace && record.trace->other_netns;
  switch (record.tap) {
    case Tap::kXdp:
      if (record.verdict && record.verdict->value == kXdpDrop) history.xdp_dropped = true;
      [[fallthrough]];
    case Tap::kStackIn:
      if (history.sent > 0 && !other_netns && record.ifindex == packets_[index].sent_ifindex) history.came_back = true;
      return;
    case Tap::kSocket:
      if (buffer == nullptr || !buffer->delivered) ++history.delivered;
      history.delivered_at = place;
      if (buffer != nullptr) buffer->delivered = true;
      return;
    case Tap::kStackOut:
      if (buffer == nullptr || !buffer->sent) ++history.sent;
      history.sent_at = place;
      history.came_back = false;
      packets_[index].sent_ifindex = record.ifindex;
      if (buffer != nullptr) buffer->sent = true;
      return;
    case Tap::kPacketOut:
      history.packet_out = true;
      if (history.sent == 0) history.sent_at = place;
      return;
    case Tap::kDrop:
    case Tap::kEnd:
      break;
    case Tap::kUnknown:
    case Tap::kTcIngress:
    case Tap::kTcEgress:
    case Tap::kPacketIn:
    case Tap::kNetfilter:
      return;
  }
  if (freed.ends_nothing) return;
  const Freed how{freed.reason, freed.function, record.time_ns, other_netns};
  const bool is_own = buffer != nullptr || !history.has_skb;
  if (freed.is_cut && record.tap == Tap::kEnd) {
    history.cut = how;
    return;
  }
  if (record.tap == Tap::kEnd || freed.after_use) {
    if (is_own) history.end = how;
    return;
  }
  if (!is_own) {
    history.copy_drop = how;
    return;
  }
  history.drop = how;
  if (buffer != nullptr && buffer->delivered) --history.delivered;
  if (buffer != nullptr && buffer->sent) --history.sent;
}

// After NAT the packet is also found by its new content, and by its payload once a record has it.
void Correlator::note_content(std::uint32_t index, const PacketKey& key) {
  Packet& packet = packets_[index];
  const std::uint32_t first = node(index, kFirstContent);
  const std::uint32_t last = node(index, kLastContent);
  const std::uint32_t outline = node(index, kOutline);
  if (key.payload_known && !packet.payload_known) {
    packet.payload_known = true;
    packet.proof.payload_hash = key.proof.payload_hash;
    --open_outlines_;
    chains_.append(first, key.content);
  }
  if (key.payload_known && chains_.hash_of(first) != key.content &&
      (!chains_.contains(last) || chains_.hash_of(last) != key.content)) {
    chains_.remove(last);
    chains_.append(last, key.content);
    packet.flow = key.flow;
  }
  if (chains_.contains(outline) && chains_.hash_of(outline) != key.outline) {
    chains_.remove(outline);
    chains_.append(outline, key.outline);
  }
}

void Correlator::note_path(std::uint32_t index, const RecordView& record, const PacketKey& key) {
  if (record.tap == Tap::kXdp) return;
  Packet& packet = packets_[index];
  const std::uint32_t path = node(index, kPath);
  const bool whole = key.proof.payload_len == packet.proof.payload_len;
  if (packet.proof.fragment != 0) return;  // waits for its datagram
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

bool Correlator::set_rule(const PacketKey& key, std::uint32_t rule, bool dropped) {
  std::uint32_t at = chains_.first(key.payload_known ? key.content : key.outline);
  for (int i = 0; at != kNone && i < kPathSteps; ++i, at = chains_.next(at)) {
    PacketHistory& history = packets_[packet_of(at)].history;
    if (history.rule != kNoText || (dropped && history.drop.time_ns == 0)) continue;
    history.rule = rule;
    return true;
  }
  return false;
}

// Addresses of finished packets are kept until they are reused; when there are many, they are removed together.
void Correlator::forget_buffers() {
  if (buffers_.size() < sweep_at_) return;
  buffers_.erase_if([this](const Buffer& buffer) {
    const Packet& packet = packets_[buffer.packet];
    return !packet.is_open || packet.history.number != buffer.number;
  });
  sweep_at_ = std::max(kFewBuffers, 2 * buffers_.size());
}

void Correlator::leave_chains(std::uint32_t packet) {
  for (std::uint32_t kind = 0; kind < kNodes; ++kind) chains_.remove(node(packet, static_cast<Node>(kind)));
  if (!packets_[packet].payload_known) --open_outlines_;
  packets_[packet].payload_known = true;
}

void Correlator::expire(std::uint64_t now_ns) {
  now_ns_ = std::max(now_ns_, now_ns);
  for (const bool freed : {false, true}) {
    const std::uint64_t limit = freed ? options_.freed_age_ns : options_.age_ns;
    for (std::uint32_t packet = packets_.oldest(freed); packet != kNone; packet = packets_.oldest(freed)) {
      if (packets_[packet].history.last_ns + limit >= now_ns_) break;
      finish(packet, false);
    }
  }
}

void Correlator::finish_all() {
  while (packets_.oldest() != kNone) finish(packets_.oldest(), false);
}

void Correlator::finish(std::uint32_t index, bool evicted) {
  leave_chains(index);
  packets_.leave_age(index);
  packets_[index].history.is_evicted = evicted;
  if (evicted) ++counts_.evicted;
  if (packets_[index].members == kNone) {
    gathered_.clear();
    packets_.gather(index, gathered_);
    finished_(packets_[index].history, gathered_);
    packets_.release(index);
    return;
  }
  bool is_first = true;
  for (std::uint32_t at = packets_[index].members; at != kNone;) {
    const std::uint32_t following = packets_[at].next_member;
    gathered_.clear();
    packets_.gather(at, gathered_);
    const std::size_t own = gathered_.size();
    packets_.gather(index, gathered_);
    // The superframe's records are counted only once.
    for (std::size_t i = own; !is_first && i < gathered_.size(); ++i) {
      gathered_[i].records = 0;
      gathered_[i].wire_bytes = 0;
    }
    is_first = false;
    PacketHistory history = packets_[index].history;
    history.number = packets_[at].history.number;
    history.first_ns = packets_[at].history.first_ns;
    history.endpoints = packets_[at].history.endpoints;
    history.payload_len = packets_[at].history.payload_len;
    history.xdp_dropped = packets_[at].history.xdp_dropped;
    history.is_merged = true;
    finished_(history, gathered_);
    packets_.release(at);
    at = following;
  }
  packets_.release(index);
}

}  // namespace ringtap
