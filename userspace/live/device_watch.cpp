// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_watch.hpp"

#include <algorithm>
#include <iterator>

#include "net/device_names.hpp"

namespace ringtap {
namespace {

using rtnetlink::Device;

bool is_understood(const Device& device) {
  return device.ethernet() || device.raw_ip();
}

std::string name_list(const std::vector<Device>& devices) {
  std::string names;
  for (const Device& device : devices) names += (names.empty() ? "" : ", ") + device.name;
  return names;
}

std::string moved_text(std::int32_t netns_id) {
  const std::string name = netns_called(netns_id);
  return "was moved to " + (name.empty() ? "another network namespace" : "the network namespace " + name);
}

}  // namespace

bool has_any(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "any") != names.end();
}

Result<std::vector<Device>> choose_devices(const std::vector<Device>& present, const std::vector<std::string>& names) {
  std::vector<Device> chosen;
  if (has_any(names)) {
    std::copy_if(present.begin(), present.end(), std::back_inserter(chosen),
                 [](const Device& d) { return d.up() && is_understood(d); });
    return chosen;
  }
  for (const std::string& name : names) {
    const auto device =
        std::find_if(present.begin(), present.end(), [&](const Device& d) { return d.is_called(name); });
    if (device == present.end()) {
      return Error(name + ": no such interface").hint("known interfaces: " + name_list(present) + ", any");
    }
    if (!is_understood(*device)) {
      return Error(name + ": its link layer (ARPHRD " + std::to_string(device->hardware_type) + ") is not supported")
          .hint("ringtap captures Ethernet and plain IP devices; tcpdump captures others");
    }
    const auto same = [&](const Device& d) { return d.ifindex == device->ifindex; };
    if (std::none_of(chosen.begin(), chosen.end(), same)) chosen.push_back(*device);
  }
  return chosen;
}

LinkType common_link_type(const std::vector<Device>& devices, bool any) {
  const auto is_ethernet = [](const Device& device) { return device.ethernet(); };
  if (!any && std::all_of(devices.begin(), devices.end(), is_ethernet)) return LinkType::kEthernet;
  if (!any && std::none_of(devices.begin(), devices.end(), is_ethernet)) return LinkType::kRaw;
  return LinkType::kLinuxSll2;
}

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
  if (const auto present = rtnetlink::devices()) compare_with(slots, *present, now_ns);
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
    if (any_ && !event.gone && event.device.up() && is_understood(event.device)) handler_.appeared(event.device);
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
