// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the index of a frame says about its packets: hashes of addresses, ports, protocols, ethertypes, VLAN ids, taps
// and drop reasons. Fields are read where libpcap's programs read them, after every VLAN tag, MPLS label and PPPoE
// header too, and each as far as it was captured: what a program of libpcap can find in a packet is among the keys, or
// the packet has to count as one that may hold anything. Pure functions; any thread.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/mix.hpp"
#include "base/vlan.hpp"
#include "ringtap/bytes.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// Values of the index file. kOwner: owner_keys.hpp.
enum class KeyKind : std::uint8_t {
  kIpv4Address = 1,
  kIpv6Address,
  kPort,  // of TCP, UDP or SCTP, source or destination
  kProtocol,
  kEthertype,
  kVlan,
  kTap,
  kDropReason,
  kOwner
};

// Never 0.
inline std::uint32_t key_hash(KeyKind kind, std::uint64_t value) {
  const std::uint64_t hash = (value << 4 | static_cast<std::uint8_t>(kind)) * 0xd6e8feb86659fd93;
  return static_cast<std::uint32_t>(hash >> 32) | 1;
}
inline std::uint32_t ipv6_key(std::uint64_t upper, std::uint64_t lower) {
  return key_hash(KeyKind::kIpv6Address, mix(upper, lower));
}
inline std::uint32_t text_key(KeyKind kind, std::string_view text) {
  return key_hash(kind, mix_bytes(text.size(), {reinterpret_cast<const std::byte*>(text.data()), text.size()}));
}

namespace ethertype {
inline constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kRarp = 0x8035, kIpv6 = 0x86dd, kMpls = 0x8847,
                               kMplsUpstream = 0x8848, kPppoeSession = 0x8864;
}

// Calls add(hash) for each key in the bytes of a packet, some of them several times, but add.number(kind, value) for
// kinds of which most packets have the same. False: it may hold anything.
template <class Add>
class KeyReader {
 public:
  KeyReader(std::span<const std::byte> data, Add add) : data_(data), add_(add) {}

  bool read(LinkType link_type) {
    constexpr std::size_t kEthernet = 14, kSll = 16, kSll2 = 20;
    switch (link_type) {
      case LinkType::kEthernet:
        return !has(kEthernet - 2, 2) || network(u16(kEthernet - 2), kEthernet);
      case LinkType::kLinuxSll:
        return !has(kSll - 2, 2) || network(u16(kSll - 2), kSll);
      case LinkType::kLinuxSll2:
        return !has(0, 2) || network(u16(0), kSll2);
      case LinkType::kRaw:
        return by_version(0);
      case LinkType::kIpv4:
        return network(ethertype::kIpv4, 0);
      case LinkType::kIpv6:
        return network(ethertype::kIpv6, 0);
      default:
        return false;
    }
  }

 private:
  static constexpr int kMostHeaders = 16;  // tags and labels

  [[nodiscard]] bool has(std::size_t at, std::size_t size) const { return at + size <= data_.size(); }
  [[nodiscard]] std::uint8_t u8(std::size_t at) const { return static_cast<std::uint8_t>(data_[at]); }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const { return load_be16(data_.data() + at); }

  bool network(std::uint16_t type, std::size_t at) {
    for (int headers = 0; headers < kMostHeaders; ++headers) {
      add_.number(KeyKind::kEthertype, type);
      if (type == ethertype::kIpv4) return ipv4(at);
      if (type == ethertype::kIpv6) return ipv6(at);
      if (is_vlan_ethertype(type)) {
        if (has(at, 2)) add_.number(KeyKind::kVlan, vlan_id(u16(at)));
        if (!has(at + 2, 2)) return true;
        type = u16(at + 2);
        at += kVlanTagSize;
        continue;
      }
      switch (type) {
        case ethertype::kArp:
        case ethertype::kRarp:
          ipv4_address(at + 14);
          ipv4_address(at + 24);
          return true;
        case ethertype::kPppoeSession:
          if (!has(at + 6, 2)) return true;
          type = from_ppp(u16(at + 6));
          at += 8;
          break;
        case ethertype::kMpls:
        case ethertype::kMplsUpstream:
          return mpls(at);
        default:
          return true;
      }
    }
    return false;
  }

  static std::uint16_t from_ppp(std::uint16_t protocol) {
    switch (protocol) {
      case 0x0021:
        return ethertype::kIpv4;
      case 0x0057:
        return ethertype::kIpv6;
      case 0x0281:
        return ethertype::kMpls;
      case 0x0283:
        return ethertype::kMplsUpstream;
      default:
        return protocol;
    }
  }

  bool mpls(std::size_t at) {
    for (int labels = 0; labels < kMostHeaders; ++labels) {
      if (!has(at, 3)) return true;
      const bool is_last = (u8(at + 2) & 1) != 0;
      at += 4;
      if (is_last) return by_version(at);
    }
    return false;
  }

  bool by_version(std::size_t at) {
    const unsigned version = has(at, 1) ? u8(at) >> 4 : 0;
    return version == 4 ? network(ethertype::kIpv4, at) : version == 6 ? network(ethertype::kIpv6, at) : true;
  }

  // The length of the header is taken as it is, below 20 too, as libpcap's programs do.
  bool ipv4(std::size_t at) {
    ipv4_address(at + 12);
    ipv4_address(at + 16);
    if (!has(at + 9, 1)) return true;
    const std::uint8_t protocol = u8(at + 9);
    add_.number(KeyKind::kProtocol, protocol);
    if ((u16(at + 6) & 0x1fff) == 0) ports(protocol, at + std::size_t{u8(at) & 0xfU} * 4);
    return true;
  }

  // A fragment header is looked behind for the protocol, but not for ports.
  bool ipv6(std::size_t at) {
    ipv6_address(at + 8);
    ipv6_address(at + 24);
    if (!has(at + 6, 1)) return true;
    const std::uint8_t next = u8(at + 6);
    add_.number(KeyKind::kProtocol, next);
    if (next == IPPROTO_FRAGMENT && has(at + 40, 1)) add_.number(KeyKind::kProtocol, u8(at + 40));
    ports(next, at + 40);
    return true;
  }

  void ports(std::uint8_t protocol, std::size_t at) {
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_SCTP) return;
    if (has(at, 2)) add_(key_hash(KeyKind::kPort, u16(at)));
    if (has(at + 2, 2)) add_(key_hash(KeyKind::kPort, u16(at + 2)));
  }
  void ipv4_address(std::size_t at) {
    if (has(at, 4)) add_(key_hash(KeyKind::kIpv4Address, load_be32(data_.data() + at)));
  }
  void ipv6_address(std::size_t at) {
    if (has(at, 16)) add_(ipv6_key(load_be64(data_.data() + at), load_be64(data_.data() + at + 8)));
  }

  std::span<const std::byte> data_;
  Add add_;
};

// The keys in the bytes of a packet.
template <class Add>
bool each_key(std::span<const std::byte> data, LinkType link_type, Add add) {
  return KeyReader<Add>(data, add).read(link_type);
}

}  // namespace ringtap
