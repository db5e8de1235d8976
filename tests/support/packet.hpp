// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Composes a frame out of layers: Ethernet{} / Vlan{.id = 7} / Ipv4{.src = "192.0.2.1"} / Udp{.dst_port = 53} /
// Payload{"x"}. Type fields, lengths and checksums follow from what stands beside a layer when bytes() is called; a
// field given a value keeps it, so that a test can make a wrong one. Values; any thread. A malformed address in a test
// throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringtap::testing {

using Bytes = std::vector<std::byte>;
using Mac = std::array<std::uint8_t, 6>;

struct Ethernet {
  Mac dst = {0x02, 0, 0, 0, 0, 0x02};
  Mac src = {0x02, 0, 0, 0, 0, 0x01};
  std::optional<std::uint16_t> type;
};

// IEEE 802.1Q; the outer tag of QinQ is Vlan{.protocol = 0x88a8}. `protocol` is the type that announces this tag.
struct Vlan {
  std::uint16_t id = 0;
  std::uint8_t priority = 0;
  bool drop_eligible = false;
  std::uint16_t protocol = 0x8100;
  std::optional<std::uint16_t> type;
};

struct Arp {
  std::uint16_t operation = 1;
  Mac sender_mac = {0x02, 0, 0, 0, 0, 0x01};
  std::string sender = "192.0.2.1";
  Mac target_mac = {};
  std::string target = "192.0.2.2";
};

struct Ipv4 {
  std::string src = "192.0.2.1";
  std::string dst = "192.0.2.2";
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint16_t id = 0;
  std::uint16_t fragment = 0;  // flags and offset as on the wire
  Bytes options = {};          // a multiple of four bytes
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint16_t> total_length;
  std::optional<std::uint16_t> checksum;
};

struct Ipv6 {
  std::string src = "2001:db8::1";
  std::string dst = "2001:db8::2";
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;
  std::optional<std::uint8_t> next_header;
  std::optional<std::uint16_t> payload_length;
};

struct Udp {
  std::uint16_t src_port = 40000;
  std::uint16_t dst_port = 9;
  std::optional<std::uint16_t> length;
  std::optional<std::uint16_t> checksum;
};

struct Tcp {
  enum Flag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64, kCwr = 128 };
  std::uint16_t src_port = 40000;
  std::uint16_t dst_port = 80;
  std::uint32_t seq = 1;
  std::uint32_t ack = 0;
  std::uint8_t flags = kSyn;
  std::uint16_t window = 65535;
  std::uint16_t urgent = 0;
  Bytes options = {};  // a multiple of four bytes
  std::optional<std::uint16_t> checksum;
};

// ICMP below IPv4, ICMPv6 (with its pseudo-header in the checksum) below IPv6; default: echo request.
struct Icmp {
  std::optional<std::uint8_t> type;
  std::uint8_t code = 0;
  std::uint32_t rest = 0x00010001;  // identifier and sequence number of an echo
  std::optional<std::uint16_t> checksum;
};

struct Payload {
  Payload(const char* text) : Payload(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  explicit Payload(const std::string& text);
  explicit Payload(Bytes data) : bytes(std::move(data)) {}
  explicit Payload(std::size_t size);  // 0, 1, 2 … 255, 0 …

  Bytes bytes;
};

using Layer = std::variant<Ethernet, Vlan, Arp, Ipv4, Ipv6, Udp, Tcp, Icmp, Payload>;

class Packet {
 public:
  Packet(std::initializer_list<Layer> layers) : layers_(layers) {}

  friend Packet operator/(Packet packet, Layer layer) {
    packet.layers_.push_back(std::move(layer));
    return packet;
  }
  [[nodiscard]] Bytes bytes() const;

 private:
  std::vector<Layer> layers_;
};

// The first two layers; more follow by Packet's own operator.
template <class First, class Second>
requires(std::is_constructible_v<Layer, First>&& std::is_constructible_v<Layer, Second> &&
         !std::is_same_v<First, Packet>) Packet
operator/(First first, Second second) {
  return Packet{Layer(std::move(first)), Layer(std::move(second))};
}

// Two hexadecimal digits a byte; blanks between them do not count.
Bytes bytes_of(std::string_view hex);

// RFC 1071, over bytes in network order.
std::uint16_t internet_checksum(const Bytes& bytes);

}  // namespace ringtap::testing
