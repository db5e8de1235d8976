// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/packet_key.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

#include "base/mix.hpp"
#include "record/link_header.hpp"
#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

using Bytes = std::span<const std::byte>;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return load_be16(bytes.data() + at);
}
std::uint32_t u32(Bytes bytes, std::size_t at) {
  return load_be32(bytes.data() + at);
}
std::uint8_t u8(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

void read_address(Bytes packet, std::size_t at, std::size_t size, std::array<std::byte, 16>& address) {
  std::memcpy(address.data(), packet.data() + at, size);
}

struct Transport {
  std::size_t at = 0;        // in the packet
  std::uint32_t length = 0;  // payload of IP from here on
  bool readable = false;
};

// RFC 791.
Transport read_ipv4(Bytes packet, std::uint32_t wire_len, PacketKey& key) {
  constexpr std::size_t kHeader = 20;
  if (packet.size() < kHeader) return {};
  const std::size_t header = std::size_t{u8(packet, 0) & 0xfU} * 4;
  if (header < kHeader) return {};
  // A superframe beyond 64 KiB has a total length of 0.
  const std::uint32_t total = u16(packet, 2) != 0 ? u16(packet, 2) : wire_len;
  key.endpoints.version = 4;
  key.endpoints.protocol = u8(packet, 9);
  key.hop_limit = u8(packet, 8);
  read_address(packet, 12, 4, key.endpoints.source);
  read_address(packet, 16, 4, key.endpoints.destination);
  key.proof.ip_id = u16(packet, 4);
  const std::uint16_t fragment = u16(packet, 6);
  key.proof.fragment = static_cast<std::uint16_t>((fragment & 0x1fff) << 3 | (fragment >> 13 & 1));
  return {header, total > header ? total - static_cast<std::uint32_t>(header) : 0, true};
}

// RFC 8200, with the extension headers that may come before the transport header.
Transport read_ipv6(Bytes packet, std::uint32_t wire_len, PacketKey& key) {
  constexpr std::size_t kHeader = 40;
  if (packet.size() < kHeader) return {};
  const std::uint32_t told = u16(packet, 4);
  std::uint32_t length =
      told != 0 ? told : wire_len - static_cast<std::uint32_t>(std::min<std::size_t>(kHeader, wire_len));
  key.endpoints.version = 6;
  key.hop_limit = u8(packet, 7);
  read_address(packet, 8, 16, key.endpoints.source);
  read_address(packet, 24, 16, key.endpoints.destination);
  std::uint8_t next = u8(packet, 6);
  std::size_t at = kHeader;
  constexpr int kMostHeaders = 8;
  for (int i = 0; i < kMostHeaders && at + 8 <= packet.size(); ++i) {
    const bool is_options = next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS;
    if (!is_options && next != IPPROTO_FRAGMENT) break;
    std::size_t size = 8;
    if (is_options) {
      size = (std::size_t{u8(packet, at + 1)} + 1) * 8;
    } else {
      const std::uint16_t offset = u16(packet, at + 2);
      key.proof.fragment = static_cast<std::uint16_t>((offset & 0xfff8) | (offset & 1));
      key.proof.ip_id = u32(packet, at + 4);
    }
    next = u8(packet, at);
    at += size;
    length -= std::min(length, static_cast<std::uint32_t>(size));
  }
  key.endpoints.protocol = next;
  return {at, length, true};
}

void read_payload_hash(Bytes packet, std::size_t at, std::uint32_t length, PacketKey& key) {
  key.needs_payload = length != 0;
  if (length == 0) return;
  const std::size_t wanted = std::min(length, kPayloadBytes);
  key.payload_known = at + wanted <= packet.size();
  if (key.payload_known) key.proof.payload_hash = mix_bytes(1, packet.subspan(at, wanted)) | 1;
}

// Adds the fields of the transport header to `hash`.
void read_transport(Bytes packet, const Transport& transport, PacketKey& key, std::uint64_t& hash) {
  key.proof.payload_len = transport.length;
  if (key.is_later_fragment()) return;
  constexpr std::size_t kUdpHeader = 8, kIcmpHeader = 8;
  const std::size_t at = transport.at;
  const auto after = [&](std::size_t header) {
    key.proof.payload_len = transport.length - std::min(transport.length, static_cast<std::uint32_t>(header));
  };
  switch (key.endpoints.protocol) {
    case IPPROTO_TCP: {  // RFC 9293
      constexpr unsigned kFinSynRst = 7, kSyn = 2, kAck = 16;
      if (at + 14 > packet.size()) break;
      after(std::size_t{u8(packet, at + 12)} / 16 * 4);
      key.proof.sequence = u32(packet, at + 4);
      hash = mix(hash, std::uint64_t{key.proof.sequence} << 32 | u32(packet, at + 8));
      hash = mix(hash, u8(packet, at + 13) & kFinSynRst);
      key.asks_connection = (u8(packet, at + 13) & (kSyn | kAck)) == kSyn;
      break;
    }
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      after(kUdpHeader);
      read_payload_hash(packet, at + kUdpHeader, key.proof.payload_len, key);
      break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      after(kIcmpHeader);
      if (at + kIcmpHeader > packet.size()) break;
      hash = mix(hash, std::uint64_t{u16(packet, at)} << 32 | u32(packet, at + 4));
      read_payload_hash(packet, at + kIcmpHeader, key.proof.payload_len, key);
      break;
    default:
      read_payload_hash(packet, at, transport.length, key);
      break;
  }
}

void read_ports(Bytes packet, std::size_t at, PacketKey& key) {
  const bool icmp = key.endpoints.protocol == IPPROTO_ICMP || key.endpoints.protocol == IPPROTO_ICMPV6;
  if (key.is_later_fragment() || at + 4 > packet.size()) return;
  if (icmp) {
    key.endpoints.source_port = u8(packet, at);
    key.endpoints.destination_port = u8(packet, at + 1);
  }
  key.ports_known = icmp || has_ports(key.endpoints.protocol);
  if (!has_ports(key.endpoints.protocol)) return;
  key.endpoints.source_port = u16(packet, at);
  key.endpoints.destination_port = u16(packet, at + 2);
}

// Anything that is not IP: its first bytes. A short Ethernet frame is padded on the wire, so an ARP packet (RFC 826)
// is its 28 bytes, and others are no more than fit into the shortest frame.
void read_other(Bytes packet, std::uint32_t wire_len, PacketKey& key) {
  constexpr std::uint32_t kArpLength = 28, kShortest = 46;
  const std::uint32_t length = key.endpoints.ether_type == kEthertypeArp ? std::min(wire_len, kArpLength) : wire_len;
  key.proof.payload_len = std::max(length, key.endpoints.ether_type == kEthertypeArp ? 0 : kShortest);
  const std::size_t wanted = std::min({length, kShortest, static_cast<std::uint32_t>(packet.size())});
  key.proof.payload_hash = mix_bytes(1, packet.first(wanted)) | 1;
}

}  // namespace

bool has_ports(std::uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

bool may_be_same(const NatProof& one, const NatProof& other) {
  if (one.version != other.version || one.protocol != other.protocol || one.ip_id != other.ip_id ||
      one.fragment != other.fragment || one.payload_len != other.payload_len) {
    return false;
  }
  if (one.sequence != other.sequence && one.ip_id == 0) return false;
  return one.payload_hash == other.payload_hash || one.payload_hash == 0 || other.payload_hash == 0;
}

bool PacketKey::has_flow() const {
  const std::uint8_t protocol = endpoints.protocol;
  const bool needs_ports = has_ports(protocol) || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
  return endpoints.version != 0 && (ports_known || (!needs_ports && !is_later_fragment()));
}

std::uint64_t PacketKey::datagram() const {
  return mix(hosts, std::uint64_t{proof.ip_id} | std::uint64_t{1} << 32);
}

PacketKey packet_key(const RecordView& record) {
  PacketKey key;
  const NetworkStart network = network_start(record);
  const Bytes packet = record.data.subspan(std::min(network.at, record.data.size()));
  const std::uint32_t wire_len = record.wire_len - std::min(static_cast<std::uint32_t>(network.at), record.wire_len);
  Transport transport;
  if (network.ether_type == kEthertypeIpv4) transport = read_ipv4(packet, wire_len, key);
  if (network.ether_type == kEthertypeIpv6) transport = read_ipv6(packet, wire_len, key);
  std::uint64_t hash = 0;
  if (transport.readable) {
    if (transport.at < packet.size()) key.transport_at = network.at + transport.at;
    read_ports(packet, transport.at, key);
    read_transport(packet, transport, key, hash);
  } else {
    key.endpoints.ether_type = network.ether_type;
    read_other(packet, wire_len, key);
  }
  const Endpoints& ends = key.endpoints;
  key.proof.version = ends.version;
  key.proof.protocol = ends.protocol;
  key.hosts = mix(std::uint64_t{ends.version} << 32 | std::uint64_t{ends.protocol} << 16 | ends.ether_type,
                  ends.version == 4 ? 4 : 6);
  const std::size_t size = ends.version == 4 ? 4 : 16;
  if (ends.version != 0) {
    key.hosts = mix_bytes(mix_bytes(key.hosts, Bytes(ends.source).first(size)), Bytes(ends.destination).first(size));
  }
  key.flow = mix(key.hosts, std::uint64_t{ends.source_port} << 16 | ends.destination_port);
  key.outline = mix(mix(key.flow, hash), std::uint64_t{key.proof.payload_len} << 32 | key.proof.ip_id);
  key.outline = mix(key.outline, key.proof.fragment);
  key.content = mix(key.outline, key.proof.payload_hash);
  return key;
}

std::string address_text(const std::array<std::byte, 16>& address, std::uint8_t version) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(version == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

std::string endpoints_text(const Endpoints& endpoints) {
  if (endpoints.version == 0) {
    if (endpoints.ether_type == kEthertypeArp) return "ARP";
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "ethertype 0x%04x", unsigned{endpoints.ether_type});
    return text.data();
  }
  const auto port = [&](std::uint16_t number) {
    return has_ports(endpoints.protocol) && (endpoints.source_port != 0 || endpoints.destination_port != 0)
               ? "." + std::to_string(number)
               : std::string();
  };
  std::string protocol;
  switch (endpoints.protocol) {
    case IPPROTO_TCP:
      protocol = "TCP";
      break;
    case IPPROTO_UDP:
      protocol = "UDP";
      break;
    case IPPROTO_ICMP:
      protocol = "ICMP";
      break;
    case IPPROTO_ICMPV6:
      protocol = "ICMP6";
      break;
    default:
      protocol = "protocol " + std::to_string(endpoints.protocol);
  }
  return address_text(endpoints.source, endpoints.version) + port(endpoints.source_port) + " > " +
         address_text(endpoints.destination, endpoints.version) + port(endpoints.destination_port) + " " + protocol;
}

}  // namespace ringtap
