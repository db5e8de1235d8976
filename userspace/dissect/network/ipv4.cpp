// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IPv4, RFC 791; ECN, RFC 3168; router alert, RFC 2113.
#include "dissect/checksum.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMinHeader = 20;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1fff;
constexpr Token kFlags[] = {{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}};
constexpr std::string_view kEcn[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};

enum Option : std::uint8_t {
  kEol = 0,
  kNop = 1,
  kRecordRoute = 7,
  kTimestamp = 68,
  kSecurity = 130,
  kLooseRoute = 131,
  kStrictRoute = 137,
  kRouterAlert = 148
};
constexpr Token kOptions[] = {
    {kEol, "EOL"},           {kNop, "NOP"},         {kRecordRoute, "RR"},   {kTimestamp, "timestamp"},
    {kSecurity, "security"}, {kLooseRoute, "LSRR"}, {kStrictRoute, "SSRR"}, {kRouterAlert, "RA"}};

// These are true where the last entry of an option is cut.
bool put_route(Context& context, const Cursor& option, unsigned size) {
  if (size < 3) {
    context.put(" [bad length ", size, "]");
    return false;
  }
  if ((size + 1) % 4 != 0) context.put(" [bad length ", size, "]");
  const unsigned pointer = option.u8(2) - 1u;
  if (pointer < 3 || (pointer + 1) % 4 != 0) context.put(" [bad ptr ", option.u8(2), "]");
  for (unsigned at = 3; at < size; at += 4) {
    if (!option.has(at + 4)) return true;
    put_host4(context, " ", option.block(at, 4));
    if (pointer > at) context.put(',');
  }
  return false;
}

bool put_timestamps(Context& context, const Cursor& option, unsigned size) {
  if (size < 4) {
    context.put("[bad length ", size, "]");
    return false;
  }
  context.put(" TS{");
  const unsigned flags = option.u8(3) & 0xf;
  const unsigned entry = flags == 0 ? 4 : 8;
  if ((size - 4) % entry != 0) context.put("[bad length ", size, "]");
  const std::uint8_t pointer = option.u8(2);
  const unsigned length = pointer - 1u;
  if (length < 4 || (length - 4) % entry != 0 || length > size) context.put("[bad ptr ", pointer, "]");
  switch (flags) {
    case 0:
      context.put("TSONLY");
      break;
    case 1:
      context.put("TS+ADDR");
      break;
    case 3:
      context.put("PRESPEC");
      break;
    default:
      context.put("[bad ts type ", flags, "]");
      break;
  }
  const char* type = " ";
  for (unsigned at = 4; at < size; at += entry) {
    if (!option.has(at + entry)) return true;
    if (length == at) type = " ^ ";
    context.put(type, option.be32(at + entry - 4), '@');
    if (entry == 8) context.host4(option.block(at, 4));
    type = " ";
  }
  if (length == size) context.put(" ^ ");
  if (option.u8(3) >> 4 != 0) context.put(" [", static_cast<std::uint32_t>(option.u8(3) >> 4), " hops not recorded]} ");
  context.put('}');
  return false;
}

// Whether an option is cut after its length.
bool put_options(Context& context, Cursor options, std::size_t left) {
  std::string_view separator;
  while (left > 0 && !context.truncated()) {
    context.put(separator);
    separator = ",";
    const std::uint8_t code = options.u8(0);
    if (context.truncated()) return false;
    context.put_name(token(kOptions, code), "unknown ", code);
    if (code == kEol) return false;
    if (code == kNop) {
      options.skip(1);
      --left;
      continue;
    }
    const std::uint8_t size = options.u8(1);
    if (context.truncated()) return false;
    if (size < 2 || size > left) {
      context.put(" [bad length ", size, "]");
      break;
    }
    if (!options.has(size)) return true;
    switch (code) {
      case kRecordRoute:
      case kLooseRoute:
      case kStrictRoute:
        if (put_route(context, options, size)) return true;
        break;
      case kTimestamp:
        if (put_timestamps(context, options, size)) return true;
        break;
      case kRouterAlert:
        if (size < 4) {
          context.put(" [bad length ", size, "]");
        } else if (options.be16(2) != 0) {
          context.put(" value ", options.be16(2));
        }
        break;
      default:
        break;
    }
    options.skip(size);
    left -= size;
  }
  return false;
}

// Where a source route ends, RFC 791 3.1: the last address of an LSRR or SSRR option that is not used up.
const std::uint8_t* final_destination(const Cursor& header, std::size_t header_size) {
  const std::uint8_t* destination = header.block(16, 4);
  if (header_size == kMinHeader || !header.has(header_size)) return destination;
  for (std::size_t at = kMinHeader; at + 1 < header_size;) {
    const std::uint8_t code = header.u8(at);
    if (code == kEol) break;
    const std::size_t size = code == kNop ? 1 : header.u8(at + 1);
    if (size < 1 || (code != kNop && size < 2) || at + size > header_size) break;
    if ((code == kLooseRoute || code == kStrictRoute) && size >= 7) return header.block(at + size - 4, 4);
    at += size;
  }
  return destination;
}

}  // namespace

void put_endpoints(Context& context, const IpHeader& ip, std::uint8_t transport,
                   void (Context::*put_port)(std::uint16_t), std::uint16_t source, std::uint16_t destination) {
  // Most lines, under -n, begin so: in one piece.
  if (context.resolver == nullptr && context.services.empty() && ip.version == 4 && ip.protocol == transport) {
    return context.put(Ipv4Text{ip.source}, '.', source, " > ", Ipv4Text{ip.destination}, '.', destination, ": ");
  }
  const auto put_endpoint = [&](const auto& address, std::uint16_t port) {
    if (ip.protocol == transport) {
      if (ip.version == 4)
        context.host4(address);
      else
        context.host6(address);
      context.put('.');
    }
    (context.*put_port)(port);
  };
  put_endpoint(ip.source, source);
  context.put(" > ");
  put_endpoint(ip.destination, destination);
  context.put(": ");
}

void put_addresses(Context& context, const IpHeader& ip) {
  if (ip.version == 4) {
    context.host4(ip.source);
    context.put(" > ");
    context.host4(ip.destination);
  } else {
    context.host6(ip.source);
    context.put(" > ");
    context.host6(ip.destination);
  }
  context.put(": ");
}

void print_ipv4_packet(Context& context, Cursor packet) {
  context.protocol("ip");
  const std::uint8_t first = packet.u8(0);
  if (first >> 4 != 4) {
    if (packet.captured() == 0) return;
    if (first >> 4 == 6) {
      context.put("IP6, wrong link-layer encapsulation");
    } else {
      context.put("IP", static_cast<std::uint32_t>(first >> 4));
    }
    return context.put_invalid();
  }
  if (!context.options.link_header) context.put("IP ");
  if (!packet.has(kMinHeader)) return packet.truncated();
  if (packet.length() < kMinHeader) return context.put("truncated-ip ", packet.length());
  const std::size_t header_size = (first & 0xfu) * 4;
  if (header_size < kMinHeader) return context.put("bad-hlen ", header_size);
  std::size_t total = packet.be16(2);
  // A segment of 64 KiB or more, which the device is to cut (TSO) or has joined (GRO), does not fit the field.
  if (total == 0 && !context.options.compat) total = packet.length();
  if (packet.length() < total) context.put("truncated-ip - ", total - packet.length(), " bytes missing! ");
  if (total < header_size) {
    context.put("bad-len ", total);
    return;
  }
  // What comes after the packet's end (padding, a trailer) is not the packet's.
  const Cursor whole = packet.first(total);
  const Cursor payload = whole.from(header_size).with_length(total - header_size);
  const std::uint16_t fragment = packet.be16(6);
  const std::uint8_t protocol = packet.u8(9);
  const std::uint8_t ttl = packet.u8(8);

  bool option_cut = false;
  if (context.verbose()) {
    const std::uint8_t tos = packet.u8(1);
    context.put("(tos 0x", Hex{tos}, kEcn[tos & 3]);
    if (ttl >= 1) context.put(", ttl ", ttl);
    context.put(", id ", packet.be16(4), ", offset ", static_cast<std::uint32_t>((fragment & kOffsetMask) * 8),
                ", flags [");
    context.put_flags(kFlags, fragment & 0xe000);
    const std::string_view name = ip_protocol_name(protocol);
    context.put("], proto ", Named{name_or(name, "unknown"), protocol}, ", length ", total);
    if (header_size > kMinHeader) {
      context.put(", options (");
      option_cut = put_options(context, whole.from(kMinHeader), header_size - kMinHeader);
      if (option_cut) context.put(" [truncated-option]");
      context.put(')');
    }
    if (!context.options.no_checksums && whole.has(header_size)) {
      const std::uint16_t sum = internet_checksum(whole.bytes().first(header_size));
      if (sum != 0) {
        const std::uint16_t found = packet.be16(10);
        context.put(", bad cksum ", Hex{found}, " (->", Hex{expected_checksum(found, sum)}, ")!");
      }
    }
    context.put(context.options.ip_one_line ? ") " : ")\n    ");
  }
  const bool later_fragment = (fragment & kOffsetMask) != 0;
  if (option_cut || later_fragment || !ip_protocol_has_ports(protocol)) {
    put_host4(context, "", packet.block(12, 4));
    put_host4(context, " > ", packet.block(16, 4));
    context.put(": ");
  }
  if (option_cut) return whole.truncated();
  if (later_fragment) return put_ip_protocol(context, protocol);
  if (!whole.has(header_size)) {
    context.put(" [remaining caplen(", whole.captured(), ") < header length(", header_size, ")]");
    (void)whole.span(0, header_size);
    return;
  }

  const IpHeader ip{.version = 4,
                    .source = packet.block(12, 4),
                    .destination = packet.block(16, 4),
                    .final_destination = final_destination(whole, header_size),
                    .protocol = protocol,
                    .ttl = ttl,
                    .fragment = (fragment & kMoreFragments) != 0};
  print_ip_protocol(context, protocol, payload, ip);
}

void print_ipv4(Context& context, Cursor packet, const LinkHeader&) {
  print_ipv4_packet(context, packet);
}
void print_ipv4_in_ip(Context& context, Cursor packet, const IpHeader&) {
  print_ipv4_packet(context, packet);
}

}  // namespace ringtap
