// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Tunnels of mobile networks: GTP-U (3GPP TS 29.281), and PFCP (TS 29.244), by which they are set up. tcpdump does not
// print them.
#include "dissect/network/printers.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::uint8_t kVersionAndType = 0xf0;  // version 1, and GTP rather than GTP'
constexpr std::uint8_t kGtpu = 0x30;
enum Flag : std::uint8_t { kPduNumber = 1, kSequence = 2, kExtension = 4 };
constexpr std::uint8_t kUserData = 255;
constexpr Token kMessages[] = {{1, "Echo Request"},      {2, "Echo Response"},
                               {26, "Error Indication"}, {31, "Supported Extension Headers Notification"},
                               {253, "Tunnel Status"},   {254, "End Marker"},
                               {kUserData, "T-PDU"}};

constexpr std::size_t kPfcpHeader = 8;
constexpr std::size_t kPfcpSessionHeader = 16;
constexpr Token kPfcpMessages[] = {
    {1, "Heartbeat Request"},
    {2, "Heartbeat Response"},
    {3, "PFD Management Request"},
    {4, "PFD Management Response"},
    {5, "Association Setup Request"},
    {6, "Association Setup Response"},
    {7, "Association Update Request"},
    {8, "Association Update Response"},
    {9, "Association Release Request"},
    {10, "Association Release Response"},
    {11, "Version Not Supported Response"},
    {12, "Node Report Request"},
    {13, "Node Report Response"},
    {14, "Session Set Deletion Request"},
    {15, "Session Set Deletion Response"},
    {16, "Session Set Modification Request"},
    {17, "Session Set Modification Response"},
    {50, "Session Establishment Request"},
    {51, "Session Establishment Response"},
    {52, "Session Modification Request"},
    {53, "Session Modification Response"},
    {54, "Session Deletion Request"},
    {55, "Session Deletion Response"},
    {56, "Session Report Request"},
    {57, "Session Report Response"},
};

// Where the tunnelled packet begins: after the optional fields and the extension headers, each of whose size in words
// of four bytes is in its first byte, and which kind follows in its last.
std::size_t payload_offset(const Cursor& packet, std::uint8_t flags) {
  if ((flags & (kPduNumber | kSequence | kExtension)) == 0) return kHeader;
  std::size_t offset = kHeader + 4;
  if ((flags & kExtension) == 0) return offset;
  while (packet.readable() > offset && packet.u8(offset - 1) != 0 && packet.u8(offset) != 0) {
    offset += packet.u8(offset) * 4U;
    if (packet.readable() < offset) break;
  }
  return offset;
}

// Whether an IP packet can be here: other networks' packets (Ethernet, unstructured data) are tunnelled as well.
bool is_ip(const Cursor& packet) {
  constexpr std::size_t kIpv6Header = 40;
  constexpr unsigned kLeastWords = 5;
  if (packet.readable() == 0) return false;
  const std::uint8_t first = packet.u8(0);
  switch (first >> 4) {
    case 4:
      return (first & 0xfU) >= kLeastWords && packet.length() >= (first & 0xfU) * 4;
    case 6:
      return packet.length() >= kIpv6Header &&
             (packet.readable() < kIpv6Header || packet.be16(4) + kIpv6Header <= packet.length());
    default:
      return false;
  }
}

}  // namespace

bool print_gtpu(Context& context, Cursor packet, const Transport&) {
  if (packet.readable() < kHeader || (packet.u8(0) & kVersionAndType) != kGtpu) return false;
  const std::uint8_t flags = packet.u8(0);
  const std::uint8_t type = packet.u8(1);
  const std::string_view name = token(kMessages, type);
  const std::size_t size = kHeader + packet.be16(2);
  if (name.empty() || size > packet.length()) return false;
  context.put("GTP-U, ", name, ", TEID 0x", Hex{packet.be32(4), 8}, ", length ", packet.be16(2));
  if (type != kUserData || context.depth >= kMaxDepth) return true;
  const Cursor inner = packet.first(size).from(payload_offset(packet, flags));
  if (!is_ip(inner)) return true;
  context.put(": ");
  ++context.depth;
  if (inner.u8(0) >> 4 == 4) {
    print_ipv4_packet(context, inner);
  } else {
    print_ipv6_packet(context, inner);
  }
  --context.depth;
  return true;
}

bool print_pfcp(Context& context, Cursor packet, const Transport&) {
  constexpr std::uint8_t kVersionBits = 0xe0;
  constexpr std::uint8_t kVersion1 = 0x20;
  constexpr std::uint8_t kHasSession = 1;
  if (packet.readable() < kPfcpHeader || (packet.u8(0) & kVersionBits) != kVersion1) return false;
  const bool session = (packet.u8(0) & kHasSession) != 0;
  const std::string_view name = token(kPfcpMessages, packet.u8(1));
  if (name.empty() || (session && packet.readable() < kPfcpSessionHeader)) return false;
  if (packet.be16(2) + 4U > packet.length()) return false;
  context.put("PFCP, ", name);
  if (session) context.put(", SEID 0x", Hex{packet.be64(4), 16});
  context.put(", seq ", packet.be24(session ? 12 : 4), ", length ", packet.be16(2));
  return true;
}

}  // namespace ringtap
