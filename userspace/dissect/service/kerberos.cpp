// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Kerberos: version 4 as the Athena Technical Plan (section E.2.1, 1987) lays its messages out; of version 5 (RFC 4120)
// tcpdump says no more than its number.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

enum Message : std::uint8_t { kRequest = 2, kReply = 4, kApplication = 6, kError = 10 };
constexpr Token kMessages[] = {{kRequest, "KDC_REQUEST"},
                               {kReply, "KDC_REPLY"},
                               {kApplication, "APPL_REQUEST"},
                               {8, "APPL_REQUEST_MUTUAL"},
                               {kError, "ERR_REPLY"},
                               {12, "PRIVATE"},
                               {14, "SAFE"},
                               {16, "APPL_ERR"},
                               {126, "DIE"}};

// Text up to its NUL; false, and the mark, when there is none. No string of version 4 is longer than 40 bytes, but
// nothing holds the sender to it.
bool put_string(Context& context, Cursor& text) {
  while (text.has(1)) {
    const std::uint8_t byte = text.take_u8();
    if (byte == 0) return true;
    context.out.escaped(byte);
  }
  text.truncated();
  return false;
}

bool put_name(Context& context, Cursor& text) {
  if (!put_string(context, text)) return false;
  context.put('.');
  return put_string(context, text);
}

bool put_principal(Context& context, Cursor& text) {
  if (!put_name(context, text)) return false;
  context.put('@');
  return put_string(context, text);
}

void print_version4(Context& context, Cursor message) {
  const std::uint8_t type = message.u8(1);
  if (context.truncated()) return;
  const bool little = (type & 1) != 0;
  const auto number = [&](const Cursor& at) { return little ? at.le16(0) : at.be16(0); };
  context.put(little ? " le " : " be ");
  const std::uint8_t kind = type & 0xfe;
  context.put_name(token(kMessages, kind), '#', kind);
  context.put(": ");
  Cursor rest = message.from(2);
  switch (kind) {
    case kRequest: {
      if (!put_principal(context, rest)) return;
      rest.skip(4);  // when
      const std::uint8_t lifetime = rest.take_u8();
      if (context.truncated()) return;
      context.put(' ', lifetime * 5u, "min ");
      put_name(context, rest);
      return;
    }
    case kReply: {
      if (!put_principal(context, rest)) return;
      rest.skip(10);  // when, how many tickets, until when, key version
      context.put(" (", number(rest), ')');
      return;
    }
    case kApplication: {
      context.put('v', rest.take_u8(), ' ');
      if (!put_string(context, rest)) return;
      context.put(" (", rest.take_u8(), ')');
      context.put(" (", rest.take_u8(), ')');
      return;
    }
    case kError: {
      if (!put_principal(context, rest)) return;
      rest.skip(4);
      context.put(" #", number(rest), ' ');
      if (context.truncated()) return;
      rest.skip(4);
      put_string(context, rest);
      return;
    }
    default:
      return context.put("(unknown)");
  }
}

}  // namespace

void print_kerberos(Context& context, Cursor message, const Transport&) {
  context.protocol("krb");
  if (!message.has(1)) return message.truncated();
  const std::uint8_t version = message.u8(0);
  switch (version) {
    case 1:
    case 2:
    case 3:
      return context.put(" v", version);
    case 4:
      context.put(" v", version);
      return print_version4(context, message);
    case 106:
    case 107:
      return context.put(" v5");
    default:
      return;
  }
}

}  // namespace ringtap
