// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The format of ring samples: one or more records, each a ringtap_event, a ringtap_trace and a ringtap_owners if
// flagged, the captured bytes and padding to RINGTAP_RECORD_ALIGN. EventReader walks through one sample and checks
// everything in it. Views borrow the sample's memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "ringtap/abi.h"
#include "ringtap/record.hpp"

namespace ringtap {

struct EventView {
  const ringtap_event* header;
  const ringtap_trace* trace;  // none: nullptr
  std::span<const std::byte> data;
  const ringtap_owners* owners = nullptr;  // the same
};

class EventReader {
 public:
  EventReader() = default;
  // `sample` must be aligned to RINGTAP_RECORD_ALIGN.
  explicit EventReader(std::span<const std::byte> sample) : rest_(sample) {}

  // The next record; nothing at the end, or if the bytes are not a valid record (then malformed() is true).
  std::optional<EventView> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

// The numbers of taps in events, enum ringtap_tap, in the order of Tap.
inline constexpr std::size_t kEventTaps = kTapTraits.size() - 1;
[[nodiscard]] constexpr Tap tap_of(ringtap_tap tap) {
  return static_cast<Tap>(tap + 1);
}
[[nodiscard]] constexpr ringtap_tap event_tap_of(Tap tap) {
  return static_cast<ringtap_tap>(static_cast<unsigned>(tap) - 1);
}
static_assert(tap_of(RINGTAP_TAP_XDP) == Tap::kXdp && tap_of(RINGTAP_TAP_TC_INGRESS) == Tap::kTcIngress &&
              tap_of(RINGTAP_TAP_TC_EGRESS) == Tap::kTcEgress && tap_of(RINGTAP_TAP_STACK_IN) == Tap::kStackIn &&
              tap_of(RINGTAP_TAP_STACK_OUT) == Tap::kStackOut && tap_of(RINGTAP_TAP_NETFILTER) == Tap::kNetfilter &&
              tap_of(RINGTAP_TAP_SOCKET) == Tap::kSocket && tap_of(RINGTAP_TAP_DROP) == Tap::kDrop &&
              tap_of(RINGTAP_TAP_END) == Tap::kEnd && tap_of(RINGTAP_TAP_PACKET_IN) == Tap::kPacketIn &&
              tap_of(RINGTAP_TAP_PACKET_OUT) == Tap::kPacketOut && kEventTaps == RINGTAP_TAP_COUNT);

// A stream of events in time order, as merge.hpp wants it. The head is borrowed until pop().
class EventStream {
 public:
  virtual ~EventStream() = default;
  [[nodiscard]] bool ready() const { return head_.has_value(); }
  [[nodiscard]] std::uint64_t time() const { return head_->header->monotonic_ns; }
  [[nodiscard]] const EventView& head() const { return *head_; }
  virtual void pop() = 0;

 protected:
  EventStream() = default;
  explicit EventStream(std::optional<EventView> head) : head_(head) {}
  std::optional<EventView> head_;
};

// Of a received Ethernet frame whose packet type is not known: derived from the destination address, as the kernel does
// before it compares the device's address.
[[nodiscard]] PacketType packet_type_of_address(std::span<const std::byte> frame);

// Fills in everything of a record that the event itself contains. The caller sets time_ns, interface_id and link_type,
// and the names of a trace's reason and function.
RecordView to_record(const EventView& event);

}  // namespace ringtap
