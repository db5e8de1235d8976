// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/cooked.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kAddressLength = 6;
constexpr std::size_t kEthernetHeaderLength = 14;
constexpr std::uint16_t kProtocolIpv4 = 0x0800;
constexpr std::uint16_t kProtocolIpv6 = 0x86dd;
constexpr std::uint16_t kProtocol8023 = 0x0001;  // ETH_P_802_3: an 802.3 frame without 802.2 (Novell)
constexpr std::uint16_t kProtocol8022 = 0x0004;  // ETH_P_802_2: LLC follows
constexpr std::uint16_t kMinEthertype = 0x0600;

void put_u16(std::byte* to, std::uint16_t value) {
  to[0] = static_cast<std::byte>(value >> 8);
  to[1] = static_cast<std::byte>(value & 0xff);
}

void put_u32(std::byte* to, std::uint32_t value) {
  put_u16(to, static_cast<std::uint16_t>(value >> 16));
  put_u16(to + 2, static_cast<std::uint16_t>(value & 0xffff));
}

// What a record's own link-layer header says, and how long it is.
struct Header {
  std::uint16_t protocol = 0;
  std::size_t whole_size = 0;
  std::size_t size = 0;  // of the part that was captured
  std::span<const std::byte> address = {};
};

Header ethernet_header(std::span<const std::byte> data) {
  Header header{.whole_size = kEthernetHeaderLength, .size = std::min(data.size(), kEthernetHeaderLength)};
  if (data.size() >= 2 * kAddressLength) header.address = data.subspan(kAddressLength, kAddressLength);
  if (data.size() < kEthernetHeaderLength) return header;
  header.protocol = load_be16(data.data() + 2 * kAddressLength);
  // A length field: what the kernel's eth_type_trans() makes of it (net/ethernet/eth.c).
  if (header.protocol < kMinEthertype) {
    const bool novell =
        data.size() >= kEthernetHeaderLength + 2 && load_be16(data.data() + kEthernetHeaderLength) == 0xffff;
    header.protocol = novell ? kProtocol8023 : kProtocol8022;
  }
  return header;
}

Header ip_header(std::span<const std::byte> data) {
  const unsigned version = data.empty() ? 0 : std::to_integer<unsigned>(data[0]) >> 4;
  return {.protocol = version == 4 ? kProtocolIpv4 : version == 6 ? kProtocolIpv6 : std::uint16_t{0}};
}

Header sll_header(std::span<const std::byte> data) {
  constexpr std::size_t kLengthAt = 4, kAddressAt = 6, kMostAddress = 8, kProtocolAt = 14;
  Header header{.whole_size = kSllHeaderLength, .size = std::min(data.size(), kSllHeaderLength)};
  if (data.size() < kSllHeaderLength) return header;
  header.protocol = load_be16(data.data() + kProtocolAt);
  header.address = data.subspan(kAddressAt, std::min<std::size_t>(load_be16(data.data() + kLengthAt), kMostAddress));
  return header;
}

Header header_of(const RecordView& record) {
  switch (record.link_type) {
    case LinkType::kEthernet:
      return ethernet_header(record.data);
    case LinkType::kRaw:
      return ip_header(record.data);
    case LinkType::kLinuxSll:
    case LinkType::kNetlink:
      return sll_header(record.data);
    default:
      return {};
  }
}

}  // namespace

RecordView Sll2Framer::frame(const RecordView& record, std::uint16_t hardware_type, std::uint32_t snaplen) {
  const auto& data = record.data;
  const Header from = header_of(record);
  const std::size_t kept =
      std::min<std::size_t>(data.size() - from.size, snaplen > kSll2HeaderLength ? snaplen - kSll2HeaderLength : 0);
  scratch_.resize(std::max(scratch_.size(), kSll2HeaderLength + kept));
  std::byte* header = scratch_.data();
  std::memset(header, 0, kSll2HeaderLength);
  put_u16(header, from.protocol);
  put_u32(header + 4, record.ifindex);
  put_u16(header + 8, hardware_type);
  header[10] =
      static_cast<std::byte>(record.packet_type == PacketType::kUnknown ? PacketType::kHost : record.packet_type);
  header[11] = static_cast<std::byte>(from.address.size());
  std::copy(from.address.begin(), from.address.end(), header + 12);
  std::memcpy(header + kSll2HeaderLength, data.data() + from.size, kept);

  RecordView framed = record;
  framed.link_type = LinkType::kLinuxSll2;
  framed.data = std::span<const std::byte>(scratch_.data(), kSll2HeaderLength + kept);
  const std::size_t wire_len =
      record.wire_len - std::min<std::size_t>(record.wire_len, from.whole_size) + kSll2HeaderLength;
  framed.wire_len = static_cast<std::uint32_t>(std::min<std::size_t>(wire_len, UINT32_MAX));
  return framed;
}

}  // namespace ringtap
