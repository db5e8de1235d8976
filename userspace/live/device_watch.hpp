// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How the devices of a capture, and the network namespaces that it looks into, change while it runs. Owns a netlink
// socket once it is open; borrows the namespaces. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "live/captured_netns.hpp"
#include "live/slot_table.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class DeviceWatch {
 public:
  struct Handler {
    std::function<void(const rtnetlink::Device&)> appeared;   // with `any`: one that is up and has no slot
    std::function<void(const std::string& how)> ended;        // the last of the named devices: "eth0 was removed"
    std::function<void(const std::string&)> notice;           // text for the user
    std::function<void(const rtnetlink::Device&)> gone = {};  // of another network namespace
  };
  // Records that a device captured before this time have its earlier name. The kernel does not say when it gave the
  // new one: it is the time at which this was noticed.
  struct Renaming {
    std::uint64_t since_ns;  // monotonic
    std::uint32_t slot;
    std::string name;
  };
  DeviceWatch(bool any, Handler handler, CapturedNetnsSet* namespaces = nullptr)
      : any_(any), handler_(std::move(handler)), namespaces_(namespaces) {}

  // After this call no change is missed; to be called before the devices are listed. `everywhere`: in other network
  // namespaces, too.
  Result<> open(bool everywhere = false);
  [[nodiscard]] int fd() const { return monitor_->fd(); }
  // Whether the kernel has told of any since.
  [[nodiscard]] bool has_news() const;
  // Updates the slots with the changes since the last call, but for the names of their records; false: there were none.
  bool look(SlotTable& slots, std::uint64_t now_ns);
  // Until everything before has been handed over, records after this moment are not: a device has another name then.
  [[nodiscard]] std::uint64_t hold_ns() const {
    return renamings_.empty() ? std::numeric_limits<std::uint64_t>::max() : renamings_.front().since_ns;
  }
  // The names that records have to get, in time order.
  [[nodiscard]] std::deque<Renaming>& renamings() { return renamings_; }

  // The parts of look(): applying one change, and, after changes were lost, comparing with the present devices.
  void on_event(SlotTable& slots, const rtnetlink::DeviceEvent& event, std::uint64_t now_ns);
  void compare_with(SlotTable& slots, const std::vector<rtnetlink::Device>& present, std::uint64_t now_ns);

 private:
  // Where namespaces are followed: takes those that have appeared. Once a second, or sooner if something was heard of
  // one that is not known.
  void look_for_namespaces(SlotTable& slots, std::uint64_t now_ns);
  // Makes its device what a slot has; false: it is of no captured namespace.
  bool translate(rtnetlink::DeviceEvent& event);
  void on_netns_event(SlotTable& slots, const rtnetlink::DeviceEvent& event);
  void on_gone(SlotTable& slots, Slot& slot, const std::string& how);
  void leave(Slot& slot);

  bool any_;
  Handler handler_;
  std::optional<rtnetlink::DeviceMonitor> monitor_;
  std::deque<Renaming> renamings_;
  CapturedNetnsSet* namespaces_;
  std::uint64_t look_again_ns_ = 0;
  bool heard_of_stranger_ = false;
};

}  // namespace ringtap
