// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ethernet, IEEE 802.3, with the tags of IEEE 802.1Q; the loopback test of Ethernet 2.0 (configuration testing).
#include "base/vlan.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/link/arista.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 14;
constexpr std::size_t kStations = 12;  // bytes of both addresses
constexpr std::uint16_t kMacsec = 0x88e5;
constexpr std::uint16_t kJumbo = 0x8870;  // LLC in a frame that is longer (draft-ietf-isis-ext-eth)

void put_type(Context& context, std::uint16_t type) {
  put_ethertype(context, type);
  context.put(", ");
}

void put_stations(Context& context, const LinkHeader& link) {
  context.station(link.source);
  context.put(" > ");
  context.station(link.destination);
  context.put(", ");
}

// "ethertype 802.1Q (0x8100), length 64: vlan 5, p 0, DEI, "
void put_header(Context& context, std::uint16_t type, std::size_t length, std::size_t header_size) {
  if (type <= kMaxLength) {
    context.put("802.3, length ", std::min<std::size_t>(type, length - header_size), ": ");
  } else if (type != kJumbo) {
    put_type(context, type);
    context.put("length ", length, ": ");
  }
}

}  // namespace

void put_ethertype(Context& context, std::uint16_t type) {
  const std::string_view name = ethertype_name(type);
  if (!context.options.quiet) {
    context.put("ethertype ", NamedHex{name, type, 4});
  } else if (name == "Unknown") {
    context.put("Unknown Ethertype (0x", Hex{type, 4}, ')');
  } else {
    context.put(name);
  }
}

namespace {

std::size_t print_frame(Context& context, Cursor packet, const SwitchTag* tag) {
  context.protocol("ether");
  const std::size_t untagged = kHeader + (tag == nullptr ? 0 : tag->size);
  if (packet.length() < untagged || !packet.has(untagged)) {
    if (tag != nullptr) context.protocol(tag->protocol);
    context.put_truncated();
    return packet.length();
  }
  const LinkHeader link{.source = packet.block(6, 6), .destination = packet.block(0, 6)};
  const bool show = context.options.link_header;
  std::uint16_t type = packet.be16(untagged - 2);
  Cursor payload = packet.from(untagged);
  std::size_t header_size = untagged;
  if (show && (tag != nullptr || !is_vlan_ethertype(type))) put_stations(context, link);
  if (tag != nullptr) tag->put(context, packet.from(kStations).first(tag->size));
  if (show && !is_vlan_ethertype(type) && type != kAristaEthertype) {
    put_header(context, type, packet.length(), header_size);
  }
  bool tagged = false;
  bool stations_shown = tag != nullptr;
  std::size_t padding = 0;  // captured after what MACsec protects: read as tcpdump does, but never dumped
  if (type == kMacsec) {
    std::size_t data_size = 0;
    if (!print_macsec(context, payload, link, header_size, data_size)) return header_size;
    padding = payload.captured() - data_size;
    context.protocol("ether");
    if (data_size < 2) {
      (void)payload.span(payload.captured(), 1);
      return packet.length();
    }
    type = payload.be16(0);
    payload.skip(2);
    header_size += 2;
    tagged = true;
    if (show && type > kMaxLength && !is_vlan_ethertype(type)) put_type(context, type);
  }
  if (type == kAristaEthertype) {
    if (!payload.has(2)) {
      context.put("[|arista]");
      return packet.length();
    }
    put_header(context, type, packet.length(), header_size);
    const std::size_t size = put_arista(context, payload);
    if (size > 0) {
      type = payload.be16(size);
      context.protocol("ether");
      payload.skip(size + 2);
      header_size += size + 2;
      if (show && !is_vlan_ethertype(type)) put_header(context, type, packet.length(), header_size);
      stations_shown = true;
    }
  }
  while (is_vlan_ethertype(type)) {
    context.protocol("vlan");
    if (!payload.has(kVlanTagSize) || payload.length() < kVlanTagSize) {
      if (show && !tagged && !stations_shown) put_stations(context, link);
      context.put_truncated();
      return packet.length();
    }
    const std::uint16_t vlan = payload.be16(0);
    if (show) {
      if (tagged) {
        put_type(context, type);
      } else {
        if (!stations_shown) put_stations(context, link);
        put_header(context, type, packet.length(), header_size);
      }
      context.put("vlan ", vlan_id(vlan), ", p ", vlan_priority(vlan), ", ");
      if (vlan_drop_eligible(vlan)) context.put("DEI, ");
    }
    type = payload.be16(2);
    payload.skip(kVlanTagSize);
    header_size += kVlanTagSize;
    tagged = true;
    if (show && type > kMaxLength && type != kJumbo && !is_vlan_ethertype(type)) put_type(context, type);
  }
  const Cursor data = payload.first(payload.captured() - padding).with_length(payload.length());
  if (type <= kMaxLength || type == kJumbo) {
    payload = data;
    if (show && tagged && type != kJumbo) context.put("802.3");
    if (type != kJumbo && type < payload.length()) payload = payload.first(type);
    if (!print_llc(context, payload, link, header_size)) dump_unknown(context, payload);
    return header_size;
  }
  if (print_ethertype(context, type, payload, link)) return header_size;
  if (!show) {
    put_stations(context, link);
    put_header(context, type, packet.length(), header_size);
  }
  dump_unknown(context, data);
  return header_size;
}

}  // namespace

void print_ethernet(Context& context, Cursor packet) {
  context.link_header_size = print_ethernet_frame(context, packet);
}

// LLC and NSH carry frames in frames.
std::size_t print_ethernet_frame(Context& context, Cursor packet, const SwitchTag* tag) {
  if (context.depth >= kMaxDepth) return packet.length();
  ++context.depth;
  const std::size_t header_size = print_frame(context, packet, tag);
  --context.depth;
  return header_size;
}

void print_ethernet_in_ip(Context& context, Cursor frame, const IpHeader& ip) {
  if (ip.version == 4) {
    context.put("[Ethernet requires IPv6]");
    return context.put_invalid();
  }
  (void)print_ethernet_frame(context, frame);
}

// Ethernet 2.0 specification (DIX, 1982), section 8: skip count and function codes are little-endian.
void print_loopback_test(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("loopback");
  context.put("Loopback");
  if (packet.length() < 2) return context.put_invalid();
  const std::uint16_t skip_count = packet.le16(0);
  context.put(", skipCount ", skip_count);
  if (skip_count % 8 != 0) context.put(" (bogus)");
  Cursor rest = packet.from(2);
  if (skip_count > rest.length()) return context.put_invalid();
  rest.skip(skip_count);
  if (rest.length() < 2) return context.put_invalid();
  const std::uint16_t function = rest.le16(0);
  rest.skip(2);
  context.put(", ");
  switch (function) {
    case 1:
      context.put("Reply");
      if (rest.length() < 2) return context.put_invalid();
      context.put(", receipt number ", rest.le16(0));
      rest.skip(2);
      break;
    case 2: {
      context.put("Forward Data");
      if (rest.length() < 6) return context.put_invalid();
      const std::uint8_t* address = rest.block(0, 6);
      context.put(", forwarding address ");
      context.station(address);
      if ((rest.u8(0) & 1) != 0) context.put(" (bogus)");
      rest.skip(6);
      break;
    }
    default:
      context.put(" invalid (", function, ")");
      return;
  }
  context.put(", data (", rest.length(), " octets)");
  (void)rest.span(0, rest.length());
}

}  // namespace ringtap
