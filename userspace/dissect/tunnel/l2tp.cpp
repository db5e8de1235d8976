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

enum class Form {
  kNothing,
  kMessage,
  kResult,
  kVersion,
  kFraming,
  kBearer,
  kTie,
  kNumber16,
  kNumber32,
  kText,
  kHex,
  kCause,
  kResponse,
  kObsolete,
  kAuthType,
  kId,
  kErrors,
  kMap
};
struct AttributeRow {
  std::string_view name;
  Form form;
};
// By attribute type, RFC 2661 4.4; 39: RFC 2661, too.
constexpr AttributeRow kAttributes[] = {
    {"MSGTYPE", Form::kMessage},        {"RESULT_CODE", Form::kResult},      {"PROTO_VER", Form::kVersion},
    {"FRAMING_CAP", Form::kFraming},    {"BEARER_CAP", Form::kBearer},       {"TIE_BREAKER", Form::kTie},
    {"FIRM_VER", Form::kNumber16},      {"HOST_NAME", Form::kText},          {"VENDOR_NAME", Form::kText},
    {"ASSND_TUN_ID", Form::kNumber16},  {"RECV_WIN_SIZE", Form::kNumber16},  {"CHALLENGE", Form::kHex},
    {"Q931_CC", Form::kCause},          {"CHALLENGE_RESP", Form::kResponse}, {"ASSND_SESS_ID", Form::kNumber16},
    {"CALL_SER_NUM", Form::kNumber32},  {"MINIMUM_BPS", Form::kNumber32},    {"MAXIMUM_BPS", Form::kNumber32},
    {"BEARER_TYPE", Form::kBearer},     {"FRAMING_TYPE", Form::kFraming},    {"PACKET_PROC_DELAY", Form::kObsolete},
    {"CALLED_NUMBER", Form::kText},     {"CALLING_NUMBER", Form::kText},     {"SUB_ADDRESS", Form::kText},
    {"TX_CONN_SPEED", Form::kNumber32}, {"PHY_CHANNEL_ID", Form::kNumber32}, {"INI_RECV_LCP", Form::kHex},
    {"LAST_SENT_LCP", Form::kHex},      {"LAST_RECV_LCP", Form::kHex},       {"PROXY_AUTH_TYPE", Form::kAuthType},
    {"PROXY_AUTH_NAME", Form::kText},   {"PROXY_AUTH_CHAL", Form::kHex},     {"PROXY_AUTH_ID", Form::kId},
    {"PROXY_AUTH_RESP", Form::kHex},    {"CALL_ERRORS", Form::kErrors},      {"ACCM", Form::kMap},
    {"RANDOM_VECTOR", Form::kHex},      {"PRIVATE_GRP_ID", Form::kText},     {"RX_CONN_SPEED", Form::kNumber32},
    {"SEQ_REQUIRED", Form::kNothing}};
constexpr Token kMessages[] = {{1, "SCCRQ"}, {2, "SCCRP"}, {3, "SCCCN"}, {4, "StopCCN"}, {6, "HELLO"},
                               {7, "OCRQ"},  {8, "OCRP"},  {9, "OCCN"},  {10, "ICRQ"},   {11, "ICRP"},
                               {12, "ICCN"}, {14, "CDN"},  {15, "WEN"},  {16, "SLI"}};
constexpr Token kAuthTypes[] = {{1, "Textual"}, {2, "CHAP"}, {3, "PAP"}, {4, "No Auth"}, {5, "MS-CHAPv1"}};

void put_hex(Context& context, const Cursor& value, std::size_t count) {
  for (const std::uint8_t byte : value.span(0, count)) context.put(Hex{byte, 2});
}

void put_value(Context& context, Form form, const Cursor& value, std::size_t size) {
  // What a value must hold at least; a shorter one is said to be so.
  const auto holds = [&](std::size_t least) {
    if (size < least) context.put("AVP too short");
    return size >= least;
  };
  switch (form) {
    case Form::kNothing:
      break;
    case Form::kMessage:
      if (!holds(2)) return;
      context.put_name(token(kMessages, value.be16(0)), "MSGTYPE-#", value.be16(0));
      break;
    case Form::kResult:
      if (!holds(2)) return;
      context.put(value.be16(0));
      if (size == 2) return;
      if (size < 4) return context.put(" AVP too short");
      context.put('/', value.be16(2));
      if (size == 4) return;
      context.put(' ');
      context.out.escaped(value.span(4, size - 4));
      break;
    case Form::kVersion:
      if (!holds(2)) return;
      context.put(static_cast<std::uint32_t>(value.be16(0) >> 8), '.',
                  static_cast<std::uint32_t>(value.be16(0) & 0xff));
      break;
    case Form::kFraming:
    case Form::kBearer: {
      if (!holds(4)) return;
      const std::uint32_t bits = value.be32(0);
      context.put((bits & 2) != 0 ? "A" : "", (bits & 1) == 0 ? "" : form == Form::kFraming ? "S" : "D");
      break;
    }
    case Form::kTie:
      if (!holds(8)) return;
      put_hex(context, value, 8);
      break;
    case Form::kNumber16:
      if (!holds(2)) return;
      context.put(value.be16(0));
      break;
    case Form::kNumber32:
      if (!holds(4)) return;
      context.put(value.be32(0));
      break;
    case Form::kText:
      context.out.escaped(value.span(0, size));
      break;
    case Form::kHex:
      put_hex(context, value, size);
      break;
    case Form::kCause:
      if (!holds(3)) return;
      context.put(value.be16(0), ", ", Hex{value.u8(2), 2});
      if (size > 3) {
        context.put(' ');
        context.out.escaped(value.span(3, size - 3));
      }
      break;
    case Form::kResponse:
      if (!holds(16)) return;
      put_hex(context, value, 16);
      break;
    case Form::kObsolete:
      context.put("obsolete");
      break;
    case Form::kAuthType:
      if (!holds(2)) return;
      context.put_name(token(kAuthTypes, value.be16(0)), "AuthType-#", value.be16(0));
      break;
    case Form::kId:
      if (!holds(2)) return;
      context.put(static_cast<std::uint32_t>(value.be16(0) & 0xff));
      break;
    case Form::kErrors: {
      constexpr std::string_view kNames[] = {"CRCErr=", "FrameErr=", "HardOver=", "BufOver=", "Timeout=", "AlignErr="};
      for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (!holds(2 + 4 * (i + 1))) return;
        context.put(kNames[i], value.be32(2 + 4 * i), ' ');
      }
      break;
    }
    case Form::kMap:
      if (!holds(6)) return;
      context.put("send=", Hex{value.be32(2), 8}, ' ');
      if (!holds(10)) return;
      context.put("recv=", Hex{value.be32(6), 8}, ' ');
      break;
  }
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
        put_value(context, kAttributes[type].form, value, size - 6);
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
