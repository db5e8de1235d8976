// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/device_plan.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "taps/packet_socket.hpp"
#include "taps/tc_path.hpp"

namespace ringtap {
namespace {

using rtnetlink::Device;

std::string name_list(const std::vector<Device>& devices) {
  std::string names;
  for (const Device& device : devices) names += (names.empty() ? "" : ", ") + device.name;
  return names;
}

// "vrf0 (packets of a VRF pass tc by), tun0 (…)": those for which `applies`.
template <class Applies>
std::string reason_list(const std::vector<Device>& devices, Applies&& applies) {
  std::string list;
  for (const Device& device : devices) {
    const TcPath path = tc_path(device);
    if (applies(device, path.sees)) list.append(list.empty() ? "" : ", ").append(device.name + " (" + path.why + ")");
  }
  return list;
}

Result<std::set<LinkType>> link_types_of(const Device& device, TapSet taps) {
  std::set<LinkType> types;
  if (taps.contains_any(kBpfTaps)) types.insert(device.ethernet() ? LinkType::kEthernet : LinkType::kRaw);
  if (taps.contains_any(kPacketTaps)) {
    if (device.ethernet()) {
      types.insert(LinkType::kEthernet);
    } else {
      auto type = PacketSocket::link_type_of(device.name);
      if (!type) return type.take_error();
      types.insert(*type);
    }
  }
  return types;
}

// One AF_PACKET socket serves all devices, where tc would need two attachments at each.
bool is_all_by_packet(const CaptureSettings& settings) {
  return settings.may_choose_taps && has_any(settings.interfaces);
}

}  // namespace

bool has_any(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "any") != names.end();
}

TapSet taps_at(const Device& device, const CaptureSettings& settings) {
  if (!settings.may_choose_taps) return settings.taps;
  if (!is_all_by_packet(settings) && tc_path(device).sees != TcPath::Sees::kNotAll) return settings.taps;
  TapSet taps;
  if (settings.taps.contains(Tap::kTcIngress)) taps.insert(Tap::kPacketIn);
  if (settings.taps.contains(Tap::kTcEgress)) taps.insert(Tap::kPacketOut);
  return taps;
}

bool can_capture(const Device& device, const CaptureSettings& settings) {
  return device.ethernet() || device.raw_ip() || !taps_at(device, settings).contains_any(kBpfTaps);
}

Result<std::vector<Device>> choose_devices(const std::vector<Device>& present, const CaptureSettings& settings) {
  std::vector<Device> chosen;
  if (has_any(settings.interfaces)) {
    std::copy_if(present.begin(), present.end(), std::back_inserter(chosen),
                 [&](const Device& d) { return d.up() && can_capture(d, settings); });
    return chosen;
  }
  for (const std::string& name : settings.interfaces) {
    bool is_known = false;
    for (const Device& device : present) {
      if (!device.is_called(name)) continue;
      is_known = true;
      if (!can_capture(device, settings)) {
        return Error(device.name + ": its link layer (ARPHRD " + std::to_string(device.hardware_type) +
                     ") is not supported at these taps")
            .hint("--tap packet captures it, as tcpdump does");
      }
      const auto same = [&](const Device& d) { return d.ifindex == device.ifindex && d.netns == device.netns; };
      if (std::none_of(chosen.begin(), chosen.end(), same)) chosen.push_back(device);
    }
    if (is_known) continue;
    return Error(name + ": no such interface").hint("known interfaces: " + name_list(present) + ", any");
  }
  return chosen;
}

std::vector<std::string> notices_about(const std::vector<Device>& devices, const CaptureSettings& settings) {
  using enum TcPath::Sees;
  std::vector<std::string> notices;
  const bool relies_on_tc = settings.taps.contains_any(kTcTaps) && !settings.taps.contains_any(kPacketTaps);
  if (!relies_on_tc || is_all_by_packet(settings)) return notices;
  const auto not_seen = reason_list(devices, [](const Device&, TcPath::Sees sees) { return sees == kNotAll; });
  if (!not_seen.empty() && settings.may_choose_taps) {
    notices.push_back("captured by an AF_PACKET socket, as by tcpdump, and not at tc: " + not_seen);
  } else if (!not_seen.empty()) {
    notices.push_back("the tc taps do not show what tcpdump shows, but --tap packet does: " + not_seen);
  }
  const auto unknown = reason_list(devices, [](const Device&, TcPath::Sees sees) { return sees == kUnknown; });
  if (!unknown.empty()) {
    notices.push_back("it is not known whether all packets pass tc, --tap packet shows what tcpdump shows: " + unknown);
  }
  return notices;
}

Result<std::vector<Device>> present_devices(const CaptureSettings& settings) {
  auto namespaces = CapturedNetnsSet::find(settings);
  return namespaces ? namespaces->devices() : namespaces.take_error();
}

Result<DevicePlan> plan_devices(const CaptureSettings& settings) {
  auto namespaces = CapturedNetnsSet::find(settings);
  if (!namespaces) return namespaces.take_error();
  auto present = namespaces->devices();
  if (!present) return present.take_error();
  auto chosen = choose_devices(*present, settings);
  if (!chosen) return chosen.take_error();
  DevicePlan plan{
      .devices = chosen.take(), .framed = LinkType::kLinuxSll2, .taps = {}, .namespaces = namespaces.take()};
  const bool any = has_any(settings.interfaces);
  std::set<LinkType> types;
  for (const Device& device : plan.devices) {
    const TapSet taps = taps_at(device, settings);
    plan.taps.insert(taps);
    if (any) continue;
    auto of_device = link_types_of(device, taps);
    if (!of_device) return of_device.take_error();
    types.merge(*of_device);
  }
  if (any && plan.devices.empty()) plan.taps = taps_at({}, settings);
  if (types.size() == 1) plan.framed = *types.begin();
  return plan;
}

Result<LinkType> link_type_of(const CaptureSettings& settings) {
  auto plan = plan_devices(settings);
  if (!plan) return plan.take_error();
  return plan->framed;
}

}  // namespace ringtap
