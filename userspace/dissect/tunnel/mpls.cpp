// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// MPLS label stacks, RFC 3032; in UDP, RFC 7510.
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kEntry = 4;
enum Label : std::uint32_t { kIpv4Null = 0, kRouterAlert = 1, kIpv6Null = 2, kImplicitNull = 3 };
constexpr std::uint32_t kFirstFree = 16;
constexpr Token kLabels[] = {{kIpv4Null, "IPv4 explicit NULL"},
                             {kRouterAlert, "router alert"},
                             {kIpv6Null, "IPv6 explicit NULL"},
                             {kImplicitNull, "implicit NULL"}};

// The stack does not say what it carries; the first nibble is the best guess where the last label does not tell.
void print_payload(Context& context, Cursor payload, std::uint32_t label) {
  if (payload.length() == 0) return;
  const std::uint8_t version = label == kIpv4Null ? 4 : label == kIpv6Null ? 6 : payload.u8(0) >> 4;
  if (context.truncated()) return;
  if (version != 4 && version != 6) return dump_unknown(context, payload);
  context.put(context.verbose() ? "\n\t" : " ");
  if (version == 4) {
    print_ipv4_packet(context, payload);
  } else {
    print_ipv6_packet(context, payload);
  }
}

}  // namespace

void print_mpls_stack(Context& context, Cursor stack) {
  context.protocol("mpls");
  context.put("MPLS");
  std::uint32_t entry = 0;
  std::uint32_t label = 0;
  std::string_view between = " ";
  do {
    if (!stack.has(kEntry)) return (void)stack.span(0, kEntry);
    if (stack.length() < kEntry) return context.put_invalid();
    entry = stack.take_be32();
    label = entry >> 12;
    context.put(between, "(label ", label);
    if (context.verbose()) between = "\n\t";
    if (context.verbose() && label < kFirstFree) context.put(" (", token(kLabels, label, "rsvd"), ')');
    context.put(", tc ", entry >> 9 & 7);
    if ((entry & 0x100) != 0) context.put(", [S]");
    context.put(", ttl ", entry & 0xff, ')');
  } while ((entry & 0x100) == 0);
  print_payload(context, stack, label);
}

void print_mpls(Context& context, Cursor packet, const LinkHeader&) {
  print_mpls_stack(context, packet);
}
void print_mpls_in_udp(Context& context, Cursor payload, const Transport&) {
  print_mpls_stack(context, payload);
}

}  // namespace ringtap
