// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "taps/tc_path.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ringtap {
namespace {

constexpr std::array<std::string_view, 26> kSeen = {
    "bond",      "bridge", "dummy", "erspan", "geneve", "gre",    "gretap",    "ifb",     "ip6gre",
    "ip6gretap", "ip6tnl", "ipip",  "ipvlan", "ipvtap", "macsec", "macvlan",   "macvtap", "netkit",
    "sit",       "tun",    "veth",  "vlan",   "vti",    "vxlan",  "wireguard", "xfrm"};

}  // namespace

TcPath tc_path(const rtnetlink::Device& device) {
  using enum TcPath::Sees;
  if (!device.ethernet() && !device.raw_ip()) {
    return {kNotAll, "its link layer, ARPHRD " + std::to_string(device.hardware_type) + ", is neither Ethernet nor IP"};
  }
  // drivers/net/vrf.c: what comes in gets this device after tc, what goes out is handed to netfilter and the route.
  if (device.kind == "vrf") return {kNotAll, "packets of a VRF pass tc by"};
  if (device.multipoint) return {kNotAll, "at tc, packets of a tunnel without a remote have the outer header"};
  if (device.kind.empty() || std::find(kSeen.begin(), kSeen.end(), device.kind) != kSeen.end()) return {};
  return {kUnknown, "kind " + device.kind};
}

}  // namespace ringtap
