// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// DCCP, RFC 4340.
#include "dissect/checksum.hpp"
#include "dissect/transport/printers.hpp"

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

enum Option : std::uint8_t {
  kChangeL = 32,
  kConfirmL = 33,
  kChangeR = 34,
  kConfirmR = 35,
  kInitCookie = 36,
  kNdpCount = 37,
  kAckVector0 = 38,
  kAckVector1 = 39,
  kDataDropped = 40,
  kTimestamp = 41,
  kTimestampEcho = 42,
  kElapsedTime = 43,
  kDataChecksum = 44
};
constexpr std::uint8_t kFirstWithLength = 32;
constexpr std::uint8_t kFirstOfCcid = 128;  // what it means is up to the congestion control
constexpr Token kOptions[] = {{0, "nop"},
                              {1, "mandatory"},
                              {2, "slowreceiver"},
                              {kChangeL, "change_l"},
                              {kConfirmL, "confirm_l"},
                              {kChangeR, "change_r"},
                              {kConfirmR, "confirm_r"},
                              {kInitCookie, "initcookie"},
                              {kNdpCount, "ndp_count"},
                              {kAckVector0, "ack_vector0"},
                              {kAckVector1, "ack_vector1"},
                              {kDataDropped, "data_dropped"},
                              {kTimestamp, "timestamp"},
                              {kTimestampEcho, "timestamp_echo"},
                              {kElapsedTime, "elapsed_time"},
                              {kDataChecksum, "data_checksum"}};
constexpr std::string_view kFeatures[] = {"reserved",           "ccid",           "allow_short_seqno",
                                          "sequence_window",    "ecn_incapable",  "ack_ratio",
                                          "send_ack_vector",    "send_ndp_count", "minimum checksum coverage",
                                          "check data checksum"};

void put_bytes(Context& context, const Cursor& value, std::size_t count, bool hex) {
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) {
    const std::uint8_t byte = value.u8(i);
    if (hex) {
      context.put(Hex{byte, 2});
    } else {
      context.put(' ', byte);
    }
  }
}

// RFC 4340 5.8: `value` has `size` bytes.
void put_option_value(Context& context, std::uint8_t type, const Cursor& value, std::size_t size) {
  const auto number = [&](std::size_t offset, std::size_t bytes) {
    return bytes == 2 ? value.be16(offset) : value.be32(offset);
  };
  switch (type) {
    case kChangeL:
    case kConfirmL:
    case kChangeR:
    case kConfirmR: {
      if (size < 1) return context.put(" optlen too short");
      const std::uint8_t feature = value.u8(0);
      if (feature >= std::size(kFeatures)) return;
      context.put(' ', kFeatures[feature]);
      return put_bytes(context, value.from(1), size - 1, false);
    }
    case kInitCookie:
    case kAckVector0:
    case kAckVector1:
    case kDataDropped:
      if (size > 0) context.put(" 0x");
      return put_bytes(context, value, size, true);
    case kNdpCount:
      return put_bytes(context, value, size, false);
    case kDataChecksum:
      if (size > 0) context.put(' ');
      return put_bytes(context, value, size, true);
    case kTimestamp:
      if (size != 4) return context.put(" [optlen != 6]");
      return context.put(' ', number(0, 4));
    case kTimestampEcho:
      if (size != 4 && size != 6 && size != 8) return context.put(" [optlen != 6 or 8 or 10]");
      context.put(' ', number(0, 4));
      if (size > 4) context.put(" (elapsed time ", number(4, size - 4), ')');
      return;
    case kElapsedTime:
      if (size != 2 && size != 4) return context.put(" [optlen != 4 or 6]");
      return context.put(' ', number(0, size));
    default:
      if (type >= kFirstOfCcid && (size == 2 || size == 4)) context.put(' ', number(0, size));
      return;
  }
}

// `left` bytes of options.
void put_options(Context& context, Cursor options, std::size_t left) {
  context.put(" <");
  while (left > 0 && !context.truncated()) {
    const std::uint8_t type = options.u8(0);
    const std::string_view name = token(kOptions, type);
    std::size_t size = 1;
    if (type >= kFirstWithLength) {
      size = options.u8(1);
    }
    const bool fits = type < kFirstWithLength || (size >= 2 && size <= left);
    if (fits && !options.has(size)) return options.truncated(">");
    if (!name.empty()) {
      context.put(name);
    } else {
      context.put(type >= kFirstOfCcid ? "CCID option " : "Option ", type);
    }
    if (!fits) return context.put(size < 2 ? " optlen too short>" : " optlen goes past header length>");
    if (type >= kFirstWithLength) put_option_value(context, type, options.from(2), size - 2);
    options.skip(size);
    left -= size;
    if (left > 0) context.put(", ");
  }
  context.put('>');
}

// What is between the header and the options. tcpdump 4.99.3 takes 8 bytes for every acknowledgement, although it
// has 4 where sequence numbers are short (RFC 4340 5.3).
constexpr std::size_t additional_size(std::uint8_t type) {
  switch (type) {
    case kRequest:
      return 4;
    case kData:
      return 0;
    case kResponse:
    case kReset:
      return 12;
    default:
      return type < std::size(kTypes) ? 8 : 0;
  }
}

}  // namespace

void print_dccp(Context& context, Cursor packet, const IpHeader& ip) {
  context.protocol("dccp");
  if (!packet.has(12)) return packet.truncated();
  const bool extended = (packet.u8(8) & 1) != 0;
  const std::size_t fixed = extended ? 16 : 12;
  if (packet.length() < fixed) return context.put("truncated-dccp - ", fixed - packet.length(), " bytes missing!");
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
  const std::size_t options = fixed + additional_size(type);
  if (packet.length() < options && type < std::size(kTypes)) {
    return context.put("truncated-", kTypes[type], " - ", options - packet.length(), " bytes missing!");
  }
  const std::size_t behind = fixed + 8;
  if ((type == kRequest || type == kResponse || type == kReset) && !packet.has(options)) return packet.truncated();
  switch (type) {
    case kRequest:
      context.put(kTypes[type], " (service=", packet.be32(fixed), ") ");
      break;
    case kResponse:
      context.put(kTypes[type], " (service=", packet.be32(behind), ") ");
      break;
    case kReset: {
      const std::uint8_t code = packet.u8(behind);
      context.put(kTypes[type], " (code=", code < std::size(kResets) ? kResets[code] : std::string_view("invalid"),
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
  if (!context.verbose(2)) return;
  if (extended) {
    const std::uint64_t high = packet.be16(10);
    context.put("seq ", high << 32 | packet.be32(12));
  } else {
    context.put("seq ", packet.be24(9));
  }
  const std::size_t header = packet.u8(4) * 4u;
  if (header > options) put_options(context, packet.from(options), header - options);
}

}  // namespace ringtap
