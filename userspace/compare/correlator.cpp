// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/correlator.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <limits>

#include "base/mix.hpp"
#include "record/capture_format.hpp"

namespace ringtap {
namespace {

// Among identical packets, one last seen longer ago comes after the others: unless queued, it has left the kernel.
constexpr std::uint64_t kIdleNs = 10'000'000;
constexpr int kRuleSteps = 1024;  // among packets of the content that a rule was applied to
constexpr std::size_t kMaxCursors = 1U << 16;
constexpr std::int64_t kXdpDrop = 1;  // <linux/bpf.h>

bool is_egress(Tap tap) {
  return tap == Tap::kTcEgress || tap == Tap::kPacketOut || tap == Tap::kStackOut;
}
// At OUTPUT or POSTROUTING: not yet at a device.
bool is_on_its_way_out(const RecordView& record) {
  return record.tap == Tap::kNetfilter && record.trace->hook >= NetfilterHook::kOutput;
}
bool is_freed_tap(Tap tap) {
  return tap == Tap::kDrop || tap == Tap::kEnd;
}

}  // namespace

std::uint64_t Correlator::add(const RecordView& record, const PacketKey& key, const RecordPlace& at,
                              const FreedBy& freed, const ToldOwners& owners) {
  const std::uint16_t place = at.number;
  ++counts_.records;
  owners_ = owners;
  device_ = at.device;
  if (record.tap == Tap::kEnd) sees_frees_ = true;
  expire(record.time_ns);
  // Room for a superframe as well as for a packet.
  while (packets_.open() + 1 >= options_.max_packets && packets_.oldest() != kNone) finish(packets_.oldest(), true);

  const bool followed = record.trace && record.trace->followed;
  const bool other_netns = record.trace && record.trace->other_netns;
  const std::uint64_t address = record.trace ? record.trace->skb : 0;
  const bool is_freed = is_freed_tap(record.tap);
  // A copy may be given to each of several sockets, and copies are freed one by one.
  const bool joins = is_freed || record.tap == Tap::kSocket;
  if (is_freed && is_reassembled(address)) {
    buffers_.erase(address);
    ++counts_.unknown_end;
    return 0;
  }
  Buffer* buffer = address == 0 ? nullptr : buffer_of(address, record, key, place, joins);
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
    *buffer = {.number = packets_[packet].history.number, .packet = packet, .proof = key.proof};
  }
  const std::uint64_t number = packets_[packet].history.number;
  see(packet, record, key, place, buffer, freed);
  if (is_freed && buffer != nullptr) buffers_.erase(address);
  return number;
}

// The sk_buff of a fragment that is part of a datagram now; where it is freed tells nothing of either.
bool Correlator::is_reassembled(std::uint64_t address) {
  const Buffer* buffer = address == 0 ? nullptr : buffers_.find(address);
  if (buffer == nullptr) return false;
  const Packet& packet = packets_[buffer->packet];
  return packet.is_open && packet.history.number == buffer->number && packet.history.reassembled_into != 0;
}

Correlator::Buffer* Correlator::buffer_of(std::uint64_t address, const RecordView& record, const PacketKey& key,
                                          std::uint16_t place, bool joins) {
  Buffer* buffer = buffers_.find(address);
  if (buffer == nullptr) return nullptr;
  const Packet& packet = packets_[buffer->packet];
  const bool lives = packet.is_open && packet.history.number == buffer->number && packet.history.reassembled_into == 0;
  if (lives && may_be_same(buffer->proof, key.proof)) {
    // Redirected: given to another device (ifb), it passes the same places again.
    const bool returns =
        sees_frees_ && buffer->tap == Tap::kStackOut && buffer->device != device_ && !is_on_its_way_out(record);
    if (joins || returns || !packets_.has_passed(buffer->packet, place, key.proof.payload_len)) return buffer;
  } else if (lives && sees_frees_ && unwrap(*buffer, record, key)) {
    return buffer;
  }
  buffers_.erase(address);
  return nullptr;
}

// A tunnel's end: what was in the packet goes on in its sk_buff, on the tunnel's device. If the filter does not match
// it, it is followed as what became of the packet; otherwise it is a packet of its own.
bool Correlator::unwrap(Buffer& buffer, const RecordView& record, const PacketKey& key) {
  Packet& packet = packets_[buffer.packet];
  PacketHistory& history = packet.history;
  const bool is_open_ended = history.delivered == 0 && history.sent == 0 && history.drop.time_ns == 0;
  if (!is_open_ended || record.tap != Tap::kStackIn || device_ == buffer.device ||
      key.proof.payload_len >= packet.history.proof.payload_len || history.last_ns + kIdleNs < record.time_ns) {
    return false;
  }
  if (!record.trace->followed) {
    history.unwrapped = true;
    return false;
  }
  buffer.proof = key.proof;
  packet.history.proof = key.proof;
  return true;
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
  if (found == kNone && is_egress(record.tap)) found = taken_by_tc(key, place, record.time_ns);
  if (found == kNone && joins) {
    const std::uint32_t last = chains_.last(key.content);
    if (last != kNone && packets_[packet_of(last)].history.has_skb) found = packet_of(last);
  }
  return found;
}

// The first packet with this content that tc took from its device: it was redirected, and this is its copy. Once for
// each packet, since one with equal content could be taken as well, and not much later if this is all that is known of
// either.
std::uint32_t Correlator::taken_by_tc(const PacketKey& key, std::uint16_t place, std::uint64_t time_ns) {
  std::uint32_t at = chains_.first(key.content);
  for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
    const std::uint32_t packet = packet_of(at);
    PacketHistory& history = packets_[packet].history;
    if (history.taken != Taken::kYes) continue;
    if (packets_.first_place(packet) == place && history.last_ns + kIdleNs < time_ns) continue;
    history.taken = Taken::kAndBack;
    history.end = {};
    return packet;
  }
  return kNone;
}

// The record was cut before its payload ends: it can be matched only if all candidates are identical.
std::uint32_t Correlator::by_outline(const PacketKey& key, std::uint16_t place) {
  const std::uint32_t found = first_fit(key.outline, key, place, now_ns_);
  if (found == kNone || !packets_[found].payload_known) return found;
  std::uint32_t at = chains_.next(node(found, kOutline));
  for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
    const std::uint32_t other = packet_of(at);
    if (packets_[other].history.proof.payload_hash != packets_[found].history.proof.payload_hash &&
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

namespace {

// Live, or as a file tells.
bool is_superframe(const RecordView& record) {
  const std::uint32_t flags = record.extras == nullptr ? 0 : record.extras->flags;
  return record.gso_size != 0 || (flags & pcapng::kFlagsSegmentationOffload) != 0;
}

}  // namespace

std::uint32_t Correlator::start(const RecordView& record, const PacketKey& key) {
  const std::uint32_t index = packets_.add();
  Packet& packet = packets_[index];
  packet.history.number = is_outside(record.time_ns) ? kOutside | ++outside_ : ++counts_.packets;
  packet.history.first_ns = record.time_ns;
  packet.history.endpoints = key.endpoints;
  packet.history.payload_len = key.proof.payload_len;
  packet.history.asks_connection = key.asks_connection;
  packet.history.hop_limit = key.hop_limit;
  packet.history.proof = key.proof;
  packet.flow = key.flow;
  link_content(index, key);
  packets_.enter_age(index);
  link_path(index, record, key);
  return index;
}

void Correlator::link_content(std::uint32_t packet, const PacketKey& key) {
  packets_[packet].payload_known = key.payload_known;
  packets_[packet].history.flow = packets_[packet].history.last_flow = key.flow;
  if (key.payload_known) {
    packets_[packet].history.first_content = packets_[packet].history.last_content = key.content;
    chains_.append(node(packet, kFirstContent), key.content);
  } else {
    ++open_outlines_;
  }
  if (key.needs_payload) chains_.append(node(packet, kOutline), key.outline);
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
  PacketHistory& history = packet.history;
  history.is_superframe |= is_superframe(record);
  if (key.hop_limit != 0 && (history.last_hop_limit == 0 || key.hop_limit < history.last_hop_limit)) {
    history.last_hop_limit = key.hop_limit;
  }
  if (owners_.sender != kNoText && history.sender == kNoText) history.sender = owners_.sender;
  if (owners_.receiver != kNoText && (owners_.is_final || history.receiver == kNoText)) {
    history.receiver = owners_.receiver;
  }
  packets_.leave_age(index);
  note_outcome(index, record, place, buffer, freed);
  packets_.enter_age(index);
  if (may_be_same(packet.history.proof, key.proof)) note_content(index, key);
  note_path(index, record, key);
  if (buffer == nullptr) return;
  buffer->tap = record.tap;
  buffer->device = device_;
  if (record.tap != Tap::kSocket && !is_freed_tap(record.tap)) packet.history.has_skb = true;
}

void Correlator::note_outcome(std::uint32_t index, const RecordView& record, std::uint16_t place, Buffer* buffer,
                              const FreedBy& freed) {
  PacketHistory& history = packets_[index].history;
  const bool other_netns = record.trace && record.trace->other_netns;
  switch (record.tap) {
    case Tap::kXdp:
      if (record.verdict && record.verdict->value == kXdpDrop) history.xdp_dropped = true;
      // Generic XDP comes after the stack's tap, which knows the sk_buff.
      if (packets_[index].received_at != device_) come_back(packets_[index], device_);
      return;
    case Tap::kStackIn:
      packets_[index].received_at = device_;
      [[fallthrough]];
    case Tap::kTcIngress:
      if (buffer != nullptr) note_return(packets_[index], record, *buffer);
      return;
    case Tap::kSocket:
      if (buffer == nullptr || !buffer->delivered) ++history.delivered;
      history.delivered_at = place;
      if (buffer != nullptr) buffer->delivered = true;
      return;
    case Tap::kStackOut:
      if (buffer == nullptr || !buffer->sent) ++history.sent;
      history.sent_at = place;
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
    case Tap::kTcEgress:
    case Tap::kPacketIn:
    case Tap::kNetfilter:
      return;
  }
  if (freed.ends_nothing) {
    history.replaced = history.replaced || freed.is_replaced;
    return;
  }
  const Freed how{freed.reason, freed.function, record.time_ns, other_netns, freed.bridge_port, place};
  if (freed.rule != kNoText) history.rule = freed.rule;
  const bool is_own = buffer != nullptr || !history.has_skb;
  if (freed.is_cut && record.tap == Tap::kEnd) {
    history.cut = how;
    return;
  }
  if (record.tap == Tap::kEnd || freed.after_use) {
    if (is_own) history.end = how;
    if (is_own && freed.is_taken && history.taken == Taken::kNo) history.taken = Taken::kYes;
    return;
  }
  if (!is_own) {
    history.copy_drop = how;
    return;
  }
  history.drop = how;
  if (buffer != nullptr && buffer->delivered) --history.delivered;
  if (buffer != nullptr && buffer->sent && history.sent > 0) --history.sent;
}

// What was sent is here again: not sent, but under way.
void Correlator::come_back(Packet& packet, std::uint64_t device) {
  if (packet.history.sent == 0 && !packet.history.packet_out) return;
  if (packet.history.sent > 0) --packet.history.sent;
  packet.history.came_back = true;
  packet.back_at = device;
}

// An sk_buff that comes in may be one that was sent, or hold what one that was sent held: XDP behind a veth copies it.
// A bridge sends clones, and the packet that it then takes for the host is none of them.
void Correlator::note_return(Packet& packet, const RecordView& record, Buffer& buffer) const {
  const bool is_new = buffer.tap == Tap::kUnknown;
  if (record.trace->other_netns) {
    if (is_new && packet.history.sent > 0) buffer.sent = true;
    return;
  }
  if (buffer.sent) {
    buffer.sent = false;
    come_back(packet, device_);
  } else if (is_new && packet.history.replaced && packet.back_at != device_) {
    come_back(packet, device_);
  }
}

// After NAT the packet is also found by its new content, and by its payload once a record has it.
void Correlator::note_content(std::uint32_t index, const PacketKey& key) {
  Packet& packet = packets_[index];
  const std::uint32_t first = node(index, kFirstContent);
  const std::uint32_t last = node(index, kLastContent);
  const std::uint32_t outline = node(index, kOutline);
  if (key.payload_known && !packet.payload_known) {
    packet.payload_known = true;
    packet.history.proof.payload_hash = key.proof.payload_hash;
    --open_outlines_;
    packet.history.first_content = packet.history.last_content = key.content;
    chains_.append(first, key.content);
  }
  if (key.payload_known && chains_.hash_of(first) != key.content &&
      (!chains_.contains(last) || chains_.hash_of(last) != key.content)) {
    chains_.remove(last);
    chains_.append(last, key.content);
    packet.history.last_content = key.content;
    packet.flow = packet.history.last_flow = key.flow;
  }
  if (chains_.contains(outline) && chains_.hash_of(outline) != key.outline) {
    chains_.remove(outline);
    chains_.append(outline, key.outline);
  }
}

std::uint64_t Correlator::set_rule(const PacketKey& key, std::uint32_t rule, bool dropped) {
  std::uint32_t at = chains_.first(key.payload_known ? key.content : key.outline);
  for (int i = 0; at != kNone && i < kRuleSteps; ++i, at = chains_.next(at)) {
    PacketHistory& history = packets_[packet_of(at)].history;
    if (history.rule != kNoText || (dropped && history.drop.time_ns == 0)) continue;
    history.rule = rule;
    return history.number;
  }
  return 0;
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
    PacketHistory history = packets_[index].history;
    history.number = packets_[at].history.number;
    is_first = is_first && (history.number & kOutside) != 0;
    history.first_ns = packets_[at].history.first_ns;
    history.endpoints = packets_[at].history.endpoints;
    history.payload_len = packets_[at].history.payload_len;
    history.proof = packets_[at].history.proof;
    history.first_content = packets_[at].history.first_content;
    history.last_content = packets_[at].history.last_content;
    history.xdp_dropped = packets_[at].history.xdp_dropped;
    history.is_merged = true;
    finished_(history, gathered_);
    packets_.release(at);
    at = following;
  }
  packets_.release(index);
}

}  // namespace ringtap
