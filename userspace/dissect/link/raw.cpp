// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Links without addresses: RAW, IPV4 and IPV6 (an IP packet and nothing else), NULL and LOOP (an address family, in the
// byte order of the capturing host or the network's). https://www.tcpdump.org/linktypes.html
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"

namespace ringtap {
namespace {

// Families as the BSDs number them; IPv6 has three numbers there (see LINKTYPE_NULL).
constexpr std::uint32_t kIpv4Family = 2;
constexpr Token kFamilies[] = {{2, "IPv4"},  {7, "ISO"},   {16, "AppleTalk"}, {23, "IPX"},
                               {24, "IPv6"}, {28, "IPv6"}, {30, "IPv6"}};

void put_family(Context& context, std::uint32_t family, std::size_t length) {
  const std::string_view name = token(kFamilies, family);
  if (!context.options.quiet) {
    context.put("AF ", Named{name_or(name, "Unknown"), family});
  } else {
    context.put_name(name, "Unknown AF ", family);
  }
  context.put(", length ", length, ": ");
}

}  // namespace

void print_raw_ip(Context& context, Cursor packet) {
  context.protocol("ipn");
  if (context.options.link_header) context.put("ip: ");
  if (packet.length() < 1) return context.put("truncated-ip 0");
  switch (const unsigned version = packet.u8(0) >> 4) {
    case 4:
      return print_ipv4_packet(context, packet);
    case 6:
      return print_ipv6_packet(context, packet);
    default:
      context.put("unknown ip ", version);
  }
}

// Both kinds are printed by the version that the packet itself says.
void print_raw_ipv4(Context& context, Cursor packet) {
  print_raw_ip(context, packet);
}
void print_raw_ipv6(Context& context, Cursor packet) {
  print_raw_ip(context, packet);
}

void print_null(Context& context, Cursor packet) {
  context.protocol("null");
  if (packet.length() < 4 || !packet.has(4)) return packet.truncated();
  context.link_header_size = 4;
  // The capturing host's byte order is not known, but families are small numbers.
  const std::uint32_t little = packet.le32(0);
  const std::uint32_t family = (little & 0xffff0000) != 0 ? packet.be32(0) : little;
  if (context.options.link_header) put_family(context, family, packet.length());
  const Cursor payload = packet.from(4);
  if (family == kIpv4Family) return print_ipv4_packet(context, payload);
  if (token(kFamilies, family) == "IPv6") return print_ipv6_packet(context, payload);
  if (!context.options.link_header) put_family(context, family, packet.length());
  dump_unknown(context, payload);
}

void print_loop(Context& context, Cursor packet) {
  print_null(context, packet);
}

}  // namespace ringtap
