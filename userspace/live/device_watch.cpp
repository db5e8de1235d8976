// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_watch.hpp"

#include <algorithm>
#include <iterator>

#include "net/device_names.hpp"

namespace ringtap {
namespace {

using rtnetlink::Device;

std::string moved_text(std::int32_t netns_id) {
  const std::string name = netns_called(netns_id);
  return "was moved to " + (name.empty() ? "another network namespace" : "the network namespace " + name);
}

}  // namespace

Result<> DeviceWatch::open() {
  auto monitor = rtnetlink::DeviceMonitor::open();
  if (!monitor) return monitor.take_error();
  monitor_.emplace(monitor.take());
  return ok();
}

bool DeviceWatch::look(SlotTable& slots, std::uint64_t now_ns) {
  if (const auto events = monitor_->events()) {
    for (const auto& event : *events) on_event(slots, event, now_ns);
    return !events->empty();
  }
  // The kernel had to drop messages.
  if (const auto present = monitor_->devices()) compare_with(slots, *present, now_ns);
  return true;
}

void DeviceWatch::compare_with(SlotTable& slots, const std::vector<Device>& present, std::uint64_t now_ns) {
  for (Slot& slot : slots.all()) {
    const auto same = [&](const Device& device) { return device.ifindex == slot.device.ifindex; };
    if (slot.present && std::none_of(present.begin(), present.end(), same)) on_gone(slots, slot, "is gone");
  }
  for (const Device& device : present) on_event(slots, {.gone = false, .device = device}, now_ns);
}

void DeviceWatch::on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event, std::uint64_t now_ns) {
  Slot* const slot = slots.find(event.device.ifindex);
  if (slot == nullptr) {
    if (any_ && !event.gone && event.device.up()) handler_.appeared(event.device);
    return;
  }
  if (event.gone) {
    on_gone(slots, *slot, event.moved_to ? moved_text(*event.moved_to) : "was removed");
    return;
  }
  if (event.device.name != slot->device.name) {
    handler_.notice(slot->device.name + " is now called " + event.device.name);
    renamings_.push_back({now_ns, slots.number_of(*slot), event.device.name});
  }
  if (event.device.up() != slot->device.up() && !any_) {
    handler_.notice(event.device.name + (event.device.up() ? " is up" : " went down; waiting for it to come back"));
  }
  slot->device = event.device;
}

void DeviceWatch::on_gone(SlotTable& slots, Slot& slot, const std::string& how) {
  slot.present = false;
  slot.attachments.clear();
  const std::string what = slot.device.name + " " + how;
  if (any_) return handler_.notice(what);
  if (std::any_of(slots.all().begin(), slots.all().end(), [](const Slot& s) { return s.present; })) {
    handler_.notice(what + "; the other interfaces are still captured");
    return;
  }
  handler_.ended(what);
}

}  // namespace ringtap
