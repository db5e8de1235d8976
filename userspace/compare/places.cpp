// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/places.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "base/mix.hpp"
#include "base/plain_text.hpp"

namespace ringtap {
namespace {

int order_of(const Place& place) {
  constexpr int kHooks = 10, kSides = 2;
  switch (place.tap) {
    case Tap::kXdp:
      return 1;
    case Tap::kStackIn:
      return 2;
    case Tap::kPacketIn:
      return 3;
    case Tap::kTcIngress:
      return 4;
    case Tap::kNetfilter: {
      const int side = kSides * static_cast<int>(place.hook) + (place.last ? 1 : 0);
      return kHooks + side + (place.hook >= NetfilterHook::kForward ? kHooks : 0);
    }
    case Tap::kSocket:
      return 15;
    case Tap::kTcEgress:
      return 31;
    case Tap::kPacketOut:
      return 32;
    case Tap::kStackOut:
      return 33;
    case Tap::kDrop:
      return 40;
    case Tap::kEnd:
    case Tap::kUnknown:
      return 41;
  }
  return 41;
}

}  // namespace

void Places::add_interface(const Interface& interface) {
  // "eth0:xdp" is a tap of eth0, and "web/eth0" a device in web. No name of a device has a slash or a colon.
  const std::size_t slash = interface.name.rfind('/');
  const std::size_t colon = interface.name.find(':', slash == std::string::npos ? 0 : slash);
  interfaces_.push_back(plain_line(interface.name.substr(0, colon)));
  ifindexes_.push_back(interface.ifindex);
  netns_.push_back(slash == std::string::npos ? 0 : netns_number(interface.name.substr(0, slash)));
  if (colon != std::string::npos && interface.name.substr(colon + 1) == tap_family(Tap::kNetfilter)) {
    namespaces_[netns_.back()].has_netfilter = true;
  }
  // A packet dropped at OUTPUT is not seen by any tap at the device, and only those know its name.
  if (interface.ifindex == 0) return;
  device_number({netns_.back(), 0, interface.ifindex}, static_cast<std::uint32_t>(interfaces_.size() - 1));
}

std::uint32_t Places::netns_number(std::string_view name) {
  std::uint32_t& number = netns_numbers_[mix_bytes(name.size(), std::as_bytes(std::span(name)))];
  if (number == 0) {
    number = static_cast<std::uint32_t>(namespaces_.size());
    namespaces_.push_back({plain_line(name)});
  }
  return number;
}

std::uint32_t Places::netns_of(const RecordView& record) {
  const bool is_captured = record.interface_id < netns_.size() && ifindexes_[record.interface_id] != 0;
  if (is_captured) return netns_[record.interface_id];
  const bool has_name = record.trace && !record.trace->other_netns && !record.trace->netns_name.empty();
  return has_name ? netns_number(record.trace->netns_name) : 0;
}

std::string Places::name_in(std::uint32_t netns, std::string_view device) const {
  std::string name = plain_line(device);
  return netns == 0 ? name : namespaces_[netns].name + "/" + name;
}

std::uint32_t Places::device_number(const At& at, std::uint32_t interface_id) {
  const bool named = interface_id < interfaces_.size();
  if (at.ifindex == 0 && !named) return 0;
  const std::string& name = named ? interfaces_[interface_id] : devices_[0];
  const std::uint64_t key =
      at.ifindex != 0 ? mix(mix(1, at.netns), at.ifindex) : mix_bytes(2, std::as_bytes(std::span(name)));
  std::uint32_t& number = device_numbers_[key];
  if (number == 0) {
    number = static_cast<std::uint32_t>(devices_.size());
    const bool can_ask = !named && name_of_ && (at.netns == 0 || at.inode != 0);
    const std::string told = can_ask ? name_of_(at.inode, at.ifindex) : "";
    devices_.push_back(!name.empty() ? name
                                     : name_in(at.netns, told.empty() ? "if" + std::to_string(at.ifindex) : told));
  }
  if (named && at.ifindex != 0 && devices_[number] != name) devices_[number] = name;
  return number;
}

// Another network namespace has its own device numbers.
std::uint32_t Places::foreign_device_number(std::uint32_t ifindex, const Trace& trace) {
  std::uint32_t& number = device_numbers_[mix(mix(3, trace.netns), ifindex)];
  if (number != 0) return number;
  number = static_cast<std::uint32_t>(devices_.size());
  std::string name = plain_line(trace.device);
  if (name.empty() && ifindex != 0) name = "if" + std::to_string(ifindex);
  const std::string netns = !trace.netns_name.empty() ? plain_line(trace.netns_name)
                            : trace.netns != 0        ? "netns " + std::to_string(trace.netns)
                                                      : "another netns";
  devices_.push_back(name.empty() ? netns : name + " in " + netns);
  return number;
}

std::uint16_t Places::number_of(const RecordView& record) {
  Place place;
  place.tap = record.tap;
  place.direction = record.direction;
  constexpr std::uint32_t kNoInterface = std::numeric_limits<std::uint32_t>::max();
  if (record.trace) place.other_netns = record.trace->other_netns;
  std::uint32_t ifindex = record.ifindex;
  std::uint32_t out = 0;
  if (record.tap == Tap::kNetfilter && record.trace) {
    place.hook = record.trace->hook;
    place.last = record.trace->last;
    place.direction = Direction::kUnknown;  // the hook implies it
    const bool leaves = place.hook == NetfilterHook::kOutput || place.hook == NetfilterHook::kPostrouting;
    ifindex = leaves ? record.trace->out_ifindex : record.trace->in_ifindex;
    if (place.hook == NetfilterHook::kForward) out = record.trace->out_ifindex;
  }
  const bool is_unnamed = record.trace && !record.trace->device.empty() &&
                          ifindex == record.ifindex;  // its interface is that of all others
  if (!place.other_netns) place.netns = netns_of(record);
  const std::uint32_t inode = record.trace ? record.trace->netns : 0;
  if (place.other_netns) {
    place.device = foreign_device_number(ifindex, *record.trace);
  } else if (tap_traits(record.tap).at_device && !is_unnamed) {
    const bool known = record.interface_id < ifindexes_.size();
    if (ifindex == 0 && known) ifindex = ifindexes_[record.interface_id];
    place.device = device_number({place.netns, inode, ifindex}, record.interface_id);
  } else {
    place.device = device_number({place.netns, inode, ifindex}, kNoInterface);
    if (is_unnamed && place.device != 0) devices_[place.device] = name_in(place.netns, record.trace->device);
    place.out_device = device_number({place.netns, inode, out}, kNoInterface);
  }
  const std::uint64_t key =
      mix(mix(std::uint64_t{place.device} << 32 | place.out_device,
              static_cast<std::uint64_t>(place.tap) << 8 | static_cast<std::uint64_t>(place.direction)),
          std::uint64_t{place.netns} << 16 | static_cast<std::uint64_t>(place.hook) << 2 | (place.last ? 2U : 0U) |
              (place.other_netns ? 1U : 0U));
  if (const std::uint16_t* number = numbers_.find(key)) return *number;
  if (places_.size() == std::numeric_limits<std::uint16_t>::max())
    return static_cast<std::uint16_t>(places_.size() - 1);
  const auto number = static_cast<std::uint16_t>(places_.size());
  numbers_[key] = number;
  places_.push_back(place);
  return number;
}

std::string Places::device(const Place& place) const {
  return devices_[place.device] + (place.out_device != 0 ? " > " + devices_[place.out_device] : "");
}

std::string Places::hook(const Place& place) {
  if (place.tap != Tap::kNetfilter) return "";
  return std::string(kNetfilterHookNames[static_cast<std::size_t>(place.hook)]) + (place.last ? " post" : " pre");
}

std::string Places::text(const Place& place) const {
  const std::string where = device(place);
  if (place.tap == Tap::kNetfilter) return hook(place) + (place.other_netns || place.netns != 0 ? " " + where : "");
  return std::string(tap_word(place.tap)) + (where.empty() ? "" : " " + where);
}

std::vector<std::uint16_t> Places::in_order() const {
  std::vector<std::uint16_t> numbers(places_.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint16_t>(i);
  // Of several network namespaces those come first where packets were seen first.
  std::vector<std::size_t> first(namespaces_.size(), places_.size());
  for (const std::uint16_t number : numbers) {
    std::size_t& earliest = first[places_[number].netns];
    if (!places_[number].other_netns) earliest = std::min<std::size_t>(earliest, number);
  }
  std::stable_sort(numbers.begin(), numbers.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (places_[a].other_netns != places_[b].other_netns) return places_[b].other_netns;
    const std::size_t a_first = first[places_[a].netns];
    const std::size_t b_first = first[places_[b].netns];
    return a_first != b_first ? a_first < b_first : order_of(places_[a]) < order_of(places_[b]);
  });
  return numbers;
}

}  // namespace ringtap
