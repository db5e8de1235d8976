// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/link_header.hpp"

#include <span>

#include "base/vlan.hpp"
#include "record/cooked.hpp"
#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kEthernetHeader = 14, kSllHeader = 16, kFamilyHeader = 4;
constexpr std::size_t kSll2PacketType = 10;  // its place in the header

std::uint16_t type_by_version(Bytes data, std::size_t at) {
  if (at >= data.size()) return 0;
  const auto version = std::to_integer<unsigned>(data[at]) >> 4;
  return version == 4 ? kEthertypeIpv4 : version == 6 ? kEthertypeIpv6 : std::uint16_t{0};
}

}  // namespace

NetworkStart network_start(const RecordView& record) {
  const Bytes data = record.data;
  const auto type_at = [&](std::size_t at) { return load_be16(data.data() + at); };
  NetworkStart network;
  switch (record.link_type) {
    case LinkType::kEthernet:
      if (data.size() < kEthernetHeader) return {};
      network = {type_at(kEthernetHeader - 2), kEthernetHeader};
      break;
    case LinkType::kLinuxSll2:
      if (data.size() < kSll2HeaderLength) return {};
      network = {type_at(0), kSll2HeaderLength};
      break;
    case LinkType::kLinuxSll:
      if (data.size() < kSllHeader) return {};
      network = {type_at(kSllHeader - 2), kSllHeader};
      break;
    case LinkType::kNull:
    case LinkType::kLoop:
      return {type_by_version(data, kFamilyHeader), kFamilyHeader};
    default:
      return {type_by_version(data, 0), 0};
  }
  while (is_vlan_ethertype(network.ether_type) && network.at + kVlanTagSize <= data.size()) {
    network.ether_type = type_at(network.at + 2);
    network.at += kVlanTagSize;
  }
  return network;
}

bool has_known_header(LinkType link_type) {
  switch (link_type) {
    case LinkType::kEthernet:
    case LinkType::kLinuxSll:
    case LinkType::kLinuxSll2:
    case LinkType::kNull:
    case LinkType::kLoop:
    case LinkType::kRaw:
    case LinkType::kIpv4:
    case LinkType::kIpv6:
      return true;
    default:
      return false;
  }
}

bool has_vlan_tag(const RecordView& record) {
  return record.link_type == LinkType::kEthernet && record.data.size() >= kEthernetHeader &&
         is_vlan_ethertype(load_be16(record.data.data() + kEthernetHeader - 2));
}

std::optional<PacketType> sll_packet_type(const RecordView& record) {
  unsigned type = 0;
  if (record.link_type == LinkType::kLinuxSll && record.data.size() >= kSllHeader) {
    type = load_be16(record.data.data());
  } else if (record.link_type == LinkType::kLinuxSll2 && record.data.size() >= kSll2HeaderLength) {
    type = std::to_integer<unsigned>(record.data[kSll2PacketType]);
  } else {
    return std::nullopt;
  }
  return type <= static_cast<unsigned>(PacketType::kOutgoing) ? static_cast<PacketType>(type) : PacketType::kUnknown;
}

}  // namespace ringtap
