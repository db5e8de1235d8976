// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// DECnet Phase IV: "DNA Phase IV Routing Layer Functional Specification" (V2.0.0), "NSP Functional Specification"
// (V4.0.0). Numbers are little-endian. Of routing messages hellos are read, others named with their source.
#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kLength = 2;
constexpr std::size_t kLeast = 6;
constexpr std::uint8_t kPad = 0x80;    // how many bytes to leave out, in the other bits
constexpr std::uint8_t kLater = 0x40;  // of a version to come
constexpr std::uint8_t kControl = 0x01;
constexpr Token kDataFlags[] = {{0x08, "RQR "}, {0x10, "RTS "}, {0x20, "IE "}};
constexpr Token kNodes[] = {{1, "l2rout"}, {2, "l1rout"}, {3, "endnode"}};

constexpr std::size_t kInitializationSize = 11;
enum Control : std::uint8_t {
  kInitialization = 0x00,
  kVerification = 0x02,
  kTest = 0x04,
  kLevel1 = 0x06,
  kLevel2 = 0x08,
  kRouterHello = 0x0a,
  kNodeHello = 0x0c
};
constexpr Token kControls[] = {{kInitialization, "init"},
                               {kVerification, "verification"},
                               {kTest, "test"},
                               {kLevel1, "lev-1-routing"},
                               {kLevel2, "lev-2-routing"}};

// "1.42": area and number.
void put_node(Context& context, std::uint16_t address) {
  context.put(static_cast<std::uint32_t>(address >> 10), '.', static_cast<std::uint32_t>(address & 0x3ff));
}

void put_hello(Context& context, const Cursor& message, bool router) {
  const std::size_t size = router ? 18 : 32;
  context.put(router ? "router-hello " : "endnode-hello ");
  if (message.length() < size) return context.put_invalid();
  (void)message.block(0, size);
  const std::uint32_t node = message.u8(10) & 3U;
  context.put(token(kNodes, node, "reserved-ntype?"));
  context.put(" vers ", message.u8(1), " eco ", message.u8(2), " ueco ", message.u8(3), " src ");
  put_node(context, message.le16(8));
  context.put(" blksize ", message.le16(11));
  if (router) return context.put(" pri ", message.u8(13), " hello ", message.le16(15));
  context.put(" rtr ");
  put_node(context, message.le16(26));
  context.put(" hello ", message.le16(28), " data ");
  put_octal(context, message.u8(31));
}

// NSP, the transport. A number of a message has 12 bits; the highest of the 16 says that it acknowledges.
constexpr std::uint16_t kNumber = 0xfff;
constexpr std::uint16_t kAcknowledges = 0x8000;
constexpr std::uint16_t kNegative = 0x1000;

enum Kind : std::uint8_t { kData = 0x00, kAck = 0x04, kConnection = 0x08 };
enum Subtype : std::uint8_t { kLinkService = 0x10, kInterrupt = 0x30 };
enum Acknowledgement : std::uint8_t { kDataAck = 0x00, kOtherAck = 0x10, kConnectionAck = 0x20 };
enum Link : std::uint8_t {
  kInitiate = 0x10,
  kConfirm = 0x20,
  kDisconnect = 0x30,
  kDisconnected = 0x40,
  kInitiateAgain = 0x60
};
constexpr Token kServices[] = {{4, "seg "}, {8, "msg "}};
constexpr Token kVersions[] = {{0, "ver 3.2 "}, {1, "ver 3.1 "}, {2, "ver 4.0 "}, {3, "ver 4.1 "}};
constexpr Token kReasons[] = {{0, "object rejected connect"},
                              {1, "insufficient resources"},
                              {2, "unrecognized node name"},
                              {3, "node is shutting down"},
                              {4, "unrecognized object"},
                              {5, "invalid object name format"},
                              {6, "object too busy"},
                              {7, "protocol error discovered"},
                              {8, "third party abort"},
                              {9, "user abort"},
                              {10, "invalid node name format"},
                              {11, "local node shutting down"},
                              {32, "insufficient local resources"},
                              {33, "insufficient remote user resources"},
                              {34, "invalid access control information"},
                              {36, "bad ACCOUNT information"},
                              {38, "no response from object"},
                              {39, "node unreachable"},
                              {41, "no link terminate"},
                              {42, "disconnect complete"},
                              {43, "bad image data in connect"}};

// The two acknowledgements that may come first, of this subchannel and of the `other`. False if the message ends
// before.
bool put_acknowledgements(Context& context, Cursor& rest, std::string_view other) {
  for (const std::string_view name : {std::string_view("ack "), other}) {
    if (rest.length() < 2) return false;
    const std::uint16_t field = rest.le16(0);
    if ((field & kAcknowledges) == 0) return true;
    const bool negative = name == "ack " && (field & kNegative) != 0;
    context.put(negative ? "nak " : name, static_cast<std::uint32_t>(field & kNumber), ' ');
    rest.skip(2);
  }
  return rest.length() >= 2;
}

void put_data(Context& context, Cursor rest, std::uint8_t subtype) {
  const bool other = subtype == kInterrupt || subtype == kLinkService;
  const std::size_t least = subtype == kLinkService ? 8 : 2;  // a link service message is read whole or not at all
  if (rest.length() < least || !put_acknowledgements(context, rest, other ? "ackdat " : "oack ")) {
    return context.put_invalid();
  }
  context.put("seg ", static_cast<std::uint32_t>(rest.le16(0) & kNumber), ' ');
  if (subtype != kLinkService) return;
  rest.skip(2);
  const std::uint8_t flags = rest.u8(0);
  const std::uint8_t count = rest.u8(1);
  if ((flags & 0x0c) == 4) return context.put("intr req count ", count, ' ');
  if ((flags & 0x0c) != 0) return context.put("reserved-fcval-int? ", Hex{flags});
  context.put("dat seg count ", count, ' ');
  constexpr Token kChanges[] = {{1, "donotsend-data "}, {2, "send-data "}};
  if ((flags & 3) == 0) return;
  context.put_name(token(kChanges, flags & 3U), "reserved-fcmod? ", Hex{flags});
}

void put_connection(Context& context, const Cursor& message, std::uint8_t subtype) {
  switch (subtype) {
    case kInitiate:
    case kInitiateAgain:
    case kConfirm: {
      const bool confirms = subtype == kConfirm;
      if (message.length() < (confirms ? 10U : 9U)) return context.put_invalid();
      (void)message.block(0, confirms ? 10 : 9);
      context.put(token(kServices, message.u8(5) & 0x0cU, ""), token(kVersions, message.u8(6) & 3U), "segsize ",
                  message.le16(7), ' ');
      if (confirms && message.u8(9) > 0) context.put("optlen ", message.u8(9), ' ');
      return;
    }
    default: {
      const bool initiates = subtype == kDisconnect;
      if (initiates && message.length() < 8) return context.put_invalid();
      (void)message.block(0, initiates ? 8 : 7);
      const std::uint16_t reason = message.le16(5);
      context.put_name(token(kReasons, reason), "reason-", reason);
      context.put(' ');
      if (initiates && message.u8(7) > 0) context.put("optlen ", message.u8(7), ' ');
    }
  }
}

void print_nsp(Context& context, const Cursor& message) {
  constexpr std::size_t kHeader = 5;
  if (message.length() < kHeader) {
    context.put(" (nsplen ", message.length(), " < ", kHeader, ')');
    return context.put_invalid();
  }
  (void)message.block(0, kHeader);
  if (context.truncated()) return;
  const std::uint8_t flags = message.u8(0);
  const std::uint8_t kind = flags & 0x0c;
  const std::uint8_t subtype = flags & 0x70;
  const std::uint16_t to = message.le16(1);
  const std::uint16_t from = message.le16(3);
  const Cursor rest = message.from(kHeader);
  const auto put_head = [&](std::string_view name) { context.put(name, ' ', from, '>', to, ' '); };
  const auto put_reserved = [&](std::string_view what) {
    context.put("reserved-", what, "type? ", Hex{flags}, ' ', from, " > ", to);
  };
  switch (kind) {
    case kData:
      if (subtype == kInterrupt) {
        context.put("intr ");
      } else if (subtype == kLinkService) {
        put_head("link-service");
      } else if (subtype % 0x20 == 0) {
        put_head("data");
      } else {
        return put_reserved("sub");
      }
      return put_data(context, rest, subtype);
    case kAck:
      if (subtype == kConnectionAck) return context.put("conn-ack ", to);
      if (subtype != kDataAck && subtype != kOtherAck) return put_reserved("ack");
      put_head(subtype == kDataAck ? "data-ack" : "ils-ack");
      if (rest.length() < 4) return context.put_invalid();
      {
        Cursor numbers = rest;
        (void)numbers.block(0, 4);
        (void)put_acknowledgements(context, numbers, subtype == kDataAck ? "oack " : "ackdat ");
      }
      return;
    case kConnection: {
      constexpr Token kNames[] = {{kInitiate, "conn-initiate"},
                                  {kInitiateAgain, "retrans-conn-initiate"},
                                  {kConfirm, "conn-confirm"},
                                  {kDisconnect, "disconn-initiate"},
                                  {kDisconnected, "disconn-confirm"}};
      const std::string_view name = token(kNames, subtype);
      if (name.empty()) return put_reserved("ctl");
      put_head(name);
      return put_connection(context, message, subtype);
    }
    default:
      return put_reserved("");
  }
}

void print_packet(Context& context, const Cursor& packet, std::uint8_t flags, std::size_t shown_length) {
  const bool is_long = (flags & 7) == 6;
  const std::size_t header = is_long ? 21 : 6;
  if (packet.length() < header) {
    context.put(" (length ", packet.length(), " < ", header, ')');
    return context.put_invalid();
  }
  (void)packet.block(0, header);
  if (context.truncated()) return;
  put_node(context, packet.le16(is_long ? 15 : 3));
  context.put(" > ");
  put_node(context, packet.le16(is_long ? 7 : 1));
  context.put(' ', shown_length, ' ');
  if (context.verbose()) {
    for (const Token& flag : kDataFlags) {
      if ((flags & flag.value) != 0) context.put(flag.name);
    }
    const std::uint32_t visited = is_long ? packet.u8(18) : (packet.u8(5) & 0x3fU) + 1;
    context.put(visited, " hops ");
  }
  print_nsp(context, packet.from(header));
}

}  // namespace

void print_decnet(Context& context, Cursor frame, const LinkHeader&) {
  context.protocol("decnet");
  if (frame.length() < kLeast) {
    context.put(" (length ", frame.length(), " < ", kLeast, ')');
    return context.put_invalid();
  }
  const std::size_t length = frame.le16(0);
  const std::size_t there = frame.length();
  if (context.truncated()) return;
  if (length < kLeast || length > there) {
    context.put(" (pktlen ", length, length < kLeast ? " < " : " > ", length < kLeast ? kLeast : there, ')');
    return context.put_invalid();
  }
  Cursor packet = frame.from(kLength).with_length(length);
  std::uint8_t flags = packet.u8(0);
  std::size_t padding = 0;
  if ((flags & kPad) != 0) {
    padding = flags & ~kPad;
    if (context.verbose()) context.put("[pad:", padding, "] ");
    if (length < padding + kLength) {
      context.put(" (length ", length, " < ", padding + kLength, ')');
      return context.put_invalid();
    }
    packet.skip(padding);
    flags = packet.u8(0);
  }
  if (context.truncated()) return;
  if ((flags & kLater) != 0) {
    context.put("future-version-decnet");
    return dump_hex_and_ascii(context.out, frame.from(padding).first(length - padding).bytes());
  }
  if ((flags & kControl) == 0) {
    if ((flags & 7) == 2 || (flags & 7) == 6) return print_packet(context, packet, flags, length);
    context.put("unknown message flags under mask");
    return dump_hex_and_ascii(context.out, frame.from(padding).first(length - padding).bytes());
  }
  const std::uint8_t type = flags & 0x0e;
  if (type == kRouterHello || type == kNodeHello) return put_hello(context, packet, type == kRouterHello);
  const std::string_view name = token(kControls, type);
  if (name.empty()) {
    context.put("unknown control message");
    return dump_hex_and_ascii(context.out, packet.first(length - padding).bytes());
  }
  context.put(name, ' ');
  (void)packet.block(0, 4);
  if (type == kInitialization) {
    if (packet.length() < kInitializationSize) return context.put_invalid();
    (void)packet.block(0, kInitializationSize);
    context.put(token(kNodes, packet.u8(3) & 3U, "reserved-ntype?"), ' ');
  }
  context.put("src ");
  put_node(context, packet.le16(1));
  if (type == kInitialization) {
    context.put("blksize ", packet.le16(4), " vers ", packet.u8(6), " eco ", packet.u8(7), " ueco ", packet.u8(8),
                " hello ", packet.le16(9));
  } else if (type == kVerification || type == kTest) {
    context.put(type == kTest ? " data " : " fcnval ");
    put_octal(context, packet.u8(3));
  }
}

}  // namespace ringtap
