// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/slot_table.hpp"

#include <algorithm>

#include "live/long_work.hpp"

namespace ringtap {

SlotTable::SlotTable(std::uint32_t max_slots, Interfaces common) : max_slots_(max_slots), common_(std::move(common)) {
  slots_.reserve(std::size_t{max_slots} + 1);
  slots_.emplace_back(rtnetlink::Device{.name = "unknown"});
  slots_.front().present = false;
}

Result<Slot*> SlotTable::add(const rtnetlink::Device& device) {
  if (slots_.size() > max_slots_) {
    return Error(device.name + ": not captured, since one run is limited to " + std::to_string(max_slots_) +
                 " interfaces");
  }
  return &slots_.emplace_back(device);
}

Slot* SlotTable::find(std::uint32_t ifindex, std::uint32_t netns) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) {
    return s.present && s.device.ifindex == ifindex && s.device.netns == netns;
  });
  return slot == slots_.end() ? nullptr : &*slot;
}

std::uint32_t SlotTable::make_interface(Slot& slot, Tap tap) {
  std::uint32_t& id = slot.interface_ids[event_tap_of(tap)];
  const TapTraits& traits = tap_traits(tap);
  for (std::size_t other = 0; other < kEventTaps; ++other) {
    const bool same = tap_family(tap_of(static_cast<ringtap_tap>(other))) == traits.family;
    if (same && slot.interface_ids[other] != kNoInterface) return id = slot.interface_ids[other];
  }
  Interface interface;
  interface.name = slot.name;
  if (family_count(common_.taps) > 1) interface.name.append(":").append(traits.family);
  interface.description = common_.description(tap, slot.device);
  interface.ifindex = slot.device.ifindex;
  interface.link_type = common_.link_type;
  interface.snaplen = common_.snaplen;
  interface.filter = common_.filter;
  interface.mac = slot.device.mac;
  interface.ingress_only = tap == Tap::kXdp;
  id = static_cast<std::uint32_t>(interfaces_.size());
  interfaces_.push_back(std::move(interface));
  predecessors_.push_back(kNoInterface);
  return id;
}

void SlotTable::rename(Slot& slot, const std::string& name) {
  slot.name = name;
  const auto earlier = slot.interface_ids;
  slot.interface_ids.fill(kNoInterface);
  for (std::size_t tap = 0; tap < earlier.size(); ++tap) {
    if (earlier[tap] == kNoInterface) continue;
    predecessors_[interface_of(slot, tap_of(static_cast<ringtap_tap>(tap)))] = earlier[tap];
  }
}

bool SlotTable::has_filters() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return std::any_of(slot.attachments.begin(), slot.attachments.end(), [](const auto& a) { return !a.is_link(); });
  });
}

bool SlotTable::detach(const Notice& notice) {
  bool waited = true;
  LongWork detaching(notice, "detaching", slots_.size());
  // In reverse, so that the filter that created a clsact qdisc is removed last and finds it unused.
  for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
    waited = ringtap::detach(slot->attachments) && waited;
    detaching.step();
  }
  return waited;
}

}  // namespace ringtap
