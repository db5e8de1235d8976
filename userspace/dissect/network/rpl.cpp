// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The routing protocol of low-power networks, RFC 6550: messages of ICMPv6.
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kIcmpHeader = 4;
constexpr std::size_t kDagId = 16;

enum Code : std::uint8_t { kSolicitation = 0, kInformation = 1, kAdvertisement = 2, kAcknowledgement = 3 };
constexpr Token kCodes[] = {{kSolicitation, "DODAG Information Solicitation"},
                            {kInformation, "DODAG Information Object"},
                            {kAdvertisement, "Destination Advertisement Object"},
                            {kAcknowledgement, "Destination Advertisement Object Ack"}};
constexpr std::uint8_t kSecure = 0x80;
constexpr Token kModes[] = {{0, "nonstoring"}, {1, "storing"}, {2, "nonstoring-multicast"}, {3, "storing-multicast"}};
constexpr std::uint8_t kPad1 = 0;
constexpr Token kOptionNames[] = {
    {1, "padN"},      {2, "metrics"},     {3, "routinginfo"}, {4, "config"},
    {5, "rpltarget"}, {6, "transitinfo"}, {8, "destprefix"},  {9, "rpltargetdesc"},
};

void put_options(Context& context, Cursor rest) {
  while (rest.length() > 0 && !context.truncated()) {
    const std::uint8_t type = rest.u8(0);
    if (context.truncated()) return;
    if (type == kPad1) {
      context.put(" opt:pad1");
      rest.skip(1);
      continue;
    }
    if (rest.length() < 2) return rest.truncated();
    const std::size_t size = 2u + rest.u8(1);
    if (context.truncated()) return;
    context.put(" opt:");
    context.put_name(token(kOptionNames, type), "subopt:", type);
    context.put(" len:", size, ' ');
    if (!rest.has(size)) return rest.truncated();
    if (context.verbose(3)) dump_hex(context.out, rest.first(size).from(2).bytes(), " ");
    rest.skip(size);
  }
}

void put_information(Context& context, const Cursor& body) {
  constexpr std::size_t kObject = 8 + kDagId;
  if (body.length() < kObject) {
    context.put(" [length ", body.length(), " < ", kObject, ']');
    return context.put_invalid();
  }
  (void)body.block(0, kObject);
  if (context.truncated()) return;
  const std::uint32_t flags = body.u8(4);
  const std::uint32_t mode = flags >> 3 & 7;
  context.put(" [dagid:");
  context.host6(body.block(8, kDagId));
  context.put(",seq:", body.u8(5), ",instance:", body.u8(0), ",rank:", body.be16(2),
              (flags & 0x80) != 0 ? ",grounded" : "", ",mop:");
  context.put_name(token(kModes, mode), "mop", mode);
  context.put(",prf:", flags & 7, ']');
  if (context.verbose(2)) put_options(context, body.from(kObject));
}

// Of a destination's advertisement and its acknowledgement: the identifier of the graph where it is given. What
// follows.
constexpr std::size_t kFixed = 4;
Cursor put_dag_id(Context& context, const Cursor& body, bool given) {
  if (!given) {
    context.put(" [dagid:<elided>");
    return body.from(kFixed);
  }
  context.put(" [dagid:");
  context.host6(body.block(kFixed, kDagId));
  return body.from(kFixed + kDagId);
}

void put_advertisement(Context& context, const Cursor& body) {
  if (!body.has(kFixed + kDagId)) return body.truncated();
  const std::uint8_t flags = body.u8(1);
  const Cursor options = put_dag_id(context, body, (flags & 0x40) != 0);
  context.put(",seq:", body.u8(3), ",instance:", body.u8(0), (flags & 0x80) != 0 ? ",acK" : "",
              (flags & 0x40) != 0 ? ",Dagid" : "", ',', Hex{flags, 2}, ']');
  if (context.verbose(2)) put_options(context, options);
}

void put_acknowledgement(Context& context, const Cursor& body) {
  if (!body.has(kFixed)) return body.truncated();
  const bool given = (body.u8(1) & 0x80) != 0;
  if (given && !body.has(kFixed + kDagId)) return body.truncated();
  const Cursor options = put_dag_id(context, body, given);
  context.put(",seq:", body.u8(2), ",instance:", body.u8(0), ",status:", body.u8(3), ']');
  if (context.verbose(2)) put_options(context, options);
}

}  // namespace

void put_rpl(Context& context, const Cursor& message) {
  const std::uint8_t code = message.u8(1);
  if ((code & kSecure) != 0) return context.put(", (SEC) [worktodo]");
  context.put(", (CLR)");
  context.put_name(token(kCodes, code), "RPL message, unknown code ", code);
  if (!context.verbose()) return;
  const Cursor body = message.from(kIcmpHeader);
  if (code == kInformation) put_information(context, body);
  if (code == kAdvertisement) put_advertisement(context, body);
  if (code == kAcknowledgement) put_acknowledgement(context, body);
}

}  // namespace ringtap
