// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// DCCP, RFC 4340.
#include "dissect/checksum.hpp"
#include "dissect/printers.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t { kRequest, kResponse, kData, kAck, kDataAck, kCloseReq, kClose, kReset, kSync, kSyncAck };
constexpr std::string_view kTypes[] = {"DCCP-Request",  "DCCP-Response", "DCCP-Data",  "DCCP-Ack",  "DCCP-DataAck",
                                       "DCCP-CloseReq", "DCCP-Close",    "DCCP-Reset", "DCCP-Sync", "DCCP-SyncAck"};
constexpr std::string_view kResets[] = {"unspecified",      "closed",       "aborted",         "no_connection",
                                        "packet_error",     "option_error", "mandatory_error", "connection_refused",
                                        "bad_service_code", "too_busy",     "bad_init_cookie", "aggression_penalty"};

constexpr std::uint8_t kProtocol = 33;

void put_checksum(Context& context, const Cursor& packet, const IpHeader& ip) {
  const std::uint8_t coverage = packet.u8(5) & 0xf;
  const std::uint16_t found = packet.be16(6);
  context.put("(CCVal ", static_cast<std::uint32_t>(packet.u8(5) >> 4), ", CsCov ", coverage);
  const std::size_t length = packet.length();
  if (context.options.no_checksums || ip.fragment || !packet.has(length)) return context.put(") ");
  // RFC 4340 9.2: 0 covers everything, n covers the header and 4 (n - 1) bytes of data.
  const std::size_t header = packet.u8(4) * 4u;
  const std::size_t covered = coverage == 0 ? length : std::min(length, header + (coverage - 1u) * 4u);
  const std::uint16_t sum =
      transport_checksum(ip, kProtocol, packet.bytes().first(covered), static_cast<std::uint32_t>(length));
  context.put(", cksum 0x", Hex{found, 4});
  if (sum == 0) {
    context.put(" (correct)) ");
  } else {
    context.put(" (incorrect -> 0x", Hex{expected_checksum(found, sum), 4}, ")) ");
  }
}

}  // namespace

void print_dccp(Context& context, Cursor packet, const IpHeader& ip) {
  context.protocol("dccp");
  if (!packet.has(12)) return packet.truncated();
  const bool extended = (packet.u8(8) & 1) != 0;
  const std::size_t fixed = extended ? 16 : 12;
  if (!packet.has(fixed)) return packet.truncated();
  const std::uint16_t source = packet.be16(0);
  const std::uint16_t destination = packet.be16(2);
  if (ip.protocol == kProtocol) {
    if (ip.version == 4) {
      context.host4(ip.source);
      context.put('.', source, " > ");
      context.host4(ip.destination);
    } else {
      context.host6(ip.source);
      context.put('.', source, " > ");
      context.host6(ip.destination);
    }
    context.put('.', destination, ": ");
  } else {
    context.put(source, " > ", destination, ": ");
  }
  context.put("DCCP ");
  if (context.options.quiet) {
    context.put(packet.length() - packet.u8(4) * 4u);
    return;
  }
  if (context.verbose()) put_checksum(context, packet, ip);
  const std::uint8_t type = packet.u8(8) >> 1 & 0xf;
  switch (type) {
    case kRequest:
      context.put(kTypes[type], " (service=", packet.be32(fixed), ") ");
      break;
    case kResponse:
      context.put(kTypes[type], " (service=", packet.be32(fixed + (extended ? 8 : 4)), ") ");
      break;
    case kReset: {
      const std::uint8_t code = packet.u8(fixed + (extended ? 8 : 4));
      context.put(kTypes[type], " (code=", code < std::size(kResets) ? kResets[code] : std::string_view("reserved"),
                  ") ");
      break;
    }
    default:
      if (type < std::size(kTypes)) {
        context.put(kTypes[type], ' ');
      } else {
        context.put("unknown-type-", type, ' ');
      }
      break;
  }
  // Every type but these acknowledges.
  if (type != kRequest && type != kData) {
    if (extended) {
      const std::uint64_t high = packet.be16(fixed + 2);
      context.put("(ack=", high << 32 | packet.be32(fixed + 4), ") ");
    } else {
      context.put("(ack=", packet.be32(fixed) & 0xffffff, ") ");
    }
  }
  if (!context.verbose()) return;
  if (extended) {
    const std::uint64_t high = packet.be16(10);
    context.put("seq ", high << 32 | packet.be32(12));
  } else {
    context.put("seq ", packet.be24(9));
  }
}

}  // namespace ringtap
