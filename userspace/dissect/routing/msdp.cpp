// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Multicast source discovery, RFC 3618.
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 3;  // type, length of the whole
constexpr std::size_t kMaxLength = 1500;
constexpr std::size_t kUsualLength = 1400;
constexpr std::size_t kSourceActive = 8;  // up to the first entry
constexpr std::size_t kEntry = 12;
enum Type : std::uint8_t { kActive = 1, kRequest = 2, kResponse = 3, kKeepalive = 4, kNotification = 5, kLast = 7 };

void put_source_active(Context& context, const Cursor& message, std::size_t length) {
  const std::uint8_t count = message.u8(kHeader);
  context.put(' ', count, " entries");
  const std::size_t size = kSourceActive + count * kEntry;
  if (size >= length) return;
  context.put(" [w/data]");
  if (!context.verbose(2)) return;
  context.put(' ');
  // What is quoted has a header of its own, which may lead here again.
  if (++context.depth < kMaxDepth) print_ipv4_packet(context, message.from(size).with_length(length - size));
  --context.depth;
}

}  // namespace

void print_msdp(Context& context, Cursor payload, const Transport&) {
  context.protocol("msdp");
  context.put(": msdp");
  for (bool first = true; payload.length() > 0 && !context.truncated(); first = false) {
    const std::uint8_t type = payload.u8(0);
    const std::size_t length = payload.be16(1);
    if (context.truncated()) return;
    // Only the first message tells whether this is the protocol.
    if (first && (length > kMaxLength || length < kHeader || type == 0 || type > kLast)) return payload.truncated();
    if (length > kUsualLength || context.verbose()) context.put(" [len ", length, ']');
    if (length < kHeader || payload.length() < length) return payload.truncated();
    // tcpdump 4.99.3 reads the fields of a message that is too short for them from the next one.
    const Cursor message = context.options.compat ? payload : payload.first(length);
    switch (type) {
      case kActive:
      case kResponse:
        context.put(type == kActive ? " SA" : " SA-Response");
        put_source_active(context, message, length);
        break;
      case kRequest:
        context.put(" SA-Request");
        put_host4(context, " for ", message.block(4, 4));
        break;
      case kKeepalive:
        context.put(" Keepalive");
        if (length != kHeader) context.put("[len=", length, "] ");
        break;
      case kNotification:
        context.put(" Notification");
        break;
      default:
        context.put(" [type=", type, " len=", length, ']');
        break;
    }
    payload.skip(length);
  }
}

}  // namespace ringtap
