// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// L2TP version 2, RFC 2661: control messages as a list of attributes, data as PPP.
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

enum Flag : std::uint16_t {
  kTypeBit = 0x8000,
  kLengthBit = 0x4000,
  kSequenceBit = 0x0800,
  kOffsetBit = 0x0200,
  kPriorityBit = 0x0100,
  kVersionMask = 0x000f
};
enum AttributeFlag : std::uint16_t { kMandatory = 0x8000, kHidden = 0x4000, kReserved = 0x3c00, kSizeMask = 0x03ff };

constexpr std::string_view kTooShort = "AVP too short";
constexpr Token kMessages[] = {{1, "SCCRQ"}, {2, "SCCRP"}, {3, "SCCCN"}, {4, "StopCCN"}, {6, "HELLO"},
                               {7, "OCRQ"},  {8, "OCRP"},  {9, "OCCN"},  {10, "ICRQ"},   {11, "ICRP"},
                               {12, "ICCN"}, {14, "CDN"},  {15, "WEN"},  {16, "SLI"}};
constexpr Token kAuthTypes[] = {{1, "Textual"}, {2, "CHAP"}, {3, "PAP"}, {4, "No Auth"}, {5, "MS-CHAPv1"}};

void put_hex(Context& context, const Cursor& value, std::size_t count) {
  put_hex(context, value.span(0, count));
}

// The printers of values, each of at least as many bytes as its row in kAttributes asks for.

void put_message_type(Context& context, const Cursor& value) {
  context.put_name(token(kMessages, value.be16(0)), "MSGTYPE-#", value.be16(0));
}

void put_result(Context& context, const Cursor& value) {
  const std::size_t size = value.length();
  context.put(value.be16(0));
  if (size == 2) return;
  if (size < 4) return context.put(' ', kTooShort);
  context.put('/', value.be16(2));
  if (size == 4) return;
  context.put(' ');
  context.out.escaped(value.span(4, size - 4));
}

void put_version(Context& context, const Cursor& value) {
  context.put(static_cast<std::uint32_t>(value.be16(0) >> 8), '.', static_cast<std::uint32_t>(value.be16(0) & 0xff));
}

void put_framing(Context& context, const Cursor& value) {
  const std::uint32_t bits = value.be32(0);
  context.put((bits & 2) != 0 ? "A" : "", (bits & 1) != 0 ? "S" : "");
}

void put_bearer(Context& context, const Cursor& value) {
  const std::uint32_t bits = value.be32(0);
  context.put((bits & 2) != 0 ? "A" : "", (bits & 1) != 0 ? "D" : "");
}

void put_number16(Context& context, const Cursor& value) {
  context.put(value.be16(0));
}

void put_number32(Context& context, const Cursor& value) {
  context.put(value.be32(0));
}

void put_string(Context& context, const Cursor& value) {
  context.out.escaped(value.span(0, value.length()));
}

void put_bytes(Context& context, const Cursor& value) {
  put_hex(context, value, value.length());
}

template <std::size_t Count>
void put_first_bytes(Context& context, const Cursor& value) {
  put_hex(context, value, Count);
}

void put_cause(Context& context, const Cursor& value) {
  context.put(value.be16(0), ", ", Hex{value.u8(2), 2});
  if (value.length() <= 3) return;
  context.put(' ');
  context.out.escaped(value.span(3, value.length() - 3));
}

void put_obsolete(Context& context, const Cursor&) {
  context.put("obsolete");
}

void put_auth_type(Context& context, const Cursor& value) {
  context.put_name(token(kAuthTypes, value.be16(0)), "AuthType-#", value.be16(0));
}

void put_id(Context& context, const Cursor& value) {
  context.put(static_cast<std::uint32_t>(value.be16(0) & 0xff));
}

void put_errors(Context& context, const Cursor& value) {
  constexpr std::string_view kNames[] = {"CRCErr=", "FrameErr=", "HardOver=", "BufOver=", "Timeout=", "AlignErr="};
  std::size_t at = 2;
  for (const std::string_view name : kNames) {
    if (value.length() < at + 4) return context.put(kTooShort);
    context.put(name, value.be32(at), ' ');
    at += 4;
  }
}

void put_map(Context& context, const Cursor& value) {
  context.put("send=", Hex{value.be32(2), 8}, ' ');
  if (value.length() < 10) return context.put(kTooShort);
  context.put("recv=", Hex{value.be32(6), 8}, ' ');
}

// An attribute by its type, RFC 2661 4.4. The value of one without a printer is not printed.
struct AttributeRow {
  std::string_view name;
  void (*put)(Context&, const Cursor&) = nullptr;
  std::size_t least = 0;
};
constexpr AttributeRow kAttributes[] = {
    {"MSGTYPE", put_message_type, 2},    {"RESULT_CODE", put_result, 2},
    {"PROTO_VER", put_version, 2},       {"FRAMING_CAP", put_framing, 4},
    {"BEARER_CAP", put_bearer, 4},       {"TIE_BREAKER", put_first_bytes<8>, 8},
    {"FIRM_VER", put_number16, 2},       {"HOST_NAME", put_string},
    {"VENDOR_NAME", put_string},         {"ASSND_TUN_ID", put_number16, 2},
    {"RECV_WIN_SIZE", put_number16, 2},  {"CHALLENGE", put_bytes},
    {"Q931_CC", put_cause, 3},           {"CHALLENGE_RESP", put_first_bytes<16>, 16},
    {"ASSND_SESS_ID", put_number16, 2},  {"CALL_SER_NUM", put_number32, 4},
    {"MINIMUM_BPS", put_number32, 4},    {"MAXIMUM_BPS", put_number32, 4},
    {"BEARER_TYPE", put_bearer, 4},      {"FRAMING_TYPE", put_framing, 4},
    {"PACKET_PROC_DELAY", put_obsolete}, {"CALLED_NUMBER", put_string},
    {"CALLING_NUMBER", put_string},      {"SUB_ADDRESS", put_string},
    {"TX_CONN_SPEED", put_number32, 4},  {"PHY_CHANNEL_ID", put_number32, 4},
    {"INI_RECV_LCP", put_bytes},         {"LAST_SENT_LCP", put_bytes},
    {"LAST_RECV_LCP", put_bytes},        {"PROXY_AUTH_TYPE", put_auth_type, 2},
    {"PROXY_AUTH_NAME", put_string},     {"PROXY_AUTH_CHAL", put_bytes},
    {"PROXY_AUTH_ID", put_id, 2},        {"PROXY_AUTH_RESP", put_bytes},
    {"CALL_ERRORS", put_errors, 6},      {"ACCM", put_map, 6},
    {"RANDOM_VECTOR", put_bytes},        {"PRIVATE_GRP_ID", put_string},
    {"RX_CONN_SPEED", put_number32, 4},  {"SEQ_REQUIRED"},
};

void put_value(Context& context, const AttributeRow& row, const Cursor& value) {
  if (row.put == nullptr) return;
  if (value.length() < row.least) return context.put(kTooShort);
  row.put(context, value);
}

void put_attributes(Context& context, Cursor rest) {
  while (rest.length() > 0 && !context.truncated()) {
    context.put(' ');
    const std::uint16_t head = rest.be16(0);
    const std::size_t size = head & kSizeMask;
    if (context.truncated()) return;
    if (size < 6 || size > rest.length() || !rest.has(size)) return rest.truncated();
    if ((head & kMandatory) != 0) context.put('*');
    bool hidden = false;
    if ((head & kHidden) != 0) {
      hidden = true;
      context.put('?');
    }
    const std::uint16_t vendor = rest.be16(2);
    const std::uint16_t type = rest.be16(4);
    const Cursor value = rest.from(6);
    if (vendor != 0) {
      context.put("VENDOR", Hex{vendor, 4}, ":ATTR", Hex{type, 4}, '(');
      put_hex(context, value, size - 6);
      context.put(')');
    } else {
      const bool known = type < std::size(kAttributes);
      if (known) {
        context.put(kAttributes[type].name);
      } else {
        context.put("AVP-#", type);
      }
      context.put('(');
      if (hidden) {
        context.put("???");
      } else if (known) {
        put_value(context, kAttributes[type], value.with_length(size - 6));
      }
      context.put(')');
    }
    rest.skip(size);
  }
}

}  // namespace

void print_l2tp(Context& context, Cursor packet, const Transport&) {
  context.protocol("l2tp");
  const std::size_t whole = packet.length();
  const Cursor start = packet;
  const std::uint16_t flags = packet.be16(0);
  if (context.truncated()) return;
  const unsigned version = flags & kVersionMask;
  if (version != 2) {
    return context.put(version == 1 ? " l2f:" : " Unknown Version, neither L2F(1) nor L2TP(2)");
  }
  context.put(" l2tp:[", (flags & kTypeBit) != 0 ? "T" : "", (flags & kLengthBit) != 0 ? "L" : "",
              (flags & kSequenceBit) != 0 ? "S" : "", (flags & kOffsetBit) != 0 ? "O" : "",
              (flags & kPriorityBit) != 0 ? "P" : "", ']');
  std::size_t at = 2;
  std::size_t length = 0;
  if ((flags & kLengthBit) != 0) {
    length = packet.be16(at);
    at += 2;
  }
  const std::uint16_t tunnel = packet.be16(at);
  context.put('(', tunnel, '/');
  const std::uint16_t session = packet.be16(at + 2);
  context.put(session, ')');
  at += 4;
  if ((flags & kSequenceBit) != 0) {
    const std::uint16_t sent = packet.be16(at);
    context.put("Ns=", sent, ',');
    context.put("Nr=", packet.be16(at + 2));
    at += 4;
  }
  if ((flags & kOffsetBit) != 0) at += 2u + packet.be16(at);
  if (context.truncated()) return;
  if ((flags & kLengthBit) != 0) {
    if (length > whole) return context.put(" Length ", length, " larger than packet");
    if (length < at) return context.put(" Length ", length, " smaller than header length");
  } else {
    length = whole;
    if (length < at) return start.truncated();
  }
  const Cursor body = packet.from(at).with_length(length - at);
  if ((flags & kTypeBit) != 0) {
    if ((flags & kLengthBit) == 0) return context.put(" No length");
    if (length == at) return context.put(" ZLB");
    return put_attributes(context, body);
  }
  context.put(" {");
  print_ppp(context, body);
  context.put('}');
}

}  // namespace ringtap
