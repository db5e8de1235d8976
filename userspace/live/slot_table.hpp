// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The slots of a capture, one for each device, and the interfaces that sinks know: those of a device that is renamed
// get successors with the new name. Slot 0 is RINGTAP_SLOT_UNKNOWN. References to slots are valid as long as the table.
// Owns what is attached to the devices. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "loader/attachment.hpp"
#include "net/rtnetlink.hpp"
#include "record/event.hpp"
#include "ringtap/record.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

inline constexpr std::uint32_t kNoInterface = std::numeric_limits<std::uint32_t>::max();

struct Slot {
  rtnetlink::Device device;  // as it is now
  std::string name;          // that its records have
  bool present = true;
  LinkType packet_link_type = LinkType::kEthernet;  // of its AF_PACKET sockets
  std::vector<Attachment> attachments;
  std::array<std::uint32_t, kEventTaps> interface_ids;  // [event_tap_of(tap)]

  explicit Slot(rtnetlink::Device its_device) : device(std::move(its_device)), name(device.name) {
    interface_ids.fill(kNoInterface);
  }
};

class SlotTable {
 public:
  // What all interfaces of a capture share.
  struct Interfaces {
    TapSet taps;
    LinkType link_type = LinkType::kEthernet;
    std::uint32_t snaplen = 0;
    std::string filter;
    std::function<std::string(Tap, const rtnetlink::Device&)> description;
  };

  // A table for at most `max_slots` devices.
  SlotTable(std::uint32_t max_slots, Interfaces common);
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // Adds a slot for a new device; an Error if the table is full.
  Result<Slot*> add(const rtnetlink::Device& device);
  // The slot of a valid record: the packet tap sees frames of a new device before its index has a slot.
  [[nodiscard]] Slot& of(const ringtap_event& header) {
    const bool may_be_new =
        header.slot == RINGTAP_SLOT_UNKNOWN && kPacketTaps.contains(tap_of(static_cast<ringtap_tap>(header.tap)));
    Slot* const found = may_be_new ? find(header.ifindex) : nullptr;
    return found != nullptr ? *found : slots_[header.slot];
  }
  // The slot of a device that is present; nullptr: none.
  [[nodiscard]] Slot* find(std::uint32_t ifindex, std::uint32_t netns = 0);
  [[nodiscard]] std::uint32_t number_of(const Slot& slot) const {
    return static_cast<std::uint32_t>(&slot - slots_.data());
  }

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] Slot& operator[](std::size_t number) { return slots_[number]; }
  [[nodiscard]] const Slot& operator[](std::size_t number) const { return slots_[number]; }
  [[nodiscard]] std::vector<Slot>& all() { return slots_; }
  [[nodiscard]] const std::vector<Slot>& all() const { return slots_; }

  [[nodiscard]] static bool has_interface(const Slot& slot, Tap tap) {
    return slot.interface_ids[event_tap_of(tap)] != kNoInterface;
  }
  // The number of the interface for a tap's family at a device; it is created on first use.
  std::uint32_t interface_of(Slot& slot, Tap tap) {
    const std::uint32_t id = slot.interface_ids[event_tap_of(tap)];
    return id != kNoInterface ? id : make_interface(slot, tap);
  }
  // From now on the records of this device have this name.
  void rename(Slot& slot, const std::string& name);
  // Whether something is attached that does not go by itself when this process ends.
  [[nodiscard]] bool has_filters() const;
  // From all devices; whether none of the programs runs any more. A notice says so if it takes long.
  bool detach(const Notice& notice);
  // In the order in which sinks get them.
  [[nodiscard]] const std::vector<Interface>& interfaces() const { return interfaces_; }
  // The interface of the same device and family under its earlier name; kNoInterface: none.
  [[nodiscard]] std::uint32_t predecessor_of(std::uint32_t id) const { return predecessors_[id]; }

 private:
  std::uint32_t make_interface(Slot& slot, Tap tap);

  std::uint32_t max_slots_;
  Interfaces common_;
  std::vector<Slot> slots_;
  std::vector<Interface> interfaces_;
  std::vector<std::uint32_t> predecessors_;  // by interface
};

}  // namespace ringtap
