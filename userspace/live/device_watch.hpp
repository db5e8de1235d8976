// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which devices a capture is of: the choice at its start, and what becomes of them while it runs. Owns a netlink socket
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

// "any": every device that is up, also devices that appear later.
[[nodiscard]] bool has_any(const std::vector<std::string>& names);
// Of the devices that are there, the ones with these names, each once and in their order.
Result<std::vector<rtnetlink::Device>> choose_devices(const std::vector<rtnetlink::Device>& present,
                                                      const std::vector<std::string>& names);
// As Ethernet or raw IP where all agree; else, and for `any`, as LINUX_SLL2.
[[nodiscard]] LinkType common_link_type(const std::vector<rtnetlink::Device>& devices, bool any);

class DeviceWatch {
 public:
  struct Handler {
    std::function<void(const rtnetlink::Device&)> appeared;  // on `any`: a device without a slot that can be captured
    std::function<void(const std::string& name)> ended;      // the last of the devices that were named is gone
    std::function<void(const std::string&)> notice;          // text for the user
  };
  DeviceWatch(bool any, Handler handler) : any_(any), handler_(std::move(handler)) {}

  // From here on no change is missed: before the devices are listed.
  Result<> open();
  [[nodiscard]] int fd() const { return monitor_->fd(); }
  // Brings the slots up to date with what has happened since the last call.
  void look(SlotTable& slots);

  // Its parts: one change, and a comparison with what is there now, after changes were lost.
  void on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event);
  void compare_with(SlotTable& slots, const std::vector<rtnetlink::Device>& present);

 private:
  void on_gone(SlotTable& slots, Slot& slot);

  bool any_;
  Handler handler_;
  std::optional<rtnetlink::DeviceMonitor> monitor_;
};

}  // namespace ringtap
