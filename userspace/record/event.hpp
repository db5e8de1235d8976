// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The wire form of the rings: a sample is one or more records, each a ringtap_event, a ringtap_trace if it says so, its
// bytes and padding to RINGTAP_RECORD_ALIGN. EventReader walks one sample and trusts nothing in it. Views borrow the
// sample's memory.
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
};

class EventReader {
 public:
  EventReader() = default;
  // `sample` must be aligned to RINGTAP_RECORD_ALIGN.
  explicit EventReader(std::span<const std::byte> sample) : rest_(sample) {}

  // The next record; nothing at the end, or where the bytes are no record (malformed() then).
  std::optional<EventView> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

// Taps that are no BPF program, numbered behind those that are; no ring holds such an event.
inline constexpr auto kPacketInEvent = static_cast<ringtap_tap>(RINGTAP_TAP_COUNT);
inline constexpr auto kPacketOutEvent = static_cast<ringtap_tap>(RINGTAP_TAP_COUNT + 1);
inline constexpr std::size_t kEventTaps = RINGTAP_TAP_COUNT + 2;

[[nodiscard]] Tap tap_of(ringtap_tap tap);
[[nodiscard]] ringtap_tap event_tap_of(Tap tap);

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

// Fills everything of a record that the event itself says; time_ns, interface_id and link_type are the caller's, and so
// are the names of a trace's reason and function.
RecordView to_record(const EventView& event);

}  // namespace ringtap
