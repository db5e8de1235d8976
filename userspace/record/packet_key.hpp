// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How a packet is recognised at another tap. TTL, checksums, VLAN tags, TOS, link-layer addresses and Ethernet padding
// are never compared, since a hop may change them. Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "ringtap/record.hpp"

namespace ringtap {

// The packet's addresses and ports, for people.
struct Endpoints {
  std::array<std::byte, 16> source{};  // IPv4: the first four
  std::array<std::byte, 16> destination{};
  std::uint16_t source_port = 0;       // ICMP: the type
  std::uint16_t destination_port = 0;  // ICMP: the code
  std::uint16_t ether_type = 0;        // if it is not IP
  std::uint8_t version = 0;            // 4, 6, else 0
  std::uint8_t protocol = 0;           // of IP
};

// What NAT does not change. Two records with the same sk_buff address but different proofs belong to two packets, since
// addresses are reused at once.
struct NatProof {
  std::uint64_t payload_hash = 0;  // of the first bytes; 0: not all of them were captured, or the protocol needs none
  std::uint32_t sequence = 0;      // TCP
  std::uint32_t payload_len = 0;   // after TCP's, UDP's or ICMP's header; of a later fragment, after IP's
  std::uint32_t ip_id = 0;
  std::uint16_t fragment = 0;  // offset in bytes, | 1: more follow
  std::uint8_t version = 0;
  std::uint8_t protocol = 0;
};
// NAT of FTP and the like may change sequence numbers; then the IP id has to be used instead.
bool may_be_same(const NatProof& one, const NatProof& other);

struct PacketKey {
  std::uint64_t content = 0;  // everything that is compared; only if payload_known
  std::uint64_t outline = 0;  // the same without the payload
  std::uint64_t flow = 0;     // addresses, protocol, ports
  std::uint64_t hosts = 0;    // addresses, protocol
  bool needs_payload = false;
  bool payload_known = true;
  bool asks_connection = false;  // TCP: SYN without ACK
  bool ports_known = false;      // a first fragment, or none, with ports or ICMP's type
  std::uint8_t hop_limit = 0;    // TTL or hop limit of IP; not compared, since each router lowers it
  std::size_t transport_at = 0;  // where IP's payload begins in the record; 0: it is not there, or not IP
  Endpoints endpoints;
  NatProof proof;

  [[nodiscard]] bool is_fragment() const { return proof.fragment != 0; }
  // One without the transport header.
  [[nodiscard]] bool is_later_fragment() const { return (proof.fragment & 0xfff8U) != 0; }
  // Whether the endpoints say which flow of IP the packet belongs to: no port is missing.
  [[nodiscard]] bool has_flow() const;
  // The same for an IPv4 datagram and its fragments.
  [[nodiscard]] std::uint64_t datagram() const;
};

// How many bytes of payload are compared for packets without sequence numbers (UDP, ICMP).
inline constexpr std::uint32_t kPayloadBytes = 32;

PacketKey packet_key(const RecordView& record);

// Whether packets of this protocol of IP have ports.
bool has_ports(std::uint8_t protocol);

// "192.0.2.1.40000 > 192.0.2.2.5000 UDP", "192.0.2.1 > 192.0.2.2 ICMP", "ARP", "ethertype 0x88cc"
std::string endpoints_text(const Endpoints& endpoints);
std::string address_text(const std::array<std::byte, 16>& address, std::uint8_t version);

}  // namespace ringtap
