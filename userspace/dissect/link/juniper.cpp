// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Juniper's routers: LINKTYPE_JUNIPER_ETHER and its like without a cookie,
// https://www.tcpdump.org/linktypes/LINKTYPE_JUNIPER_ETHER.html and its neighbours. A magic number, flags and what the
// router tells of the packet's way come before the packet.
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"

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

// A packet without its link header: IP after four bytes.
void print_bare(Context& context, const Cursor& packet) {
  if (context.options.link_header) context.put("no-L2-hdr, ");
  const std::uint8_t version = packet.u8(kHeader) >> 4;
  if (context.truncated()) return;
  if (version == 4) return print_ipv4_packet(context, packet.from(kHeader));
  if (version == 6) return print_ipv6_packet(context, packet.from(kHeader));
  context.put("no IP-hdr found!");
}

void print_packet(Context& context, const Cursor& packet, std::string_view protocol, LinkPrinter print) {
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

}  // namespace ringtap
