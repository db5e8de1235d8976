// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The places where packets were seen, numbered in the order in which they appear: a tap at a device in a direction, or
// before or after the rules of a netfilter hook. Knows their names and their order on a packet's path. Devices are told
// apart by network namespace, whose name begins the names of interfaces that are not in the comparison's own:
// "web/eth0". One thread; at most 65535 places; any further ones share the last number.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

struct Place {
  Tap tap = Tap::kUnknown;
  Direction direction = Direction::kUnknown;
  NetfilterHook hook = NetfilterHook::kPrerouting;
  bool last = false;
  bool other_netns = false;      // in a namespace that is none of the comparison's
  std::uint32_t netns = 0;       // one of these; 0: its own, or not known
  std::uint32_t device = 0;      // a number assigned by Places; 0 none
  std::uint32_t out_device = 0;  // FORWARD: the output device
};

// The place after the rules of the hook before whose rules the first one is.
inline bool is_after_rules(const Place& before, const Place& after) {
  return before.tap == Tap::kNetfilter && !before.last && after.tap == Tap::kNetfilter && after.last &&
         after.hook == before.hook && after.device == before.device && after.out_device == before.out_device &&
         after.other_netns == before.other_netns;
}

class Places {
 public:
  // The name of a device that was not announced, by the inode number of its network namespace, 0 for the comparison's
  // own, and its index; empty: unknown. May be null.
  using NameOf = std::function<std::string(std::uint32_t netns, std::uint32_t ifindex)>;
  explicit Places(NameOf name_of = {}) : name_of_(std::move(name_of)) {}

  void add_interface(const Interface& interface);
  std::uint16_t number_of(const RecordView& record);
  // A number for the device of a record that no device in any namespace shares.
  [[nodiscard]] std::uint64_t device_key(const RecordView& record) {
    const bool is_elsewhere = record.trace && record.trace->other_netns;
    return std::uint64_t{is_elsewhere ? record.trace->netns : netns_of(record)} << 32 | record.ifindex;
  }
  // Whether the netfilter tap sees the namespace of the place, if there is one.
  [[nodiscard]] bool sees_netfilter(const Place& place) const {
    return !place.other_netns && (place.netns == 0 || namespaces_[place.netns].has_netfilter);
  }

  [[nodiscard]] const Place& operator[](std::uint16_t number) const { return places_[number]; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

  [[nodiscard]] std::string device(const Place& place) const;  // "eth0", "eth0 > eth1", "eth0 in web", empty
  [[nodiscard]] const std::string& netns(std::uint32_t number) const { return namespaces_[number].name; }
  [[nodiscard]] static std::string hook(const Place& place);  // "INPUT pre", empty
  [[nodiscard]] std::string text(const Place& place) const;   // "INPUT pre", "tc-ingress eth0"
  // The numbers of all places in the order of a packet's path: in, local, out.
  [[nodiscard]] std::vector<std::uint16_t> in_order() const;

 private:
  struct Netns {
    std::string name;
    bool has_netfilter = false;
  };
  // A device: its namespace by number and, for asking, by inode.
  struct At {
    std::uint32_t netns = 0;
    std::uint32_t inode = 0;
    std::uint32_t ifindex = 0;
  };

  std::uint32_t netns_number(std::string_view name);
  std::uint32_t netns_of(const RecordView& record);
  std::uint32_t device_number(const At& at, std::uint32_t interface_id);
  std::uint32_t foreign_device_number(std::uint32_t ifindex, const Trace& trace);
  // What is not announced by an interface: as these are called.
  [[nodiscard]] std::string name_in(std::uint32_t netns, std::string_view device) const;

  NameOf name_of_;
  std::vector<Place> places_;
  HashMap<std::uint64_t, std::uint16_t> numbers_;
  std::vector<std::string> interfaces_;                   // name of the device by interface number
  std::vector<std::uint32_t> ifindexes_;                  // the same, 0 unknown
  std::vector<std::uint32_t> netns_;                      // the same
  std::vector<Netns> namespaces_ = {{}};                  // by number
  HashMap<std::uint64_t, std::uint32_t> netns_numbers_;   // by name
  HashMap<std::uint64_t, std::uint32_t> device_numbers_;  // by ifindex or name
  std::vector<std::string> devices_ = {""};
};

}  // namespace ringtap
