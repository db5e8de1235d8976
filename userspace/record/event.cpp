// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/event.hpp"

#include <linux/bpf.h>

#include <algorithm>

namespace ringtap {
namespace {

ChecksumState checksum_state(std::uint8_t csum) {
  switch (csum) {
    case RINGTAP_CSUM_PARTIAL:
      return ChecksumState::kNotReady;
    case RINGTAP_CSUM_UNNECESSARY:
      return ChecksumState::kValid;
    default:
      return ChecksumState::kUnknown;
  }
}

Direction direction_of(Tap tap, const EventView& event) {
  if (tap != Tap::kNetfilter || event.trace == nullptr) return tap_traits(tap).direction;
  const auto hook = static_cast<NetfilterHook>(event.trace->hook);
  return hook == NetfilterHook::kOutput || hook == NetfilterHook::kPostrouting ? Direction::kOut : Direction::kIn;
}

Trace to_trace(const EventView& event) {
  Trace trace;
  trace.skb = event.trace->skb;
  trace.hook = static_cast<NetfilterHook>(event.trace->hook);
  trace.last = event.trace->last != 0;
  trace.followed = (event.header->flags & RINGTAP_EVENT_FOLLOWED) != 0;
  trace.other_netns = (event.header->flags & RINGTAP_EVENT_OTHER_NETNS) != 0;
  trace.bridge_port = event.trace->bridge_port != 0;
  trace.netns = event.trace->netns;
  trace.in_ifindex = event.trace->in_ifindex;
  trace.out_ifindex = event.trace->out_ifindex;
  return trace;
}

}  // namespace

PacketType packet_type_of_address(std::span<const std::byte> frame) {
  constexpr std::size_t kMacLength = 6;
  if (frame.size() < kMacLength) return PacketType::kUnknown;
  const auto address = frame.first(kMacLength);
  if (std::all_of(address.begin(), address.end(), [](std::byte b) { return b == std::byte{0xff}; })) {
    return PacketType::kBroadcast;
  }
  return (address[0] & std::byte{1}) != std::byte{0} ? PacketType::kMulticast : PacketType::kHost;
}

std::optional<EventView> EventReader::next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < sizeof(ringtap_event)) {
    malformed_ = true;
    return std::nullopt;
  }
  const auto* header = reinterpret_cast<const ringtap_event*>(rest_.data());
  const bool traced = (header->flags & RINGTAP_EVENT_TRACE) != 0;
  const bool owned = (header->flags & RINGTAP_EVENT_OWNERS) != 0;
  const std::size_t owners_at = sizeof(ringtap_event) + (traced ? sizeof(ringtap_trace) : 0);
  const std::size_t data_at = owners_at + (owned ? sizeof(ringtap_owners) : 0);
  const std::size_t cap_len = header->cap_len;
  const std::size_t size = data_at + cap_len;
  if (size > rest_.size() || cap_len > header->wire_len || header->tap >= RINGTAP_TAP_COUNT) {
    malformed_ = true;
    return std::nullopt;
  }
  const auto* trace = traced ? reinterpret_cast<const ringtap_trace*>(header + 1) : nullptr;
  if (trace != nullptr && trace->hook >= kNetfilterHookNames.size()) {
    malformed_ = true;
    return std::nullopt;
  }
  const auto* owners = owned ? reinterpret_cast<const ringtap_owners*>(&rest_[owners_at]) : nullptr;
  if (owners != nullptr && std::max(owners->sender.kind, owners->receiver.kind) >= RINGTAP_OWNER_KINDS) {
    malformed_ = true;
    return std::nullopt;
  }
  const EventView event{header, trace, rest_.subspan(data_at, cap_len), owners};
  const std::size_t padded = (size + RINGTAP_RECORD_ALIGN - 1) / RINGTAP_RECORD_ALIGN * RINGTAP_RECORD_ALIGN;
  rest_ = rest_.subspan(std::min(padded, rest_.size()));
  return event;
}

RecordView to_record(const EventView& event) {
  const ringtap_event& header = *event.header;
  RecordView record;
  record.data = event.data;
  record.wire_len = header.wire_len;
  record.tap = tap_of(static_cast<ringtap_tap>(header.tap));
  record.direction = direction_of(record.tap, event);
  record.packet_type = record.direction == Direction::kOut ? PacketType::kOutgoing
                       : header.tap == RINGTAP_TAP_XDP     ? packet_type_of_address(event.data)
                                                           : static_cast<PacketType>(header.pkt_type);
  record.checksum = checksum_state(header.csum);
  record.lost_before = header.lost;
  if (header.rx_queue != RINGTAP_RX_QUEUE_UNKNOWN) record.rx_queue = header.rx_queue;
  if (header.hash != 0) record.hash = header.hash;
  // A program of ours that passes packets on says nothing about them.
  if (header.tap == RINGTAP_TAP_XDP && header.verdict != XDP_PASS) {
    record.verdict = Verdict{VerdictType::kXdp, header.verdict};
  }
  record.cpu = header.cpu;
  record.mark = header.mark;
  record.gso_size = header.gso_size;
  record.gso_segs = header.gso_segs;
  record.ifindex = header.ifindex;
  if (event.trace != nullptr) record.trace = to_trace(event);
  return record;
}

}  // namespace ringtap
