// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IGMP: RFC 1112 (v1), RFC 2236 (v2), RFC 3376 (v3); DVMRP messages in it, RFC 1075 and draft-ietf-idmr-dvmrp-v3;
// multicast traceroute, draft-ietf-idmr-traceroute-ipm.
#include "dissect/checksum.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t {
  kQuery = 0x11,
  kReportV1 = 0x12,
  kDvmrp = 0x13,
  kPimV1 = 0x14,
  kReportV2 = 0x16,
  kLeave = 0x17,
  kTraceResponse = 0x1e,
  kTrace = 0x1f,
  kReportV3 = 0x22
};
constexpr Token kRecords[] = {{1, "is_in"}, {2, "is_ex"}, {3, "to_in"}, {4, "to_ex"}, {5, "allow"}, {6, "block"}};

enum Dvmrp : std::uint8_t {
  kProbe = 1,
  kRoutes = 2,
  kNeighborsOld = 4,
  kNeighbors = 6,
  kPrune = 7,
  kGraft = 8,
  kGraftAck = 9
};
constexpr Token kDvmrpCodes[] = {
    {kProbe, "Probe"},       {kRoutes, "Report"},        {3, "Ask-neighbors(old)"}, {kNeighborsOld, "Neighbors(old)"},
    {5, "Ask-neighbors2"},   {kNeighbors, "Neighbors2"}, {kPrune, "Prune"},         {kGraft, "Graft"},
    {kGraftAck, "Graft-ACK"}};
constexpr Token kNeighborFlags[] = {
    {0x01, "/tunnel"}, {0x02, "/srcrt"}, {0x40, "/querier"}, {0x20, "/disabled"}, {0x10, "/down"}};

// RFC 3376 4.1.1: from 128 on the code is a floating-point number of tenths of seconds.
constexpr std::uint32_t response_tenths(std::uint8_t code) {
  return code < 128 ? code : ((code & 0xfu) | 0x10u) << ((code >> 4 & 7) + 3);
}

void put_query_v3(Context& context, const Cursor& message) {
  const std::size_t length = message.length();
  context.put(" v3");
  if (length < 12) return context.put(" [invalid len ", length, "]");
  const std::uint8_t code = message.u8(1);
  constexpr std::uint8_t kDefaultCode = 100;  // ten seconds, RFC 3376 8.3
  if (code != kDefaultCode) {
    const std::uint32_t tenths = response_tenths(code);
    context.put(" [max resp time ");
    if (tenths < 600) {
      context.put(tenths / 10, '.', tenths % 10, 's');
    } else {
      put_duration(context, tenths / 10);
    }
    context.put("]");
  }
  const std::uint32_t group = message.be32(4);
  if (group == 0) return;
  put_host4(context, " [gaddr ", message.block(4, 4));
  const std::size_t sources = message.be16(10);
  if (sources > 0) {
    if (length < 12 + sources * 4) {
      context.put(" [invalid number of sources]");
    } else if (context.verbose(2)) {
      context.put(" {");
      for (std::size_t i = 0; i < sources && !context.truncated(); ++i) {
        put_host4(context, " ", message.block(12 + 4 * i, 4));
      }
      context.put(" }");
    } else {
      context.put(", ", sources, " source(s)");
    }
  }
  context.put("]");
}

void put_report_v3(Context& context, const Cursor& message) {
  const std::size_t length = message.length();
  context.put(" v3 report");
  if (length < 16) return context.put(" [invalid len ", length, "]");
  const std::size_t records = message.be16(6);
  context.put(", ", records, " group record(s)");
  if (!context.verbose()) return;
  std::size_t at = 8;
  for (std::size_t i = 0; i < records && !context.truncated(); ++i) {
    if (length < at + 8) return context.put(" [invalid number of groups]");
    put_host4(context, " [gaddr ", message.block(at + 4, 4));
    const std::uint8_t type = message.u8(at);
    context.put(' ');
    context.put_name(token(kRecords, type), " [v3-report-#", type, "]");
    const std::size_t sources = message.be16(at + 2);
    if (length < at + 8 + sources * 4) return context.put(" [invalid number of sources ", sources, "]");
    if (context.verbose(2)) {
      context.put(" {");
      for (std::size_t j = 0; j < sources && !context.truncated(); ++j) {
        put_host4(context, " ", message.block(at + 8 + 4 * j, 4));
      }
      context.put(" }");
    } else {
      context.put(", ", sources, " source(s)");
    }
    context.put("]");
    at += 8 + sources * 4;
  }
}

void put_probe(Context& context, Cursor rest) {
  if (!context.verbose()) return;
  if (rest.length() < 4) {
    context.put(" [full length ", rest.length(), " < 4]");
    return context.put_invalid();
  }
  context.put(context.verbose(2) ? "\n\t" : " ");
  context.put("genid ", rest.take_be32());
  if (!context.verbose(2)) return;
  while (rest.length() > 0 && !context.truncated()) {
    if (rest.length() < 4) {
      context.put("[remaining length ", rest.length(), " < 4]");
      return context.put_invalid();
    }
    put_host4(context, "\n\tneighbor ", rest.block(0, 4));
    rest.skip(4);
  }
}

// Neighbors of both generations: an interface with its metric, its threshold and who is seen through it.
void put_neighbors(Context& context, Cursor rest, bool old) {
  const std::size_t header = old ? 7 : 8;
  while (rest.length() > 0 && !context.truncated()) {
    if (rest.length() < header) {
      context.put(" [length ", rest.length(), " < ", old ? 4u : 8u, "]");
      return context.put_invalid();
    }
    const std::uint8_t* local = rest.block(0, 4);
    const std::uint8_t metric = rest.u8(4);
    const std::uint8_t threshold = rest.u8(5);
    const std::uint8_t flags = old ? 0 : rest.u8(6);
    unsigned count = rest.u8(old ? 6 : 7);
    rest.skip(header);
    for (; count > 0 && !context.truncated(); --count) {
      if (rest.length() < 4) {
        if (old || rest.length() > 0) {
          context.put(" [length ", rest.length(), " < 4]");
        } else {
          context.put(" [invalid ncount]");
        }
        return context.put_invalid();
      }
      put_host4(context, " [", local);
      context.put(" -> ");
      context.host4(rest.block(0, 4));
      if (old) {
        context.put(", (", metric, '/', threshold, ")]");
      } else {
        context.put(" (", metric, '/', threshold);
        for (const Token& flag : kNeighborFlags) {
          if ((flags & flag.value) != 0) context.put(flag.name);
        }
        context.put(")]");
      }
      rest.skip(4);
    }
  }
}

void put_source_and_group(Context& context, const Cursor& rest) {
  (void)rest.block(0, 8);
  put_host4(context, " src ", rest.block(0, 4));
  put_host4(context, " grp ", rest.block(4, 4));
}

void put_dvmrp(Context& context, const Cursor& message) {
  context.protocol("dvmrp");
  const std::uint8_t code = message.u8(1);
  const Cursor rest = message.from(8);
  context.put(' ');
  context.put_name(token(kDvmrpCodes, code), "[type ", code, "]");
  switch (code) {
    case kProbe:
      put_probe(context, rest);
      break;
    case kNeighborsOld:
      put_neighbors(context, rest, true);
      break;
    case kNeighbors:
      context.put(" (v ", message.u8(7), '.', message.u8(6), "):");
      put_neighbors(context, rest, false);
      break;
    case kPrune:
      put_source_and_group(context, rest);
      context.put(" timer ");
      put_duration(context, rest.be32(8));
      break;
    case kGraft:
    case kGraftAck:
      put_source_and_group(context, rest);
      break;
    default:
      break;
  }
}

void put_trace(Context& context, const Cursor& message, std::string_view name) {
  const std::size_t length = message.length();
  if (length < 24) return context.put(" [invalid len ", length, "]");
  if (!message.has(24)) return (void)message.block(0, 24);
  context.put(name, ' ', message.be24(21));
  put_host4(context, ": ", message.block(8, 4));
  put_host4(context, " to ", message.block(12, 4));
  put_host4(context, " reply-to ", message.block(16, 4));
}

}  // namespace

void print_igmp(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("igmp");
  if (ip.version != 4) {
    context.put("[IGMP requires IPv4]");
    return context.put_invalid();
  }
  if (context.options.quiet) return context.put("igmp");
  const std::size_t length = message.length();
  const std::uint8_t type = message.u8(0);
  switch (type) {
    case kQuery:
      context.put("igmp query");
      if (length >= 12) {
        put_query_v3(context, message);
        break;
      }
      if (message.u8(1) != 0) {
        context.put(" v2");
        if (message.u8(1) != 100) context.put(" [max resp time ", message.u8(1), "]");
      } else {
        context.put(" v1");
      }
      if (message.be32(4) != 0) {
        context.put(" [gaddr ");
        context.host4(message.block(4, 4));
        context.put("]");
      }
      if (length != 8) context.put(" [len ", length, "]");
      break;
    case kReportV1:
      put_host4(context, "igmp v1 report ", message.block(4, 4));
      if (length != 8) context.put(" [len ", length, "]");
      break;
    case kReportV2:
      put_host4(context, "igmp v2 report ", message.block(4, 4));
      break;
    case kReportV3:
      context.put("igmp");
      put_report_v3(context, message);
      break;
    case kLeave:
      put_host4(context, "igmp leave ", message.block(4, 4));
      break;
    case kDvmrp:
      context.put("igmp");
      if (length < 8) {
        context.put(" [len ", length, "]");
      } else {
        context.put(" dvmrp");
        put_dvmrp(context, message);
      }
      break;
    case kPimV1:
      context.put("igmp pimv1");
      print_pim_v1(context, message);
      break;
    case kTrace:
      put_trace(context, message, "mtrace");
      break;
    case kTraceResponse:
      put_trace(context, message, "mresp");
      break;
    default:
      context.put("igmp-", type);
      break;
  }
  if (context.verbose() && message.captured() >= length && length > 0) {
    if (internet_checksum(message.bytes().first(length)) != 0) {
      context.put(" bad igmp cksum ", Hex{message.be16(2)}, "!");
    }
  }
}

}  // namespace ringtap
