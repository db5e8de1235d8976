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

constexpr Token kStatus[] = {{0, "Success"},        {1, "UnspecFail"},    {2, "NoAddrsAvail"},  {3, "NoBinding"},
                             {4, "NotOnLink"},      {5, "UseMulticast"},  {6, "NoPrefixAvail"}, {7, "UnknownQueryType"},
                             {8, "MalformedQuery"}, {9, "NotConfigured"}, {10, "NotAllowed"}};
constexpr std::size_t kShown = 10;  // bytes of an opaque value

void put_hex(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) context.put(Hex{bytes.u8(offset + i), 2});
}

void put_option_name(Context& context, std::uint16_t code);
bool print_message(Context& context, Cursor message);
bool print_options(Context& context, Cursor options);

enum class Outcome {
  kDone,
  kWrongSize,  // nothing was printed
  kStop        // the rest of the options is not printed
};

// The printers of options: `value` is the option's, `rest` the same place with all that is left of the message, which
// names may run into.

// RFC 8415 11.
Outcome put_duid(Context& context, const Cursor& value, const Cursor&) {
  const std::size_t size = value.length();
  const std::uint16_t type = value.be16(0);
  switch (type) {
    case 1:
      if (size < 8) return Outcome::kWrongSize;
      context.put(" hwaddr/time type ", value.be16(2), " time ", value.be32(4), ' ');
      put_hex(context, value, 8, size - 8);
      return Outcome::kDone;
    case 2:
      if (size < 10) return Outcome::kWrongSize;
      context.put(" vid ");
      put_hex(context, value, 2, 8);
      return Outcome::kDone;
    case 3:
      if (size < 4) return Outcome::kWrongSize;
      context.put(" hwaddr type ", value.be16(2), ' ');
      put_hex(context, value, 4, size - 4);
      return Outcome::kDone;
    default:
      context.put(" type ", type);
      return Outcome::kDone;
  }
}

// The options in an option.
template <std::size_t Offset>
Outcome put_nested(Context& context, const Cursor& value, const Cursor&) {
  if (value.length() > Offset) (void)print_options(context, value.from(Offset));
  return Outcome::kDone;
}

Outcome put_association(Context& context, const Cursor& value, const Cursor& rest) {
  context.put(" IAID:", value.be32(0), " T1:", value.be32(4), " T2:", value.be32(8));
  return put_nested<12>(context, value, rest);
}

Outcome put_temporary(Context& context, const Cursor& value, const Cursor& rest) {
  context.put(" IAID:", value.be32(0));
  return put_nested<4>(context, value, rest);
}

Outcome put_address(Context& context, const Cursor& value, const Cursor& rest) {
  put_host6(context, " ", value.block(0, 16));
  context.put(" pltime:", value.be32(16), " vltime:", value.be32(20));
  return put_nested<24>(context, value, rest);
}

Outcome put_prefix(Context& context, const Cursor& value, const Cursor& rest) {
  put_host6(context, " ", value.block(9, 16));
  context.put('/', value.u8(8), " pltime:", value.be32(0), " vltime:", value.be32(4));
  return put_nested<25>(context, value, rest);
}

// Numbers of options.
Outcome put_request(Context& context, const Cursor& value, const Cursor&) {
  const std::size_t size = value.length();
  if (size % 2 != 0) return Outcome::kWrongSize;
  for (std::size_t at = 0; at < size && !context.truncated(); at += 2) {
    const std::uint16_t code = value.be16(at);
    context.put(' ');
    put_option_name(context, code);
  }
  return Outcome::kDone;
}

Outcome put_byte(Context& context, const Cursor& value, const Cursor&) {
  if (value.length() != 1) return Outcome::kWrongSize;
  context.put(' ', value.u8(0));
  return Outcome::kDone;
}

Outcome put_time16(Context& context, const Cursor& value, const Cursor&) {
  if (value.length() != 2) return Outcome::kWrongSize;
  context.put(' ', value.be16(0));
  return Outcome::kDone;
}

Outcome put_time32(Context& context, const Cursor& value, const Cursor&) {
  if (value.length() != 4) return Outcome::kWrongSize;
  context.put(' ', value.be32(0));
  return Outcome::kDone;
}

Outcome put_relayed(Context& context, const Cursor& value, const Cursor&) {
  context.put(" (");
  if (context.depth < kMaxDepth) {
    ++context.depth;
    print_message(context, value);
    --context.depth;
  }
  return Outcome::kDone;
}

constexpr std::size_t kAuthenticationHeader = 11;

void put_delayed_authentication(Context& context, const Cursor& value, std::size_t left) {
  if (left < 20) return context.put(" ??");
  context.put(" realm: ");
  put_hex(context, value, kAuthenticationHeader, left - 20);
  const std::size_t key = kAuthenticationHeader + left - 20;
  context.put(", key ID: ", Hex{value.be32(key), 8}, ", HMAC-MD5:");
  for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be32(key + 4 + 4 * i), 8});
}

void put_reconfigure_authentication(Context& context, const Cursor& value, std::size_t left) {
  if (left != 17) return context.put(" ??");
  constexpr Token kTypes[] = {{1, " reconfig-key"}, {2, " type: HMAC-MD5"}};
  context.put(token(kTypes, value.u8(kAuthenticationHeader), " type: ??"), " value:");
  for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be32(kAuthenticationHeader + 1 + 4 * i), 8});
}

Outcome put_authentication(Context& context, const Cursor& value, const Cursor&) {
  enum Protocol : std::uint8_t { kDelayed = 2, kReconfigure = 3 };
  constexpr Token kProtocols[] = {{kDelayed, "delayed"}, {kReconfigure, "reconfigure"}};
  constexpr Token kAlgorithms[] = {{1, "HMAC-MD5"}};
  constexpr Token kDetections[] = {{0, "mono"}};
  const std::uint8_t protocol = value.u8(0);
  context.put(" proto: ");
  context.put_name(token(kProtocols, protocol), protocol);
  context.put(", alg: ");
  context.put_name(token(kAlgorithms, value.u8(1)), value.u8(1));
  context.put(", RDM: ");
  context.put_name(token(kDetections, value.u8(2)), value.u8(2));
  context.put(", RD:");
  for (unsigned i = 0; i < 4; ++i) context.put(' ', Hex{value.be16(3 + 2 * i), 4});
  const std::size_t left = value.length() - kAuthenticationHeader;
  if (protocol == kDelayed) {
    put_delayed_authentication(context, value, left);
  } else if (protocol == kReconfigure) {
    put_reconfigure_authentication(context, value, left);
  } else {
    context.put(" ??");
  }
  return Outcome::kDone;
}

Outcome put_status(Context& context, const Cursor& value, const Cursor&) {
  const std::uint16_t code = value.be16(0);
  context.put(' ');
  if (code > 0xff) {
    context.put("INVALID code");
  } else {
    context.put_name(token(kStatus, code), "code", code);
  }
  return Outcome::kDone;
}

// The first bytes of an opaque value.
Outcome put_opaque(Context& context, const Cursor& value, const Cursor&) {
  context.put(' ');
  put_hex(context, value, 0, std::min(value.length(), kShown));
  context.put("...");
  return Outcome::kDone;
}

Outcome put_remote_id(Context& context, const Cursor& value, const Cursor& rest) {
  context.put(' ', value.be32(0));
  return put_opaque(context, value.from(4), rest);
}

Outcome put_relay_data(Context& context, const Cursor& value, const Cursor& rest) {
  put_host6(context, " ", value.block(0, 16));
  return put_opaque(context, value.from(16), rest);
}

Outcome put_reconfigure(Context& context, const Cursor& value, const Cursor&) {
  if (value.length() != 1) return Outcome::kWrongSize;
  constexpr Token kFor[] = {{5, "renew"}, {11, "inf-req"}};
  context.put(" for ");
  context.put_name(token(kFor, value.u8(0)), "??", "?(", Hex{value.u8(0), 2}, ')');
  return Outcome::kDone;
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

Outcome put_names(Context& context, const Cursor& value, const Cursor& message) {
  Cursor rest = message;
  std::size_t left = value.length();
  while (left > 0) {
    context.put(' ');
    const std::size_t before = rest.captured();
    if (!put_name(context, rest)) {
      context.put_truncated();
      return Outcome::kStop;
    }
    left -= std::min(left, before - rest.captured());
  }
  return Outcome::kDone;
}

Outcome put_addresses(Context& context, const Cursor& value, const Cursor&) {
  const std::size_t size = value.length();
  if (size % 16 != 0) return Outcome::kWrongSize;
  for (std::size_t at = 0; at < size && !context.truncated(); at += 16) put_host6(context, " ", value.block(at, 16));
  return Outcome::kDone;
}

Outcome put_string(Context& context, const Cursor& value, const Cursor&) {
  context.put(' ');
  context.out.escaped(value.span(0, value.length()));
  return Outcome::kDone;
}

Outcome put_query(Context& context, const Cursor& value, const Cursor& rest) {
  constexpr Token kBy[] = {{1, "by-address"}, {2, "by-clientID"}};
  context.put(' ');
  context.put_name(token(kBy, value.u8(0)), "type_", value.u8(0));
  if (const std::uint8_t* link = value.block(1, 16);
      !std::all_of(link, link + 16, [](std::uint8_t byte) { return byte == 0; })) {
    put_host6(context, " ", link);
  }
  return put_nested<17>(context, value, rest);
}

Outcome put_ntp(Context& context, const Cursor& option, const Cursor& message) {
  Cursor value = option;
  Cursor rest = message;
  while (value.length() >= 4 && !context.truncated()) {
    const std::uint16_t kind = value.be16(0);
    const std::size_t size = value.be16(2);
    value.skip(4);
    rest.skip(4);
    if (size > value.length()) {
      context.put_truncated();
      return Outcome::kStop;
    }
    context.put(" subopt:", kind);
    if ((kind == 1 || kind == 2) && size == 16) {
      put_host6(context, " ", value.block(0, 16));
    } else if (kind == 3) {
      context.put(' ');
      Cursor name = rest;
      put_name(context, name);
    } else {
      context.put(" ?");
    }
    value.skip(size);
    rest.skip(size);
  }
  return Outcome::kDone;
}

Outcome put_aftr(Context& context, const Cursor& value, const Cursor&) {
  context.put(' ');
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
  return Outcome::kDone;
}

// An option by its code. A value shorter than `least` is not printed; without a printer none is.
struct OptionRow {
  std::uint16_t code;
  std::string_view name;
  Outcome (*put)(Context&, const Cursor&, const Cursor&) = nullptr;
  std::size_t least = 0;
};
constexpr OptionRow kOptions[] = {
    {1, "client-ID", put_duid, 2},
    {2, "server-ID", put_duid, 2},
    {3, "IA_NA", put_association, 12},
    {4, "IA_TA", put_temporary, 4},
    {5, "IA_ADDR", put_address, 24},
    {6, "option-request", put_request},
    {7, "preference", put_byte},
    {8, "elapsed-time", put_time16},
    {9, "relay-message", put_relayed},
    {11, "authentication", put_authentication, kAuthenticationHeader},
    {12, "server-unicast"},
    {13, "status-code", put_status, 2},
    {14, "rapid-commit"},
    {15, "user-class"},
    {16, "vendor-class"},
    {17, "vendor-specific-info"},
    {18, "interface-ID", put_opaque},
    {19, "reconfigure-message", put_reconfigure},
    {20, "reconfigure-accept"},
    {21, "SIP-servers-domain", put_names},
    {22, "SIP-servers-address", put_addresses},
    {23, "DNS-server", put_addresses},
    {24, "DNS-search-list", put_names},
    {25, "IA_PD", put_association, 12},
    {26, "IA_PD-prefix", put_prefix, 25},
    {27, "NIS-server", put_addresses},
    {28, "NIS+-server", put_addresses},
    {29, "NIS-domain-name"},
    {30, "NIS+-domain-name"},
    {31, "SNTP-servers", put_addresses},
    {32, "lifetime", put_time32},
    {33, "BCMCS-domain-name"},
    {34, "BCMCS-server", put_addresses},
    {36, "Geoconf-Civic"},
    {37, "Remote-ID", put_remote_id, 4},
    {38, "Subscriber-ID", put_opaque},
    {39, "Client-FQDN"},
    {40, "PANA-agent", put_addresses},
    {41, "POSIX-timezone", put_string, 5},
    {42, "POSIX-tz-database", put_string, 5},
    {43, "Echo-request-option", put_request},
    {44, "Lease-query", put_query, 17},
    {45, "LQ-client-data", put_nested<0>},
    {46, "Clt-time", put_time32},
    {47, "LQ-relay-data", put_relay_data, 16},
    {48, "LQ-client-link", put_addresses},
    {56, "NTP-server", put_ntp, 4},
    {64, "AFTR-Name", put_aftr, 3},
    {112, "MUD-URL", put_string, 5},
};

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

// What follows "(name"; false when the rest of the options is not printed.
bool put_option(Context& context, const OptionRow* row, const Cursor& value, const Cursor& rest) {
  Outcome outcome = Outcome::kDone;
  if (row != nullptr && row->put != nullptr) {
    outcome = value.length() < row->least ? Outcome::kWrongSize : row->put(context, value, rest);
  }
  if (outcome == Outcome::kStop) return false;
  context.put(outcome == Outcome::kWrongSize ? " ?)" : ")");
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
    if (context.depth >= kMaxDepth) return false;
    ++context.depth;
    const Cursor rest = options.from(4);
    const bool more = put_option(context, find_option(code), rest.with_length(size), rest);
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
