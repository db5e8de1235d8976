// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IPv6 and its extension headers, RFC 8200; type 0 routing, RFC 5095; mobility's home address and type 2 routing,
// RFC 6275; segment routing, RFC 8754; jumbograms, RFC 2675; router alert, RFC 2711.
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 40;
enum NextHeader : std::uint8_t { kHopByHop = 0, kRouting = 43, kFragment = 44, kNoNext = 59, kDestination = 60 };

enum Option : std::uint8_t { kPad1 = 0, kPadN = 1, kRouterAlert = 5, kJumbo = 0xc2, kHomeAddress = 0xc9 };

// What hop-by-hop options say of a payload whose length the header gives as 0.
struct Jumbogram {
  bool expected = false;
  std::uint32_t length = 0;  // 0: none that can be
};

// The options of one header: all are read, and shown by -v.
struct Options {
  Context& context;
  Jumbogram& jumbogram;
  bool hop_by_hop;
  bool jumbo_seen = false;

  void put_jumbo(std::uint32_t length);
  void put(Cursor options);
};

void Options::put_jumbo(std::uint32_t length) {
  constexpr std::uint32_t kLeast = 65536;
  std::string_view fault;
  if (jumbo_seen) {
    fault = " - already seen";
  } else if (!hop_by_hop) {
    fault = " - not a hop-by-hop option";
  } else if (!jumbogram.expected) {
    fault = " - payload len != 0";
  } else if (length < kLeast) {
    fault = " - < 65536";
  } else {
    jumbogram.length = length;
  }
  jumbo_seen = true;
  if (context.verbose()) context.put("(jumbo: ", length, fault, ") ");
}

// Of an option that cannot have its size: where the next one begins is not known. Shown without -v, too.
void put_wrong_size(Context& context, const Cursor& options, std::string_view name, std::size_t expected) {
  context.put('(', name, ": ");
  if (options.length() < expected + 2) {
    context.put("trunc)");
  } else {
    context.put("invalid len ", options.u8(1), ')');
  }
  options.truncated();
}

void Options::put(Cursor options) {
  constexpr std::uint8_t kRouterAlertSize = 2;
  constexpr std::uint8_t kJumboSize = 4;
  constexpr std::uint8_t kAddressSize = 16;
  const bool shown = context.verbose();
  while (options.length() > 0 && !context.truncated()) {
    const std::uint8_t type = options.u8(0);
    if (type == kPad1) {
      if (shown) context.put("(pad1)");
      options.skip(1);
      continue;
    }
    if (options.length() < 2) return options.truncated();
    const std::uint8_t size = options.u8(1);
    if (static_cast<std::size_t>(size) + 2 > options.length()) return options.truncated();
    switch (type) {
      case kPadN:
        if (shown) context.put("(padn)");
        break;
      case kRouterAlert:
        if (size != kRouterAlertSize) return put_wrong_size(context, options, "rtalert", kRouterAlertSize);
        if (shown) context.put("(rtalert: 0x", Hex{options.be16(2), 4}, ") ");
        break;
      case kJumbo:
        if (size != kJumboSize) return put_wrong_size(context, options, "jumbo", kJumboSize);
        put_jumbo(options.be32(2));
        break;
      case kHomeAddress:
        if (size < kAddressSize) return put_wrong_size(context, options, "homeaddr", kAddressSize);
        if (!shown) break;  // no name is asked for that is not printed
        context.put("(homeaddr: ");
        context.host6(options.block(2, kAddressSize));
        context.put(')');
        break;
      default:
        if (shown) context.put("(opt_type 0x", Hex{type, 2}, ": len=", size, ")");
        break;
    }
    options.skip(static_cast<std::size_t>(size) + 2);
  }
  if (shown) context.put(' ');
}

// Hop-by-hop or destination options; the size of the header, 0 when nothing after it can be printed. Options are
// read where they are shown, and hop-by-hop ones always, because what they say of the length counts, and whether they
// can be what they say.
std::size_t print_options_header(Context& context, Cursor header, bool hop_by_hop, Jumbogram& jumbogram) {
  context.protocol(hop_by_hop ? "hbhopt" : "dstopt");
  const std::string_view after_mark =
      jumbogram.expected ? "[No valid Jumbo Payload Hop-by-Hop option found] (invalid)" : "";
  const std::size_t size = (header.u8(1) + 1u) * 8;
  if (!header.has(size)) {
    header.truncated(after_mark);
    return 0;
  }
  context.put(hop_by_hop ? "HBH " : "DSTOPT ");
  if (context.verbose() || hop_by_hop) {
    Options{context, jumbogram, hop_by_hop}.put(header.from(2).first(size - 2));
    if (context.truncated() && jumbogram.length == 0) context.truncation.suffix = after_mark;
  }
  if (jumbogram.expected && jumbogram.length == 0) {
    context.put(after_mark);
    return 0;
  }
  return size;
}

std::size_t print_routing(Context& context, Cursor header) {
  if (header.captured() == 0) {
    header.truncated();
    return 0;
  }
  context.put("RT6");
  const std::uint8_t units = header.u8(1);
  const std::size_t size = (units + 1u) * 8;
  context.put(" (len=", units);
  const std::uint8_t type = header.u8(2);
  context.put(", type=", type);
  if (type == 0) context.put(" [Deprecated]");
  const std::uint8_t segments_left = header.u8(3);
  context.put(", segleft=", segments_left);
  std::size_t count = units / 2u;
  switch (type) {
    case 0:
    case 2:
      if (header.be32(4) != 0 || context.verbose()) context.put(", rsv=0x", Hex{header.be32(4)});
      if (units % 2 == 1) {
        context.put_invalid();
        return 0;
      }
      break;
    case 4:
      context.put(", last-entry=", header.u8(4));
      if (header.u8(5) != 0 || context.verbose()) context.put(", flags=0x", Hex{header.u8(5)});
      context.put(", tag=", Hex{header.be16(6)});
      if (units % 2 == 1) {
        context.put_invalid();
        return 0;
      }
      count = std::min<std::size_t>(count, header.u8(4) + 1u);
      break;
    default:
      context.put(" (unknown type)");
      context.put_invalid();
      return 0;
  }
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) {
    const std::uint8_t* segment = header.block(8 + 16 * i, 16);
    context.put(", [", i, "]");
    context.host6(segment);
  }
  context.put(") ");
  return size;
}

// True when the header after it may be printed: only the first fragment holds it. `size`: what follows this header.
bool print_fragment(Context& context, Cursor header, std::size_t size) {
  context.protocol("frag6");
  const std::uint16_t field = header.be16(2);
  const unsigned offset = field & 0xfff8u;
  if (context.truncated()) return false;
  if (context.verbose()) {
    const std::uint32_t id = header.be32(4);
    context.put("frag (0x", Hex{id, 8}, ":");
  } else {
    context.put("frag (");
  }
  context.put(offset, '|', size, ')');
  if (offset != 0) return false;
  context.put(' ');
  return header.captured() > 8;
}

// Where a routing header leads in the end: the pseudo-header's destination (RFC 8200 8.1).
const std::uint8_t* final_destination(const Cursor& packet) {
  const std::uint8_t* destination = packet.block(24, 16);
  std::uint8_t next = packet.u8(6);
  for (std::size_t at = kHeader; packet.has(at + 8);) {
    if (next == kRouting) {
      const std::uint8_t units = packet.u8(at + 1);
      const std::uint8_t type = packet.u8(at + 2);
      if (packet.u8(at + 3) == 0 || units < 2) break;
      // Type 4 lists the segments backwards.
      const std::size_t index = type == 4 ? 0 : units / 2u - 1;
      if ((type == 0 || type == 2 || type == 4) && packet.has(at + 8 + 16 * index + 16)) {
        return packet.block(at + 8 + 16 * index, 16);
      }
      break;
    }
    if (next != kHopByHop && next != kDestination && next != kFragment) break;
    const std::size_t size = next == kFragment ? 8 : (packet.u8(at + 1) + 1u) * 8;
    next = packet.u8(at);
    at += size;
  }
  return destination;
}

}  // namespace

void print_ipv6_packet(Context& context, Cursor packet) {
  context.protocol("ip6");
  if (packet.length() < kHeader || !packet.has(kHeader)) return packet.truncated();
  const std::uint8_t first = packet.u8(0);
  if (!context.options.link_header) context.put("IP6 ");
  if (first >> 4 != 6) {
    return context.put("version error: ", static_cast<std::uint32_t>(first >> 4), " != 6");
  }
  const std::size_t payload_length = packet.be16(4);
  const std::size_t total = payload_length + kHeader;
  if (packet.length() < total) context.put("truncated-ip6 - ", total - packet.length(), " bytes missing!");
  const std::uint8_t next_header = packet.u8(6);
  const std::uint8_t hop_limit = packet.u8(7);
  if (context.verbose()) {
    const std::uint32_t word = packet.be32(0);
    context.put('(');
    if ((word & 0x0ff00000) != 0) context.put("class 0x", Hex{word >> 20 & 0xff, 2}, ", ");
    if ((word & 0xfffff) != 0) context.put("flowlabel 0x", Hex{word & 0xfffff, 5}, ", ");
    const std::string_view name = ip_protocol_name(next_header);
    context.put("hlim ", hop_limit, ", next-header ", Named{name_or(name, "unknown"), next_header},
                " payload length: ", payload_length, ") ");
  }

  Jumbogram jumbogram{.expected = payload_length == 0 && next_header == kHopByHop};
  const Cursor whole = jumbogram.expected ? packet : packet.first(total);
  IpHeader ip{.version = 6,
              .source = packet.block(8, 16),
              .destination = packet.block(24, 16),
              .final_destination = packet.block(24, 16),
              .protocol = next_header,
              .ttl = hop_limit,
              .fragment = false};
  Cursor rest = whole.from(kHeader);
  std::uint8_t next = next_header;
  if (!ip_protocol_has_ports(next)) {
    put_addresses(context, ip);
    ip.final_destination = final_destination(whole);
  }
  for (bool first_header = true; !context.truncated(); first_header = false) {
    if (next == kHopByHop && !first_header) {  // RFC 8200 4.1: once, and only behind the fixed header
      context.put("[The Hop-by-Hop Options header ",
                  next_header == kHopByHop ? "was already found]" : "don't follow the IPv6 header]");
      return context.put_invalid();
    }
    std::size_t size = 0;
    switch (next) {
      case kHopByHop:
      case kDestination:
        size = print_options_header(context, rest, next == kHopByHop, jumbogram);
        break;
      case kRouting:
        // tcpdump names the outer header when not a byte of this one was captured.
        context.protocol(rest.captured() == 0 ? "ip6" : "rt6");
        size = print_routing(context, rest);
        break;
      case kFragment:
        size = rest.length() - std::min<std::size_t>(8, rest.length());
        // tcpdump 4.99.3 takes a jumbogram's length, which is given as 0, for that of what is before the fragment, too.
        if (jumbogram.length > 0 && context.options.compat) {
          size = std::size_t{0} - static_cast<std::size_t>(rest.data() - packet.data()) + kHeader - 8;
        }
        if (!print_fragment(context, rest, size)) return;
        ip.fragment = true;
        size = 8;
        break;
      default:
        if (jumbogram.length > packet.length() - kHeader) {
          context.put("truncated-ip6 - ", jumbogram.length - (packet.length() - kHeader), " bytes missing!");
        }
        return print_ip_protocol(context, next, rest, ip);
    }
    if (size == 0) return;
    next = rest.u8(0);
    rest.skip(size);
    if (jumbogram.expected) {
      rest = rest.first(jumbogram.length - size);
      jumbogram.expected = false;
    }
  }
}

void print_ipv6(Context& context, Cursor packet, const LinkHeader&) {
  print_ipv6_packet(context, packet);
}
void print_ipv6_in_ip(Context& context, Cursor packet, const IpHeader&) {
  print_ipv6_packet(context, packet);
}

}  // namespace ringtap
