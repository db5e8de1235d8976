// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/packet.hpp"

#include <arpa/inet.h>

#include <numeric>
#include <span>
#include <stdexcept>

namespace ringtap::testing {
namespace {

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeArp = 0x0806;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolIpv4 = 4;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolIpv6 = 41;
constexpr std::uint8_t kProtocolIcmpv6 = 58;
constexpr std::uint8_t kNoNextHeader = 59;
constexpr std::uint8_t kNoProtocol = 255;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

void put8(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value & 0xff));
}
void put16(Bytes& out, std::size_t value) {
  put8(out, value >> 8);
  put8(out, value);
}
void put32(Bytes& out, std::size_t value) {
  put16(out, value >> 16);
  put16(out, value);
}
void put(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put_mac(Bytes& out, const Mac& mac) {
  put(out, std::as_bytes(std::span(mac)));
}
void set16(Bytes& out, std::size_t offset, std::uint16_t value) {
  out[offset] = static_cast<std::byte>(value >> 8);
  out[offset + 1] = static_cast<std::byte>(value & 0xff);
}

template <int kFamily, std::size_t kSize>
Bytes address(const std::string& text) {
  Bytes bytes(kSize);
  if (::inet_pton(kFamily, text.c_str(), bytes.data()) != 1) throw std::invalid_argument("not an address: " + text);
  return bytes;
}
Bytes ipv4_address(const std::string& text) {
  return address<AF_INET, 4>(text);
}
Bytes ipv6_address(const std::string& text) {
  return address<AF_INET6, 16>(text);
}

std::uint16_t ethernet_type_of(const Layer* next) {
  if (next == nullptr) return 0xffff;
  return std::visit(Overloaded{
                        [](const Vlan& vlan) -> std::uint16_t { return vlan.protocol; },
                        [](const Arp&) -> std::uint16_t { return kTypeArp; },
                        [](const Ipv4&) -> std::uint16_t { return kTypeIpv4; },
                        [](const Ipv6&) -> std::uint16_t { return kTypeIpv6; },
                        // "local experimental ethertype 1", IEEE 802: nobody parses what follows.
                        [](const auto&) -> std::uint16_t { return 0x88b5; },
                    },
                    *next);
}

std::uint8_t protocol_of(const Layer* next, bool over_ipv6) {
  const std::uint8_t none = over_ipv6 ? kNoNextHeader : kNoProtocol;
  if (next == nullptr) return none;
  return std::visit(Overloaded{
                        [](const Ipv4&) { return kProtocolIpv4; },
                        [](const Ipv6&) { return kProtocolIpv6; },
                        [](const Udp&) { return kProtocolUdp; },
                        [](const Tcp&) { return kProtocolTcp; },
                        [&](const Icmp&) { return over_ipv6 ? kProtocolIcmpv6 : kProtocolIcmp; },
                        [&](const auto&) { return none; },
                    },
                    *next);
}

// Addresses as the pseudo-headers of RFC 768, 793 (IPv4) and RFC 8200 section 8.1 begin with; empty without an IP
// layer.
Bytes pseudo_header(const Layer* below, std::uint8_t protocol, std::size_t length) {
  Bytes out;
  if (const auto* ipv4 = below != nullptr ? std::get_if<Ipv4>(below) : nullptr) {
    put(out, ipv4_address(ipv4->src));
    put(out, ipv4_address(ipv4->dst));
    put16(out, protocol);
    put16(out, length);
  } else if (const auto* ipv6 = below != nullptr ? std::get_if<Ipv6>(below) : nullptr) {
    put(out, ipv6_address(ipv6->src));
    put(out, ipv6_address(ipv6->dst));
    put32(out, length);
    put32(out, protocol);
  }
  return out;
}

void fill_checksum(Bytes& segment, std::size_t offset, Bytes pseudo) {
  put(pseudo, segment);
  set16(segment, offset, internet_checksum(pseudo));
}

Bytes header(const Ethernet& ethernet, const Layer*, const Layer* next, const Bytes&) {
  Bytes out;
  put_mac(out, ethernet.dst);
  put_mac(out, ethernet.src);
  put16(out, ethernet.type.value_or(ethernet_type_of(next)));
  return out;
}

Bytes header(const Vlan& vlan, const Layer*, const Layer* next, const Bytes&) {
  Bytes out;
  put16(out, static_cast<std::size_t>(vlan.priority << 13 | (vlan.drop_eligible ? 1 << 12 : 0) | (vlan.id & 0xfff)));
  put16(out, vlan.type.value_or(ethernet_type_of(next)));
  return out;
}

Bytes header(const Arp& arp, const Layer*, const Layer*, const Bytes&) {
  Bytes out;
  put16(out, 1);  // Ethernet
  put16(out, kTypeIpv4);
  put8(out, 6);
  put8(out, 4);
  put16(out, arp.operation);
  put_mac(out, arp.sender_mac);
  put(out, ipv4_address(arp.sender));
  put_mac(out, arp.target_mac);
  put(out, ipv4_address(arp.target));
  return out;
}

Bytes header(const Ipv4& ipv4, const Layer*, const Layer* next, const Bytes& rest) {
  const std::size_t header_size = 20 + ipv4.options.size();
  Bytes out;
  put8(out, 0x40 | header_size / 4);
  put8(out, ipv4.tos);
  put16(out, ipv4.total_length.value_or(static_cast<std::uint16_t>(header_size + rest.size())));
  put16(out, ipv4.id);
  put16(out, ipv4.fragment);
  put8(out, ipv4.ttl);
  put8(out, ipv4.protocol.value_or(protocol_of(next, false)));
  put16(out, 0);
  put(out, ipv4_address(ipv4.src));
  put(out, ipv4_address(ipv4.dst));
  put(out, ipv4.options);
  set16(out, 10, ipv4.checksum.value_or(internet_checksum(out)));
  return out;
}

Bytes header(const Ipv6& ipv6, const Layer*, const Layer* next, const Bytes& rest) {
  Bytes out;
  put32(out, std::size_t{6} << 28 | static_cast<std::size_t>(ipv6.traffic_class) << 20 | (ipv6.flow_label & 0xfffff));
  put16(out, ipv6.payload_length.value_or(static_cast<std::uint16_t>(rest.size())));
  put8(out, ipv6.next_header.value_or(protocol_of(next, true)));
  put8(out, ipv6.hop_limit);
  put(out, ipv6_address(ipv6.src));
  put(out, ipv6_address(ipv6.dst));
  return out;
}

// Transport layers give their header with the checksum over header and rest.
Bytes finish_transport(Bytes out, const Bytes& rest, std::size_t checksum_offset, std::optional<std::uint16_t> given,
                       Bytes pseudo) {
  const std::size_t header_size = out.size();
  if (given) {
    set16(out, checksum_offset, *given);
  } else {
    put(out, rest);
    fill_checksum(out, checksum_offset, std::move(pseudo));
    out.resize(header_size);
  }
  return out;
}

Bytes header(const Udp& udp, const Layer* below, const Layer*, const Bytes& rest) {
  Bytes out;
  put16(out, udp.src_port);
  put16(out, udp.dst_port);
  put16(out, udp.length.value_or(static_cast<std::uint16_t>(8 + rest.size())));
  put16(out, 0);
  out = finish_transport(std::move(out), rest, 6, udp.checksum, pseudo_header(below, kProtocolUdp, 8 + rest.size()));
  // RFC 768: a computed 0 is sent as all ones, because 0 means "none".
  if (!udp.checksum && out[6] == std::byte{0} && out[7] == std::byte{0}) set16(out, 6, 0xffff);
  return out;
}

Bytes header(const Tcp& tcp, const Layer* below, const Layer*, const Bytes& rest) {
  const std::size_t header_size = 20 + tcp.options.size();
  Bytes out;
  put16(out, tcp.src_port);
  put16(out, tcp.dst_port);
  put32(out, tcp.seq);
  put32(out, tcp.ack);
  put8(out, header_size / 4 << 4);
  put8(out, tcp.flags);
  put16(out, tcp.window);
  put16(out, 0);
  put16(out, tcp.urgent);
  put(out, tcp.options);
  return finish_transport(std::move(out), rest, 16, tcp.checksum,
                          pseudo_header(below, kProtocolTcp, header_size + rest.size()));
}

Bytes header(const Icmp& icmp, const Layer* below, const Layer*, const Bytes& rest) {
  const bool over_ipv6 = below != nullptr && std::holds_alternative<Ipv6>(*below);
  Bytes out;
  put8(out, icmp.type.value_or(over_ipv6 ? 128 : 8));
  put8(out, icmp.code);
  put16(out, 0);
  put32(out, icmp.rest);
  return finish_transport(std::move(out), rest, 2, icmp.checksum,
                          over_ipv6 ? pseudo_header(below, kProtocolIcmpv6, 8 + rest.size()) : Bytes{});
}

Bytes header(const Payload& payload, const Layer*, const Layer*, const Bytes&) {
  return payload.bytes;
}

}  // namespace

Bytes bytes_of(std::string_view hex) {
  Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

std::uint16_t internet_checksum(const Bytes& bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = std::to_integer<std::uint32_t>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + 1]) : 0;
    sum += high << 8 | low;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

Payload::Payload(const std::string& text) {
  put(bytes, std::as_bytes(std::span(text)));
}

Payload::Payload(std::size_t size) {
  bytes.reserve(size);
  for (std::size_t i = 0; i < size; ++i) put8(bytes, i);
}

Bytes Packet::bytes() const {
  // From the inside out: a length or checksum covers what follows it.
  Bytes rest;
  for (std::size_t i = layers_.size(); i-- > 0;) {
    const Layer* below = i > 0 ? &layers_[i - 1] : nullptr;
    const Layer* next = i + 1 < layers_.size() ? &layers_[i + 1] : nullptr;
    Bytes out = std::visit([&](const auto& layer) { return header(layer, below, next, rest); }, layers_[i]);
    put(out, rest);
    rest = std::move(out);
  }
  return rest;
}

}  // namespace ringtap::testing
