// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/event.hpp"

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

// XDP knows no packet type; the destination address says as much as the kernel would before it looks at the device.
PacketType type_from_address(std::span<const std::byte> frame) {
  constexpr std::size_t kAddressLength = 6;
  if (frame.size() < kAddressLength) return PacketType::kUnknown;
  const auto address = frame.first(kAddressLength);
  if (std::all_of(address.begin(), address.end(), [](std::byte b) { return b == std::byte{0xff}; })) {
    return PacketType::kBroadcast;
  }
  return (address[0] & std::byte{1}) != std::byte{0} ? PacketType::kMulticast : PacketType::kHost;
}

}  // namespace

std::optional<EventView> EventReader::next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < sizeof(ringtap_event)) {
    malformed_ = true;
    return std::nullopt;
  }
  const auto* header = reinterpret_cast<const ringtap_event*>(rest_.data());
  const std::size_t size = sizeof(ringtap_event) + std::size_t{header->cap_len};
  if (size > rest_.size() || header->cap_len > header->wire_len || header->tap >= RINGTAP_TAP_COUNT) {
    malformed_ = true;
    return std::nullopt;
  }
  const EventView event{header, rest_.subspan(sizeof(ringtap_event), header->cap_len)};
  const std::size_t padded = (size + RINGTAP_RECORD_ALIGN - 1) / RINGTAP_RECORD_ALIGN * RINGTAP_RECORD_ALIGN;
  rest_ = rest_.subspan(std::min(padded, rest_.size()));
  return event;
}

RecordView to_record(const EventView& event) {
  const ringtap_event& header = *event.header;
  const bool xdp = header.tap == RINGTAP_TAP_XDP;
  RecordView record;
  record.data = event.data;
  record.wire_len = header.wire_len;
  record.direction = header.tap == RINGTAP_TAP_TC_EGRESS ? Direction::kOut : Direction::kIn;
  record.packet_type = record.direction == Direction::kOut ? PacketType::kOutgoing
                       : xdp                               ? type_from_address(event.data)
                                                           : static_cast<PacketType>(header.pkt_type);
  record.checksum = checksum_state(header.csum);
  record.lost_before = header.lost;
  if (header.rx_queue != RINGTAP_RX_QUEUE_UNKNOWN) record.rx_queue = header.rx_queue;
  if (header.hash != 0) record.hash = header.hash;
  record.verdict = Verdict{xdp ? VerdictType::kXdp : VerdictType::kTc, header.verdict};
  record.cpu = header.cpu;
  record.mark = header.mark;
  record.gso_size = header.gso_size;
  record.gso_segs = header.gso_segs;
  record.ifindex = header.ifindex;
  return record;
}

}  // namespace ringtap
