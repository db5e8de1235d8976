// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// VLAN tags of IEEE 802.1Q and its predecessors: which ethertypes announce a tag, and its layout. A tag is the two
// bytes of its control information and the ethertype of what follows. Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringtap {

inline constexpr std::size_t kVlanTagSize = 4;

// 802.1Q, 802.1ad, and the two numbers that switches used for stacked tags before that.
constexpr bool is_vlan_ethertype(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

constexpr std::uint16_t vlan_id(std::uint16_t control) {
  return control & 0xfff;
}
constexpr std::uint16_t vlan_priority(std::uint16_t control) {
  return static_cast<std::uint16_t>(control >> 13);
}
constexpr bool vlan_drop_eligible(std::uint16_t control) {
  return (control & 0x1000) != 0;
}

}  // namespace ringtap
