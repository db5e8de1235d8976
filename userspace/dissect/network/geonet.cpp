// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cars' networks: GeoNetworking, ETSI TS 102 636-4-1 V1.1.1 with its basic transport, TS 102 636-5-1; CALM FAST,
// ISO 29281.
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kCommonHeader = 36;
constexpr std::size_t kMultiHopHeader = 32;  // after the common one
constexpr std::size_t kTransport = 4;
constexpr Token kNextHeaders[] = {{0, "Any"}, {1, "BTP-A"}, {2, "BTP-B"}, {3, "IPv6"}};
// By type and subtype; where the subtype says nothing, it is under 0.
constexpr Token kTypes[] = {{0x30, "GeoAnycastCircle"},   {0x31, "GeoAnycastRect"},    {0x32, "GeoAnycastElipse"},
                            {0x40, "GeoBroadcastCircle"}, {0x41, "GeoBroadcastRect"},  {0x42, "GeoBroadcastElipse"},
                            {0x50, "TopoScopeBcast-SH"},  {0x51, "TopoScopeBcast-MH"}, {0x60, "LocService-Request"},
                            {0x61, "LocService-Reply"}};
constexpr Token kWholeTypes[] = {{0, "Any"}, {1, "Beacon"}, {2, "GeoUnicast"}};
constexpr Token kPdus[] = {{0, "CAM"},   {1, "DENM"},   {101, "TPEGM"},  {102, "TSPDM"}, {103, "VPM"},
                           {104, "SRM"}, {105, "SLAM"}, {106, "ecoCAM"}, {107, "ITM"},   {150, "SA"}};
constexpr std::uint8_t kSingleHop = 0x50;
constexpr std::uint8_t kMultiHop = 0x51;

void put_source(Context& context, const LinkHeader& link) {
  if (link.source != nullptr) {
    context.put(" src:");
    context.station(link.source);
  }
  context.put("; ");
}

// Basic transport and what tells the kind of message after it. False when it is too short.
bool put_transport(Context& context, Cursor& rest) {
  if (rest.length() < kTransport) {
    context.put(" (BTP length ", rest.length(), " < ", kTransport, ')');
    context.put_invalid();
    return false;
  }
  const std::uint16_t destination = rest.be16(0);
  context.put("; BTP Dst:", destination);
  const std::uint16_t source = rest.be16(2);
  context.put(" Src:", source);
  rest.skip(kTransport);
  if (rest.length() < 2) return true;
  const std::uint8_t version = rest.u8(0);
  context.put("; ItsPduHeader v:", version);
  const std::uint8_t id = rest.u8(1);
  context.put(" t:", id, '-');
  context.put_name(token(kPdus, id), "unknown (", id, ')');
  return true;
}

}  // namespace

void print_geonet(Context& context, Cursor packet, const LinkHeader& link) {
  context.protocol("geonet");
  context.put("GeoNet");
  put_source(context, link);
  if (packet.length() < kCommonHeader) {
    context.put(" (common header length ", packet.length(), " < ", kCommonHeader, ')');
    return context.put_invalid();
  }
  (void)packet.block(0, 8);
  const std::uint8_t first = packet.u8(0);
  const std::uint8_t next = first & 0xf;
  const std::uint8_t kind = packet.u8(1);
  const std::uint8_t type = kind >> 4;
  const std::string_view whole = token(kWholeTypes, type);
  context.put("v:", static_cast<std::uint32_t>(first >> 4), " NH:", next, '-', token(kNextHeaders, next, "Unknown"),
              " HT:", type, '-', static_cast<std::uint32_t>(kind & 0xf), '-',
              whole.empty() ? token(kTypes, kind, "Unknown") : whole, " HopLim:", packet.u8(7),
              " Payload:", packet.be16(4), ' ');
  const std::uint8_t* address = packet.block(8, 8);
  context.put("GN_ADDR:");
  context.out.separated_hex(address, 8, ':');
  context.put(' ');
  const std::uint32_t latitude = packet.be32(20);
  context.put("lat:", latitude, ' ');
  const std::uint32_t longitude = packet.be32(24);
  context.put("lon:", longitude);
  (void)packet.block(0, kCommonHeader);
  Cursor rest = packet.from(kCommonHeader);
  if (kind == kMultiHop) {
    if (rest.length() < kMultiHopHeader) {
      context.put(" (header size ", kMultiHopHeader, " > ", rest.length(), ')');
      return context.put_invalid();
    }
    (void)rest.block(0, kMultiHopHeader);
    rest.skip(kMultiHopHeader);
  }
  const bool carries = type == 0 || type == 1 || kind == kSingleHop || kind == kMultiHop;
  if (carries && (next == 1 || next == 2) && !put_transport(context, rest)) return;
  if (!context.verbose() || rest.length() == 0) return;
  dump_hex_and_ascii(context.out, rest.bytes());
  (void)rest.span(0, rest.length());
}

void print_calm_fast(Context& context, Cursor packet, const LinkHeader& link) {
  context.protocol("calm_fast");
  context.put("CALM FAST");
  put_source(context, link);
  if (packet.length() < 2) {
    context.put(" (length ", packet.length(), " < 2)");
    context.put_invalid();
    (void)packet.span(0, packet.length());
    return;
  }
  const std::uint8_t source = packet.take_u8();
  context.put("SrcNwref:", source, "; ");
  const std::uint8_t destination = packet.take_u8();
  context.put("DstNwref:", destination, "; ");
  if (!context.verbose()) return;
  dump_hex_and_ascii(context.out, packet.bytes());
  (void)packet.span(0, packet.length());
}

}  // namespace ringtap
