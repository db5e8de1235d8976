// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ad hoc on-demand distance vector, RFC 3561. In packets of IPv6 its addresses are IPv6's; an early draft gave these
// messages types and layouts of their own.
#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

enum Message : std::uint8_t {
  kRequest = 1,
  kReply = 2,
  kError = 3,
  kReplyAck = 4,
  kDraftRequest = 16,
  kDraftReply = 17,
  kDraftError = 18,
  kDraftReplyAck = 19,
};
constexpr std::uint8_t kHelloInterval = 1;
constexpr std::uint8_t kNoDelete = 0x80;

// Where the fields of a route message are: the draft has the sequence numbers before the addresses.
struct Route {
  std::uint8_t destination;
  std::uint8_t destination_sequence;
  std::uint8_t source;
  std::uint8_t last;  // a request's second sequence number, a reply's lifetime
  std::uint8_t size;
};
constexpr Route kRequest4 = {8, 12, 16, 20, 24};
constexpr Route kRequest6 = {8, 24, 28, 44, 48};
constexpr Route kRequestDraft = {16, 8, 32, 12, 48};
constexpr Route kReply4 = {4, 8, 12, 16, 20};
constexpr Route kReply6 = {4, 20, 24, 40, 44};
constexpr Route kReplyDraft = {8, 4, 24, 40, 44};

void put_node(Context& context, const Cursor& message, std::size_t at, bool ipv6) {
  if (ipv6) {
    context.host6(message.block(at, 16));
  } else {
    context.host4(message.block(at, 4));
  }
}

// Of several, the first is printed.
void put_extension(Context& context, const Cursor& extension) {
  if (extension.length() < 2) return;
  const std::uint8_t type = extension.u8(0);
  const std::uint8_t size = extension.u8(1);
  if (type != kHelloInterval) return context.put("\n\text ", type, ' ', size);
  if (extension.length() < 6) return extension.truncated();
  const std::uint32_t interval = extension.be32(2);
  if (size < 4) return context.put("\n\text HELLO - bad length ", size);
  context.put("\n\text HELLO ", interval, " ms");
}

void put_request(Context& context, const Cursor& message, bool ipv6, bool draft) {
  const Route& route = draft ? kRequestDraft : ipv6 ? kRequest6 : kRequest4;
  if (message.length() < route.size) return message.truncated();
  (void)message.block(0, route.size);
  if (context.truncated()) return;
  // tcpdump 4.99.3 takes the flags from the message's type.
  context.put(ipv6 && !draft ? " v6 rreq " : " rreq ", message.length(), draft ? " [D]" : " ", " hops ", message.u8(3),
              " id 0x", Hex{message.be32(4), 8}, "\n\tdst ");
  put_node(context, message, route.destination, ipv6);
  context.put(" seq ", message.be32(route.destination_sequence), " src ");
  put_node(context, message, route.source, ipv6);
  context.put(" seq ", message.be32(route.last));
  put_extension(context, message.from(route.size));
}

void put_reply(Context& context, const Cursor& message, bool ipv6, bool draft) {
  const Route& route = draft ? kReplyDraft : ipv6 ? kReply6 : kReply4;
  if (message.length() < route.size) return message.truncated();
  (void)message.block(0, route.size);
  if (context.truncated()) return;
  context.put(" rrep ", message.length(), "  prefix ", message.u8(2) & 0x1fu, " hops ", message.u8(3), "\n\tdst ");
  put_node(context, message, route.destination, ipv6);
  context.put(" dseq ", message.be32(route.destination_sequence), " src ");
  put_node(context, message, route.source, ipv6);
  context.put(' ', message.be32(route.last), " ms");
  put_extension(context, message.from(route.size));
}

void put_error(Context& context, Cursor message, bool ipv6) {
  constexpr std::size_t kFixed = 4;
  const std::size_t address = ipv6 ? 16 : 4;
  if (message.length() < kFixed) return message.truncated();
  (void)message.block(0, kFixed);
  if (context.truncated()) return;
  const std::uint8_t count = message.u8(3);
  context.put(" rerr ", (message.u8(1) & kNoDelete) != 0 ? "[D]" : "", " [items ", count, "] [", message.length(),
              "]:");
  message.skip(kFixed);
  for (std::uint8_t i = 0; i < count; ++i) {
    if (message.length() < address + 4) return message.truncated();
    (void)message.block(0, address + 4);
    if (context.truncated()) return;
    context.put(" {");
    put_node(context, message, 0, ipv6);
    context.put("}(", message.be32(address), ')');
    message.skip(address + 4);
  }
}

}  // namespace

void print_aodv(Context& context, Cursor message, const Transport& transport) {
  context.protocol("aodv");
  const std::uint8_t type = message.u8(0);
  context.protocol("aodv", true);
  const bool ipv6 = transport.ip.version == 6;
  context.put(" aodv");
  switch (type) {
    case kRequest:
      return put_request(context, message, ipv6, false);
    case kReply:
      return put_reply(context, message, ipv6, false);
    case kError:
      return put_error(context, message, ipv6);
    case kDraftRequest:
      return put_request(context, message, true, true);
    case kDraftReply:
      return put_reply(context, message, true, true);
    case kDraftError:
      return put_error(context, message, true);
    case kReplyAck:
    case kDraftReplyAck:
      return context.put(" rrep-ack ", message.length());
    default:
      return context.put(" type ", type, ' ', message.length());
  }
}

}  // namespace ringtap
