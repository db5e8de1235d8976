// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What is in front of the network-layer packet of a record, for Ethernet, LINUX_SLL, LINUX_SLL2, raw IP and the BSD
// loopback types. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ringtap/record.hpp"

namespace ringtap {

inline constexpr std::uint16_t kEthertypeIpv4 = 0x0800, kEthertypeArp = 0x0806, kEthertypeIpv6 = 0x86dd;

// The network-layer packet: its ethertype, 0 if unknown, and where it begins; bytes after it may be padding. VLAN tags
// are passed over. `at` 0 with a link header: it is not completely there.
struct NetworkStart {
  std::uint16_t ether_type = 0;
  std::size_t at = 0;
};
NetworkStart network_start(const RecordView& record);

// Whether network_start() knows the headers of a link type; the packets of any other are taken for IP if they look so.
bool has_known_header(LinkType link_type);

// Whether a VLAN tag follows the addresses; always false unless the link type is Ethernet.
bool has_vlan_tag(const RecordView& record);

// From the header of LINUX_SLL or LINUX_SLL2; none: another link type, or the header is not completely there.
std::optional<PacketType> sll_packet_type(const RecordView& record);

}  // namespace ringtap
