// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Enhanced Interior Gateway Routing Protocol, RFC 7868.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kTlvHeader = 4;
constexpr std::uint8_t kVersion = 2;

constexpr Token kOpcodes[] = {{1, "Update"}, {3, "Query"}, {4, "Reply"}, {5, "Hello"}, {6, "IPX SAP"}, {7, "Probe"}};
constexpr Token kFlags[] = {
    {0x01, "Init"}, {0x02, "Conditionally Received"}, {0x04, "Restart"}, {0x08, "End-of-Table"}};

enum Tlv : std::uint16_t {
  kGeneral = 0x0001,
  kSoftware = 0x0004,
  kIpInternal = 0x0102,
  kIpExternal = 0x0103,
  kAppleTalkInternal = 0x0202,
  kAppleTalkExternal = 0x0203,
  kAppleTalkCable = 0x0204,
};
struct TlvRow {
  std::uint16_t type;
  std::string_view name;
  std::uint16_t minimum = 0;  // with the header
};
constexpr TlvRow kTlvs[] = {
    {kGeneral, "General Parameters", 12},
    {0x0002, "Authentication"},
    {0x0003, "Sequence"},
    {kSoftware, "Software Version", 8},
    {0x0005, "Next Multicast Sequence"},
    {kIpInternal, "IP Internal routes", 26},
    {kIpExternal, "IP External routes", 46},
    {kAppleTalkInternal, "AppleTalk Internal routes", 28},
    {kAppleTalkExternal, "AppleTalk External routes", 44},
    {kAppleTalkCable, "AppleTalk Cable setup", 12},
    {0x0302, "IPX Internal routes"},
    {0x0303, "IPX External routes"},
};

constexpr Token kExternalProtocols[] = {
    {1, "IGRP"},  {2, "EIGRP"}, {3, "Static"}, {4, "RIP"},   {5, "Hello"},      {6, "OSPF"},
    {7, "IS-IS"}, {8, "EGP"},   {9, "BGP"},    {10, "IDRP"}, {11, "Connected"},
};

// RFC 7868 6.8.3.1: from the delay on.
void put_metric(Context& context, const Cursor& metric) {
  context.put("\n\t      delay ", metric.be32(0) / 100, " ms, bandwidth ", metric.be32(4), " Kbps, mtu ",
              metric.be24(8), ", hop ", metric.u8(11), ", reliability ", metric.u8(12), ", load ", metric.u8(13));
}

void put_origin(Context& context, const Cursor& origin, bool ip) {
  context.put("\n\t      origin-router ");
  if (ip) {
    context.host4(origin.block(0, 4));
  } else {
    context.put(origin.be32(0));
  }
  context.put(", origin-as ", origin.be32(4), ", origin-proto ", token(kExternalProtocols, origin.u8(18), "unknown"),
              ", flags [0x", Hex{origin.u8(19), 2}, "], tag 0x", Hex{origin.be32(8), 8}, ", metric ", origin.be32(12));
}

void put_ip_route(Context& context, const Cursor& value, bool external) {
  const std::size_t metric = external ? 24 : 4;
  const std::size_t at = metric + 16;
  const std::uint8_t bits = value.u8(at);
  if (context.truncated()) return;
  if (bits > 32) return context.put("\n\t    illegal prefix length ", bits);
  const std::size_t bytes = (bits + 7u) / 8;
  const std::uint8_t* destination = value.block(at + 1, bytes);
  if (context.truncated()) return;
  std::uint8_t address[4] = {};
  std::copy_n(destination, bytes, address);
  context.put("\n\t    IPv4 prefix: ");
  const std::size_t begin = context.out.size();
  context.out.ipv4(address);
  const std::size_t width = context.out.size() - begin;
  context.out.cut(begin);
  if (width < 15) context.put(Repeat{' ', 15 - width});
  context.out.ipv4(address);
  context.put('/', bits, ", nexthop: ");
  if (value.be32(0) == 0) {
    context.put("self");
  } else {
    context.host4(value.block(0, 4));
  }
  if (external) put_origin(context, value.from(4), true);
  put_metric(context, value.from(metric));
}

void put_apple_talk_route(Context& context, const Cursor& value, bool external) {
  const std::size_t metric = external ? 24 : 4;
  context.put("\n\t     Cable-Range: ", value.be16(metric + 16), '-', value.be16(metric + 18), ", nexthop: ");
  if (value.be32(0) == 0) {
    context.put("self");
  } else {
    context.put(value.be16(0), '.', value.be16(2));
  }
  if (external) put_origin(context, value.from(4), false);
  put_metric(context, value.from(metric));
}

}  // namespace

void print_eigrp(Context& context, Cursor packet, const IpHeader&) {
  context.protocol("eigrp", true);
  (void)packet.block(0, kHeader);
  if (context.truncated()) return;
  const std::uint8_t version = packet.u8(0);
  if (version != kVersion) return context.put("EIGRP version ", version, " packet not supported");
  const std::uint8_t opcode = packet.u8(1);
  const std::string_view opcode_name = token(kOpcodes, opcode);
  const bool too_short = packet.length() < kHeader;
  if (!context.verbose() || too_short) {
    context.put("EIGRP ");
    context.put_name(opcode_name, "unknown (", opcode, ')');
    context.put(", length: ", packet.length());
    if (context.verbose()) context.put(" (too short, < ", kHeader, ')');
    return;
  }
  Cursor rest = packet.from(kHeader);
  context.put("\n\tEIGRP v", version, ", opcode: ");
  context.put_name(opcode_name, "unknown, type: ", opcode);
  context.put(" (", opcode, "), chksum: 0x", Hex{packet.be16(2), 4}, ", Flags: [");
  context.put_flags(kFlags, packet.be32(4));
  context.put("]\n\tseq: 0x", Hex{packet.be32(8), 8}, ", ack: 0x", Hex{packet.be32(12), 8}, ", VRID: ", packet.be16(16),
              ", AS: ", packet.be16(18), ", length: ", rest.length());
  while (rest.length() > 0 && !context.truncated()) {
    (void)rest.block(0, kTlvHeader);
    if (context.truncated()) return;
    const std::uint16_t type = rest.be16(0);
    const std::size_t size = rest.be16(2);
    if (size < kTlvHeader || size > rest.length()) {
      const Cursor data = rest.from(kTlvHeader);
      dump_captured(context, data, "\n\t    ");
      return;
    }
    const TlvRow* row = nullptr;
    for (const TlvRow& candidate : kTlvs) {
      if (candidate.type == type) row = &candidate;
    }
    context.put("\n\t  ", row == nullptr ? std::string_view("Unknown") : row->name, " TLV (0x", Hex{type, 4},
                "), length: ", size);
    rest.skip(kTlvHeader);
    (void)rest.span(0, size - kTlvHeader);
    if (context.truncated()) return;
    const Cursor value = rest.first(size - kTlvHeader);
    bool decoded = row != nullptr && row->minimum != 0;
    if (decoded && size < row->minimum) {
      context.put(" (too short, < ", row->minimum, ')');
    } else {
      switch (type) {
        case kGeneral:
          context.put("\n\t    holdtime: ", value.be16(6), "s, k1 ", value.u8(0), ", k2 ", value.u8(1), ", k3 ",
                      value.u8(2), ", k4 ", value.u8(3), ", k5 ", value.u8(4));
          break;
        case kSoftware:
          context.put("\n\t    IOS version: ", value.u8(0), '.', value.u8(1), ", EIGRP version ", value.u8(2), '.',
                      value.u8(3));
          break;
        case kIpInternal:
        case kIpExternal:
          put_ip_route(context, rest, type == kIpExternal);
          break;
        case kAppleTalkInternal:
        case kAppleTalkExternal:
          put_apple_talk_route(context, value, type == kAppleTalkExternal);
          break;
        case kAppleTalkCable:
          context.put("\n\t    Cable-range: ", value.be16(0), '-', value.be16(2), ", Router-ID ", value.be32(4));
          break;
        default:
          decoded = false;
          break;
      }
    }
    if (context.truncated()) return;
    if (!decoded || context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t    ");
    rest.skip(size - kTlvHeader);
  }
}

}  // namespace ringtap
