// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The devices of a capture: which are chosen at its start, and how they change while it runs. Owns a netlink socket
// once it is open; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "live/slot_table.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// "any": every device that is up, including devices that appear later.
[[nodiscard]] bool has_any(const std::vector<std::string>& names);
// The present devices with these names, each once and in this order.
Result<std::vector<rtnetlink::Device>> choose_devices(const std::vector<rtnetlink::Device>& present,
                                                      const std::vector<std::string>& names);
// Ethernet or raw IP if all devices agree; otherwise, and for `any`, LINUX_SLL2.
[[nodiscard]] LinkType common_link_type(const std::vector<rtnetlink::Device>& devices, bool any);

class DeviceWatch {
 public:
  struct Handler {
    std::function<void(const rtnetlink::Device&)> appeared;  // with `any`: a capturable device without a slot
    std::function<void(const std::string& name)> ended;      // the last of the named devices is gone
    std::function<void(const std::string&)> notice;          // text for the user
  };
  DeviceWatch(bool any, Handler handler) : any_(any), handler_(std::move(handler)) {}

  // After this call no change is missed; to be called before the devices are listed.
  Result<> open();
  [[nodiscard]] int fd() const { return monitor_->fd(); }
  // Updates the slots with the changes since the last call.
  void look(SlotTable& slots);

  // The parts of it: applying one change, and, after changes were lost, comparing with the present devices.
  void on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event);
  void compare_with(SlotTable& slots, const std::vector<rtnetlink::Device>& present);

 private:
  void on_gone(SlotTable& slots, Slot& slot);

  bool any_;
  Handler handler_;
  std::optional<rtnetlink::DeviceMonitor> monitor_;
};

}  // namespace ringtap
