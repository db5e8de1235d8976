// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Address resolution: RFC 826, reverse RFC 903, inverse RFC 2390.
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kFixed = 8;
constexpr std::uint16_t kProtocolIpv4 = 0x0800;
constexpr std::uint16_t kProtocolTrailer = 0x1000;

constexpr Token kHardware[] = {{1, "Ethernet"}, {6, "TokenRing"}, {7, "ArcNet"},     {15, "FrameRelay"},
                               {19, "ATM"},     {23, "Strip"},    {24, "IEEE 1394"}, {32, "InfiniBand"}};
constexpr Token kOperations[] = {{1, "Request"},       {2, "Reply"},           {3, "Reverse Request"},
                                 {4, "Reverse Reply"}, {8, "Inverse Request"}, {9, "Inverse Reply"},
                                 {10, "NACK Reply"}};

struct Arp {
  std::uint16_t hardware;
  std::uint16_t protocol;
  std::uint8_t hardware_size;
  std::uint8_t protocol_size;
  const std::uint8_t* sender_hardware;
  const std::uint8_t* sender_protocol;
  const std::uint8_t* target_hardware;
  const std::uint8_t* target_protocol;
};

void put_hardware(Context& context, const Arp& arp, const std::uint8_t* address) {
  if (arp.hardware_size == 0) {
    context.put("<empty>");
  } else if (arp.hardware_size == 6) {
    context.station(address);
  } else {
    context.out.separated_hex(address, arp.hardware_size, ':');
  }
}

void put_protocol(Context& context, const Arp& arp, const std::uint8_t* address) {
  if (arp.protocol != kProtocolIpv4 && arp.protocol != kProtocolTrailer) {
    context.put("<wrong proto type>");
  } else if (arp.protocol_size != 4) {
    context.put("<wrong len>");
  } else {
    context.host4(address);
  }
}

bool all_zero(const std::uint8_t* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

void print_arp(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("arp");
  const std::uint16_t hardware = packet.be16(0);
  const std::uint16_t protocol = packet.be16(2);
  const std::uint8_t hardware_size = packet.u8(4);
  const std::uint8_t protocol_size = packet.u8(5);
  const std::uint16_t operation = packet.be16(6);
  const std::size_t entry = static_cast<std::size_t>(hardware_size) + protocol_size;
  const std::span<const std::uint8_t> addresses = packet.span(kFixed, 2 * entry);
  if (context.truncated()) return;
  const Arp arp{.hardware = hardware,
                .protocol = protocol,
                .hardware_size = hardware_size,
                .protocol_size = protocol_size,
                .sender_hardware = addresses.data(),
                .sender_protocol = addresses.data() + hardware_size,
                .target_hardware = addresses.data() + entry,
                .target_protocol = addresses.data() + entry + hardware_size};

  if (!context.options.link_header) context.put("ARP, ");
  const bool usual =
      (protocol == kProtocolIpv4 || protocol == kProtocolTrailer) && protocol_size == 4 && hardware_size != 0;
  if (!usual || context.verbose()) {
    context.put_name(token(kHardware, hardware), "Unknown Hardware (", hardware, ")");
    context.put(" (len ", hardware_size, "), ");
    if (const std::string_view name = ethertype_name(protocol); name != "Unknown") {
      context.put(name);
    } else {
      context.put("Unknown Protocol (0x", Hex{protocol, 4}, ")");
    }
    context.put(" (len ", protocol_size, ")");
    if (!context.verbose()) {
      context.put(", length ", packet.length());
      return;
    }
    context.put(", ");
  }
  context.put_name(token(kOperations, operation), "Unknown (", operation, ')');
  context.put(' ');
  switch (operation) {
    case 1:
      context.put("who-has ");
      put_protocol(context, arp, arp.target_protocol);
      if (!all_zero(arp.target_hardware, hardware_size)) {
        context.put(" (");
        put_hardware(context, arp, arp.target_hardware);
        context.put(')');
      }
      context.put(" tell ");
      put_protocol(context, arp, arp.sender_protocol);
      break;
    case 2:
      put_protocol(context, arp, arp.sender_protocol);
      context.put(" is-at ");
      put_hardware(context, arp, arp.sender_hardware);
      break;
    case 3:
    case 8:
      context.put("who-is ");
      put_hardware(context, arp, arp.target_hardware);
      context.put(" tell ");
      put_hardware(context, arp, arp.sender_hardware);
      break;
    case 4:
      put_hardware(context, arp, arp.target_hardware);
      context.put(" at ");
      put_protocol(context, arp, arp.target_protocol);
      break;
    case 9:
      put_hardware(context, arp, arp.sender_hardware);
      context.put(" at ");
      put_protocol(context, arp, arp.sender_protocol);
      break;
    default:
      dump_hex_and_ascii(context.out, packet.bytes());  // also where -q or -X leave out other dumps
      return;
  }
  context.put(", length ", packet.length());
}

}  // namespace ringtap
