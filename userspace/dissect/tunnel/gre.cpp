// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// GRE, RFC 1701, 2784 and 2890; version 1, which carries PPP for PPTP, RFC 2637 4.1.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

enum Flag : std::uint16_t {
  kChecksum = 0x8000,
  kRouting = 0x4000,
  kKey = 0x2000,
  kSequence = 0x1000,
  kStrictRoute = 0x0800,
  kAcknowledgement = 0x0080,
  kVersion = 0x0007
};
constexpr Token kFlags[] = {{kChecksum, "checksum present"},
                            {kRouting, "routing present"},
                            {kKey, "key present"},
                            {kSequence, "sequence# present"},
                            {kStrictRoute, "source routing present"},
                            {kAcknowledgement, "ack present"}};
constexpr std::uint16_t kPpp = 0x880b;
constexpr std::uint16_t kAddressFamilyIp = 0x0800;
constexpr std::uint16_t kAddressFamilyAsn = 0xfffe;

void put_flags(Context& context, std::uint16_t flags) {
  if (!context.verbose()) return;
  context.put(", Flags [");
  context.put_flags(kFlags, flags);
  context.put(']');
}

// The addresses of one source route entry, the next one marked; false when they do not fit.
bool put_route(Context& context, Cursor& entry, std::uint8_t offset, std::uint8_t size, unsigned address_size) {
  if (offset % address_size != 0) {
    context.put(", badoffset=", offset);
    return false;
  }
  if (size % address_size != 0) {
    context.put(", badlength=", size);
    return false;
  }
  if (offset >= size) {
    context.put(", badoff/len=", offset, '/', size);
    return false;
  }
  for (unsigned at = 0; at < size && !context.truncated(); at += address_size) {
    const std::uint8_t* address = entry.block(at, address_size);
    context.put(at == offset ? " *" : " ");
    if (address_size == 4) {
      context.host4(address);
    } else {
      context.put(Hex{load_be16(address)});
    }
  }
  return true;
}

// RFC 1701: entries up to an empty one.
void put_routes(Context& context, Cursor& packet) {
  for (;;) {
    const std::uint16_t family = packet.be16(0);
    const std::uint8_t offset = packet.u8(2);
    const std::uint8_t size = packet.u8(3);
    packet.skip(4);
    if (context.truncated() || (family == 0 && size == 0)) return;
    context.put(", (rtaf=");
    if (family == kAddressFamilyIp) {
      context.put("ip");
      put_route(context, packet, offset, size, 4);
    } else if (family == kAddressFamilyAsn) {
      context.put("asn");
      put_route(context, packet, offset, size, 2);
    } else {
      context.put("0x", Hex{family});
    }
    context.put(')');
    if (!packet.has(size)) return packet.truncated();
    packet.skip(size);
  }
}

void put_length(Context& context, std::size_t length) {
  context.put(", length ", length);
  context.put(context.verbose() ? "\n\t" : ": ");
}

void print_payload(Context& context, std::uint16_t protocol, Cursor payload) {
  switch (protocol) {
    case 0x0800:
      return print_ipv4_packet(context, payload);
    case 0x86dd:
      return print_ipv6_packet(context, payload);
    case 0x8847:
      return print_mpls_stack(context, payload);
    case 0x00fe:
      return print_osi(context, payload);
    case 0x6558:
      print_ethernet_frame(context, payload);
      return;
    default:
      context.put("gre-proto-0x", Hex{protocol});
  }
}

// A switch's mirror port, draft-foschiano-erspan-03, which tcpdump 4.99.3 does not know: type I is the frame alone,
// types II and III have a header, in which type III says what follows. False if it is something else.
bool print_erspan(Context& context, std::uint16_t protocol, Cursor packet, bool has_sequence) {
  constexpr std::uint16_t kTypes1And2 = 0x88be;
  constexpr std::uint16_t kType3 = 0x22eb;
  constexpr unsigned kEthernetFrame = 0;
  constexpr unsigned kIpPacket = 2;
  unsigned frame_type = kEthernetFrame;
  if (protocol != kTypes1And2 && protocol != kType3) return false;
  context.protocol("erspan");
  context.put("ERSPAN ");
  if (protocol == kTypes1And2 && !has_sequence) {
    context.put("I, ");
  } else {
    const std::size_t header = protocol == kType3 ? 12 : 8;
    const std::uint8_t* fields = packet.block(0, header);
    const std::uint16_t session = load_be16(fields + 2) & 0x3ff;
    context.put(protocol == kType3 ? "III" : "II", ", vlan ", load_be16(fields) & 0xfffu, ", session ", session);
    if (protocol == kTypes1And2) context.put(", index ", load_be32(fields + 4) & 0xfffff);
    context.put(context.verbose() ? "\n\t" : ": ");
    const bool has_more = protocol == kType3 && (fields[11] & 1) != 0;
    frame_type = protocol == kType3 ? fields[10] >> 2 & 0x1fU : kEthernetFrame;
    packet.skip(header + (has_more ? 8 : 0));
  }
  if (context.truncated()) return true;
  if (frame_type == kIpPacket) {
    print_raw_ip(context, packet);
  } else if (frame_type == kEthernetFrame) {
    print_ethernet_frame(context, packet);
  } else {
    context.put("frame type ", frame_type);
    dump_unknown(context, packet);
  }
  return true;
}

void print_v0(Context& context, Cursor packet, std::uint16_t flags) {
  const std::size_t length = packet.length();
  put_flags(context, flags);
  packet.skip(2);
  const std::uint16_t protocol = packet.take_be16();
  if ((flags & (kChecksum | kRouting)) != 0) {
    const std::uint16_t sum = packet.take_be16();
    if (context.verbose()) context.put(", sum 0x", Hex{sum});
    const std::uint16_t offset = packet.take_be16();
    context.put(", off 0x", Hex{offset});
  }
  if ((flags & kKey) != 0) {
    const std::uint32_t key = packet.take_be32();
    context.put(", key=0x", Hex{key});
  }
  if ((flags & kSequence) != 0) {
    const std::uint32_t sequence = packet.take_be32();
    context.put(", seq ", sequence);
  }
  if ((flags & kRouting) != 0) put_routes(context, packet);
  if (context.truncated()) return;
  put_tunnel_protocol(context, protocol);
  put_length(context, length);
  if (!context.options.compat && print_erspan(context, protocol, packet, (flags & kSequence) != 0)) return;
  print_payload(context, protocol, packet);
}

void print_v1(Context& context, Cursor packet, std::uint16_t flags) {
  const std::size_t length = packet.length();
  put_flags(context, flags);
  packet.skip(2);
  const std::uint16_t protocol = packet.take_be16();
  if ((flags & kKey) != 0) {
    const std::uint32_t key = packet.take_be32();
    context.put(", call ", key & 0xffff);
  }
  if ((flags & kSequence) != 0) {
    const std::uint32_t sequence = packet.take_be32();
    context.put(", seq ", sequence);
  }
  if ((flags & kAcknowledgement) != 0) {
    const std::uint32_t acknowledged = packet.take_be32();
    context.put(", ack ", acknowledged);
  }
  if (context.truncated()) return;
  if ((flags & kSequence) == 0) context.put(", no-payload");
  put_tunnel_protocol(context, protocol);
  context.put(", length ", length);
  if ((flags & kSequence) == 0) return;
  context.put(context.verbose() ? "\n\t" : ": ");
  if (protocol == kPpp) {
    print_ppp(context, packet);
  } else {
    context.put("gre-proto-0x", Hex{protocol});
  }
}

}  // namespace

void print_gre(Context& context, Cursor packet, const IpHeader&) {
  context.protocol("gre", true);
  if (!packet.has(2)) return packet.truncated();
  const std::uint16_t flags = packet.be16(0);
  const unsigned version = flags & kVersion;
  context.put("GREv", version);
  if (version == 0) return print_v0(context, packet, flags);
  if (version == 1) return print_v1(context, packet, flags);
  context.put(" ERROR: unknown-version");
}

}  // namespace ringtap
