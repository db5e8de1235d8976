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

[[nodiscard]] Tap tap_of(ringtap_tap tap);

// Fills everything of a record that the event itself says; time_ns, interface_id and link_type are the caller's, and so
// are the names of a trace's reason and function.
RecordView to_record(const EventView& event);

}  // namespace ringtap
