// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Broadcom's shim for lawful interception: 32 bits of direction, type and identifier before the copied packet. tcpdump
// takes everything from UDP port 49152 for it.
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;
enum Type : std::uint8_t { kUndecided = 4, kIpv4 = 5, kIpv6 = 6, kEthernet = 7 };
constexpr Token kDirections[] = {{1, "unused"}, {2, "egress"}, {3, "ingress"}};
constexpr Token kTypes[] = {{kUndecided, "undecided"}, {kIpv4, "ipv4"}, {kIpv6, "ipv6"}, {kEthernet, "ethernet"}};
constexpr Token kSubtypes[] = {{1, "single VLAN tag"}, {2, "double VLAN tag"}, {3, "untagged"}};

void print_payload(Context& context, std::uint8_t type, const Cursor& payload) {
  switch (type) {
    case kUndecided: {
      const std::uint8_t version = payload.u8(0) >> 4;
      if (context.truncated()) return;
      if (version == 4) return print_ipv4_packet(context, payload);
      if (version == 6) return print_ipv6_packet(context, payload);
      return context.put("unknown payload");
    }
    case kIpv4:
      return print_ipv4_packet(context, payload);
    case kIpv6:
      return print_ipv6_packet(context, payload);
    case kEthernet:
      print_ethernet_frame(context, payload);
      return;
    default:
      return context.put_invalid();
  }
}

}  // namespace

void print_bcm_li(Context& context, Cursor packet, const Transport&) {
  context.protocol("bcm_li");
  if (packet.length() < kHeader) {
    context.put(" (length ", packet.length(), " < ", kHeader, ')');
    return context.put_invalid();
  }
  const std::uint32_t shim = packet.be32(0);
  if (context.truncated()) return;
  const auto type = static_cast<std::uint8_t>(shim >> 25 & 0xf);
  context.put(context.verbose() ? "\n    " : "", "BCM-LI-SHIM: direction ", token(kDirections, shim >> 29, "unknown"),
              ", pkt-type ", token(kTypes, type, "unknown"), ", pkt-subtype ",
              token(kSubtypes, shim >> 22 & 7, "unknown"), ", li-id ", shim & 0x3fffff);
  if (!context.verbose()) return (void)packet.span(0, packet.length());
  if (context.depth >= kMaxDepth) return;
  context.put("\n    ");
  ++context.depth;
  print_payload(context, type, packet.from(kHeader));
  --context.depth;
}

}  // namespace ringtap
