// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Converts the records of all devices and taps of a capture to its one link type and snaplen. Owns one frame of scratch
// memory; one thread.
#pragma once

#include <cstdint>

#include "live/slot_table.hpp"
#include "record/cooked.hpp"
#include "ringtap/abi.h"
#include "ringtap/record.hpp"

namespace ringtap {

// Removes the Ethernet header and VLAN tags that the host taps put in front of every packet (bpf/trace.bpf.h).
void strip_link_header(RecordView& record);

class Framing {
 public:
  Framing(LinkType link_type, std::uint32_t snaplen) : link_type_(link_type), snaplen_(snaplen) {}

  [[nodiscard]] LinkType link_type() const { return link_type_; }

  // The link type of a record as it comes from its tap.
  [[nodiscard]] static LinkType native(const RecordView& record, const Slot& slot) {
    if (kPacketTaps.contains(record.tap)) return slot.packet_link_type;
    return is_of_host(record) || slot.device.ethernet() ? LinkType::kEthernet : LinkType::kRaw;
  }
  // Afterwards its data may be in memory of this object, valid until the next call. `flags`: RINGTAP_EVENT_…
  void frame(RecordView& record, const Slot& slot, std::uint8_t flags) {
    // For an unknown device only the record tells its link type.
    const bool has_link = slot.device.ethernet() || (!slot.present && (flags & RINGTAP_EVENT_NO_LINK) == 0);
    if (is_of_host(record) && (link_type_ == LinkType::kRaw || (link_type_ == LinkType::kLinuxSll2 && !has_link))) {
      strip_link_header(record);
    }
    if (link_type_ == LinkType::kLinuxSll2) {
      record = framer_.frame(record, slot.device.hardware_type, snaplen_);
    } else if (record.data.size() > snaplen_) {
      record.data = record.data.first(snaplen_);
    }
  }

 private:
  static bool is_of_host(const RecordView& record) { return kHostTaps.contains(record.tap); }

  LinkType link_type_;
  std::uint32_t snaplen_;
  Sll2Framer framer_;
};

}  // namespace ringtap
