// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Novell's IPX: "IPX Router Specification" (Novell, part 107-000029-001), with RIP and SAP of the same.
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 30;

enum Socket : std::uint16_t { kSap = 0x452, kRip = 0x453, kEigrp = 0x85be };
constexpr Token kSockets[] = {{0x451, "ncp"}, {0x455, "netbios"}, {0x456, "diags"}, {0x553, "nwlink-dgm"}};
enum Operation : std::uint16_t { kRequest = 1, kResponse = 2, kNearestRequest = 3, kNearestResponse = 4 };

// "00000001.02:00:00:00:00:aa": network and node.
void put_node(Context& context, const std::uint8_t* address) {
  context.put(Hex{load_be32(address), 8}, '.');
  context.out.separated_hex(address + 4, 6, ':');
}

// Whether IPX's length has no room for so many bytes. tcpdump 4.99.3 first looks whether they were captured.
bool lacks(Context& context, const Cursor& message, std::size_t size) {
  if (context.options.compat) (void)message.block(0, size);
  return message.length() < size;
}

// What SAP and RIP begin with; false where IPX's length has no room for it, or where it was not captured.
bool take_operation(Context& context, Cursor& message, std::uint16_t& operation) {
  if (lacks(context, message, sizeof operation)) {
    context.put(" [length ", message.length(), " < ", sizeof operation, ']');
    context.put_invalid();
    return false;
  }
  operation = message.take_be16();
  return !context.truncated();
}

void print_sap(Context& context, Cursor message) {
  constexpr std::size_t kType = 2;
  constexpr std::size_t kName = 48;
  constexpr std::size_t kAddress = 10;
  constexpr std::size_t kSocketAndHops = 4;
  constexpr unsigned kMostEntries = 8;
  std::uint16_t operation = 0;
  if (!take_operation(context, message, operation)) return;
  const bool nearest = operation == kNearestRequest || operation == kNearestResponse;
  switch (operation) {
    case kRequest:
    case kNearestRequest:
      context.put("ipx-sap-", nearest ? "nearest-" : "", "req");
      // tcpdump 4.99.3 reads behind IPX's end here.
      if (message.length() < kType && !context.options.compat) return context.put_invalid();
      context.put(' ', Hex{message.be16(0), 4});
      return;
    case kResponse:
    case kNearestResponse:
      context.put("ipx-sap-", nearest ? "nearest-" : "", "resp");
      for (unsigned i = 0; i < kMostEntries && message.length() > 0 && !context.truncated(); ++i) {
        if (lacks(context, message, kType)) return context.put_invalid();
        context.put(' ', Hex{message.take_be16(), 4});
        context.put(" '");
        if (message.length() < kName) {
          context.put('\'');
          return context.put_invalid();
        }
        put_text(context, message, 0, kName);
        context.put('\'');
        message.skip(kName);
        if (lacks(context, message, kAddress)) return context.put_invalid();
        const std::uint8_t* address = message.block(0, kAddress);
        context.put(" addr ");
        put_node(context, address);
        message.skip(kAddress);
        if (lacks(context, message, kSocketAndHops)) return context.put_invalid();
        (void)message.block(0, kSocketAndHops);
        message.skip(kSocketAndHops);
      }
      return;
    default:
      context.put("ipx-sap-?", Hex{operation});
  }
}

void print_rip(Context& context, Cursor message) {
  constexpr std::size_t kEntry = 8;
  std::uint16_t operation = 0;
  if (!take_operation(context, message, operation)) return;
  if (operation != kRequest && operation != kResponse) return context.put("ipx-rip-?", Hex{operation});
  context.put(operation == kRequest ? "ipx-rip-req" : "ipx-rip-resp");
  while (message.length() > 0 && !context.truncated()) {
    if (message.length() < kEntry) return context.put_invalid();
    (void)message.block(0, kEntry);
    context.put(' ', Hex{message.be32(0), 8}, '/', message.be16(4), '.', message.be16(6));
    if (operation == kRequest) return;
    message.skip(kEntry);
  }
}

}  // namespace

void print_ipx_packet(Context& context, Cursor packet, std::string_view framing) {
  context.protocol("ipx");
  context.put(context.options.link_header ? framing : "IPX ");
  (void)packet.block(0, kHeader);
  if (context.truncated()) return;
  const std::uint16_t socket = packet.be16(16);
  put_node(context, packet.block(18, 10));
  context.put('.', Hex{packet.be16(28), 4}, " > ");
  put_node(context, packet.block(6, 10));
  context.put('.', Hex{socket, 4}, ": ");
  const std::size_t length = packet.be16(2);
  if (length < kHeader) {
    context.put("[length ", length, " < ", kHeader, ']');
    return context.put_invalid();
  }
  const Cursor payload = packet.from(kHeader).with_length(length - kHeader);
  switch (socket) {
    case kSap:
      return print_sap(context, payload);
    case kRip:
      return print_rip(context, payload);
    case kEigrp:
      return print_eigrp(context, payload, {});
    default:
      context.put("ipx-");
      context.put_name(token(kSockets, socket), '#', Hex{socket});
      context.put(' ', payload.length());
  }
}

void print_ipx(Context& context, Cursor packet, const LinkHeader&) {
  context.put("(NOV-ETHII) ");
  print_ipx_packet(context, packet, "");
}

}  // namespace ringtap
