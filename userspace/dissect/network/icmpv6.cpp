// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ICMPv6, RFC 4443; neighbor discovery, RFC 4861; multicast listener discovery, RFC 2710 and 3810; router preferences
// and routes, RFC 4191; DNS in router advertisements, RFC 8106; mobility, RFC 6275; router renumbering, RFC 2894.
#include <algorithm>
#include <array>

#include "dissect/checksum.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kProtocol = 58;
constexpr std::uint8_t kUnreachable = 1;      // a type
constexpr std::uint8_t kPortUnreachable = 4;  // the highest of its codes

constexpr Token kRouterFlags[] = {
    {0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}};
constexpr Token kNeighborFlags[] = {{0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}};
constexpr Token kPrefixFlags[] = {{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}};
constexpr std::string_view kPreferences[] = {"medium", "high", "rsv", "low"};
constexpr Token kListenerRecords[] = {{1, "is_in"}, {2, "is_ex"}, {3, "to_in"},
                                      {4, "to_ex"}, {5, "allow"}, {6, "block"}};

enum Option : std::uint8_t {
  kSourceLink = 1,
  kTargetLink = 2,
  kPrefix = 3,
  kRedirectedHeader = 4,
  kMtu = 5,
  kInterval = 7,
  kHomeAgent = 8,
  kRoute = 24,
  kDnsServers = 25,
  kDnsSearch = 31,
  kNat64Prefix = 38  // RFC 8781; tcpdump 4.99.3 does not know it
};
constexpr Token kOptions[] = {{kSourceLink, "source link-address"},
                              {kTargetLink, "destination link-address"},
                              {kPrefix, "prefix info"},
                              {kRedirectedHeader, "redirected header"},
                              {kMtu, "mtu"},
                              {kInterval, "advertisement interval"},
                              {kHomeAgent, "homeagent information"},
                              {kRoute, "route info"},
                              {kDnsServers, "rdnss"},
                              {kDnsSearch, "dnssl"}};

void put_seconds(Context& context, std::uint32_t seconds) {
  if (seconds == 0xffffffff) {
    context.put("infinity");
  } else {
    context.put(seconds, 's');
  }
}

bool knows_nat64_prefix(const Context& context, std::uint8_t type, std::size_t size) {
  return type == kNat64Prefix && size == 16 && !context.options.compat;
}

// RFC 8781 4: a lifetime in units of 8 seconds, a code for the size of the prefix, and its first 96 bits.
void put_nat64_prefix(Context& context, const Cursor& option) {
  constexpr std::uint8_t kBits[] = {96, 64, 56, 48, 40, 32};
  const std::uint16_t lifetime_and_code = option.be16(2);
  const unsigned code = lifetime_and_code & 7u;
  std::array<std::uint8_t, 16> prefix{};
  std::copy_n(option.block(4, 12), 12, prefix.begin());
  context.put(' ');
  context.host6(prefix.data());
  if (code < std::size(kBits)) {
    context.put('/', kBits[code]);
  } else {
    context.put(" (plc ", code, ')');
  }
  context.put(", lifetime ", lifetime_and_code & ~7u, 's');
}

void put_neighbor_option(Context& context, std::uint8_t type, const Cursor& option, std::size_t size) {
  switch (type) {
    case kSourceLink:
    case kTargetLink:
      if (size - 2 == 6) {
        context.station(option.block(2, 6));
      } else {
        const auto address = option.span(2, size - 2);
        context.out.separated_hex(address.data(), address.size(), ':');
      }
      break;
    case kPrefix:
      context.host6(option.block(16, 16));
      context.put('/', option.u8(2), ", Flags [");
      context.put_flags(kPrefixFlags, option.u8(3));
      context.put("], valid time ");
      put_seconds(context, option.be32(4));
      context.put(", pref. time ");
      put_seconds(context, option.be32(8));
      break;
    case kRedirectedHeader:
      dump_layer(context, option, 0, size, "\n\t    ");
      break;
    case kMtu:
      context.put(' ', option.be32(4));
      break;
    case kInterval:
      context.put(' ', option.be32(4), "ms");
      break;
    case kHomeAgent:
      context.put(" preference ", option.be16(4), ", lifetime ", option.be16(6));
      break;
    case kRoute: {
      std::uint8_t prefix[16] = {};
      const auto given = option.span(8, std::min<std::size_t>(16, size - 8));
      std::copy(given.begin(), given.end(), prefix);
      context.put(' ');
      context.host6(prefix);
      context.put('/', option.u8(2), ", pref=", kPreferences[option.u8(3) >> 3 & 3], ", lifetime=");
      put_seconds(context, option.be32(4));
      break;
    }
    case kDnsServers:
      context.put(" lifetime ", option.be32(4), "s,");
      for (std::size_t at = 8; at + 16 <= size && !context.truncated(); at += 16) {
        context.put(" addr: ");
        context.host6(option.block(at, 16));
      }
      break;
    case kDnsSearch:
      context.put(" lifetime ", option.be32(4), "s, domain(s):");
      for (std::size_t at = 8; at < size && option.u8(at) != 0 && !context.truncated();) {
        context.put(' ');
        for (std::uint8_t label = option.u8(at++); label != 0 && !context.truncated(); label = option.u8(at++)) {
          if (at + label > size) return option.truncated();
          context.out.escaped(option.span(at, label));
          context.put('.');
          at += label;
        }
      }
      break;
    default:
      if (knows_nat64_prefix(context, type, size)) {
        put_nat64_prefix(context, option);
      } else if (!context.verbose(2)) {
        dump_layer(context, option, 2, size - 2, "\n\t  ");
      }
      break;
  }
}

void put_neighbor_options(Context& context, Cursor options) {
  while (options.readable() > 0 && !context.truncated()) {
    if (!options.has(2)) return options.truncated();
    const std::uint8_t type = options.u8(0);
    const std::uint8_t units = options.u8(1);
    const std::size_t size = units * 8u;
    if (size == 0 || !options.has(size)) return options.truncated();
    const std::string_view otherwise = knows_nat64_prefix(context, type, size) ? "pref64" : "unknown";
    context.put("\n\t  ", token(kOptions, type, otherwise), " option (", type, "), length ", size, " (", units, "): ");
    put_neighbor_option(context, type, options, size);
    if (context.verbose(2)) dump_layer(context, options, 2, size - 2, "\n\t    ");
    options.skip(size);
  }
}

// An error quotes the packet from its IPv6 header on, after 8 bytes of its own.
void put_unreachable_host(Context& context, const Cursor& message, std::uint8_t code) {
  const Cursor quoted = message.from(8);
  constexpr std::string_view kReasons[] = {"unreachable route", " unreachable prohibited", "beyond scope",
                                           "unreachable address"};
  context.put(", ", kReasons[code]);
  const std::uint8_t* destination = quoted.block(24, 16);
  context.put(' ');
  context.host6(destination);
  if (code == 2) {
    context.put(", source address ");
    context.host6(quoted.block(8, 16));
  }
}

// Where the transport header of a quoted packet begins, and its protocol.
struct QuotedTransport {
  std::uint8_t protocol;
  Cursor header;
};
QuotedTransport find_transport(const Cursor& quoted) {
  std::uint8_t next = quoted.u8(6);
  Cursor rest = quoted.from(40);
  while ((next == 0 || next == 43 || next == 60 || next == 44) && rest.has(8)) {
    const std::size_t size = next == 44 ? 8 : (rest.u8(1) + 1u) * 8;
    next = rest.u8(0);
    rest.skip(size);
  }
  return {next, rest};
}

void put_unreachable_port(Context& context, const Cursor& message) {
  const Cursor quoted = message.from(8);
  context.put(", unreachable port");
  const QuotedTransport transport = find_transport(quoted);
  if (transport.protocol != 6 && transport.protocol != 17) return message.truncated();
  const std::uint16_t port = transport.header.be16(2);
  context.put(", ");
  context.host6(quoted.block(24, 16));
  if (transport.protocol == 6) {
    context.put(" tcp port ");
    context.tcp_port(port);
  } else {
    context.put(" udp port ");
    context.udp_port(port);
  }
}

// RFC 3810 5.1.3: above 32767 a 4-bit exponent and a 12-bit mantissa.
std::uint32_t max_response_delay(std::uint16_t code) {
  return code < 32768 ? code : (0x1000u | (code & 0xfffu)) << ((code >> 12 & 7) + 3);
}

// RFC 3810 5.1.9: above 127 a 3-bit exponent and a 4-bit mantissa.
std::uint32_t query_interval(std::uint8_t code) {
  return code < 128 ? code : (0x10u | (code & 0xfu)) << ((code >> 4 & 7) + 3);
}

void put_sources(Context& context, const Cursor& message, std::size_t at, std::size_t count) {
  context.put(" {");
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) {
    put_host6(context, " ", message.block(at + 16 * i, 16));
  }
  context.put(" }");
}

constexpr std::size_t kListenerQueryV2 = 28;
void put_listener_query_v2(Context& context, const Cursor& message) {
  const std::size_t length = message.length();
  context.put(" v2");
  if (context.verbose()) context.put(" [max resp delay=", max_response_delay(message.be16(4)), "]");
  put_host6(context, " [gaddr ", message.block(8, 16));
  if (context.verbose()) {
    const std::uint8_t flags = message.u8(24);
    if ((flags & 8) != 0) context.put(" sflag");
    if ((flags & 7) != 0) context.put(" robustness=", static_cast<std::uint32_t>(flags & 7));
    context.put(" qqi=", query_interval(message.u8(25)));
  }
  const std::size_t count = message.be16(26);
  if (count > 0) {
    if (length < kListenerQueryV2 + count * 16) {
      context.put(" [invalid number of sources]");
    } else if (context.verbose(2)) {
      put_sources(context, message, kListenerQueryV2, count);
    } else {
      context.put(", ", count, " source(s)");
    }
  }
  context.put(']');
}

void put_listener_report_v2(Context& context, const Cursor& message) {
  const std::size_t length = message.length();
  if (length < 8) {
    context.put(" [invalid len ", length, "]");
    return;
  }
  const std::size_t groups = message.be16(6);
  context.put(", ", groups, " group record(s)");
  if (!context.verbose()) return;
  std::size_t at = 8;
  for (std::size_t i = 0; i < groups && !context.truncated(); ++i) {
    if (length < at + 20) {
      context.put(" [invalid number of groups]");
      return;
    }
    put_host6(context, " [gaddr ", message.block(at + 4, 16));
    const std::uint8_t type = message.u8(at);
    context.put(' ');
    context.put_name(token(kListenerRecords, type), " [v2-report-#", type, "]");
    const std::size_t sources = message.be16(at + 2);
    if (length < at + 20 + sources * 16) {
      context.put(" [invalid number of sources ", sources, "]");
      return;
    }
    if (context.verbose(2)) {
      put_sources(context, message, at + 20, sources);
    } else {
      context.put(", ", sources, " source(s)");
    }
    context.put(']');
    at += 20 + sources * 16 + message.u8(at + 1) * 4u;
  }
}

void put_listener_v1(Context& context, const Cursor& message) {
  if (!message.has(24)) return;  // then tcpdump says nothing, not even that it was cut
  context.put("max resp delay: ", message.be16(4), " addr: ");
  context.host6(message.block(8, 16));
}

// The printers of messages: what follows the name.

void put_nothing(Context&, const Cursor&) {}

void put_unreachable(Context& context, const Cursor& message) {
  const std::uint8_t code = message.u8(1);
  if (code == kPortUnreachable) {
    put_unreachable_port(context, message);
  } else if (code < kPortUnreachable) {
    put_unreachable_host(context, message, code);
  } else {
    context.put(", unknown unreach code (", code, ')');
    if (!context.verbose(2)) dump_layer(context, message, 0, message.length(), "\n\t");
  }
}

void put_too_big(Context& context, const Cursor& message) {
  context.put(", mtu ", message.be32(4));
}

void put_time_exceeded(Context& context, const Cursor& message) {
  const std::uint8_t code = message.u8(1);
  if (code == 0) {
    put_host6(context, " for ", message.block(8 + 24, 16));
  } else if (code == 1) {
    context.put(" (reassembly)");
  } else {
    context.put(", unknown code (", code, ')');
  }
}

void put_parameter_problem(Context& context, const Cursor& message) {
  if (!message.has(8 + 40)) message.truncated();
  constexpr std::string_view kProblems[] = {"erroneous", "next header", "option", "incomplete header chain"};
  const std::uint8_t code = message.u8(1);
  const std::uint32_t octet = message.be32(4);
  if (code < std::size(kProblems)) {
    context.put(", ", kProblems[code], " - octet ", octet);
  } else {
    context.put(", code-#", code);
  }
}

void put_echo(Context& context, const Cursor& message) {
  context.put(", id ", message.be16(4), ", seq ", message.be16(6));
}

// RFC 3810 8.1: the length tells the versions apart.
void put_listener_query(Context& context, const Cursor& message) {
  const std::size_t length = message.length();
  if (length == 24) return put_listener_v1(context, message);
  if (length >= kListenerQueryV2) return put_listener_query_v2(context, message);
  context.put(" unknown-version (len ", length, ") ");
}

void put_router_solicitation(Context& context, const Cursor& message) {
  if (context.verbose()) put_neighbor_options(context, message.from(8));
}

void put_router_advertisement(Context& context, const Cursor& message) {
  if (!context.verbose()) return;
  if (!message.has(16)) return message.truncated();
  context.put("\n\thop limit ", message.u8(4), ", Flags [");
  context.put_flags(kRouterFlags, message.u8(5));
  context.put("], pref ", kPreferences[message.u8(5) >> 3 & 3], ", router lifetime ", message.be16(6),
              "s, reachable time ", message.be32(8), "ms, retrans timer ", message.be32(12), "ms");
  put_neighbor_options(context, message.from(16));
}

void put_neighbor_solicitation(Context& context, const Cursor& message) {
  put_host6(context, ", who has ", message.block(8, 16));
  if (context.verbose()) put_neighbor_options(context, message.from(24));
}

void put_neighbor_advertisement(Context& context, const Cursor& message) {
  put_host6(context, ", tgt is ", message.block(8, 16));
  if (!context.verbose()) return;
  context.put(", Flags [");
  context.put_flags(kNeighborFlags, message.be32(4) >> 24);
  context.put(']');
  put_neighbor_options(context, message.from(24));
}

void put_redirect(Context& context, const Cursor& message) {
  put_host6(context, ", ", message.block(24, 16));
  put_host6(context, " to ", message.block(8, 16));
  if (context.verbose()) put_neighbor_options(context, message.from(40));
}

void put_identifier(Context& context, const Cursor& message) {
  context.put(", id 0x", Hex{message.be16(4), 4});
}

void put_agent_discovery_reply(Context& context, const Cursor& message) {
  if (!context.verbose()) return;
  put_identifier(context, message);
  for (std::size_t at = 8; at < message.length() && !context.truncated(); at += 16) {
    put_host6(context, ", ", message.block(at, 16));
  }
}

void put_prefix_advertisement(Context& context, const Cursor& message) {
  if (!context.verbose()) return;
  put_identifier(context, message);
  const std::uint16_t flags = message.be16(6);
  if ((flags & 0xc000) != 0) context.put(' ', (flags & 0x8000) != 0 ? "M" : "", (flags & 0x4000) != 0 ? "O" : "");
  put_neighbor_options(context, message.from(8));
}

// RFC 2894: which prefixes of a router are to be replaced by which.
constexpr std::size_t kUse = 32;
void put_prefix_uses(Context& context, Cursor uses, std::size_t count) {
  for (; count > 0; --count, uses.skip(kUse)) {
    if (!uses.has(kUse)) return context.put_truncated();
    const std::uint8_t flags = uses.u8(12);
    context.put(context.verbose(2) ? "\n\t" : " ", "use(");
    if (flags != 0) context.put((flags & 0x80) != 0 ? "V" : "", (flags & 0x40) != 0 ? "P" : "", ',');
    if (context.verbose()) {
      const auto put_lifetime = [&](std::string_view name, std::uint32_t seconds) {
        context.put(name);
        context.put_name(seconds == 0xffffffff ? "infty" : "", seconds);
        context.put(',');
      };
      context.put("mask=0x", Hex{uses.u8(2)}, ",raflags=0x", Hex{uses.u8(3)}, ",");
      put_lifetime("vltime=", uses.be32(4));
      put_lifetime("pltime=", uses.be32(8));
    }
    context.host6(uses.block(16, 16));
    context.put('/', uses.u8(0), '/', uses.u8(1), ')');
  }
}

void put_renumbering(Context& context, const Cursor& message) {
  enum Code : std::uint8_t { kCommand = 0, kResult = 1, kReset = 255 };
  struct Flag {
    std::uint8_t bit;
    char name;
  };
  constexpr Flag kFlags[] = {{0x80, 'T'}, {0x40, 'R'}, {0x20, 'A'}, {0x10, 'S'}, {0x08, 'P'}};
  constexpr Token kOperations[] = {{1, "add"}, {2, "change"}, {3, "setglobal"}};
  constexpr std::size_t kHeader = 16;
  constexpr std::size_t kMatch = 24;
  if (!message.has(kHeader)) return context.put_truncated();
  const std::uint8_t code = message.u8(1);
  constexpr Token kCodes[] = {{kCommand, "command"}, {kResult, "result"}, {kReset, "sequence number reset"}};
  context.put(", ");
  context.put_name(token(kCodes, code), "code-#", code);
  context.put(", seq=", message.be32(4));
  if (context.verbose()) {
    const std::uint8_t flags = message.u8(9);
    context.put('[');
    for (const Flag& flag : kFlags) {
      if ((flags & flag.bit) != 0) context.put(flag.name);
    }
    if (flags != 0) context.put(',');
    context.put("seg=", message.u8(8), ",maxdelay=", message.be16(10));
    if (message.be32(12) != 0) context.put("rsvd=0x", Hex{message.be32(12)});
    context.put(']');
  }
  if (code != kCommand) return;
  // One operation, and as many prefixes as its length says.
  const Cursor match = message.from(kHeader);
  if (!match.has(kMatch)) return context.put_truncated();
  const std::uint8_t operation = match.u8(0);
  context.put(context.verbose(2) ? "\n\t" : " ", "match(");
  context.put_name(token(kOperations, operation), '#', operation);
  if (context.verbose()) {
    context.put(",ord=", match.u8(2), ",min=", match.u8(4), ",max=", match.u8(5));
  }
  context.put(',');
  context.host6(match.block(8, 16));
  context.put('/', match.u8(3), ')');
  const std::uint8_t words = match.u8(1);
  if (words % 4 != 3) return context.put_truncated();
  put_prefix_uses(context, match.from(kMatch), words / 4);
}

// A message by its type; one without a printer is dumped.
struct MessageRow {
  std::uint8_t type;
  std::string_view name;
  void (*put)(Context&, const Cursor&) = nullptr;
  bool length_first = false;  // with -v the length is printed, and before the details; else only without -v, after them
};
constexpr MessageRow kMessages[] = {
    {kUnreachable, "destination unreachable", put_unreachable},
    {2, "packet too big", put_too_big},
    {3, "time exceeded in-transit", put_time_exceeded},
    {4, "parameter problem", put_parameter_problem},
    {128, "echo request", put_echo},
    {129, "echo reply", put_echo},
    {130, "multicast listener query", put_listener_query},
    {131, "multicast listener report", put_listener_v1},
    {132, "multicast listener done", put_listener_v1},
    {133, "router solicitation", put_router_solicitation, true},
    {134, "router advertisement", put_router_advertisement, true},
    {135, "neighbor solicitation", put_neighbor_solicitation, true},
    {136, "neighbor advertisement", put_neighbor_advertisement, true},
    {137, "redirect", put_redirect, true},
    {138, "router renumbering", put_renumbering},
    {139, "who-are-you request", put_node_query},
    {140, "who-are-you reply", put_node_reply},
    {141, "inverse neighbor solicitation", put_nothing},
    {142, "inverse neighbor advertisement", put_nothing},
    {143, "multicast listener report v2", put_listener_report_v2},
    {144, "ha discovery request", put_identifier},
    {145, "ha discovery reply", put_agent_discovery_reply, true},
    {146, "mobile router solicitation", put_identifier},
    {147, "mobile router advertisement", put_prefix_advertisement, true},
    {155, "RPL", put_rpl},
    {200, "mtrace response"},
    {201, "mtrace message"},
};

const MessageRow* find_message(std::uint8_t type) {
  for (const MessageRow& row : kMessages) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

}  // namespace

void print_icmpv6(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("icmp6");
  if (ip.version != 6) {
    context.put("[ICMPv6 requires IPv6]");
    return context.put_invalid();
  }
  const std::size_t length = message.length();
  if (length == 0) {
    context.put("ICMP6, length ", length);
    return context.put_invalid();
  }
  if (context.verbose() && !ip.fragment && message.has(length)) {
    const std::uint16_t sum =
        transport_checksum(ip, kProtocol, message.bytes().first(length), static_cast<std::uint32_t>(length));
    if (sum != 0) {
      const std::uint16_t found = message.be16(2);
      context.put("[bad icmp6 cksum 0x", Hex{found, 4}, " -> 0x", Hex{expected_checksum(found, sum), 4}, "!] ");
    } else {
      context.put("[icmp6 sum ok] ");
    }
  }
  const std::uint8_t type = message.u8(0);
  const MessageRow* row = find_message(type);
  context.put("ICMP6, ");
  context.put_name(row == nullptr ? std::string_view() : row->name, "unknown icmp6 type (", type, ')');
  const bool printed = row != nullptr && row->put != nullptr;
  if (printed && row->length_first && context.verbose()) context.put(", length ", length);
  const std::uint8_t code = message.u8(1);
  if (!printed) {
    context.put(", length ", length);
    if (!context.verbose(2)) dump_layer(context, message, 0, length, "\n\t");
    return;
  }
  row->put(context, message);
  // tcpdump leaves the length out when it does not know why something is unreachable.
  if (type == kUnreachable && code > kPortUnreachable) return;
  if (!context.verbose()) context.put(", length ", length);
}

}  // namespace ringtap
