// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_watch.hpp"

#include <poll.h>

#include <algorithm>
#include <iterator>

#include "base/now.hpp"
#include "net/device_names.hpp"

namespace ringtap {
namespace {

using rtnetlink::Device;

// Looking for namespaces takes at most this part of the time.
constexpr std::uint64_t kShareOfLooking = 100;
constexpr std::uint64_t kLookEveryNs = 1'000'000'000;
constexpr std::uint64_t kLookSoonNs = 20'000'000;

std::string moved_text(const rtnetlink::DeviceEvent& event) {
  // What an id means in another namespace is not known.
  const std::string name = event.device.netns == 0 ? netns_called(*event.moved_to) : "";
  return "was moved to " + (name.empty() ? "another network namespace" : "the network namespace " + name);
}

}  // namespace

Result<> DeviceWatch::open(bool everywhere) {
  auto monitor = rtnetlink::DeviceMonitor::open(everywhere);
  if (!monitor) return monitor.take_error();
  monitor_.emplace(monitor.take());
  return ok();
}

bool DeviceWatch::has_news() const {
  pollfd socket{.fd = fd(), .events = POLLIN, .revents = 0};
  return ::poll(&socket, 1, 0) != 0;
}

bool DeviceWatch::look(SlotTable& slots, std::uint64_t now_ns) {
  if (auto events = monitor_->events()) {
    for (auto& event : *events) {
      if (event.device.ifindex == 0) {
        on_netns_event(slots, event);
      } else if (translate(event)) {
        on_event(slots, event, now_ns);
      }
    }
    look_for_namespaces(slots, now_ns);
    return !events->empty();
  }
  // The kernel had to drop messages.
  heard_of_stranger_ = true;
  const bool several = namespaces_ != nullptr && namespaces_->has_others();
  if (const auto present = several ? namespaces_->devices() : monitor_->devices()) {
    compare_with(slots, *present, now_ns);
  }
  return true;
}

bool DeviceWatch::translate(rtnetlink::DeviceEvent& event) {
  if (namespaces_ == nullptr) return true;
  const CapturedNetns* const netns = namespaces_->with_id(event.netns_id);
  if (netns == nullptr) {
    heard_of_stranger_ = true;
    return false;
  }
  event.device.netns = netns->inode;
  if (netns->inode != 0) event.device.name.insert(0, netns->name + "/");
  return true;
}

void DeviceWatch::on_netns_event(SlotTable& slots, const rtnetlink::DeviceEvent& event) {
  if (namespaces_ == nullptr || event.netns_id == rtnetlink::kNoNetnsId) return;
  const CapturedNetns* const known = namespaces_->with_id(event.netns_id);
  if (!event.gone) heard_of_stranger_ = heard_of_stranger_ || known == nullptr;
  if (!event.gone || known == nullptr) return;
  const CapturedNetns netns = *known;
  namespaces_->remove(event.netns_id);
  for (Slot& slot : slots.all()) {
    if (slot.present && slot.device.netns == netns.inode) leave(slot);
  }
  const std::string what = "the network namespace " + netns.name + " is gone";
  const bool has_slot = std::any_of(slots.all().begin(), slots.all().end(), [](const Slot& s) { return s.present; });
  const bool may_go_on = any_ ? namespaces_->follows() || !namespaces_->all().empty() : has_slot;
  if (may_go_on) return handler_.notice(what);
  handler_.ended(what);
}

void DeviceWatch::look_for_namespaces(SlotTable& slots, std::uint64_t now_ns) {
  if (!any_ || namespaces_ == nullptr || !namespaces_->follows()) return;
  if (now_ns < look_again_ns_ && !(heard_of_stranger_ && now_ns + kLookEveryNs >= look_again_ns_ + kLookSoonNs)) return;
  heard_of_stranger_ = false;
  for (const CapturedNetns& netns : namespaces_->look_for_new()) {
    const auto devices = namespaces_->devices(netns);
    if (!devices) continue;  // it is gone again
    for (const Device& device : *devices) on_event(slots, {.gone = false, .device = device}, now_ns);
  }
  const std::uint64_t end_ns = monotonic_now_ns();
  look_again_ns_ = end_ns + std::max(kLookEveryNs, (end_ns - now_ns) * kShareOfLooking);
}

void DeviceWatch::compare_with(SlotTable& slots, const std::vector<Device>& present, std::uint64_t now_ns) {
  for (Slot& slot : slots.all()) {
    const auto same = [&](const Device& device) {
      return device.ifindex == slot.device.ifindex && device.netns == slot.device.netns;
    };
    if (slot.present && std::none_of(present.begin(), present.end(), same)) on_gone(slots, slot, "is gone");
  }
  for (const Device& device : present) on_event(slots, {.gone = false, .device = device}, now_ns);
}

void DeviceWatch::on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event, std::uint64_t now_ns) {
  Slot* const slot = slots.find(event.device.ifindex, event.device.netns);
  if (slot == nullptr) {
    if (any_ && !event.gone && event.device.up()) handler_.appeared(event.device);
    return;
  }
  if (event.gone) {
    on_gone(slots, *slot, event.moved_to ? moved_text(event) : "was removed");
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

void DeviceWatch::leave(Slot& slot) {
  slot.present = false;
  slot.attachments.clear();
  if (slot.device.netns != 0 && handler_.gone) handler_.gone(slot.device);
}

void DeviceWatch::on_gone(SlotTable& slots, Slot& slot, const std::string& how) {
  leave(slot);
  const std::string what = slot.device.name + " " + how;
  if (any_) return handler_.notice(what);
  if (std::any_of(slots.all().begin(), slots.all().end(), [](const Slot& s) { return s.present; })) {
    handler_.notice(what + "; the other interfaces are still captured");
    return;
  }
  handler_.ended(what);
}

}  // namespace ringtap
