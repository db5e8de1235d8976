// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Juniper's routers: LINKTYPE_JUNIPER_ETHER and its like,
// https://www.tcpdump.org/linktypes/LINKTYPE_JUNIPER_ETHER.html and its neighbours. A magic number, flags and what the
// router tells of the packet's way come before the packet, and from some of its cards a cookie.
#include <algorithm>

#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/nlpid.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kMagic = 0x4d4743;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kExtensionHeader = 2;  // the size of all, or type and size of one

enum Flag : std::uint8_t { kExtended = 0x80, kNoLink = 0x02, kIn = 0x01 };
constexpr Token kFlags[] = {{kExtended, "Ext"}, {0x40, "Filter"}, {0x04, "IIF"}, {kNoLink, "no-L2"}, {kIn, "In"}};

enum Extension : std::uint8_t {
  kName = 2,
  kMedia = 3,
  kEncapsulation = 6,
  kDerivedMedia = 7,
  kDerivedEncapsulation = 8
};
constexpr Token kExtensions[] = {{1, "Device Interface Index"},
                                 {kName, "Device Interface Name"},
                                 {kMedia, "Device Media Type"},
                                 {4, "Logical Interface Index"},
                                 {5, "Logical Unit Number"},
                                 {kEncapsulation, "Logical Interface Encapsulation"},
                                 {kDerivedMedia, "TTP derived Device Media Type"},
                                 {kDerivedEncapsulation, "TTP derived Logical Interface Encapsulation"}};
constexpr Token kMediaTypes[] = {{1, "Ethernet"},
                                 {2, "FDDI"},
                                 {3, "Token-Ring"},
                                 {4, "PPP"},
                                 {5, "Frame-Relay"},
                                 {6, "Cisco-HDLC"},
                                 {7, "SMDS-DXI"},
                                 {8, "ATM-PVC"},
                                 {9, "PPP-CCC"},
                                 {10, "Frame-Relay-CCC"},
                                 {11, "IP-over-IP"},
                                 {12, "GRE"},
                                 {13, "PIM-Encapsulator"},
                                 {14, "PIM-Decapsulator"},
                                 {15, "Cisco-HDLC-CCC"},
                                 {16, "VLAN-CCC"},
                                 {17, "Multilink-PPP"},
                                 {18, "Multilink-FR"},
                                 {19, "Multilink"},
                                 {20, "LSI"},
                                 {22, "ATM-CCC-Cell-Relay"},
                                 {23, "IPSEC-over-IP"},
                                 {24, "GGSN"},
                                 {27, "PPP-TCC"},
                                 {28, "Frame-Relay-TCC"},
                                 {29, "Cisco-HDLC-TCC"},
                                 {30, "Ethernet-CCC"},
                                 {31, "VPN-Loopback-tunnel"},
                                 {32, "Extended-VLAN-CCC"},
                                 {33, "Ethernet-over-ATM"},
                                 {34, "Monitor"},
                                 {35, "Ethernet-TCC"},
                                 {36, "VLAN-TCC"},
                                 {37, "Extended-VLAN-TCC"},
                                 {38, "Controller"},
                                 {39, "Multilink-FR-UNI-NNI"},
                                 {40, "LinkService"},
                                 {41, "VPLS"},
                                 {42, "VLAN-VPLS"},
                                 {43, "Extended-VLAN-VPLS"},
                                 {44, "Logical-tunnel"},
                                 {45, "General-Services"},
                                 {46, "Ethernet-VPLS-over-ATM"},
                                 {48, "Extended FR-CCC"},
                                 {49, "Extended FR-TCC"},
                                 {50, "Flexible-FrameRelay"},
                                 {52, "Flexible-Ethernet-Services"},
                                 {53, "Flow-collection"},
                                 {56, "PPPoE"},
                                 {57, "PPP-Subordinate"},
                                 {59, "Dynamic-Flow-Capture"},
                                 {60, "PIC Peer"}};
constexpr Token kEncapsulations[] = {{2, "ATM SNAP"},
                                     {3, "ATM NLPID"},
                                     {4, "ATM VCMUX"},
                                     {5, "ATM LLC"},
                                     {6, "PPP over ATM VCMUX"},
                                     {7, "PPP over ATM LLC"},
                                     {8, "PPP over FUNI"},
                                     {9, "CCC over ATM"},
                                     {10, "FR NLPID"},
                                     {11, "FR SNAP"},
                                     {12, "FR PPP"},
                                     {13, "FR CCC"},
                                     {14, "Ethernet"},
                                     {17, "PPP"},
                                     {18, "C-HDLC"},
                                     {19, "PPP CCC"},
                                     {20, "IPIP"},
                                     {21, "PIM Null"},
                                     {22, "GRE NULL"},
                                     {23, "PPP over GRE"},
                                     {24, "PIMd"},
                                     {25, "C-HDLC CCC"},
                                     {26, "CISCO compatible NLPID"},
                                     {27, "VLAN CCC"},
                                     {28, "MLPPP"},
                                     {29, "MLFR"},
                                     {30, "LSI Null"},
                                     {32, "ATM CCC Cell Relay"},
                                     {33, "Crypto"},
                                     {34, "GGSN"},
                                     {35, "ATM VCMUX TCC"},
                                     {36, "FR TCC"},
                                     {37, "PPP TCC"},
                                     {38, "C-HDLC TCC"},
                                     {39, "Ethernet CCC"},
                                     {40, "VT"},
                                     {41, "Ethernet over ATM LLC"},
                                     {42, "Extended VLAN CCC"},
                                     {43, "ATM SNAP TCC"},
                                     {44, "Monitor"},
                                     {45, "Ethernet TCC"},
                                     {46, "VLAN TCC"},
                                     {47, "Extended VLAN TCC"},
                                     {48, "MFR"},
                                     {49, "VPLS"},
                                     {50, "VLAN VPLS"},
                                     {51, "Extended VLAN VPLS"},
                                     {52, "General Services"},
                                     {53, "Ethernet VPLS over ATM LLC"},
                                     {54, "FR CCC"},
                                     {55, "MLPPP over ATM LLC"},
                                     {56, "Ethernet over ATM CCC"},
                                     {57, "LT VLAN"},
                                     {58, "Collector"},
                                     {59, "Aggregator"},
                                     {60, "LAPD"},
                                     {61, "PPPoE over ATM LLC"},
                                     {62, "PPPoE over Ethernet"},
                                     {63, "PPPoE"},
                                     {64, "PPP Subordinate"},
                                     {65, "C-HDLC via dialer"}};

// Of 1 to 4 bytes, the lowest first below type 128 and the highest from there on; nothing for any other size.
void put_value(Context& context, std::uint8_t type, const Cursor& value, std::size_t size) {
  constexpr std::uint8_t kFirstInNetworkOrder = 128;
  if (size > 4 || type == kName) return;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = number << 8 | value.u8(type < kFirstInNetworkOrder ? size - 1 - i : i);
  }
  const bool media = type == kMedia || type == kDerivedMedia;
  if (media || type == kEncapsulation || type == kDerivedEncapsulation) {
    context.put(named(media ? std::span<const Token>(kMediaTypes) : kEncapsulations, number, "Unknown"));
  } else {
    context.put(number);
  }
}

// False where they cannot be what they say, which is printed.
bool put_extensions(Context& context, Cursor extensions, bool shown) {
  while (extensions.length() > kExtensionHeader) {
    const std::uint8_t type = extensions.u8(0);
    const std::size_t size = extensions.u8(1);
    if (type == 0 || size == 0) return true;
    const std::size_t left = extensions.length();
    if (size + kExtensionHeader > left) {
      context.put(" [extension_length ", left, " < ", size + kExtensionHeader, ']');
      context.put_invalid();
      return false;
    }
    if (shown) {
      context.put("\n\t  ", token(kExtensions, type, "Unknown"), " Extension TLV #", type, ", length ", size,
                  ", value ");
      put_value(context, type, extensions.from(kExtensionHeader), size);
    }
    extensions.skip(kExtensionHeader + size);
  }
  return true;
}

// By what the packet begins with; false if that is not the header of IP.
bool print_by_version(Context& context, const Cursor& packet) {
  const std::uint8_t first = packet.u8(0);
  if (context.truncated()) return true;
  if (first >= 0x45 && first <= 0x4f) {
    print_ipv4_packet(context, packet);
    return true;
  }
  if (first >> 4 != 6) return false;
  print_ipv6_packet(context, packet);
  return true;
}

// A packet without its link header: IP after four bytes.
void print_bare(Context& context, const Cursor& packet) {
  if (context.options.link_header) context.put("no-L2-hdr, ");
  if (!print_by_version(context, packet.from(kHeader))) context.put("no IP-hdr found!");
}

struct Origin {
  Cursor cookie;
  bool received;
};

// A card of the router, which puts a cookie of its own between the flags and the packet. The cookie's first byte tells
// the size of two kinds.
struct Pic {
  std::string_view protocol;
  std::string_view name;
  std::size_t cookie;
  bool bundles;  // the services card's cookie tells the protocol, and the bundle
  // Prints what comes after the cookie; returns how many bytes of it a dump leaves out.
  std::size_t (*print)(Context&, Cursor payload, const Origin& origin);
};
constexpr std::uint8_t kServicesCookie = 0x47;
constexpr std::uint8_t kLinkCookie = 0x54;
constexpr std::size_t kServicesCookieSize = 8;
constexpr std::size_t kMaxCookie = 8;

// Of the services card's cookie: what it carries, and of which bundle.
enum Layer3 : std::uint16_t { kIp4 = 0, kIp6 = 0x10, kMpls = 0x20, kOsi = 0x30 };
constexpr std::uint16_t kLayer3 = 0x70;

bool is_services(const Cursor& cookie) {
  return cookie.captured() > 0 && cookie.u8(0) == kServicesCookie;
}

std::uint16_t protocol_of(const Cursor& payload, const Cursor& cookie) {
  const std::uint16_t own = payload.be16(0);
  return is_services(cookie) ? cookie.u8(5) & kLayer3 : own;
}

bool print_layer3(Context& context, std::uint16_t protocol, const Cursor& payload) {
  switch (protocol) {
    case kIp4:
      print_ipv4_packet(context, payload);
      return true;
    case kIp6:
      print_ipv6_packet(context, payload);
      return true;
    case kMpls:
      print_mpls_stack(context, payload);
      return true;
    case kOsi:
      print_osi(context, payload);
      return true;
    default:
      return false;
  }
}

void put_bundle(Context& context, const Cursor& cookie, std::string_view after) {
  if (!context.options.link_header) return;
  const std::uint32_t bundle =
      is_services(cookie) ? cookie.be16(6) >> 3 & 0xfffU : cookie.u8(cookie.u8(0) == kLinkCookie ? 1 : 0);
  context.put("Bundle-ID ", bundle, after);
}

std::size_t print_mlppp(Context& context, Cursor payload, const Origin& origin) {
  put_bundle(context, origin.cookie, ": ");
  if (print_layer3(context, protocol_of(payload, origin.cookie), payload)) return 0;
  print_ppp(context, payload);
  return 0;
}

constexpr std::uint16_t kUnnumbered = 0x03;  // the control byte of LLC, with an NLPID after it
bool has_nlpid(std::uint16_t protocol) {
  return protocol == (kUnnumbered << 8 | Nlpid::kQ933) || protocol == (kUnnumbered << 8 | Nlpid::kIpv4) ||
         protocol == (kUnnumbered << 8 | Nlpid::kIpv6);
}

void put_unknown_protocol(Context& context, std::uint16_t protocol, std::size_t length) {
  context.put("unknown protocol 0x", Hex{protocol, 4}, ", length ", length);
}

std::size_t print_mlfr(Context& context, Cursor payload, const Origin& origin) {
  const std::uint16_t protocol = protocol_of(payload, origin.cookie);
  put_bundle(context, origin.cookie, ", ");
  const Cursor packet = is_services(origin.cookie) ? payload : payload.from(2);
  if (protocol == kUnnumbered || protocol == kUnnumbered << 8) {
    print_osi(context, packet);
  } else if (has_nlpid(protocol)) {
    print_osi(context, payload.from(1));
  } else {
    put_unknown_protocol(context, protocol, packet.length());
  }
  return is_services(origin.cookie) ? 0 : 2;
}

std::size_t print_mfr_card(Context& context, Cursor payload, const Origin& origin) {
  constexpr std::uint16_t kOsiSaps = 0xfefe;
  if (origin.cookie.length() == 0) {
    print_mfr(context, payload);
    return 0;
  }
  const std::uint16_t protocol = protocol_of(payload, origin.cookie);
  if (is_services(origin.cookie)) {
    (void)print_layer3(context, protocol, payload);
    return 0;
  }
  put_bundle(context, origin.cookie, ", ");
  if (protocol == kOsiSaps) {
    print_osi(context, payload.from(1));
  } else if (has_nlpid(protocol)) {
    // From the last byte of the cookie on, as tcpdump does.
    const Cursor last(std::span(payload.data() - 1, payload.captured() + 1), payload.length() + 1, context.truncation);
    print_osi(context, last);
  } else {
    put_unknown_protocol(context, protocol, payload.length());
  }
  return 0;
}

// IPsec: which of the router's associations the packet belongs to.
std::size_t print_encryption(Context& context, Cursor payload, const Origin&) {
  constexpr std::size_t kTunnelHeader = 16;
  constexpr std::uint32_t kFirstWithTunnel = 3;
  constexpr Token kTypes[] = {
      {1, "ESP ENCR-AUTH"}, {2, "ESP ENCR-AH AUTH"}, {3, "ESP AUTH"}, {4, "AH AUTH"}, {5, "ESP ENCR"}};
  (void)payload.span(0, kTunnelHeader);
  if (context.truncated()) return 0;
  const std::uint32_t type = payload.u8(3);
  const std::string_view name = token(kTypes, type);
  if (name.empty()) {
    context.put("ES Invalid type ", type, ", length ", payload.length());
    return 0;
  }
  const bool tunnel = type >= kFirstWithTunnel;
  const Cursor packet = tunnel ? payload.from(kTunnelHeader) : payload;
  if (context.options.link_header) {
    context.put("ES SA, index ", payload.be16(0), ", ttl ", payload.u8(2), " type ", Named{name, type});
    if (tunnel) {
      context.put(", spi ", payload.be32(4));
      put_host4(context, ", Tunnel ", payload.block(8, 4));
      put_host4(context, " > ", payload.block(12, 4));
    }
    context.put(", length ", packet.length(), '\n');
  }
  print_ipv4_packet(context, packet);
  return 0;
}

std::size_t print_ggsn(Context& context, Cursor payload, const Origin& origin) {
  constexpr std::uint32_t kIpv4Packet = 2;
  constexpr std::uint32_t kIpv6Packet = 6;
  constexpr Token kProtocols[] = {{1, "Null"}, {kIpv4Packet, "IPv4"}, {kIpv6Packet, "IPv6"}};
  const std::uint32_t protocol = origin.cookie.u8(2);
  const bool shown = context.options.link_header;
  if (shown) context.put("proto ", named(kProtocols, protocol, "Unknown"), ", vlan ", origin.cookie.be16(4), ": ");
  if (protocol == kIpv4Packet) {
    print_ipv4_packet(context, payload);
  } else if (protocol == kIpv6Packet) {
    print_ipv6_packet(context, payload);
  } else if (!shown) {
    context.put("unknown GGSN proto (", protocol, ')');
  }
  return 0;
}

// False if it is not LLC, or of no protocol that is printed.
bool print_card_llc(Context& context, const Cursor& payload) {
  const std::uint32_t head = payload.be24(0);
  if (context.truncated()) return true;
  std::size_t size = 0;
  return (head == kLlcSnap || head == kLlcOsi) && print_llc(context, payload, {}, size);
}

std::size_t print_atm1(Context& context, Cursor payload, const Origin& origin) {
  constexpr std::uint8_t kCell = 0x80;
  if (origin.cookie.u8(0) == kCell) {
    print_oam_cell(context, payload, 0);
  } else if (print_card_llc(context, payload)) {
    return 0;
  } else if (payload.u8(0) == kUnnumbered) {
    print_osi(context, payload.from(1));
  } else {
    (void)print_by_version(context, payload);
  }
  return 0;
}

constexpr std::uint8_t kAtm2Cell = 0x70;  // of the cookie's last byte

// A cell comes after a word of the card's, if that has one of two values.
std::size_t control_word_size(const Cursor& payload) {
  constexpr std::uint32_t kAal5 = 0x08000000;
  const std::uint32_t word = payload.be32(0);
  return word == 0 || word == kAal5 ? 4 : 0;
}

std::size_t print_atm2(Context& context, Cursor payload, const Origin& origin) {
  constexpr std::uint8_t kGap = 0x3f;
  constexpr std::uint16_t kPpp[] = {0x0021, 0x0023, 0x003d, 0x0057, 0x0281, 0x0283, 0x8021,
                                    0x8023, 0x8057, 0x8281, 0xc021, 0xc023, 0xc223};
  if ((origin.cookie.u8(7) & kAtm2Cell) != 0) {
    const std::size_t word = control_word_size(payload);
    print_oam_cell(context, payload, word);
    return word;
  }
  if (print_card_llc(context, payload)) {
    return 0;
  } else if (!origin.received && (origin.cookie.u8(3) & kGap) != 0) {
    print_ethernet_frame(context, payload);
  } else if (payload.u8(0) == kUnnumbered) {
    print_osi(context, payload.from(1));
  } else if (std::find(std::begin(kPpp), std::end(kPpp), payload.be16(0)) != std::end(kPpp)) {
    print_ppp(context, payload);
  } else {
    (void)print_by_version(context, payload);
  }
  return 0;
}

constexpr std::size_t kServicesHeader = 8;

std::size_t print_services(Context& context, Cursor payload, const Origin&) {
  (void)payload.span(0, kServicesHeader);
  if (context.truncated()) return 0;
  if (context.options.link_header) {
    context.put("service-id ", payload.u8(0), " flags 0x", Hex{payload.u8(1), 2}, " service-set-id 0x",
                Hex{payload.be16(2), 4}, " iif ", payload.be24(5), ": ");
  }
  (void)print_by_version(context, payload);  // tcpdump does not go on after the card's header
  return 0;
}

std::size_t print_monitor(Context& context, Cursor payload, const Origin&) {
  (void)payload.span(0, kServicesHeader);
  if (context.truncated()) return 0;
  if (context.options.link_header) {
    context.put("service-id ", payload.be32(4), ", iif ", payload.be16(2), ", pkt-type ", payload.u8(0), ": ");
  }
  (void)print_by_version(context, payload);  // tcpdump does not go on after the card's header
  return 0;
}

std::size_t print_pppoe_card(Context& context, Cursor payload, const Origin&) {
  print_ethernet_frame(context, payload);
  return 0;
}

std::size_t print_pppoe_atm(Context& context, Cursor payload, const Origin&) {
  const std::uint16_t type = payload.be16(0);
  if (!print_ethertype(context, type, payload.from(2), {})) context.put("unknown ethertype 0x", Hex{type, 4});
  return 0;
}

// The packet after cookie and flags; the size of all headers.
std::size_t print_card(Context& context, const Cursor& packet, const Pic& pic, std::size_t header) {
  const bool received = (packet.u8(3) & kIn) != 0;
  const bool shown = context.options.link_header;
  const std::uint8_t kind = packet.from(header).u8(0);
  std::size_t size = kind == kServicesCookie ? kServicesCookieSize : pic.cookie + (kind == kLinkCookie ? 2 : 0);
  if (pic.print == print_mfr_card && kind >= 0xc0) size = 0;
  if (shown) context.put(pic.name, "-PIC, cookie-len ", size);
  if (size > kMaxCookie) {
    context.put_invalid();
    return header + size;
  }
  const Cursor cookie = packet.from(header).first(size);
  const std::span<const std::uint8_t> bytes = cookie.span(0, size);
  if (context.truncated()) return header;
  const Cursor payload = packet.from(header + size);
  if (shown && size > 0) {
    context.put(", cookie 0x");
    put_hex(context, bytes);
  }
  if (shown) context.put(": ");
  const std::uint16_t protocol = pic.bundles ? protocol_of(payload, cookie) : payload.be16(0);
  std::size_t consumed = pic.print == print_mlfr && kind != kServicesCookie ? 2 : 0;
  if (pic.print == print_atm2) (void)payload.span(0, 4);
  if (context.truncated()) return header;
  if (pic.print == print_atm2 && (cookie.u8(7) & kAtm2Cell) != 0) {
    consumed = control_word_size(payload);
    if (shown) context.put("control-word 0x", Hex{payload.be32(0), 8}, ' ');
  }
  if (shown) context.put("hlen ", header + size + consumed, ", proto 0x", Hex{protocol, 4}, ", ");
  return header + size + pic.print(context, payload, {cookie, received});
}

// Either with a cookie, or with a link header of another type.
void print_packet(Context& context, const Cursor& packet, std::string_view protocol, LinkPrinter print,
                  const Pic* pic = nullptr) {
  context.protocol(protocol);
  const std::uint8_t flags = packet.u8(3);
  if (context.truncated()) return;
  if (packet.be24(0) != kMagic) return context.put("no magic-number found!");
  const bool shown = context.options.link_header;
  const bool detailed = context.verbose(2);
  if (shown) context.put((flags & kIn) != 0 ? " In " : "Out ");
  if (detailed) {
    context.put("\n\tJuniper PCAP Flags [");
    context.put_flags(kFlags, flags);
    context.put(']');
  }
  std::size_t header = kHeader;
  if ((flags & kExtended) != 0) {
    header += kExtensionHeader;
    const std::size_t size = packet.be16(kHeader);
    if (detailed) context.put(", PCAP Extension(s) total length ", size);
    (void)packet.span(header, size);
    if (context.truncated()) return;
    if (!put_extensions(context, packet.first(header + size).from(header), detailed)) return;
    header += size;
    if (detailed) context.put("\n\t-----original packet-----\n\t");
  }
  if ((flags & kNoLink) != 0) {
    print_bare(context, packet.from(header));
    header += kHeader;
  } else if (pic != nullptr) {
    header = print_card(context, packet, *pic, header);
  } else {
    if (shown) context.put("hlen ", header, ", proto 0x0000, ");
    print(context, packet.from(header));
    if (print == print_ethernet) header += context.link_header_size;  // which alone a dump leaves out
  }
  context.link_header_size = header;
}

}  // namespace

void print_juniper_ethernet(Context& context, Cursor packet) {
  print_packet(context, packet, "juniper_ether", print_ethernet);
}
void print_juniper_ppp(Context& context, Cursor packet) {
  print_packet(context, packet, "juniper_ppp", print_ppp_link);
}
void print_juniper_frame_relay(Context& context, Cursor packet) {
  print_packet(context, packet, "juniper_frelay", print_frame_relay);
}
void print_juniper_hdlc(Context& context, Cursor packet) {
  print_packet(context, packet, "juniper_chdlc", print_hdlc);
}

void print_juniper_mlppp(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_mlppp", "MLPPP", 2, true, print_mlppp};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_mlfr(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_mlfr", "MLFR", 2, true, print_mlfr};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_es(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_es", "ES", 0, false, print_encryption};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_ggsn(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_ggsn", "GGSN", 8, false, print_ggsn};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_mfr(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_mfr", "MFR", 4, true, print_mfr_card};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_atm2(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_atm2", "ATM2", 8, false, print_atm2};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_services(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_services", "AS", 8, false, print_services};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_atm1(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_atm1", "ATM1", 4, false, print_atm1};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_monitor(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_monitor", "MONITOR", 8, false, print_monitor};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_pppoe(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_pppoe", "PPPoE", 0, false, print_pppoe_card};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}
void print_juniper_pppoe_atm(Context& context, Cursor packet) {
  static constexpr Pic kPic{"juniper_pppoe_atm", "PPPoE ATM", 0, false, print_pppoe_atm};
  print_packet(context, packet, kPic.protocol, nullptr, &kPic);
}

}  // namespace ringtap
