// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// PIM version 1, whose messages are a type of IGMP's (draft-ietf-pim-v1-sm). Inside a message that is too short tcpdump
// marks the end and continues with IGMP's checksum.
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kIgmpHeader = 4;  // type, code and checksum
constexpr std::size_t kHeader = 8;

enum Code : std::uint8_t {
  kQuery = 0,
  kRegister = 1,
  kRegisterStop = 2,
  kJoinPrune = 3,
  kRpReachable = 4,
  kAssert = 5,
  kGraft = 6,
  kGraftAck = 7,
};
constexpr Token kCodes[] = {
    {kQuery, "Query"},          {kRegister, "Register"},        {kRegisterStop, "Register-Stop"},
    {kJoinPrune, "Join/Prune"}, {kRpReachable, "RP-reachable"}, {kAssert, "Assert"},
    {kGraft, "Graft"},          {kGraftAck, "Graft-ACK"},
};
constexpr Token kModes[] = {{0, "Dense-mode"}, {1, "Sparse-mode"}, {2, "Sparse-Dense-mode"}};

void put_mask(Context& context, const Cursor& mask) {
  if (mask.be32(0) != 0xffffffff) put_host4(context, "/", mask.block(0, 4));
}

// A source: flags, the length of its prefix, its address.
constexpr std::size_t kSource = 6;
void put_source_kind(Context& context, const Cursor& source) {
  const std::uint8_t flags = source.u8(1);
  context.put((source.u8(0) & 1) != 0 ? "Sparse" : "Dense", (flags & 0x80) != 0 ? " WC" : "",
              (flags & 0x40) != 0 ? " RP" : " SPT");
}

void put_source_prefix(Context& context, const Cursor& source) {
  context.host4(source.block(2, 4));
  context.put('/', static_cast<std::uint32_t>(source.u8(1) & 0x3f));
}

constexpr std::uint16_t kUsualHold = 180;  // seconds

// One source of one group is printed on one line.
bool put_single_join(Context& context, const Cursor& body) {
  constexpr std::size_t kOne = 30;
  if (body.length() < kOne || !body.has(kOne)) return false;
  const std::uint32_t joined = body.be16(20);
  if (body.u8(11) != 1 || joined + body.be16(22) != 1) return false;
  const Cursor source = body.from(24);
  put_host4(context, " RPF ", body.block(0, 4));
  context.put(' ');
  if (const std::uint16_t hold = body.be16(6); hold != kUsualHold) {
    context.put("Hold ");
    put_duration(context, hold);
  }
  context.put(joined != 0 ? "Join" : "Prune", " (");
  put_source_prefix(context, source);
  put_host4(context, ", ", body.block(12, 4));
  put_mask(context, body.from(16));
  context.put(") ");
  put_source_kind(context, source);
  return true;
}

// False where the message is too short.
bool put_group(Context& context, Cursor& rest) {
  if (rest.length() < 4) return false;
  put_host4(context, "\n\tGroup: ", rest.block(0, 4));
  rest.skip(4);
  if (rest.length() < 4) return false;
  put_mask(context, rest);
  rest.skip(4);
  if (rest.length() < 4) return false;
  const std::uint32_t joined = rest.be16(0);
  const std::uint32_t pruned = rest.be16(2);
  (void)rest.block(0, 4);
  if (context.truncated()) return true;
  context.put(" joined: ", joined, " pruned: ", pruned);
  rest.skip(4);
  for (std::uint32_t i = 0; i < joined + pruned && !context.truncated(); ++i, rest.skip(kSource)) {
    if (rest.length() < kSource) return false;
    (void)rest.block(0, kSource);
    if (context.truncated()) return true;
    context.put(i < joined ? "\n\tJoin  " : "\n\tPrune ");
    put_source_kind(context, rest);
    context.put(' ');
    put_source_prefix(context, rest);
  }
  return true;
}

// False where the message is too short.
bool put_join(Context& context, const Cursor& body) {
  if (put_single_join(context, body)) return true;
  const bool by_line = context.verbose(2);
  if (body.length() < 4) return false;
  if (by_line) context.put('\n');
  put_host4(context, " Upstream Nbr: ", body.block(0, 4));
  if (body.length() < 8) return false;
  if (by_line) context.put('\n');
  context.put(" Hold time: ");
  put_duration(context, body.be16(6));
  if (!by_line) return true;
  if (body.length() < 12) return false;
  const std::uint8_t groups = body.u8(11);
  Cursor rest = body.from(12);
  for (std::uint32_t i = 0; i < groups && !context.truncated(); ++i) {
    if (!put_group(context, rest)) return false;
  }
  return true;
}

void put_query(Context& context, const Cursor& message) {
  if (message.has(kHeader + 1)) {
    const std::uint32_t mode = message.u8(kHeader) >> 4;
    context.put(' ');
    context.put_name(token(kModes, mode), "mode-", mode);
  }
  if (!context.verbose()) return;
  context.put(" (Hold-time ");
  put_duration(context, message.be16(10));
  context.put(')');
}

// The packet inside, of IPv4. False where it is cut.
bool put_register(Context& context, const Cursor& packet) {
  constexpr std::size_t kIpv4 = 20;
  if (!packet.has(kIpv4)) return context.put_truncated(), false;
  put_host4(context, " for ", packet.block(12, 4));
  put_host4(context, " > ", packet.block(16, 4));
  return true;
}

void put_register_stop(Context& context, const Cursor& body) {
  (void)body.block(0, 8);
  put_host4(context, " for ", body.block(0, 4));
  put_host4(context, " > ", body.block(4, 4));
}

void put_reachable(Context& context, const Cursor& body) {
  put_host4(context, " group ", body.block(0, 4));
  put_mask(context, body.from(4));
  put_host4(context, " RP ", body.block(8, 4));
  context.put(" hold ");
  put_duration(context, body.be16(14));
}

void put_assert(Context& context, const Cursor& body) {
  put_host4(context, " for ", body.block(8, 4));
  put_host4(context, " > ", body.block(0, 4));
  put_mask(context, body.from(4));
  const std::uint32_t preference = body.be32(12);
  const std::uint32_t metric = body.be32(16);
  context.put((preference >> 31) != 0 ? " RP-tree" : " SPT", " pref ", preference & 0x7fffffff, " metric ", metric);
}

// Whether the version is looked at as well.
bool put_message(Context& context, const Cursor& message, std::uint8_t code) {
  const Cursor body = message.from(kHeader);
  switch (code) {
    case kQuery:
      return put_query(context, message), true;
    case kRegister:
      return put_register(context, body);
    case kRegisterStop:
      return put_register_stop(context, body), true;
    case kJoinPrune:
    case kGraft:
    case kGraftAck:
      if (!context.verbose() || put_join(context, body)) return true;
      // Where not even IGMP's checksum is whole, nothing follows the mark.
      if (message.length() < kIgmpHeader) return message.truncated(), false;
      context.put_truncated();
      return message.length() >= kHeader;
    case kRpReachable:
      if (context.verbose()) put_reachable(context, body);
      return true;
    case kAssert:
      return put_assert(context, body), true;
    default:
      return true;
  }
}

}  // namespace

void print_pim_v1(Context& context, Cursor message) {
  context.protocol("pimv1");
  const std::uint8_t code = message.u8(1);
  context.put(' ');
  context.put_name(token(kCodes, code), "[type ", code, ']');
  if (!put_message(context, message, code)) return;
  const std::uint32_t version = message.u8(4) >> 4;
  if (version != 1) context.put(" [v", version, ']');
}

}  // namespace ringtap
