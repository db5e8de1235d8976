// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LINUX_SLL and LINUX_SLL2, the "cooked" headers of captures on several devices:
// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and LINKTYPE_LINUX_SLL2.html.
#include "base/vlan.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kSllHeader = 16;
constexpr std::size_t kSll2Header = 20;
constexpr std::uint16_t kNovell802_3 = 1;
constexpr std::uint16_t k802_2 = 4;

constexpr Token kPacketTypes[] = {{0, "In"}, {1, "B"}, {2, "M"}, {3, "P"}, {4, "Out"}};

// What both headers say, wherever they say it.
struct Cooked {
  std::uint16_t protocol;
  std::uint8_t packet_type;
  std::uint16_t address_size;
  const std::uint8_t* address;  // of the sender
};

std::string_view packet_type_name(std::uint16_t type) {
  return token(kPacketTypes, type, "?");
}

void put_type(Context& context, std::uint16_t type) {
  context.put("ethertype ", type <= kMaxLength ? "Unknown" : ethertype_name(type));
}

void put_link(Context& context, const Cooked& header, std::size_t length) {
  if (header.address_size == 6) {
    context.station(header.address);
    context.put(' ');
  }
  if (context.options.quiet) return;
  if (header.protocol == kNovell802_3) {
    context.put("802.3");
  } else if (header.protocol == k802_2) {
    context.put("802.2");
  } else {
    put_type(context, header.protocol);
    context.put(" (0x", Hex{header.protocol, 4}, ")");
  }
  context.put(", length ", length, ": ");
}

void print_payload(Context& context, const Cooked& header, Cursor payload, std::size_t length, auto put_header) {
  std::uint16_t type = header.protocol;
  while (is_vlan_ethertype(type)) {
    context.protocol("vlan");
    if (!payload.has(kVlanTagSize)) return context.put_truncated();
    const std::uint16_t tag = payload.be16(0);
    type = payload.be16(2);
    payload.skip(kVlanTagSize);
    context.link_header_size += kVlanTagSize;
    length -= kVlanTagSize;
    if (context.options.link_header) {
      context.put("vlan ", vlan_id(tag), ", p ", vlan_priority(tag), vlan_drop_eligible(tag) ? ", DEI, " : ", ");
    }
    put_type(context, type);
    context.put(", ");
  }
  std::size_t llc_size = 0;
  if (type == k802_2 ? print_llc(context, payload, {}, llc_size) : print_ethertype(context, type, payload, {})) {
    context.link_header_size += llc_size;
    return;
  }
  if (!context.options.link_header && type > kMaxLength) put_header(length);
  dump_unknown(context, payload);
}

}  // namespace

void print_linux_sll(Context& context, Cursor packet) {
  context.protocol("sll");
  if (packet.length() < kSllHeader || !packet.has(kSllHeader)) return packet.truncated();
  context.link_header_size = kSllHeader;
  const Cooked header{.protocol = packet.be16(14),
                      .packet_type = static_cast<std::uint8_t>(std::min<unsigned>(packet.be16(0), 255)),
                      .address_size = packet.be16(4),
                      .address = packet.block(6, 8)};
  const auto put_header = [&](std::size_t length) {
    const std::string_view name = packet_type_name(header.packet_type);
    context.put(Repeat{' ', 3 - name.size()}, name, ' ');
    put_link(context, header, length);
  };
  if (context.options.link_header) put_header(packet.length());
  print_payload(context, header, packet.from(kSllHeader), packet.length(), put_header);
}

void print_linux_sll2(Context& context, Cursor packet) {
  context.protocol("sll2");
  if (packet.length() < kSll2Header || !packet.has(kSll2Header)) return packet.truncated();
  context.link_header_size = kSll2Header;
  const Cooked header{.protocol = packet.be16(0),
                      .packet_type = packet.u8(10),
                      .address_size = packet.u8(11),
                      .address = packet.block(12, 8)};
  const std::uint32_t ifindex = packet.be32(4);
  put_interface(context.out, context.interfaces == nullptr ? std::string_view() : context.interfaces->name(ifindex),
                packet_type_name(header.packet_type));
  const auto put_header = [&](std::size_t length) {
    context.put("ifindex ", ifindex, ' ');
    put_link(context, header, length);
  };
  if (context.options.link_header) put_header(packet.length());
  print_payload(context, header, packet.from(kSll2Header), packet.length(), put_header);
}

}  // namespace ringtap
