// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The places where packets were seen, numbered in the order in which they appear: a tap at a device in a direction, or
// before or after the rules of a netfilter hook. Knows their names and their order on a packet's path. One thread; at
// most 65535 places; any further ones share the last number.
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
  bool other_netns = false;
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
  // `name_of` returns the name of a device that was not announced, by its index; empty: unknown. May be null.
  explicit Places(std::function<std::string(std::uint32_t)> name_of = {}) : name_of_(std::move(name_of)) {}

  void add_interface(const Interface& interface);
  std::uint16_t number_of(const RecordView& record);

  [[nodiscard]] const Place& operator[](std::uint16_t number) const { return places_[number]; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

  [[nodiscard]] std::string device(const Place& place) const;  // "eth0", "eth0 > eth1", "eth0 in web", empty
  [[nodiscard]] static std::string hook(const Place& place);   // "INPUT pre", empty
  [[nodiscard]] std::string text(const Place& place) const;    // "INPUT pre", "tc-ingress eth0"
  // The numbers of all places in the order of a packet's path: in, local, out.
  [[nodiscard]] std::vector<std::uint16_t> in_order() const;

 private:
  std::uint32_t device_number(std::uint32_t ifindex, std::uint32_t interface_id);
  std::uint32_t foreign_device_number(std::uint32_t ifindex, const Trace& trace);

  std::function<std::string(std::uint32_t)> name_of_;
  std::vector<Place> places_;
  HashMap<std::uint64_t, std::uint16_t> numbers_;
  std::vector<std::string> interfaces_;                   // name of the device by interface number
  std::vector<std::uint32_t> ifindexes_;                  // the same, 0 unknown
  HashMap<std::uint64_t, std::uint32_t> device_numbers_;  // by ifindex or name
  std::vector<std::string> devices_ = {""};
};

}  // namespace ringtap
