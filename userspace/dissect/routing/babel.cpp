// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Babel, RFC 8966 and its predecessor RFC 6126; extensions RFC 7557, diversity
// draft-chroboczek-babel-diversity-routing, delay RFC 9616, source-specific routing RFC 9079, authentication RFC 7298
// and RFC 8967.
#include <algorithm>
#include <initializer_list>

#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kMagic = 42;
constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kUpdateSize = 10;
constexpr std::uint16_t kInfinity = 0xffff;

// Messages that are known by more than their row in kMessages.
enum Message : std::uint8_t { kPad1 = 0, kHello = 4, kIhu = 5, kUpdate = 8, kUpdateSpecific = 13 };
enum Encoding : std::uint8_t { kWildcard = 0, kIpv4 = 1, kIpv6 = 2, kLinkLocal = 3, kV4ViaV6 = 4 };

constexpr std::uint8_t kPrefixFlag = 0x80;
constexpr std::uint8_t kIdFlag = 0x40;

enum SubTlv : std::uint8_t { kSubPad1 = 0, kSubPadN = 1, kSubDiversity = 2, kSubTimestamp = 3 };

// A prefix as the message before it may have begun it: RFC 8966 4.6.9.
struct Prefix {
  std::uint8_t bytes[16] = {};
};

// What later messages of a packet leave out.
struct State {
  Prefix default4;
  Prefix default6;
};

void put_address(Context& context, const std::uint8_t* address, bool wide) {
  if (wide) {
    context.host6(address);
  } else {
    context.host4(address);
  }
}

void put_interval(Context& context, std::uint16_t centiseconds) {
  if (centiseconds == 0) return context.put("0.0s (bogus)");
  context.put(centiseconds / 100u, '.', Padded{centiseconds % 100u, 2}, 's');
}

// IHU and Next Hop: an address without a prefix length. False when the bytes are too few or the encoding unknown.
bool put_plain_address(Context& context, std::uint8_t encoding, const Cursor& cursor) {
  std::uint8_t full[16] = {};
  std::size_t size = 0;
  switch (encoding) {
    case kWildcard:
      context.put("any");
      return true;
    case kIpv4:
    case kIpv6:
      size = encoding == kIpv4 ? 4 : 16;
      break;
    case kLinkLocal:
      size = 8;
      break;
    default:
      return false;
  }
  if (cursor.length() < size) return false;
  const std::uint8_t* bytes = cursor.block(0, size);
  if (context.truncated()) return true;
  if (encoding == kLinkLocal) {
    full[0] = 0xfe;
    full[1] = 0x80;
    std::copy_n(bytes, size, full + 8);
    bytes = full;
  }
  put_address(context, bytes, encoding != kIpv4);
  return true;
}

// How many bytes a prefix took; -1 when it cannot be one. `base` gives the first `omitted` ones.
int read_prefix(std::uint8_t encoding, unsigned bits, unsigned omitted, const Prefix& base, const Cursor& cursor,
                Prefix& prefix) {
  prefix = {};
  const unsigned bytes = (bits + 7) / 8;
  unsigned offset = 0;
  unsigned own = bytes - std::min(bytes, omitted);
  switch (encoding) {
    case kWildcard:
      return 0;
    case kIpv4:
      if (bits > 32 || omitted > 4) return -1;
      offset = 12;
      break;
    case kIpv6:
      if (bits > 128 || omitted > 16) return -1;
      break;
    case kLinkLocal:
      // The first eight bytes go without saying.
      if (bits > 128 || omitted > 0) return -1;
      prefix.bytes[0] = 0xfe;
      prefix.bytes[1] = 0x80;
      offset = 8;
      own = bytes - std::min(bytes, 8u);
      break;
    default:
      return -1;
  }
  if (cursor.length() < own) return -1;
  if (omitted > 0) std::copy_n(base.bytes + offset, omitted, prefix.bytes + offset);
  std::copy_n(cursor.block(0, own), own, prefix.bytes + offset + omitted);
  return static_cast<int>(own);
}

void put_prefix(Context& context, std::uint8_t encoding, unsigned bits, const Prefix& prefix) {
  if (encoding == kWildcard) return context.put("any");
  if (encoding == kIpv4) {
    context.host4(prefix.bytes + 12);
  } else {
    context.host6(prefix.bytes);
  }
  context.put('/', bits);
}

void put_router_id(Context& context, const Cursor& cursor) {
  const std::uint8_t* id = cursor.block(0, 8);
  if (context.truncated()) return;
  context.out.separated_hex(id, 8, ':');
}

void put_micros(Context& context, std::uint32_t value) {
  context.put(value / 1000000, '.', Padded{value % 1000000, 6}, 's');
}

void put_subtlvs(Context& context, Cursor rest, Message message) {
  while (rest.length() > 0 && !context.truncated()) {
    const std::uint8_t type = rest.take_u8();
    if (type == kSubPad1) {
      context.put(" sub-pad1");
      continue;
    }
    if (rest.length() == 0) return context.put_invalid();
    const std::uint8_t size = rest.take_u8();
    if (rest.length() < size) return context.put_invalid();
    const Cursor value = rest.with_length(size);
    switch (type) {
      case kSubPadN:
        context.put(" sub-padn");
        break;
      case kSubDiversity: {
        context.put(" sub-diversity");
        if (size == 0) {
          context.put(" empty");
          break;
        }
        for (unsigned i = 0; i < size; ++i) {
          const std::uint8_t channel = value.u8(i);
          context.put(i == 0 ? ' ' : '-', channel);
        }
        if (message != kUpdate && message != kUpdateSpecific) context.put(" (bogus)");
        break;
      }
      case kSubTimestamp: {
        context.put(" sub-timestamp ");
        if (message == kHello) {
          if (size < 4) return context.put_invalid();
          put_micros(context, value.be32(0));
        } else if (message == kIhu) {
          if (size < 8) return context.put_invalid();
          put_micros(context, value.be32(0));
          context.put('|');
          put_micros(context, value.be32(4));
        } else {
          context.put("(bogus)");
        }
        break;
      }
      default:
        context.put(" sub-unknown-0x", Hex{type, 2});
        break;
    }
    rest.skip(size);
  }
}

void put_update_flags(Context& context, std::uint8_t flags) {
  if ((flags & kPrefixFlag) != 0) context.put("/prefix");
  if ((flags & kIdFlag) != 0) context.put("/id");
  if ((flags & ~(kPrefixFlag | kIdFlag)) != 0) context.put("/unknown");
}

// "for P" or, of a source-specific request, "for (P, S)". False when one of them cannot be.
bool put_request_prefixes(Context& context, std::uint8_t encoding, std::initializer_list<std::uint8_t> lengths,
                          Cursor cursor) {
  const bool pair = lengths.size() > 1 && encoding != kWildcard;
  context.put("for ", pair ? "(" : "");
  bool first = true;
  for (const std::uint8_t bits : lengths) {
    Prefix prefix;
    const int taken = read_prefix(encoding, bits, 0, {}, cursor, prefix);
    if (taken < 0) return false;
    if (!first) context.put(", ");
    put_prefix(context, encoding, bits, prefix);
    cursor.skip(static_cast<std::size_t>(taken));
    if (encoding == kWildcard) break;
    first = false;
  }
  if (pair) context.put(')');
  return true;
}

// The printers of messages: what follows the name. False: the message cannot be what it says, and nothing after it is
// printed.

bool put_pad1(Context& context, const Cursor&, State&) {
  context.put(1u);
  return true;
}

bool put_padding(Context& context, const Cursor& body, State&) {
  context.put(body.length() + 2);
  return true;
}

bool put_ack_request(Context& context, const Cursor& body, State&) {
  const std::uint16_t nonce = body.be16(2);
  context.put(Hex{nonce, 4}, ' ');
  put_interval(context, body.be16(4));
  return true;
}

bool put_ack(Context& context, const Cursor& body, State&) {
  context.put(Hex{body.be16(0), 4});
  return true;
}

bool put_hello(Context& context, const Cursor& body, State&) {
  constexpr std::uint16_t kUnicast = 0x8000;
  const std::uint16_t flags = body.be16(0);
  const std::uint16_t interval = body.be16(4);
  context.put((flags & kUnicast) != 0 ? "(Unicast) " : "", "seqno ", body.be16(2), ' ');
  if (interval == 0) {
    context.put("unscheduled");
  } else {
    context.put("interval ");
    put_interval(context, interval);
  }
  put_subtlvs(context, body.from(6), kHello);
  return true;
}

bool put_ihu(Context& context, const Cursor& body, State&) {
  constexpr std::uint8_t kSizes[] = {0, 4, 16, 8};
  const std::uint8_t encoding = body.u8(0);
  if (encoding > kLinkLocal || !put_plain_address(context, encoding, body.from(6))) {
    body.truncated();
    return false;
  }
  context.put(" rxcost ", body.be16(2), " interval ");
  put_interval(context, body.be16(4));
  put_subtlvs(context, body.from(6u + kSizes[encoding]), kIhu);
  return true;
}

bool put_router(Context& context, const Cursor& body, State&) {
  context.put(' ');
  put_router_id(context, body.from(2));
  return true;
}

bool put_next_hop(Context& context, const Cursor& body, State&) {
  const std::uint8_t encoding = body.u8(0);
  if (encoding > kLinkLocal) return false;
  context.put(' ');
  if (encoding == kWildcard) {
    context.put("invalid AE 0");
    return true;
  }
  return put_plain_address(context, encoding, body.from(2));
}

bool put_update(Context& context, const Cursor& body, State& state) {
  const std::uint8_t encoding = body.u8(0);
  const std::uint8_t flags = body.u8(1);
  const std::uint8_t bits = body.u8(2);
  const std::uint16_t interval = body.be16(4);
  Prefix prefix;
  Prefix& base = encoding == kIpv4 ? state.default4 : state.default6;
  const int taken = read_prefix(encoding, bits, body.u8(3), base, body.from(10), prefix);
  put_update_flags(context, flags);
  context.put(' ');
  if (taken < 0) return false;
  put_prefix(context, encoding, bits, prefix);
  context.put(" metric ", body.be16(8), " seqno ", body.be16(6), " interval ");
  if (interval == kInfinity) {
    context.put("infinity");
  } else {
    put_interval(context, interval);
  }
  if ((flags & kPrefixFlag) != 0) base = prefix;
  put_subtlvs(context, body.from(10u + static_cast<unsigned>(taken)), kUpdate);
  return true;
}

bool put_route_request(Context& context, const Cursor& body, State&) {
  return put_request_prefixes(context, body.u8(0), {body.u8(1)}, body.from(2));
}

bool put_route_request_specific(Context& context, const Cursor& body, State&) {
  return put_request_prefixes(context, body.u8(0), {body.u8(1), body.u8(2)}, body.from(3));
}

bool put_seqno_request_for(Context& context, const Cursor& body, std::initializer_list<std::uint8_t> lengths) {
  const std::uint8_t encoding = body.u8(0);
  context.put('(', body.u8(4), " hops) ");
  if (encoding == kWildcard) {
    context.put("for invalid AE 0");
  } else if (!put_request_prefixes(context, encoding, lengths, body.from(14))) {
    return false;
  }
  context.put(" seqno ", body.be16(2), " id ");
  put_router_id(context, body.from(6));
  return true;
}

bool put_seqno_request(Context& context, const Cursor& body, State&) {
  return put_seqno_request_for(context, body, {body.u8(1)});
}

bool put_seqno_request_specific(Context& context, const Cursor& body, State&) {
  return put_seqno_request_for(context, body, {body.u8(1), body.u8(5)});
}

bool put_timestamp(Context& context, const Cursor& body, State&) {
  context.put("timestamp ", body.be32(2), " packetcounter ", body.be16(0));
  return true;
}

bool put_hmac(Context& context, const Cursor& body, State&) {
  const std::size_t digest = body.length() - 2;
  context.put("key-id ", body.be16(0), " digest-", digest, ' ');
  put_upper_hex(context, body.span(2, digest));
  return true;
}

bool put_length(Context& context, const Cursor& body, State&) {
  context.put("len ", body.length());
  return true;
}

bool put_packet_counter(Context& context, const Cursor& body, State&) {
  context.put(" value ", body.be32(0), " index len ", body.length() - 4);
  return true;
}

// A message by its type. One whose body is shorter than `least` is invalid.
struct MessageRow {
  std::string_view brief;  // without -v
  std::string_view name;   // with -v
  bool (*put)(Context&, const Cursor&, State&) = nullptr;
  std::size_t least = 0;
};
constexpr MessageRow kMessages[] = {
    {" pad1", "Pad ", put_pad1},
    {" padN", "Pad ", put_padding},
    {" ack-req", "Acknowledgment Request ", put_ack_request, 6},
    {" ack", "Acknowledgment ", put_ack, 2},
    {" hello", "Hello ", put_hello, 6},
    {" ihu", "IHU ", put_ihu, 6},
    {" router-id", "Router Id", put_router, 10},
    {" nh", "Next Hop", put_next_hop, 2},
    {" update", "Update", put_update, kUpdateSize},
    {" route-request", "Route Request ", put_route_request, 2},
    {" seqno-request", "Seqno Request ", put_seqno_request, 14},
    {" tspc", "TS/PC ", put_timestamp, 6},
    {" hmac", "HMAC ", put_hmac, 18},
    {" ss-update", "SS-Update"},
    {" ss-request", "SS-Request ", put_route_request_specific, 3},
    {" ss-mh-request", "SS-MH-Request ", put_seqno_request_specific, 14},
    {" mac", "MAC ", put_length},
    {" pc", "PC", put_packet_counter, 4},
    {" challenge_request", "Challenge Request ", put_length},
    {" challenge_reply", "Challenge Reply ", put_length},
};

void put_brief(Context& context, std::uint8_t type, const Cursor& body) {
  context.put(type < std::size(kMessages) ? kMessages[type].brief : std::string_view(" unknown"));
  if (type != kUpdate) return;
  if (body.length() < kUpdateSize) return context.put_invalid();
  put_update_flags(context, body.u8(1));
}

// The messages of a packet's body or trailer.
void put_messages(Context& context, Cursor messages, State& state) {
  while (messages.length() > 0 && !context.truncated()) {
    // A message of which nothing was captured is read, one that is cut is looked at first.
    context.protocol("babel");
    const std::uint8_t type = messages.take_u8();
    context.protocol("babel", true);
    std::size_t size = 0;
    if (type != kPad1) {
      if (messages.length() < 1) return context.put_invalid();
      size = messages.take_u8();
      if (size > messages.length()) return context.put_invalid();
    }
    const Cursor body = messages.with_length(size);
    (void)body.span(0, size);
    messages.skip(size);
    if (context.truncated()) return;
    if (!context.verbose()) {
      put_brief(context, type, body);
    } else if (type >= std::size(kMessages)) {
      context.put("\n\tUnknown message type ", type);
    } else {
      const MessageRow& row = kMessages[type];
      context.put("\n\t", row.name);
      if (size < row.least) return context.put_invalid();
      if (row.put != nullptr && !row.put(context, body, state)) return context.put_invalid();
    }
  }
}

}  // namespace

void print_babel(Context& context, Cursor packet, const Transport&) {
  context.protocol("babel", true);
  context.put("babel");
  const std::uint8_t magic = packet.u8(0);
  const std::uint8_t version = packet.u8(1);
  (void)packet.block(0, kHeader);
  if (magic != kMagic) return context.put(" invalid header");
  if (packet.length() < kHeader) return packet.truncated();
  context.put(' ', version);
  if (version != kVersion) return context.put(" unknown version");
  const std::size_t size = packet.be16(2);
  context.put(" (", size, ')');
  State state;
  packet.skip(kHeader);
  if (size > packet.length()) return context.put_invalid();
  put_messages(context, packet.with_length(size), state);
  packet.skip(size);
  if (packet.length() == 0 || context.truncated()) return;
  // What authenticates the packet is not part of it: RFC 8967 4.2.
  context.put(context.verbose() ? "\n\t----" : " |");
  put_messages(context, packet, state);
}

}  // namespace ringtap
