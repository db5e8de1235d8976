// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The lightweight resolver of BIND 9, which a host asks in place of a name server: lwres_packet(3), lwres_gabn(3),
// lwres_gnba(3) and lwres(3).
#include <algorithm>

#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 28;
constexpr std::uint16_t kResponse = 1;
enum Request : std::uint32_t { kNoop = 0, kAddresses = 0x10001, kName = 0x10002, kRecords = 0x10003 };
constexpr Token kRequests[] = {
    {kNoop, "noop"}, {kAddresses, "getaddrsbyname"}, {kName, "getnamebyaddr"}, {kRecords, "getrdatabyname"}};
constexpr Token kFamilies[] = {{0, ""}, {1, " IPv4"}, {2, " IPv6"}, {3, " IPv4/6"}};
constexpr std::uint32_t kKnownFamilies = 3;
enum Family : std::uint32_t { kIpv4 = 1, kIpv6 = 2 };

// A length, the name and a NUL.
void put_name(Context& context, Cursor& rest) {
  const std::size_t size = rest.take_be16();
  if (context.truncated()) return;
  context.put(' ');
  put_escaped(context, rest, 0, size);
  rest.skip(size);
  const std::uint8_t end = rest.u8(0);
  if (context.truncated()) return;
  if (end != 0) context.put(" (not NUL-terminated!)");
  rest.skip(1);
}

void put_names(Context& context, Cursor& rest, std::size_t count) {
  for (; count > 0 && !context.truncated(); --count) put_name(context, rest);
}

// False if the address is not what its family says.
bool put_address(Context& context, Cursor& rest) {
  const std::uint32_t family = rest.be32(0);
  const std::size_t size = rest.be16(4);
  rest.skip(6);
  (void)rest.span(0, size);
  if (context.truncated()) return true;
  const std::size_t needed = family == kIpv4 ? 4 : family == kIpv6 ? 16 : size;
  if (size < needed) {
    context.put_invalid();
    return false;
  }
  context.put(' ');
  switch (family) {
    case kIpv4:
      context.host4(rest.block(0, 4));
      break;
    case kIpv6:
      context.host6(rest.block(0, 16));
      break;
    default:
      context.put(family, '/');
      put_hex(context, rest.span(0, size));
  }
  rest.skip(needed);
  return true;
}

// Records follow each other without anything between them.
void put_record(Context& context, Cursor& rest) {
  const std::size_t size = rest.take_be16();
  put_hex(context, rest.bytes().first(std::min(size, rest.captured())));
  (void)rest.span(0, size);
  rest.skip(size);
}

void put_flags_of_request(Context& context, const Cursor& body) {
  if (context.verbose(3)) context.put(" flags:0x", Hex{body.be32(0)});
}

void put_type_and_class(Context& context, const Cursor& body) {
  const std::uint16_t klass = body.be16(4);
  const std::uint16_t type = body.be16(6);
  context.put(' ');
  context.put_name(dns_type_name(context, type), "Type", type);
  if (klass == 1) return;
  context.put(' ');
  context.put_name(dns_class_name(klass), "Class", klass);
}

// Each leaves in `rest` what it did not print; false if nothing more is to be said of the message.
bool put_request(Context& context, std::uint32_t request, Cursor& rest) {
  const Cursor body = rest;
  switch (request) {
    case kAddresses: {
      constexpr std::size_t kFixed = 10;
      (void)body.block(0, kFixed);
      put_flags_of_request(context, body);
      const std::uint32_t families = body.be32(4);
      context.put(token(kFamilies, families & kKnownFamilies));
      if ((families & ~kKnownFamilies) != 0) context.put("[0x", Hex{families}, ']');
      rest.skip(8);
      put_name(context, rest);
      return true;
    }
    case kName:
      (void)body.block(0, 4);
      put_flags_of_request(context, body);
      rest.skip(4);
      return put_address(context, rest);
    case kRecords:
      (void)body.block(0, 10);
      put_flags_of_request(context, body);
      put_type_and_class(context, body);
      rest.skip(8);
      put_name(context, rest);
      return true;
    default:
      return true;
  }
}

bool put_response(Context& context, std::uint32_t request, Cursor& rest) {
  const Cursor body = rest;
  switch (request) {
    case kAddresses: {
      (void)body.block(0, 10);
      put_flags_of_request(context, body);
      const std::uint16_t aliases = body.be16(4);
      const std::uint16_t addresses = body.be16(6);
      context.put(' ', aliases, '/', addresses);
      rest.skip(8);
      put_names(context, rest, 1u + aliases);
      for (unsigned i = 0; i < addresses && !context.truncated(); ++i) {
        if (!put_address(context, rest)) return false;
      }
      return true;
    }
    case kName: {
      (void)body.block(0, 8);
      put_flags_of_request(context, body);
      const std::uint16_t aliases = body.be16(4);
      context.put(' ', aliases);
      rest.skip(6);
      put_names(context, rest, 1u + aliases);
      return true;
    }
    case kRecords: {
      (void)body.block(0, 16);
      put_flags_of_request(context, body);
      put_type_and_class(context, body);
      context.put(" TTL ");
      put_duration(context, body.be32(8));
      const std::uint16_t records = body.be16(12);
      const std::uint16_t signatures = body.be16(14);
      context.put(' ', records, '/', signatures);
      rest.skip(16);
      put_name(context, rest);
      for (unsigned i = 0; i < static_cast<unsigned>(records) + signatures && !context.truncated(); ++i) {
        put_record(context, rest);
      }
      return true;
    }
    default:
      return true;
  }
}

}  // namespace

void print_lwres(Context& context, Cursor message, const Transport&) {
  context.protocol("lwres");
  const std::uint8_t* header = message.block(0, kHeader);
  if (context.truncated()) return;
  context.put(" lwres");
  const std::uint16_t version = load_be16(header + 4);
  if (version != 0 || context.verbose()) context.put(" v", version);
  const std::uint32_t length = load_be32(header);
  Cursor rest = message.from(kHeader);
  bool is_known = false;
  if (version == 0) {
    const std::uint16_t flags = load_be16(header + 6);
    const std::uint32_t request = load_be32(header + 12);
    const std::string_view name = token(kRequests, request);
    is_known = !name.empty();
    context.put(' ');
    context.put_name(name, "#0x", Hex{request});
    if ((flags & kResponse) == 0) context.put('?');
    if ((flags & ~kResponse) != 0) context.put("[0x", Hex{flags}, ']');
    if (context.verbose(2)) {
      context.put(" (serial:0x", Hex{load_be32(header + 8)}, " result:0x", Hex{load_be32(header + 16)},
                  " recvlen:", load_be32(header + 20));
      if (context.verbose(3)) {
        context.put(" authtype:0x", Hex{load_be16(header + 24)}, " authlen:", load_be16(header + 26));
      }
      context.put(')');
    }
    if (!((flags & kResponse) != 0 ? put_response : put_request)(context, request, rest)) return;
    if (context.truncated()) return;
  }
  if (length != message.length()) context.put(" [len: ", length, " != ", message.length(), ']');
  if (is_known && message.length() - rest.length() < length) context.put("[extra]");
}

}  // namespace ringtap
