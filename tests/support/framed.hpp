// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whole Ethernet frames around a message in hexadecimal digits, for the tests of printers; the addresses and lengths
// are those that support/packet.hpp gives. Values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "support/packet.hpp"

namespace ringtap::testing {

// `type`: the Ethernet type.
inline Bytes frame(std::uint16_t type, std::string_view hex) {
  return (Ethernet{.type = type} / Payload(bytes_of(hex))).bytes();
}

// `protocol`: of IP.
inline Bytes over_ip(std::uint8_t protocol, std::string_view hex) {
  return (Ethernet{} / Ipv4{.protocol = protocol} / Payload(bytes_of(hex))).bytes();
}
inline Bytes over_ipv6(std::uint8_t protocol, std::string_view hex) {
  return (Ethernet{} / Ipv6{.next_header = protocol} / Payload(bytes_of(hex))).bytes();
}

// To the port.
inline Bytes over_udp(std::uint16_t port, std::string_view hex) {
  return (Ethernet{} / Ipv4{} / Udp{.dst_port = port} / Payload(bytes_of(hex))).bytes();
}
inline Bytes over_udp6(std::uint16_t port, std::string_view hex) {
  return (Ethernet{} / Ipv6{} / Udp{.dst_port = port} / Payload(bytes_of(hex))).bytes();
}
inline Bytes over_tcp(std::uint16_t port, std::string_view hex) {
  return (Ethernet{} / Ipv4{} / Tcp{.dst_port = port, .flags = Tcp::kAck} / Payload(bytes_of(hex))).bytes();
}

}  // namespace ringtap::testing
