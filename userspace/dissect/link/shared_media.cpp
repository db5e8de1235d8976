// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Frames of media that hosts share: FDDI (ISO 9314-2), Token Ring (IEEE 802.5), ARCNET (RFC 1201, with or without the
// offset that Linux puts after the addresses), IP over IEEE 1394 (RFC 2734) and over Fibre Channel (RFC 2625), and
// packets after the header of Symantec's firewall or Hilscher's netANALYZER.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kFddiHeader = 13;
constexpr std::uint8_t kFddiLlc = 0x50;
constexpr std::uint8_t kFddiManagement = 0x40;
constexpr std::uint8_t kFddiKind = 0xf0;
constexpr Token kFddiFrames[] = {{0x40, "void"}, {0x41, "info"},   {0x4f, "nsa"},  {0x80, "nrt"},
                                 {0xc0, "rt"},   {0xc2, "beacon"}, {0xc3, "claim"}};
// With the priority, or what else is in the lower four bits.
constexpr Token kFddiKinds[] = {{0x40, "smt"}, {0x50, "async"}, {0x60, "imp_async"},
                                {0xc0, "mac"}, {0xd0, "sync"},  {0xe0, "imp_sync"}};

void put_fddi_control(Context& context, std::uint8_t control) {
  if (const std::string_view name = token(kFddiFrames, control); !name.empty()) return context.put(name, ' ');
  if (const std::string_view kind = token(kFddiKinds, control & kFddiKind); !kind.empty()) {
    return context.put(kind, Hex{control & 0xfU}, ' ');
  }
  context.put(Hex{control, 2}, ' ');
}

void put_stations(Context& context, const LinkHeader& link, std::size_t length) {
  context.station(link.source);
  context.put(" > ");
  context.station(link.destination);
  context.put(", length ", length, ": ");
}

constexpr std::size_t kTokenHeader = 14;
constexpr std::uint8_t kTokenLlc = 0x40;  // of the two upper bits of the frame control
constexpr std::uint8_t kSourceRouted = 0x80;
constexpr std::string_view kBroadcasts[] = {"Non-Broadcast", "Non-Broadcast", "Non-Broadcast", "Non-Broadcast",
                                            "All-routes",    "All-routes",    "Single-route",  "Single-route"};
constexpr std::string_view kLargestFrames[] = {"516", "1500", "2052", "4472", "8144", "11407", "17800", "??"};

// The route that a frame takes over bridges: its kind and size, and ring and bridge of each step.
void put_route(Context& context, const Cursor& route, std::size_t size) {
  const std::uint16_t control = route.be16(0);
  if (context.verbose()) {
    context.put(kBroadcasts[control >> 13], (control & 0x80) != 0 ? " Backward" : " Forward");
  } else {
    context.put("rt = ", Hex{control});
  }
  for (std::size_t i = 2; i + 2 <= size; i += 2) {
    const std::uint16_t step = route.be16(i);
    if (context.verbose()) {
      context.put(" [", static_cast<unsigned>(step >> 4), ':', step & 0xfU, ']');
    } else {
      context.put(':', Hex{step});
    }
  }
  context.put(" (", kLargestFrames[control >> 4 & 7], ") ");
}

constexpr std::size_t kArcnetHeader = 3;
constexpr std::size_t kArcnetNewHeader = 6;
constexpr std::size_t kArcnetExceptionHeader = 10;  // an exception packet has flags and number again
constexpr std::size_t kArcnetLinuxOffset = 2;
enum ArcnetType : std::uint8_t { kDiagnose = 0x80, kOldIp = 0xf0, kOldArp = 0xf1 };
struct ArcnetRow {
  std::uint8_t type;
  std::string_view name;
  std::uint16_t ethertype;
};
constexpr ArcnetRow kArcnetTypes[] = {
    {0x80, "diag", 0},      {0xc4, "ipv6", 0x86dd}, {0xd4, "ip", 0x0800},    {0xd5, "arp", 0x0806},
    {0xd6, "rarp", 0x8035}, {0xdd, "atalk", 0},     {0xf0, "oldip", 0x0800}, {0xf1, "oldarp", 0x0806},
    {0xf7, "banyan", 0},    {0xfa, "ipx", 0},
};

const ArcnetRow* find_arcnet(std::uint8_t type) {
  for (const ArcnetRow& row : kArcnetTypes) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

void print_arcnet_payload(Context& context, std::uint8_t type, const Cursor& payload) {
  constexpr std::uint8_t kIpx = 0xfa;
  if (type == kIpx) return print_ipx_packet(context, payload, "");
  const ArcnetRow* row = find_arcnet(type);
  if (row != nullptr && row->ethertype != 0 && print_ethertype(context, row->ethertype, payload, {})) return;
  dump_hex_and_ascii(context.out, payload.bytes());
}

void put_arcnet_stations(Context& context, const Cursor& packet, std::uint8_t type) {
  context.put(Hex{packet.u8(0), 2}, ' ', Hex{packet.u8(1), 2}, ' ');
  if (context.options.quiet) return;
  const ArcnetRow* row = find_arcnet(type);
  if (row == nullptr) {
    context.put(Hex{type, 2}, ' ');
  } else {
    context.put(row->name, ' ');
  }
}

constexpr std::size_t kIp1394Header = 18;
constexpr std::size_t kEui64 = 8;

void put_ip1394_header(Context& context, const Cursor& packet) {
  context.out.separated_hex(packet.block(kEui64, kEui64), kEui64, ':');
  context.put(" > ");
  context.out.separated_hex(packet.block(0, kEui64), kEui64, ':');
  context.put(", ");
  put_ethertype(context, packet.be16(2 * kEui64));
  context.put(", length ", packet.length(), ": ");
}

void print_netanalyzer_frame(Context& context, const Cursor& packet, std::size_t header) {
  if (packet.length() < header || !packet.has(header)) return context.put_truncated();
  context.link_header_size = header + print_ethernet_frame(context, packet.from(header));
}

}  // namespace

void print_fddi(Context& context, Cursor packet) {
  context.protocol("fddi");
  context.link_header_size = packet.length();
  if (!packet.has(kFddiHeader)) return context.put_truncated();
  context.link_header_size = kFddiHeader;
  const LinkHeader link{.source = packet.block(7, 6), .destination = packet.block(1, 6)};
  const std::uint8_t control = packet.u8(0);
  const bool shown = context.options.link_header;
  const auto put_header = [&] {
    if (!context.options.quiet) put_fddi_control(context, control);
    put_stations(context, link, packet.length());
  };
  if (shown) put_header();
  const Cursor payload = packet.from(kFddiHeader);
  if ((control & kFddiKind) == kFddiLlc) {
    std::size_t size = kFddiHeader;
    if (!print_llc(context, payload, link, size)) dump_unknown(context, payload);
    context.link_header_size = size;
    return;
  }
  if ((control & kFddiKind) == kFddiManagement) return context.put("<SMT printer not yet implemented>");
  if (!shown) put_header();
  dump_unknown(context, payload);
}

void print_token_ring(Context& context, Cursor packet) {
  context.protocol("token-ring");
  context.link_header_size = packet.length();
  if (!packet.has(kTokenHeader)) return context.put_truncated();
  std::uint8_t source[6];
  std::copy_n(packet.block(8, 6), sizeof source, source);
  const bool routed = (source[0] & kSourceRouted) != 0;
  source[0] &= static_cast<std::uint8_t>(~kSourceRouted);
  const LinkHeader link{.source = source, .destination = packet.block(2, 6)};
  const std::uint8_t control = packet.u8(1);
  const bool shown = context.options.link_header;
  const auto put_header = [&] {
    if (!context.options.quiet) context.put(Hex{packet.u8(0), 2}, ' ', Hex{control, 2}, ' ');
    put_stations(context, link, packet.length());
  };
  std::size_t size = kTokenHeader;
  context.link_header_size = size;
  if (shown) put_header();
  if (routed) {
    if (!packet.has(kTokenHeader + 2)) return context.put_truncated();
    context.link_header_size = packet.length();
    const std::size_t route_size = packet.u8(kTokenHeader) & 0x1fU;
    if (!packet.has(kTokenHeader + route_size)) return context.put_truncated();
    put_route(context, packet.from(kTokenHeader), route_size);
    size += route_size;
    context.link_header_size = size;
  }
  const Cursor payload = packet.from(size);
  if ((control & 0xc0) == kTokenLlc) {
    if (!print_llc(context, payload, link, size)) dump_unknown(context, payload);
    context.link_header_size = size;
    return;
  }
  if (!shown) put_header();
  dump_unknown(context, payload);
}

void print_arcnet(Context& context, Cursor packet) {
  context.protocol("arcnet");
  if (!packet.has(kArcnetHeader)) return context.put_truncated();
  const std::uint8_t type = packet.u8(2);
  const bool old = type == kDiagnose || type == kOldIp || type == kOldArp;
  const bool shown = context.options.link_header;
  const auto put_short_header = [&] {
    put_arcnet_stations(context, packet, type);
    context.put(packet.length(), ": ");
  };
  if (old) {
    context.link_header_size = kArcnetHeader;
    if (shown) put_short_header();
    return print_arcnet_payload(context, type, packet.from(kArcnetHeader));
  }
  if (!packet.has(kArcnetNewHeader)) {
    put_short_header();
    context.put(" phds");
    return context.put_truncated();
  }
  std::size_t size = kArcnetNewHeader;
  std::uint8_t flags = packet.u8(3);
  std::uint16_t sequence = packet.be16(4);
  if (flags == 0xff) {
    if (!packet.has(kArcnetExceptionHeader)) {
      put_short_header();
      context.put(" phds extended");
      return context.put_truncated();
    }
    size = kArcnetExceptionHeader;
    flags = packet.u8(7);
    sequence = packet.be16(8);
  }
  context.link_header_size = size;
  const bool later_fragment = flags != 0 && (flags & 1) == 0;
  if (shown) {
    put_arcnet_stations(context, packet, type);
    if (!context.options.quiet) {
      context.put("seqid ", Hex{sequence, 4}, ' ');
      if (later_fragment) context.put("(fragment ", flags / 2 + 1U, ") ");
      if (flags != 0 && !later_fragment) context.put("(first of ", flags / 2 + 2U, " fragments) ");
    }
    context.put(packet.length(), ": ");
  }
  if (!later_fragment) print_arcnet_payload(context, type, packet.from(size));
}

void print_arcnet_linux(Context& context, Cursor packet) {
  context.protocol("arcnet_linux");
  constexpr std::size_t kOldHeader = kArcnetHeader + kArcnetLinuxOffset;
  if (packet.length() < kOldHeader || !packet.has(kOldHeader)) return context.put_truncated();
  const std::uint8_t type = packet.u8(4);
  const bool old = type == kDiagnose || type == kOldIp || type == kOldArp;
  const std::size_t size = old ? kOldHeader : kArcnetNewHeader + kArcnetLinuxOffset;
  if (packet.length() < size || !packet.has(size)) return context.put_truncated();
  context.link_header_size = size;
  if (context.options.link_header) {
    put_arcnet_stations(context, packet, packet.u8(2));
    context.put(packet.length(), ": ");
  }
  print_arcnet_payload(context, type, packet.from(size));
}

void print_ip1394(Context& context, Cursor packet) {
  context.protocol("ap1394");
  if (packet.length() < kIp1394Header || !packet.has(kIp1394Header)) return context.put_truncated();
  context.link_header_size = kIp1394Header;
  if (context.options.link_header) put_ip1394_header(context, packet);
  const Cursor payload = packet.from(kIp1394Header);
  if (print_ethertype(context, packet.be16(2 * kEui64), payload, {})) return;
  if (!context.options.link_header) put_ip1394_header(context, packet);
  dump_unknown(context, payload);
}

// RFC 2625: addresses of Fibre Channel with those of Ethernet in them, then LLC.
void print_fibre_channel(Context& context, Cursor packet) {
  constexpr std::size_t kHeader = 16;
  context.protocol("ipfc");
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  const LinkHeader link{.source = packet.block(10, 6), .destination = packet.block(2, 6)};
  if (context.options.link_header) put_stations(context, link, packet.length());
  std::size_t size = kHeader;
  const Cursor payload = packet.from(kHeader);
  if (!print_llc(context, payload, link, size)) dump_unknown(context, payload);
  context.link_header_size = size;
}

void print_symantec(Context& context, Cursor packet) {
  constexpr std::size_t kHeader = 44;
  context.protocol("symantec");
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  const std::uint16_t type = packet.be16(6);
  const auto put_header = [&] {
    if (type <= kMaxLength) {
      context.put("invalid ethertype ", type);
    } else {
      put_ethertype(context, type);
    }
    context.put(", length ", packet.length(), ": ");
  };
  if (context.options.link_header) put_header();
  const Cursor payload = packet.from(kHeader);
  if (type > kMaxLength && print_ethertype(context, type, payload, {})) return;
  if (!context.options.link_header) put_header();
  dump_unknown(context, payload);
}

void print_netanalyzer(Context& context, Cursor packet) {
  context.protocol("netanalyzer");
  print_netanalyzer_frame(context, packet, 4);
}

// With the preamble and the start of the frame.
void print_netanalyzer_transparent(Context& context, Cursor packet) {
  context.protocol("netanalyzer_transparent");
  print_netanalyzer_frame(context, packet, 12);
}

}  // namespace ringtap
