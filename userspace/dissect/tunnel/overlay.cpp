// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ethernet over UDP: VXLAN, RFC 7348; VXLAN-GPE, draft-ietf-nvo3-vxlan-gpe; Geneve, RFC 8926; OTV,
// draft-hasmit-otv, whose port 8472 Linux took for VXLAN before RFC 7348 gave it one.
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::uint8_t kInstance = 0x08;

// draft-ietf-nvo3-vxlan-gpe 3.2.
constexpr Token kGpeFlags[] = {{0x08, "I"}, {0x04, "P"}, {0x02, "B"}, {0x01, "O"}};
enum GpeProtocol : std::uint8_t { kGpeIpv4 = 1, kGpeIpv6 = 2, kGpeEthernet = 3, kGpeNsh = 4, kGpeMpls = 5 };

// RFC 8926 3.4 and 3.5.
constexpr Token kGeneveFlags[] = {{0x80, "O"},  {0x40, "C"},  {0x20, "R1"}, {0x10, "R2"},
                                  {0x08, "R3"}, {0x04, "R4"}, {0x02, "R5"}, {0x01, "R6"}};
constexpr std::uint16_t kTransparentEthernet = 0x6558;
constexpr Token kGeneveClasses[] = {{0x0100, "Linux"},
                                    {0x0101, "Open vSwitch"},
                                    {0x0102, "Open Virtual Networking (OVN)"},
                                    {0x0103, "In-band Network Telemetry (INT)"},
                                    {0x0104, "VMware"}};

std::string_view geneve_class(std::uint16_t option_class) {
  if (option_class <= 0xff) return "Standard";
  if (option_class >= 0xfff0) return "Experimental";
  return token(kGeneveClasses, option_class, "Unknown");
}

void put_geneve_options(Context& context, Cursor options, std::size_t left) {
  for (bool first = true; left > 0 && !context.truncated(); first = false) {
    if (!first) context.put(", ");
    const std::uint16_t option_class = options.be16(0);
    const std::uint8_t type = options.u8(2);
    const std::uint8_t last = options.u8(3);
    const std::size_t size = 4 + (last & 0x1fu) * 4;
    context.put("class ", NamedHex{geneve_class(option_class), option_class, 0}, " type 0x", Hex{type});
    if ((type & 0x80) != 0) context.put("(C)");
    context.put(" len ", size);
    if (left < size) return context.put(" [bad len]");
    if (size > 4 && context.verbose(2)) {
      context.put(" data");
      for (std::size_t at = 4; at < size && !context.truncated(); at += 4) {
        context.put(' ', Hex{options.be32(at), 8});
      }
    }
    options.skip(size);
    left -= size;
  }
}

}  // namespace

void print_vxlan(Context& context, Cursor packet, const Transport&) {
  context.protocol("vxlan");
  context.put("VXLAN");
  if (packet.length() < kHeader) return context.put_invalid();
  const std::uint8_t flags = packet.u8(0);
  context.put(", flags [", (flags & kInstance) != 0 ? "I" : "invalid", "] (0x", Hex{flags, 2}, "), ");
  (void)packet.be32(3);
  context.put("vni ", packet.be24(4), '\n');
  (void)packet.u8(7);
  print_ethernet_frame(context, packet.from(kHeader));
}

void print_port_8472(Context& context, Cursor packet, const Transport& transport) {
  if (!context.options.compat) return print_vxlan(context, packet, transport);
  context.protocol("otv");
  context.put("OTV, ");
  if (packet.length() < kHeader) {
    context.put("[length ", packet.length(), " < ", kHeader, ']');
    return context.put_invalid();
  }
  const std::uint8_t flags = packet.u8(0);
  context.put("flags [", (flags & kInstance) != 0 ? "I" : ".", "] (0x", Hex{flags, 2}, "), ");
  const std::uint32_t overlay = packet.be24(1);
  context.put("overlay ", overlay, ", ");
  const std::uint32_t instance = packet.be24(4);
  context.put("instance ", instance, '\n');
  (void)packet.u8(7);
  print_ethernet_frame(context, packet.from(kHeader));
}

void print_vxlan_gpe(Context& context, Cursor packet, const Transport&) {
  context.protocol("vxlan_gpe");
  context.put("VXLAN-GPE, ");
  if (packet.length() < kHeader) {
    context.put(" (len ", packet.length(), " < ", kHeader, ')');
    return context.put_invalid();
  }
  const std::uint8_t flags = packet.u8(0);
  context.put("flags [");
  context.put_flags(kGpeFlags, flags, "");
  context.put("], ");
  (void)packet.be64(0);
  const std::uint8_t protocol = packet.u8(3);
  context.put("vni ", packet.be24(4));
  context.put(context.verbose() ? "\n    " : ": ");
  const Cursor payload = packet.from(kHeader);
  switch (protocol) {
    case kGpeIpv4:
      return print_ipv4_packet(context, payload);
    case kGpeIpv6:
      return print_ipv6_packet(context, payload);
    case kGpeEthernet:
      print_ethernet_frame(context, payload);
      return;
    case kGpeNsh:
      return print_nsh(context, payload, {});
    case kGpeMpls:
      return print_mpls_stack(context, payload);
    default:
      context.put("ERROR: unknown-next-protocol");
      context.put_invalid();
  }
}

void print_geneve(Context& context, Cursor packet, const Transport&) {
  context.protocol("geneve", true);
  context.put("Geneve");
  if (packet.length() < kHeader) {
    context.put(" [length ", packet.length(), " < ", kHeader, ']');
    return context.put_invalid();
  }
  const std::uint8_t first = packet.u8(0);
  if (first >> 6 != 0) return context.put(" ERROR: unknown-version ", static_cast<std::uint32_t>(first >> 6));
  (void)packet.be64(0);
  context.put(", Flags [");
  context.put_flags(kGeneveFlags, packet.u8(1), "");
  context.put("], vni 0x", Hex{packet.be24(4)});
  if (const std::uint8_t reserved = packet.u8(7); reserved != 0) context.put(", rsvd 0x", Hex{reserved});
  const std::uint16_t protocol = packet.be16(2);
  put_tunnel_protocol(context, protocol);
  const std::size_t options_size = (first & 0x3fu) * 4;
  Cursor payload = packet.from(kHeader);
  if (payload.length() < options_size) {
    return context.put(" truncated-geneve - ", options_size - payload.length(), " bytes missing");
  }
  if (!payload.has(options_size)) return payload.truncated();
  if (options_size > 0) {
    context.put(", options [");
    if (context.verbose()) {
      put_geneve_options(context, payload, options_size);
    } else {
      context.put(options_size, " bytes");
    }
    context.put(']');
  }
  payload.skip(options_size);
  context.put(context.verbose() ? "\n\t" : ": ");
  if (protocol == kTransparentEthernet) {
    print_ethernet_frame(context, payload);
  } else if (!print_ethertype(context, protocol, payload, {})) {
    context.put("geneve-proto-0x", Hex{protocol});
  }
}

}  // namespace ringtap
