// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Rx, the remote procedure calls of AFS, http://web.mit.edu/kolya/afs/rx/rx-spec: headers and acknowledgments.
#include "dissect/service/printers.hpp"
#include "dissect/service/rx_calls.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 28;
enum PacketType : std::uint8_t { kData = 1, kAck = 2, kAbort = 4 };
constexpr Token kTypes[] = {{kData, "data"},  {kAck, "ack"},   {3, "busy"},  {kAbort, "abort"}, {5, "ackall"},
                            {6, "challenge"}, {7, "response"}, {8, "debug"}, {9, "params"},     {13, "version"}};

constexpr std::uint8_t kClientInit = 1;
constexpr std::uint8_t kLastFlag = 0x20;
constexpr Token kFlags[] = {
    {kClientInit, "client-init"}, {2, "req-ack"}, {4, "last-pckt"}, {8, "more-pckts"}, {16, "free-pckt"}};

constexpr std::size_t kAckHeader = 18;
constexpr Token kReasons[] = {{1, "ack requested"},
                              {2, "duplicate packet"},
                              {3, "out of sequence"},
                              {4, "exceeds window"},
                              {5, "no buffer space"},
                              {6, "ping"},
                              {7, "ping response"},
                              {8, "delay"},
                              {9, "idle"}};

void put_flags(Context& context, std::uint8_t type, std::uint8_t flags) {
  std::string_view before = " <";
  const auto put_flag = [&](std::string_view name) {
    context.put(before, name, '>');
    before = ",<";
  };
  for (const Token& flag : kFlags) {
    if ((flags & flag.value) != 0) put_flag(flag.name);
  }
  if ((flags & kLastFlag) == 0) return;
  if (type == kData) put_flag("jumbogram");
  if (type == kAck) put_flag("slow-start");
}

// Runs of packets that were received, or not: " acked 9,11-12".
void put_runs(Context& context, std::string_view name, const Cursor& received, std::uint32_t first,
              std::uint8_t which) {
  const std::size_t count = received.length();
  std::string_view before = name;
  for (std::size_t i = 0; i < count; ++i) {
    if (received.u8(i) != which) continue;
    std::size_t last = i;
    while (last + 1 < count && received.u8(last + 1) == which) ++last;
    context.put(before, static_cast<std::uint32_t>(first + i));
    if (last > i) context.put('-', static_cast<std::uint32_t>(first + last));
    before = ",";
    i = last;
  }
}

// False when it is cut, and nothing more is to be printed of the body.
bool put_ack(Context& context, const Cursor& body) {
  if (body.readable() < kAckHeader) return false;
  if (context.verbose(3)) context.put(" bufspace ", body.be16(0), " maxskew ", body.be16(2));
  const std::uint32_t first = body.be32(4);
  const std::uint32_t serial = body.be32(12);
  const std::uint8_t reason = body.u8(16);
  const std::size_t count = body.u8(17);
  context.put(" first ", first, " serial ", serial, " reason ");
  context.put_name(token(kReasons, reason), '#', reason);
  const Cursor received = body.from(kAckHeader);
  if (received.readable() < count) return false;
  put_runs(context, " acked ", received.first(count), first, 1);
  put_runs(context, " nacked ", received.first(count), first, 0);
  if (!context.verbose(2)) return true;
  // After three bytes that are not used, as many of these as there are.
  constexpr std::string_view kTrailer[] = {" ifmtu ", " maxmtu ", " rwind ", " maxpackets "};
  Cursor trailer = received.from(count + 3);
  for (const std::string_view name : kTrailer) {
    if (trailer.readable() < 4) break;
    context.put(name, trailer.take_be32());
  }
  return true;
}

}  // namespace

void print_rx(Context& context, Cursor packet, const Transport& transport) {
  context.protocol("rx");
  const std::size_t length = packet.length();
  if (packet.readable() < kHeader) return context.put(" [|rx] (", length, ')');
  const std::uint8_t type = packet.u8(20);
  const std::uint8_t flags = packet.u8(21);
  const std::uint32_t sequence = packet.be32(12);
  context.put(" rx ");
  context.put_name(token(kTypes, type), "type ", type);
  if (context.verbose()) {
    if (context.verbose(2)) context.put(" cid ", Hex{packet.be32(4), 8}, " call# ", packet.be32(8));
    context.put(" seq ", sequence, " ser ", packet.be32(16));
    if (context.verbose(3)) context.put(" secindex ", packet.u8(23), " serviceid ", packet.be16(26));
    if (context.verbose(2)) put_flags(context, type, flags);
  }
  const Cursor body = packet.from(kHeader);
  const RxPacket rx = {packet.be32(8), packet.be16(26)};
  const bool from_client = (flags & kClientInit) != 0;
  if (type == kData && sequence == 1 && from_client && length > kHeader) {
    put_rx_call(context, body, transport, rx);
  } else if (!from_client && ((type == kData && sequence == 1) || type == kAbort)) {
    put_rx_reply(context, body, transport, rx, type == kAbort);
  } else if (type == kAck && !put_ack(context, body)) {
    context.put(" [|ack]");
  }
  context.put(" (", length, ')');
}

}  // namespace ringtap
