// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What taps of other systems put in front of packets: pf's log (PFLOG, pf(4) of OpenBSD and FreeBSD), IPsec's device
// (ENC, enc(4)), macOS's process tap (PKTAP) and Solaris's IP tap (IPNET). https://www.tcpdump.org/linktypes.html
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

// IP families as these systems number them: 2 everywhere; IPv6 has three numbers on the BSDs, and 26 on Solaris.
constexpr bool is_bsd_ipv6(std::uint32_t family) {
  return family == 24 || family == 28 || family == 30;
}

constexpr std::size_t kPflogWhole = 64;   // that tcpdump asks for, whatever the header says of itself
constexpr std::size_t kPflogHeader = 45;  // the shortest there was; without the padding that its length does not count
constexpr std::size_t kNameSize = 16;
constexpr std::uint32_t kNoRule = 0xffffffff;
enum PflogReason : std::uint8_t { kShort = 3, kNormalize = 4 };
constexpr Token kPflogReasons[] = {
    {0, "0(match)"},         {1, "1(bad-offset)"},         {2, "2(fragment)"},
    {kShort, "3(short)"},    {kNormalize, "4(normalize)"}, {5, "5(memory)"},
    {6, "6(bad-timestamp)"}, {7, "7(congestion)"},         {8, "8(ip-option)"},
    {9, "9(proto-cksum)"},   {10, "10(state-mismatch)"},   {11, "11(state-insert)"},
    {12, "12(state-limit)"}, {13, "13(src-limit)"},        {14, "14(synproxy)"},
};
constexpr Token kPflogActions[] = {{0, "pass"},  {1, "block"},   {2, "scrub"}, {4, "nat"},   {5, "nonat"},
                                   {6, "binat"}, {7, "nobinat"}, {8, "rdr"},   {9, "nordr"}, {10, "synproxy-drop"}};
constexpr Token kPflogDirections[] = {{0, "in/out"}, {1, "in"}, {2, "out"}};

void put_known(Context& context, std::span<const Token> table, std::uint8_t value) {
  context.put_name(token(table, value), "unkn(", value, ')');
}

void put_pflog_header(Context& context, const Cursor& header) {
  const std::uint32_t rule = header.be32(36);
  const std::uint32_t subrule = header.be32(40);
  context.put("rule ", rule);
  if (subrule != kNoRule) {
    context.put('.');
    put_text(context, header.span(20, kNameSize));
    context.put('.', subrule);
  }
  context.put('/');
  // tcpdump 4.99.3 has the fourth as the third, and no name for that.
  const std::uint8_t reason = header.u8(3);
  if (context.options.compat && (reason == kShort || reason == kNormalize)) {
    context.put(reason == kShort ? "unkn(3)" : "3(short)");
  } else {
    put_known(context, kPflogReasons, reason);
  }
  context.put(": ");
  put_known(context, kPflogActions, header.u8(2));
  context.put(' ');
  put_known(context, kPflogDirections, header.u8(60));
  context.put(" on ");
  put_text(context, header.span(4, kNameSize));
  context.put(": ");
}

constexpr std::size_t kEncHeader = 12;
constexpr Token kEncFlags[] = {{0x0800, "authentic"}, {0x0400, "confidential"}};

constexpr std::size_t kPktapHeader = 108;
constexpr std::size_t kPktapName = 12;  // after its size, the kind of record and the link type
enum PktapRecord : std::uint8_t { kNoData = 0, kPacket = 1 };
constexpr std::size_t kIpnetHeader = 24;
constexpr Token kIpnetFamilies[] = {{2, "IPv4"}, {26, "IPv6"}};

void put_ipnet_header(Context& context, const Cursor& header, std::size_t length) {
  const std::uint8_t family = header.u8(1);
  const std::string_view name = token(kIpnetFamilies, family);
  context.put(header.be32(16), " > ", header.be32(20), ", ");
  if (!context.options.quiet) {
    context.put("family ", Named{name_or(name, "Unknown"), family});
  } else {
    context.put_name(name, "Unknown Ethertype (0x", Hex{family, 4}, ')');
  }
  context.put(", length ", length, ": ");
}

}  // namespace

void print_pflog(Context& context, Cursor packet) {
  context.protocol("pflog");
  context.link_header_size = packet.length();
  if (!packet.has(1)) return context.put_truncated();
  const std::size_t declared = packet.u8(0);
  if (declared < kPflogHeader) {
    context.link_header_size = declared;
    return context.put("[pflog: invalid header length!]");
  }
  const std::size_t header_size = (declared + 3) & ~std::size_t{3};
  if (packet.has(header_size)) context.link_header_size = header_size;
  if (!packet.has(std::max(header_size, kPflogWhole))) return context.put_truncated();
  const std::uint8_t family = packet.u8(1);
  const bool shown = context.options.link_header;
  if (shown) put_pflog_header(context, packet);
  const Cursor payload = packet.from(header_size);
  if (family == 2) return print_ipv4_packet(context, payload);
  if (is_bsd_ipv6(family)) return print_ipv6_packet(context, payload);
  if (!shown) put_pflog_header(context, packet);
  dump_unknown(context, payload);
}

// Fields are in the byte order of the capturing host, but for the SPI.
void print_enc(Context& context, Cursor packet) {
  context.protocol("enc");
  if (!packet.has(kEncHeader)) return context.put_truncated();
  context.link_header_size = kEncHeader;
  const std::uint32_t little = packet.le32(0);
  const bool swapped = (little & 0xffff0000) != 0;
  const std::uint32_t family = swapped ? packet.be32(0) : little;
  std::uint32_t flags = swapped ? packet.be32(8) : packet.le32(8);
  context.put('(');
  if (flags == 0) context.put("unprotected): ");
  for (const Token& flag : kEncFlags) {
    if ((flags & flag.value) == 0) continue;
    flags &= ~flag.value;
    context.put(flag.name, flags == 0 ? "): " : ",");
  }
  context.put("SPI 0x", Hex{packet.be32(4), 8}, ": ");
  const Cursor payload = packet.from(kEncHeader);
  if (family == 2) return print_ipv4_packet(context, payload);
  if (is_bsd_ipv6(family)) return print_ipv6_packet(context, payload);
}

void print_pktap(Context& context, Cursor packet) {
  context.protocol("pktap");
  const std::size_t length = packet.length();
  if (length < kPktapHeader) return context.put(" (packet too short, ", length, " < ", kPktapHeader, ") (invalid)");
  if (!packet.has(kPktapName)) return context.put_truncated();
  const std::size_t header_size = packet.le32(0);
  if (header_size < kPktapHeader) {
    return context.put(" (pkt_len too small, ", header_size, " < ", kPktapHeader, ") (invalid)");
  }
  if (header_size > length) return context.put(" (pkt_len too big, ", header_size, " > ", length, ") (invalid)");
  if (!packet.has(header_size)) return context.put_truncated();
  const std::uint32_t record = packet.le32(4);
  const std::uint32_t type = packet.le32(8);
  const std::string_view name = enclosed_link_name(type);
  const bool shown = context.options.link_header;
  const auto put_header = [&] {
    if (context.options.quiet) return context.put(name_or(name, "UNKNOWN"), ", length ", length, ": ");
    context.put("DLT ", Named{name_or(name, "UNKNOWN"), type}, " len ", header_size, ", length ", length, ": ");
  };
  if (shown) put_header();
  context.link_header_size = header_size;
  if (record == kNoData) context.put("no data");
  if (record != kPacket) return;
  const Cursor payload = packet.from(header_size);
  context.link_header_size = 0;
  if (!print_enclosed_link(context, type, payload)) {
    context.link_header_size = header_size;
    if (!shown) put_header();
    return dump_unknown(context, payload);
  }
  if (context.options.compat) context.link_header_size *= 2;  // the dump of 4.99.3 begins so much too late
  context.link_header_size = std::min(context.link_header_size + header_size, packet.captured());
}

void print_pktap_of_user2(Context& context, Cursor packet) {
  const bool fits = packet.length() >= kPktapHeader && packet.has(kPktapName) && packet.le32(0) >= kPktapHeader &&
                    packet.le32(0) <= packet.length() && packet.le32(4) <= kPacket;
  if (fits || context.options.compat) return print_pktap(context, packet);
  context.put("UNSUPPORTED");
  dump_unknown(context, packet);
}

void print_ipnet(Context& context, Cursor packet) {
  context.protocol("ipnet");
  if (packet.length() < kIpnetHeader || !packet.has(kIpnetHeader)) return context.put_truncated();
  context.link_header_size = kIpnetHeader;
  if (context.options.link_header) put_ipnet_header(context, packet, packet.length());
  const Cursor payload = packet.from(kIpnetHeader);
  switch (packet.u8(1)) {
    case 2:
      return print_ipv4_packet(context, payload);
    case 26:
      return print_ipv6_packet(context, payload);
    default:
      if (!context.options.link_header) put_ipnet_header(context, packet, packet.length());
      return dump_unknown(context, payload);
  }
}

}  // namespace ringtap
