// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// DHCPv6, RFC 8415 (and 3315); SIP servers RFC 3319, DNS 3646, NIS 3898, SNTP 4075, lifetime 4242, BCMCS 4280, remote
// and subscriber identifiers 4649 and 4580, time zones 4833, echo request 4994, lease query 5007, NTP 5908, AFTR 6334,
// MUD 8520.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum MessageType : std::uint8_t { kRelayForward = 12, kRelayReply = 13 };
constexpr Token kMessages[] = {{1, "solicit"},
                               {2, "advertise"},
                               {3, "request"},
                               {4, "confirm"},
                               {5, "renew"},
                               {6, "rebind"},
                               {7, "reply"},
                               {8, "release"},
                               {9, "decline"},
                               {10, "reconfigure"},
                               {11, "inf-req"},
                               {kRelayForward, "relay-fwd"},
                               {kRelayReply, "relay-reply"},
                               {14, "leasequery"},
                               {15, "leasequery-reply"}};

// What the value of an option is made of.
enum class Form {
  kNothing,
  kDuid,
  kAssociation,  // identity, two times, options
  kTemporary,    // identity, options
  kAddress,      // address, two times, options
  kPrefix,
  kRequest,  // option numbers
  kByte,
  kTime16,
  kTime32,
  kRelayed,
  kAuthentication,
  kStatus,
  kHexFew,  // the first ten bytes
  kRemoteId,
  kReconfigure,
  kNames,
  kAddresses,
  kText,
  kQuery,
  kOptions,
  kRelayData,
  kNtp,
  kAftr
};
struct OptionRow {
  std::uint16_t code;
  std::string_view name;
  Form form;
};
constexpr OptionRow kOptions[] = {
    {1, "client-ID", Form::kDuid},
    {2, "server-ID", Form::kDuid},
    {3, "IA_NA", Form::kAssociation},
    {4, "IA_TA", Form::kTemporary},
    {5, "IA_ADDR", Form::kAddress},
    {6, "option-request", Form::kRequest},
    {7, "preference", Form::kByte},
    {8, "elapsed-time", Form::kTime16},
    {9, "relay-message", Form::kRelayed},
    {11, "authentication", Form::kAuthentication},
    {12, "server-unicast", Form::kNothing},
    {13, "status-code", Form::kStatus},
    {14, "rapid-commit", Form::kNothing},
    {15, "user-class", Form::kNothing},
    {16, "vendor-class", Form::kNothing},
    {17, "vendor-specific-info", Form::kNothing},
    {18, "interface-ID", Form::kHexFew},
    {19, "reconfigure-message", Form::kReconfigure},
    {20, "reconfigure-accept", Form::kNothing},
    {21, "SIP-servers-domain", Form::kNames},
    {22, "SIP-servers-address", Form::kAddresses},
    {23, "DNS-server", Form::kAddresses},
    {24, "DNS-search-list", Form::kNames},
    {25, "IA_PD", Form::kAssociation},
    {26, "IA_PD-prefix", Form::kPrefix},
    {27, "NIS-server", Form::kAddresses},
    {28, "NIS+-server", Form::kAddresses},
    {29, "NIS-domain-name", Form::kNothing},
    {30, "NIS+-domain-name", Form::kNothing},
    {31, "SNTP-servers", Form::kAddresses},
    {32, "lifetime", Form::kTime32},
    {33, "BCMCS-domain-name", Form::kNothing},
    {34, "BCMCS-server", Form::kAddresses},
    {36, "Geoconf-Civic", Form::kNothing},
    {37, "Remote-ID", Form::kRemoteId},
    {38, "Subscriber-ID", Form::kHexFew},
    {39, "Client-FQDN", Form::kNothing},
    {40, "PANA-agent", Form::kAddresses},
    {41, "POSIX-timezone", Form::kText},
    {42, "POSIX-tz-database", Form::kText},
    {43, "Echo-request-option", Form::kRequest},
    {44, "Lease-query", Form::kQuery},
    {45, "LQ-client-data", Form::kOptions},
    {46, "Clt-time", Form::kTime32},
    {47, "LQ-relay-data", Form::kRelayData},
    {48, "LQ-client-link", Form::kAddresses},
    {56, "NTP-server", Form::kNtp},
    {64, "AFTR-Name", Form::kAftr},
    {112, "MUD-URL", Form::kText},
};
constexpr Token kStatus[] = {{0, "Success"},        {1, "UnspecFail"},    {2, "NoAddrsAvail"},  {3, "NoBinding"},
                             {4, "NotOnLink"},      {5, "UseMulticast"},  {6, "NoPrefixAvail"}, {7, "UnknownQueryType"},
                             {8, "MalformedQuery"}, {9, "NotConfigured"}, {10, "NotAllowed"}};
constexpr std::size_t kShown = 10;  // bytes of an opaque value

const OptionRow* find_option(std::uint16_t code) {
  for (const OptionRow& row : kOptions) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

void put_option_name(Context& context, std::uint16_t code) {
  if (const OptionRow* row = find_option(code)) {
    context.put(row->name);
  } else {
    context.put("opt_", code);
  }
}

void put_hex(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) context.put(Hex{bytes.u8(offset + i), 2});
}

bool print_message(Context& context, Cursor message);
bool print_options(Context& context, Cursor options);

void put_question(Context& context) {
  context.put("?)");
}

// RFC 8415 11.
void put_duid(Context& context, const Cursor& value) {
  const std::size_t size = value.length();
  if (size < 2) return put_question(context);
  const std::uint16_t type = value.be16(0);
  std::size_t head = 0;
  switch (type) {
    case 1:
      if (size < 8) return put_question(context);
      context.put("hwaddr/time type ", value.be16(2), " time ", value.be32(4), ' ');
      head = 8;
      break;
    case 2:
      if (size < 10) return put_question(context);
      context.put("vid ");
      put_hex(context, value, 2, 8);
      return context.put(')');
    case 3:
      if (size < 4) return put_question(context);
      context.put("hwaddr type ", value.be16(2), ' ');
      head = 4;
      break;
    default:
      return context.put("type ", type, ')');
  }
  put_hex(context, value, head, size - head);
  context.put(')');
}

void put_authentication(Context& context, const Cursor& value) {
  constexpr std::size_t kFixed = 11;
  const std::size_t size = value.length();
  if (size < kFixed) return put_question(context);
  const std::uint8_t protocol = value.u8(0);
  const std::uint8_t algorithm = value.u8(1);
  constexpr Token kProtocols[] = {{2, "delayed"}, {3, "reconfigure"}};
  context.put("proto: ");
  context.put_name(token(kProtocols, protocol), protocol);
  context.put(", alg: ");
  if (algorithm == 1) {
    context.put("HMAC-MD5");
  } else {
    context.put(algorithm);
  }
  context.put(", RDM: ");
  if (value.u8(2) == 0) {
    context.put("mono");
  } else {
    context.put(value.u8(2));
  }
  context.put(", RD:");
  for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be16(3 + 2 * i), 4});
  const std::size_t left = size - kFixed;
  switch (protocol) {
    case 2:
      if (left < 20) {
        context.put(" ??");
        break;
      }
      context.put(" realm: ");
      put_hex(context, value, kFixed, left - 20);
      context.put(", key ID: ", Hex{value.be32(kFixed + left - 20), 8}, ", HMAC-MD5:");
      for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be32(kFixed + left - 16 + 4 * i), 8});
      break;
    case 3:
      if (left != 17) {
        context.put(" ??");
        break;
      }
      switch (value.u8(kFixed)) {
        case 1:
          context.put(" reconfig-key");
          break;
        case 2:
          context.put(" type: HMAC-MD5");
          break;
        default:
          context.put(" type: ??");
          break;
      }
      context.put(" value:");
      for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be32(kFixed + 1 + 4 * i), 8});
      break;
    default:
      context.put(" ??");
      break;
  }
  context.put(')');
}

// One domain name, RFC 1035 3.1; false where it goes beyond the packet.
bool put_name(Context& context, Cursor& rest) {
  while (rest.captured() > 0) {
    const std::size_t size = rest.take_u8();
    if (size == 0) return true;
    const std::size_t there = std::min(size, rest.captured());
    context.out.escaped(rest.bytes().first(there));
    rest.skip(there);
    if (there < size) return false;
    context.put('.');
  }
  return false;
}

bool put_names(Context& context, const Cursor& value, Cursor rest) {
  std::size_t left = value.length();
  while (left > 0) {
    context.put(' ');
    const std::size_t before = rest.captured();
    if (!put_name(context, rest)) {
      context.put_truncated();
      return false;
    }
    left -= std::min(left, before - rest.captured());
  }
  context.put(')');
  return true;
}

bool put_ntp(Context& context, Cursor value, Cursor whole) {
  if (value.length() < 4) {
    context.put(' ');
    put_question(context);
    return true;
  }
  while (value.length() >= 4 && !context.truncated()) {
    const std::uint16_t kind = value.be16(0);
    const std::size_t size = value.be16(2);
    value.skip(4);
    whole.skip(4);
    if (size > value.length()) {
      context.put_truncated();
      return false;
    }
    context.put(" subopt:", kind);
    switch (kind) {
      case 1:
      case 2:
        if (size != 16) {
          context.put(" ?");
          break;
        }
        put_host6(context, " ", value.block(0, 16));
        break;
      case 3: {
        context.put(' ');
        Cursor name = whole;
        put_name(context, name);
        break;
      }
      default:
        context.put(" ?");
        break;
    }
    value.skip(size);
    whole.skip(size);
  }
  context.put(')');
  return true;
}

void put_aftr(Context& context, const Cursor& value) {
  if (value.length() < 3) return put_question(context);
  std::size_t at = 0;
  std::size_t left = value.length();
  while (left > 0 && !context.truncated()) {
    const std::size_t size = value.u8(at++);
    --left;
    if (left <= size && size > 0) {
      context.put(" ?");
      break;
    }
    context.out.escaped(value.span(at, size));
    at += size;
    left -= size;
    if (left > 1) context.put('.');
  }
  context.put(')');
}

// Behind "(name"; false when the rest of the message is not printed.
bool put_option(Context& context, Form form, const Cursor& value, const Cursor& whole) {
  const std::size_t size = value.length();
  const auto nested = [&](std::size_t at) {
    if (size > at && !print_options(context, value.from(at))) {
      context.put(')');
      return true;
    }
    context.put(')');
    return true;
  };
  switch (form) {
    case Form::kNothing:
      context.put(')');
      return true;
    case Form::kDuid:
      context.put(' ');
      put_duid(context, value);
      return true;
    case Form::kAssociation:
      if (size < 12) break;
      context.put(" IAID:", value.be32(0), " T1:", value.be32(4), " T2:", value.be32(8));
      return nested(12);
    case Form::kTemporary:
      if (size < 4) break;
      context.put(" IAID:", value.be32(0));
      return nested(4);
    case Form::kAddress:
      if (size < 24) break;
      put_host6(context, " ", value.block(0, 16));
      context.put(" pltime:", value.be32(16), " vltime:", value.be32(20));
      return nested(24);
    case Form::kPrefix:
      if (size < 25) break;
      put_host6(context, " ", value.block(9, 16));
      context.put('/', value.u8(8), " pltime:", value.be32(0), " vltime:", value.be32(4));
      return nested(25);
    case Form::kRequest:
      if (size % 2 != 0) break;
      for (std::size_t at = 0; at < size && !context.truncated(); at += 2) {
        const std::uint16_t code = value.be16(at);
        context.put(' ');
        put_option_name(context, code);
      }
      context.put(')');
      return true;
    case Form::kByte:
      if (size != 1) break;
      context.put(' ', value.u8(0), ')');
      return true;
    case Form::kTime16:
      if (size != 2) break;
      context.put(' ', value.be16(0), ')');
      return true;
    case Form::kTime32:
      if (size != 4) break;
      context.put(' ', value.be32(0), ')');
      return true;
    case Form::kRelayed:
      context.put(" (");
      if (context.depth < kMaxDepth) {
        ++context.depth;
        print_message(context, value);
        --context.depth;
      }
      context.put(')');
      return true;
    case Form::kAuthentication:
      context.put(' ');
      put_authentication(context, value);
      return true;
    case Form::kStatus:
      if (size < 2) break;
      context.put(' ');
      if (const std::string_view name = token(kStatus, value.be16(0)); !name.empty()) {
        context.put(name);
      } else if (value.be16(0) > 0xff) {
        context.put("INVALID code");
      } else {
        context.put("code", value.be16(0));
      }
      context.put(')');
      return true;
    case Form::kHexFew:
      context.put(' ');
      put_hex(context, value, 0, std::min(size, kShown));
      context.put("...)");
      return true;
    case Form::kRemoteId:
      if (size < 4) break;
      context.put(' ', value.be32(0), ' ');
      put_hex(context, value, 4, std::min(size - 4, kShown));
      context.put("...)");
      return true;
    case Form::kReconfigure: {
      if (size != 1) break;
      constexpr Token kFor[] = {{5, "for renew)"}, {11, "for inf-req)"}};
      context.put(' ');
      context.put_name(token(kFor, value.u8(0)), "for ??", "?(", Hex{value.u8(0), 2}, "))");
      return true;
    }
    case Form::kNames:
      return put_names(context, value, whole);
    case Form::kAddresses:
      if (size % 16 != 0) break;
      for (std::size_t at = 0; at < size && !context.truncated(); at += 16) {
        put_host6(context, " ", value.block(at, 16));
      }
      context.put(')');
      return true;
    case Form::kText:
      if (size < 5) break;
      context.put(' ');
      for (std::size_t i = 0; i < size && !context.truncated(); ++i) {
        const std::uint8_t byte = value.u8(i);
        context.out.escaped(byte);
      }
      context.put(')');
      return true;
    case Form::kQuery: {
      if (size < 17) break;
      constexpr Token kBy[] = {{1, "by-address"}, {2, "by-clientID"}};
      context.put(' ');
      context.put_name(token(kBy, value.u8(0)), "type_", value.u8(0));
      if (const std::uint8_t* link = value.block(1, 16);
          !std::all_of(link, link + 16, [](std::uint8_t byte) { return byte == 0; })) {
        put_host6(context, " ", link);
      }
      return nested(17);
    }
    case Form::kOptions:
      return nested(0);
    case Form::kRelayData:
      if (size < 16) break;
      put_host6(context, " ", value.block(0, 16));
      context.put(' ');
      put_hex(context, value, 16, std::min(size - 16, kShown));
      context.put("...)");
      return true;
    case Form::kNtp:
      return put_ntp(context, value, whole);
    case Form::kAftr:
      context.put(' ');
      put_aftr(context, value);
      return true;
  }
  context.put(" ?)");
  return true;
}

bool print_options(Context& context, Cursor options) {
  while (options.length() > 0 && !context.truncated()) {
    if (options.readable() == 0) return true;
    if (options.readable() < 4) {
      context.put_truncated();
      return false;
    }
    const std::uint16_t code = options.be16(0);
    const std::size_t size = options.be16(2);
    if (options.readable() < size + 4) {
      context.put_truncated();
      return false;
    }
    context.put(" (");
    put_option_name(context, code);
    const Cursor whole = options.from(4);
    const OptionRow* row = find_option(code);
    if (context.depth >= kMaxDepth) return false;
    ++context.depth;
    const bool more = put_option(context, row == nullptr ? Form::kNothing : row->form, whole.with_length(size), whole);
    --context.depth;
    if (!more) return false;
    options.skip(size + 4);
  }
  return true;
}

bool print_message(Context& context, Cursor message) {
  context.put("dhcp6");
  if (message.readable() < 4) {
    context.put_truncated();
    return false;
  }
  const std::uint8_t type = message.u8(0);
  context.put(' ');
  context.put_name(token(kMessages, type), "msgtype-", type);
  if (!context.verbose()) return true;
  context.put(" (");
  if (type == kRelayForward || type == kRelayReply) {
    put_host6(context, "linkaddr=", message.block(2, 16));
    put_host6(context, " peeraddr=", message.block(18, 16));
    message.skip(34);
  } else {
    context.put("xid=", Hex{message.be24(1)});
    message.skip(4);
  }
  if (message.length() > 0) print_options(context, message);
  context.put(')');
  return true;
}

}  // namespace

void print_dhcpv6(Context& context, Cursor payload, const Transport&) {
  context.protocol("dhcp6");
  print_message(context, payload);
}

}  // namespace ringtap
