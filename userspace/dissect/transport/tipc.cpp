// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// TIPC over Ethernet, "TIPC: Transparent Inter Process Communication Protocol" version 2, sections 3.1, 5 and 6.
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

enum User : std::uint8_t {
  kLow = 0,
  kMedium = 1,
  kHigh = 2,
  kCritical = 3,
  kBroadcast = 5,
  kBundler = 6,
  kLinkState = 7,
  kConnectionManager = 8,
  kChangeover = 10,
  kNameTable = 11,
  kFragmenter = 12,
  kNeighborDetection = 13
};
constexpr Token kUsers[] = {{kLow, "Low Importance Data payload"},
                            {kMedium, "Medium Importance Data payload"},
                            {kHigh, "High Importance Data payload"},
                            {kCritical, "Critical Importance Data payload"},
                            {kBroadcast, "Broadcast Link Protocol internal"},
                            {kBundler, "Message Bundler Protocol internal"},
                            {kLinkState, "Link State Protocol internal"},
                            {kConnectionManager, "Connection Manager internal"},
                            {kChangeover, "Link Changeover Protocol internal"},
                            {kNameTable, "Name Table Update Protocol internal"},
                            {kFragmenter, "Message Fragmentation Protocol internal"},
                            {kNeighborDetection, "Neighbor Detection Protocol internal"}};
constexpr Token kDataTypes[] = {{0, "CONN_MSG"}, {1, "MCAST_MSG"}, {2, "NAMED_MSG"}, {3, "DIRECT_MSG"}};
constexpr Token kDetectionTypes[] = {{0, "Link request"}, {1, "Link response"}};
constexpr std::size_t kShortHeader = 24;  // without the nodes that a message comes from and goes to

struct Node {
  std::uint32_t address;
};
// "zone.cluster.node": 8, 12 and 12 bits.
void put_node(Context& context, Node node) {
  context.put(node.address >> 24, '.', node.address >> 12 & 0xfff, '.', node.address & 0xfff);
}

// What every kind of message says of itself; `type` counts in its own table.
void put_header(Context& context, const Cursor& message, std::uint8_t user, std::span<const Token> types) {
  const std::uint32_t first = message.be32(0);
  context.put(", headerlength ", (first >> 21 & 0xf) * 4, " bytes, MessageSize ", first & 0x1ffff, " bytes, ",
              token(kUsers, user), ", messageType ", token(types, message.be32(4) >> 29, "Unknown"));
}

void put_version(Context& context, const Cursor& message) {
  context.put("TIPC v", static_cast<std::uint32_t>(message.u8(0) >> 5), ".0 ");
}

void put_data(Context& context, const Cursor& message, std::uint8_t user) {
  const std::size_t size = (message.be32(0) >> 21 & 0xf) * 4;
  const bool nodes = size > kShortHeader;
  (void)message.block(0, nodes ? 32 : 24);
  put_version(context, message);
  put_node(context, {message.be32(nodes ? 24 : 12)});
  context.put(':', message.be32(16), " > ");
  if (nodes) {
    put_node(context, {message.be32(28)});
    context.put(':');
  }
  context.put(message.be32(20));
  put_header(context, message, user, kDataTypes);
  if (!nodes || !context.verbose()) return;
  context.put("\n\tPrevious Node ");
  put_node(context, {message.be32(12)});
  context.put(", Broadcast Ack ", message.be16(6), ", Link Ack ", message.be16(8), ", Link Sequence ",
              message.be16(10));
}

void put_internal(Context& context, const Cursor& message, std::uint8_t user) {
  (void)message.block(0, 32);
  put_version(context, message);
  put_node(context, {message.be32(24)});
  context.put(" > ");
  put_node(context, {message.be32(28)});
  put_header(context, message, user, kDataTypes);
  context.put(" (0x", Hex{message.be32(4), 8}, ')');
  if (!context.verbose()) return;
  (void)message.block(0, 40);
  context.put("\n\tPrevious Node ");
  put_node(context, {message.be32(12)});
  context.put(", Session No. ", message.be16(20), ", Broadcast Ack ", message.be16(6), ", Sequence Gap ",
              static_cast<std::uint32_t>(message.be16(4) & 0x1fff), ",  Broadcast Gap After ", message.be16(8),
              ", Broadcast Gap To ", message.be16(10), ", Last Sent Packet No. ", message.be16(16),
              ", Next sent Packet No. ", message.be16(18), ", Transport Sequence ", message.be32(32), ", msg_count ",
              message.be16(36), ", Link Tolerance ", message.be16(38));
}

void put_detection(Context& context, const Cursor& message, std::uint8_t user) {
  (void)message.block(0, 16);
  put_version(context, message);
  put_node(context, {message.be32(12)});
  context.put(" > ");
  put_node(context, {message.be32(8)});
  put_header(context, message, user, kDetectionTypes);
  if (!context.verbose()) return;
  (void)message.block(0, 24);
  context.put("\n\tNodeSignature ", message.be16(6), ", network_id ", message.be32(16), ", media_id ", message.u8(23));
}

}  // namespace

void print_tipc(Context& context, Cursor message, const LinkHeader&) {
  context.protocol("tipc");
  const std::uint8_t user = message.be32(0) >> 25 & 0xf;
  switch (user) {
    case kLow:
    case kMedium:
    case kHigh:
    case kCritical:
    case kConnectionManager:
    case kNameTable:
      return put_data(context, message, user);
    case kBroadcast:
    case kBundler:
    case kLinkState:
    case kChangeover:
    case kFragmenter:
      return put_internal(context, message, user);
    case kNeighborDetection:
      return put_detection(context, message, user);
    default:
      return;
  }
}

}  // namespace ringtap
