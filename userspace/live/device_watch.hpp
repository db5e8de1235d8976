// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How the devices of a capture change while it runs. Owns a netlink socket
// once it is open; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "live/slot_table.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class DeviceWatch {
 public:
  struct Handler {
    std::function<void(const rtnetlink::Device&)> appeared;  // with `any`: one that is up and has no slot
    std::function<void(const std::string& how)> ended;       // the last of the named devices: "eth0 was removed"
    std::function<void(const std::string&)> notice;          // text for the user
  };
  // Records that a device captured before this time have its earlier name. The kernel does not say when it gave the
  // new one: it is the time at which this was noticed.
  struct Renaming {
    std::uint64_t since_ns;  // monotonic
    std::uint32_t slot;
    std::string name;
  };
  DeviceWatch(bool any, Handler handler) : any_(any), handler_(std::move(handler)) {}

  // After this call no change is missed; to be called before the devices are listed.
  Result<> open();
  [[nodiscard]] int fd() const { return monitor_->fd(); }
  // Updates the slots with the changes since the last call, but for the names of their records; false: there were none.
  bool look(SlotTable& slots, std::uint64_t now_ns);
  // The names that records have to get, in time order.
  [[nodiscard]] std::deque<Renaming>& renamings() { return renamings_; }

  // The parts of look(): applying one change, and, after changes were lost, comparing with the present devices.
  void on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event, std::uint64_t now_ns);
  void compare_with(SlotTable& slots, const std::vector<rtnetlink::Device>& present, std::uint64_t now_ns);

 private:
  void on_gone(SlotTable& slots, Slot& slot, const std::string& how);

  bool any_;
  Handler handler_;
  std::optional<rtnetlink::DeviceMonitor> monitor_;
  std::deque<Renaming> renamings_;
};

}  // namespace ringtap
