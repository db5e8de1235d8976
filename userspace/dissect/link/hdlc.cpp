// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Serial lines: Cisco's HDLC with SLARP (https://www.tcpdump.org/linktypes.html, LINKTYPE_C_HDLC) and frame relay with
// the encapsulation of RFC 2427 (Q.922 addresses, protocols by NLPID).
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/nlpid.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHdlcHeader = 4;
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kSlarp = 0x8035;
constexpr std::uint16_t kOsi = 0xfefe;

// Serial line address resolution: the two ends ask for addresses and count keepalives.
void print_slarp(Context& context, const Cursor& packet) {
  enum Code : std::uint32_t { kRequest = 0, kReply = 1, kKeepalive = 2 };
  constexpr std::size_t kLeast = 14;
  constexpr std::size_t kMost = 18;
  const std::size_t length = packet.length();
  context.protocol("chdlc_slarp");
  context.put("SLARP (length: ", length, "), ");
  if (length < kLeast || !packet.has(kLeast)) return packet.truncated();
  std::size_t rest = 4;  // what -vv dumps
  switch (const std::uint32_t code = packet.be32(0)) {
    case kRequest:
      context.put("request");
      break;
    case kReply:
      put_host4(context, "reply ", packet.block(4, 4));
      put_host4(context, "/", packet.block(8, 4));
      break;
    case kKeepalive:
      context.put("keepalive: mineseen=0x", Hex{packet.be32(4), 8}, ", yourseen=0x", Hex{packet.be32(8), 8},
                  ", reliability=0x", Hex{packet.be16(12), 4});
      if (length >= kMost) {
        const std::uint32_t seconds = packet.be32(14) / 1000;
        rest = kMost;
        context.put(", link uptime=", seconds / 86400, 'd', seconds / 3600 % 24, 'h', seconds / 60 % 60, 'm',
                    seconds % 60, 's');
      }
      break;
    default:
      context.put("0x", Hex{code, 2}, " unknown");
      if (!context.verbose(2)) dump_hex(context.out, packet.from(rest).bytes().first(packet.from(rest).readable()));
      break;
  }
  if (length > kMost && context.verbose()) context.put(", (trailing junk: ", length - kMost, " bytes)");
  if (context.verbose(2)) dump_hex(context.out, packet.from(rest).bytes().first(packet.from(rest).readable()));
}

void put_hdlc_header(Context& context, std::uint8_t address, std::uint16_t type, std::size_t length) {
  switch (address) {
    case 0x0f:
      context.put("unicast");
      break;
    case 0x8f:
      context.put("bcast");
      break;
    default:
      context.put("0x", Hex{address, 2});
      break;
  }
  context.put(", ethertype ", NamedHex{ethertype_name(type), type, 4}, ", length ", length, ": ");
}

// The address of Q.922: a bit in each of its bytes tells the last.
struct FrameRelayAddress {
  std::size_t size = 0;  // 0: not valid
  std::uint32_t dlci = 0;
  std::uint32_t flags = 0;
};
FrameRelayAddress frame_relay_address(const Cursor& packet) {
  const std::uint32_t first = packet.u8(0);
  const std::uint32_t second = packet.u8(1);
  if ((first & 1) != 0) return {};
  FrameRelayAddress address{.size = 2, .dlci = (first >> 2) << 4 | second >> 4, .flags = first << 8 | second};
  if ((second & 1) != 0) return address;
  const std::uint32_t third = packet.u8(2);
  if ((third & 1) != 0) {
    address.size = 3;
    address.dlci = address.dlci << 6 | third >> 2;
    address.flags |= third << 24;
    return address;
  }
  const std::uint32_t fourth = packet.u8(3);
  if ((fourth & 1) == 0) return {};
  address.size = 4;
  address.dlci = (address.dlci << 7 | third >> 1) << 6 | fourth >> 2;
  address.flags |= fourth << 24;
  return address;
}

void put_frame_relay_header(Context& context, const FrameRelayAddress& address, std::size_t shown_size,
                            std::uint16_t protocol, std::size_t length) {
  constexpr Token kFlags[] = {
      {0x0200, "C!"}, {0x0002, "DE"}, {0x0004, "BECN"}, {0x0008, "FECN"}, {0x02000000, "sdlcore"}};
  if (context.options.quiet) {
    context.put("Q.922, DLCI ", address.dlci, ", length ", length, ": ");
    return;
  }
  context.put("Q.922, hdr-len ", shown_size, ", DLCI ", address.dlci, ", Flags [");
  context.put_flags(kFlags, address.flags);
  if (protocol > 0xff) {
    const std::string_view name = ethertype_name(protocol);
    context.put("], cisco-ethertype ", name == "Unknown" ? std::string_view("unknown") : name);
  } else {
    context.put("], NLPID ", token(kNlpids, protocol, "unknown"));
  }
  context.put(" (0x", Hex{protocol, protocol > 0xff ? 4u : 2u}, "), length ", length, ": ");
}

// FRF.12, by FRF.15.
void print_fragment(Context& context, const Cursor& fragment) {
  constexpr Token kFlags[] = {{0x80, "Begin"}, {0x40, "End"}, {0x20, "Control"}};
  if (fragment.length() < 2) return fragment.truncated();
  const std::uint32_t flags = fragment.u8(0);
  const std::uint32_t sequence = (flags & 0x1e) << 7 | fragment.u8(1);
  if (context.truncated()) return;
  context.put("FRF.15, seq 0x", Hex{sequence, 3}, ", Flags [");
  context.put_flags(kFlags, flags);
  context.put("],", (flags & 1) != 0 ? "Interface" : "End-to-End", " Fragmentation, length ", fragment.length());
}

}  // namespace

void print_hdlc(Context& context, Cursor packet) {
  context.protocol("chdlc");
  const std::size_t length = packet.length();
  if (length < kHdlcHeader) {
    context.link_header_size = packet.captured();
    return context.put_truncated();
  }
  if (!packet.has(kHdlcHeader)) return (void)packet.span(0, kHdlcHeader);
  context.link_header_size = kHdlcHeader;
  const std::uint16_t type = packet.be16(2);
  if (context.options.link_header) put_hdlc_header(context, packet.u8(0), type, length);
  const Cursor payload = packet.from(kHdlcHeader);
  switch (type) {
    case kIpv4:
      return print_ipv4_packet(context, payload);
    case kIpv6:
      return print_ipv6_packet(context, payload);
    case kSlarp:
      return print_slarp(context, payload);
    case 0x8847:
    case 0x8848:
      return print_mpls_stack(context, payload);
    case kOsi: {
      if (payload.length() < 2) {
        context.link_header_size = packet.captured();
        return context.put_truncated();
      }
      if (!payload.has(2)) return (void)payload.span(0, 2);
      // A byte of padding may come before the protocol.
      const std::uint8_t second = payload.u8(1);
      return print_osi(context, second >= 0x81 && second <= 0x83 ? payload.from(1) : payload);
    }
    default:
      if (!context.options.link_header) context.put("unknown CHDLC protocol (0x", Hex{type, 4}, ')');
      return;
  }
}

void print_frame_relay(Context& context, Cursor packet) {
  constexpr std::uint8_t kUnnumbered = 0x03;
  context.protocol("fr");
  const std::size_t length = packet.length();
  if (length < 4) {
    context.link_header_size = packet.captured();
    return context.put_truncated();
  }
  if (!packet.has(4)) {
    context.link_header_size = packet.captured();
    return packet.truncated();
  }
  const FrameRelayAddress address = frame_relay_address(packet);
  if (address.size == 0) return context.put("Q.922, invalid address");
  if (!packet.has(address.size + 1)) return (void)packet.span(0, address.size + 1);
  const bool shown = context.options.link_header;
  std::size_t size = address.size;
  if (packet.u8(size) != kUnnumbered && address.dlci != 0) {
    // Cisco's way, but for the management of the link: an ethertype where the control byte would be.
    if (packet.has(size + 2)) {
      const std::uint16_t type = packet.be16(size);
      if (shown) put_frame_relay_header(context, address, address.size, type, length);
      context.link_header_size = size + 2;
      if (print_ethertype(context, type, packet.from(size + 2), {})) return;
    }
    context.put("UI ", Hex{packet.u8(size), 2}, "! ");
  }
  ++size;
  if (packet.u8(size) == 0) {
    if (address.size != 3) context.put("Pad! ");
    ++size;
  } else if (address.size == 3) {
    context.put("No pad! ");
  }
  const std::uint8_t nlpid = packet.u8(size);
  ++size;
  if (context.truncated()) return;
  context.link_header_size = size;
  if (shown) put_frame_relay_header(context, address, address.size, nlpid, length);
  const Cursor payload = packet.from(size);
  switch (nlpid) {
    case Nlpid::kIpv4:
      return print_ipv4_packet(context, payload);
    case Nlpid::kIpv6:
      return print_ipv6_packet(context, payload);
    case Nlpid::kClnp:
    case Nlpid::kEsIs:
    case Nlpid::kIsIs:
      return print_osi(context, packet.from(size - 1));
    case Nlpid::kSnap: {
      std::size_t snap_size = 0;
      if (print_snap(context, payload, {}, snap_size)) return;
      if (!shown) put_frame_relay_header(context, address, size, nlpid, length);
      return dump_unknown(context, packet);
    }
    case Nlpid::kPpp:
      return print_ppp(context, payload);
    case Nlpid::kQ933:
      return print_q933(context, payload);
    case Nlpid::kFrf15:
      return print_fragment(context, payload);
    default:
      if (!shown) put_frame_relay_header(context, address, address.size, nlpid, length);
      if (context.options.suppress_dump) return;
      dump_hex_and_ascii(context.out, payload.bytes());
      (void)payload.span(0, payload.length());
      return;
  }
}

}  // namespace ringtap
