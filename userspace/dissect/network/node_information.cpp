// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Node information in ICMPv6, RFC 4620, with the names of draft-ietf-ipngwg-icmp-name-lookups-03. tcpdump 4.99.3 takes
// the captured bytes of a query for all of it, and reads no reply that was cut.
#include "dissect/network/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;

enum Query : std::uint16_t { kNothing = 0, kSupported = 1, kName = 2, kAddresses = 3 };
constexpr Token kQueries[] = {
    {kNothing, "noop"}, {kSupported, "supported qtypes"}, {kName, "DNS name"}, {kAddresses, "node addresses"}};

void put_letters(Context& context, std::string_view letters, std::uint32_t first, std::uint32_t flags) {
  if (flags == 0) return;
  context.put(" [");
  for (const char letter : letters) {
    if ((flags & first) != 0) context.put(letter);
    first >>= 1;
  }
  context.put(']');
}

// The labels of a name without compression. One NUL ends a name that is whole, two end one that is not.
void put_labels(Context& context, std::span<const std::uint8_t> name) {
  while (!name.empty()) {
    const std::size_t size = name[0];
    name = name.subspan(1);
    if (size == 0) {
      if (name.empty()) return context.put('.');
      if (name.size() > 1 || name[0] != 0) context.put("???");
      return;
    }
    if (size > name.size()) return context.put("???");
    context.out.escaped(name.first(size));
    name = name.subspan(size);
    if (name.size() > 1 && name[0] != 0) context.put('.');
  }
}

void put_name(Context& context, const Cursor& name) {
  const std::size_t size = name.u8(0);
  if (context.truncated()) return;
  // The draft's name has a length and no labels.
  const bool draft = size == name.captured() - 1;
  if (draft && context.verbose()) context.put(", 03 draft");
  context.put(", \"");
  if (draft) {
    context.out.escaped(name.bytes().subspan(1));
  } else {
    put_labels(context, name.bytes());
  }
  context.put('"');
}

void put_subject(Context& context, const Cursor& subject, std::uint8_t code) {
  enum Code : std::uint8_t { kIpv6 = 0, kDnsName = 1, kIpv4 = 2 };
  const std::size_t size = code == kIpv6 ? 16 : 4;
  switch (code) {
    case kIpv6:
    case kIpv4:
      if (!subject.has(size)) return;
      if (subject.captured() != size) {
        if (context.verbose()) context.put(", invalid subject len");
        return;
      }
      context.put(", subject=");
      if (code == kIpv6) {
        context.host6(subject.data());
      } else {
        context.host4(subject.data());
      }
      return;
    case kDnsName:
      context.put(", subject=DNS name");
      return put_name(context, subject);
    default:
      return context.put(", unknown subject");
  }
}

}  // namespace

void put_node_query(Context& context, const Cursor& message) {
  constexpr std::size_t kWhoAreYou = 12;
  if (message.captured() == kWhoAreYou) return context.put(" who-are-you request");
  context.put(" node information query");
  if (!message.has(kHeader)) return context.put_truncated();
  const std::uint16_t query = message.be16(4);
  context.put(" (", token(kQueries, query, "unknown"));
  const std::uint32_t flags = message.be16(6);
  if (query == kSupported) put_letters(context, "C", 1, flags);
  if (query == kAddresses) put_letters(context, "aGSLCA", 0x40, flags);
  const bool bare = message.captured() == kHeader;
  if (query == kNothing || query == kSupported) {
    if (!bare && context.verbose()) context.put(", invalid len");
  } else if (bare) {
    context.put(", 03 draft");
  } else {
    put_subject(context, message.from(kHeader), message.u8(1));
  }
  context.put(')');
}

void put_node_reply(Context& context, const Cursor& message) {
  enum Code : std::uint8_t { kSuccess = 0, kRefused = 1, kUnknown = 2 };
  const std::size_t length = message.length();
  if (length < kHeader || !message.has(length)) return context.put_truncated();
  const std::uint8_t code = message.u8(1);
  const std::uint16_t query = message.be16(4);
  const std::uint32_t flags = message.be16(6);
  const auto check_bare = [&] {
    if (length != kHeader && context.verbose()) context.put(", invalid length");
  };
  context.put(" node information reply (");
  if (code != kSuccess) {
    if (code == kRefused || code == kUnknown) {
      context.put(code == kRefused ? "refused" : "unknown");
      check_bare();
    }
    return context.put(')');
  }
  if (context.verbose()) context.put("success, ");
  context.put(token(kQueries, query, "unknown"));
  const Cursor body = message.first(length).from(kHeader);
  switch (query) {
    case kNothing:
      check_bare();
      break;
    case kSupported:
      put_letters(context, "C", 1, flags);
      break;
    case kName:
      put_name(context, body.from(4));
      if ((flags & 1) != 0) context.put(" [TTL=", body.be32(0), ']');
      break;
    case kAddresses: {
      constexpr std::size_t kAddress = 20;
      for (Cursor rest = body; rest.has(kAddress); rest.skip(kAddress)) {
        put_host6(context, " ", rest.block(4, 16));
        context.put('(', rest.be32(0), ')');
      }
      put_letters(context, "aGSLCAT", 0x40, flags);
      break;
    }
    default:
      break;
  }
  context.put(')');
}

}  // namespace ringtap
