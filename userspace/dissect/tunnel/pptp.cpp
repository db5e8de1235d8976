// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// PPTP control messages, RFC 2637: a table of their fields.
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kMagic = 0x1a2b3c4d;
enum class Form {
  kEnd,
  kCode,  // a byte; with -v its name as well
  kNumber16,
  kNumber32,
  kHex32,
  kVersion,      // major and minor
  kFraming,      // capability bits
  kBearer,       // capability bits
  kBearerType,   // one of three
  kFramingType,  // one of three
  kReserved8,
  kReserved16,
  kText64,
  kText128
};
struct Field {
  std::string_view name = {};
  Form form = Form::kEnd;
  std::span<const Token> names = {};  // of a code
};
constexpr Token kErrors[] = {{0, "None"},        {1, "Not-Connected"}, {2, "Bad-Format"}, {3, "Bad-Value"},
                             {4, "No-Resource"}, {5, "Bad-Call-ID"},   {6, "PAC-Error"}};
constexpr Token kStartResults[] = {
    {1, "Successful channel establishment"},
    {2, "General error"},
    {3, "Command channel already exists"},
    {4, "Requester is not authorized to establish a command channel"},
    {5, "The protocol version of the requester is not supported"},
};
constexpr Token kStopReasons[] = {{1, "None"}, {2, "Stop-Protocol"}, {3, "Stop-Local-Shutdown"}};
constexpr Token kResults[] = {{1, "OK"}, {2, "General Error"}};
constexpr Token kOutgoingResults[] = {{1, "Connected"},    {2, "General Error"}, {3, "No Carrier"},   {4, "Busy"},
                                      {5, "No Dial Tone"}, {6, "Time-out"},      {7, "Do Not Accept"}};
constexpr Token kIncomingResults[] = {{1, "Connect"}, {2, "General Error"}, {3, "Do Not Accept"}};
constexpr Token kDisconnectResults[] = {
    {1, "Lost Carrier"}, {2, "General Error"}, {3, "Admin Shutdown"}, {4, "Request"}};
constexpr std::size_t kMaxFields = 12;
struct Message {
  std::string_view name;
  Field fields[kMaxFields];
};
// By type, RFC 2637 2.1 to 2.15; 0 is none of them.
constexpr Message kMessages[] = {
    {"NOT_DEFINED", {}},
    {"SCCRQ",
     {{"PROTO_VER", Form::kVersion},
      {"", Form::kReserved16},
      {"FRAME_CAP", Form::kFraming},
      {"BEARER_CAP", Form::kBearer},
      {"MAX_CHAN", Form::kNumber16},
      {"FIRM_REV", Form::kNumber16},
      {"HOSTNAME", Form::kText64},
      {"VENDOR", Form::kText64}}},
    {"SCCRP",
     {{"PROTO_VER", Form::kVersion},
      {"RESULT_CODE", Form::kCode, kStartResults},
      {"ERR_CODE", Form::kCode, kErrors},
      {"FRAME_CAP", Form::kFraming},
      {"BEARER_CAP", Form::kBearer},
      {"MAX_CHAN", Form::kNumber16},
      {"FIRM_REV", Form::kNumber16},
      {"HOSTNAME", Form::kText64},
      {"VENDOR", Form::kText64}}},
    {"StopCCRQ", {{"REASON", Form::kCode, kStopReasons}, {"", Form::kReserved8}, {"", Form::kReserved16}}},
    {"StopCCRP", {{"RESULT_CODE", Form::kCode, kResults}, {"ERR_CODE", Form::kCode, kErrors}, {"", Form::kReserved16}}},
    {"ECHORQ", {{"ID", Form::kNumber32}}},
    {"ECHORP",
     {{"ID", Form::kNumber32},
      {"RESULT_CODE", Form::kCode, kResults},
      {"ERR_CODE", Form::kCode, kErrors},
      {"", Form::kReserved16}}},
    {"OCRQ",
     {{"CALL_ID", Form::kNumber16},
      {"CALL_SER_NUM", Form::kNumber16},
      {"MIN_BPS", Form::kNumber32},
      {"MAX_BPS", Form::kNumber32},
      {"BEARER_TYPE", Form::kBearerType},
      {"FRAME_TYPE", Form::kFramingType},
      {"RECV_WIN", Form::kNumber16},
      {"PROC_DELAY", Form::kNumber16},
      {"PHONE_NO_LEN", Form::kNumber16},
      {"", Form::kReserved16},
      {"PHONE_NO", Form::kText64},
      {"SUB_ADDR", Form::kText64}}},
    {"OCRP",
     {{"CALL_ID", Form::kNumber16},
      {"PEER_CALL_ID", Form::kNumber16},
      {"RESULT_CODE", Form::kCode, kOutgoingResults},
      {"ERR_CODE", Form::kCode, kErrors},
      {"CAUSE_CODE", Form::kNumber16},
      {"CONN_SPEED", Form::kNumber32},
      {"RECV_WIN", Form::kNumber16},
      {"PROC_DELAY", Form::kNumber16},
      {"PHY_CHAN_ID", Form::kNumber32}}},
    {"ICRQ",
     {{"CALL_ID", Form::kNumber16},
      {"CALL_SER_NUM", Form::kNumber16},
      {"BEARER_TYPE", Form::kBearerType},
      {"PHY_CHAN_ID", Form::kNumber32},
      {"DIALED_NO_LEN", Form::kNumber16},
      {"DIALING_NO_LEN", Form::kNumber16},
      {"DIALED_NO", Form::kText64},
      {"DIALING_NO", Form::kText64},
      {"SUB_ADDR", Form::kText64}}},
    {"ICRP",
     {{"CALL_ID", Form::kNumber16},
      {"PEER_CALL_ID", Form::kNumber16},
      {"RESULT_CODE", Form::kCode, kIncomingResults},
      {"ERR_CODE", Form::kCode, kErrors},
      {"RECV_WIN", Form::kNumber16},
      {"PROC_DELAY", Form::kNumber16},
      {"", Form::kReserved16}}},
    {"ICCN",
     {{"PEER_CALL_ID", Form::kNumber16},
      {"", Form::kReserved16},
      {"CONN_SPEED", Form::kNumber32},
      {"RECV_WIN", Form::kNumber16},
      {"PROC_DELAY", Form::kNumber16},
      {"FRAME_TYPE", Form::kFramingType}}},
    {"CCRQ", {{"CALL_ID", Form::kNumber16}, {"", Form::kReserved16}}},
    {"CDN",
     {{"CALL_ID", Form::kNumber16},
      {"RESULT_CODE", Form::kCode, kDisconnectResults},
      {"ERR_CODE", Form::kCode, kErrors},
      {"CAUSE_CODE", Form::kNumber16},
      {"", Form::kReserved16},
      {"CALL_STATS", Form::kText128}}},
    {"WEN",
     {{"PEER_CALL_ID", Form::kNumber16},
      {"", Form::kReserved16},
      {"CRC_ERR", Form::kNumber32},
      {"FRAMING_ERR", Form::kNumber32},
      {"HARDWARE_OVERRUN", Form::kNumber32},
      {"BUFFER_OVERRUN", Form::kNumber32},
      {"TIMEOUT_ERR", Form::kNumber32},
      {"ALIGN_ERR", Form::kNumber32}}},
    {"SLI",
     {{"PEER_CALL_ID", Form::kNumber16},
      {"", Form::kReserved16},
      {"SEND_ACCM", Form::kHex32},
      {"RECV_ACCM", Form::kHex32}}},
};
constexpr Token kBearers[] = {{1, "A"}, {2, "D"}, {3, "Any"}};
constexpr Token kFramings[] = {{1, "A"}, {2, "S"}, {3, "E"}};

void put_reserved(Context& context, std::uint32_t value) {
  if (value != 0) context.put(" [ERROR: reserved=", value, " must be zero]");
}

void put_field(Context& context, const Field& field, Cursor& rest) {
  if (field.form == Form::kReserved8) return put_reserved(context, rest.take_u8());
  if (field.form == Form::kReserved16) return put_reserved(context, rest.take_be16());
  if (field.form == Form::kText64 || field.form == Form::kText128) {
    const std::size_t size = field.form == Form::kText64 ? 64 : 128;
    context.put(' ', field.name, '(');
    if (!put_text(context, rest.bytes().first(std::min(size, rest.captured())))) (void)rest.span(0, size);
    context.put(')');
    rest.skip(size);
    return;
  }
  if (field.form == Form::kVersion) {
    const std::uint16_t version = rest.take_be16();
    return context.put(' ', field.name, '(', static_cast<std::uint32_t>(version >> 8), '.',
                       static_cast<std::uint32_t>(version & 0xff), ')');
  }
  const bool named_first = field.form == Form::kFraming;  // as tcpdump does, which shows in packets that are cut
  if (named_first) context.put(' ', field.name, '(');
  const std::uint32_t value = field.form == Form::kCode       ? rest.take_u8()
                              : field.form == Form::kNumber16 ? rest.take_be16()
                                                              : rest.take_be32();
  if (!named_first) context.put(' ', field.name, '(');
  switch (field.form) {
    case Form::kCode:
      context.put(value);
      if (context.verbose()) context.put(':', token(field.names, value, "?"));
      break;
    case Form::kHex32:
      context.put("0x", Hex{value, 8});
      break;
    case Form::kFraming:
      context.put((value & 1) != 0 ? "A" : "", (value & 2) != 0 ? "S" : "");
      break;
    case Form::kBearer:
      context.put((value & 2) != 0 ? "D" : "", (value & 1) != 0 ? "A" : "");
      break;
    case Form::kBearerType:
      context.put(token(kBearers, value, "?"));
      break;
    case Form::kFramingType:
      context.put(token(kFramings, value, "?"));
      break;
    default:
      context.put(value);
      break;
  }
  context.put(')');
}

}  // namespace

void print_pptp(Context& context, Cursor packet, const Transport&) {
  context.protocol("pptp");
  context.put(": pptp");
  const std::uint16_t length = packet.be16(0);
  if (context.verbose()) {
    constexpr Token kKinds[] = {{1, "CTRL-MSG"}, {2, "MGMT-MSG"}};
    context.put(" Length=", length);
    const std::uint16_t kind = packet.be16(2);
    context.put(' ', token(kKinds, kind, "UNKNOWN-MSG-TYPE"));
  }
  const std::uint32_t magic = packet.be32(4);
  if (magic == kMagic) {
    if (context.verbose()) context.put(" Magic-Cookie=", Hex{magic, 8});
  } else {
    context.put(" UNEXPECTED Magic-Cookie!!(", Hex{magic, 8}, ')');
    context.put(" Magic-Cookie=", Hex{magic, 8});
  }
  const std::uint16_t type = packet.be16(8);
  if (context.truncated()) return;
  if (type >= std::size(kMessages)) {
    context.put(" UNKNOWN_CTRL_MSGTYPE(", type, ')');
  } else {
    context.put(" CTRL_MSGTYPE=", kMessages[type].name);
  }
  put_reserved(context, packet.be16(10));
  if (type >= std::size(kMessages)) return;
  packet.skip(12);
  for (const Field& field : kMessages[type].fields) {
    if (field.form == Form::kEnd || context.truncated()) return;
    put_field(context, field, packet);
  }
}

}  // namespace ringtap
