// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Three services of campus networks: timed, 4.3BSD's Time Synchronization Protocol (timed(8)), MIT's Zephyr ("The
// Zephyr Protocol", version ZEPH0.2) and LBL's shared whiteboard, wb.
#include <algorithm>
#include <array>
#include <charconv>

#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kTimedTypes[] = {
    "ANY",      "ADJTIME", "ACK",      "MASTERREQ", "MASTERACK", "SETTIME",    "MASTERUP", "SLAVEUP", "ELECTION",
    "ACCEPT",   "REFUSE",  "CONFLICT", "RESOLVE",   "QUIT",      "DATE",       "DATEREQ",  "DATEACK", "TRACEON",
    "TRACEOFF", "MSITE",   "MSITEREQ", "TEST",      "SETDATE",   "SETDATEREQ", "LOOP"};
enum TimedType : std::uint8_t { kAdjustTime = 1, kSetTime = 5, kSetDate = 22, kSetDateRequest = 23, kLoop = 24 };

// Seconds and microseconds. tcpdump turns the sign of a time before 0, and of microseconds beyond a second as well.
void put_signed_time(Context& context, std::int32_t seconds, std::int32_t microseconds) {
  std::int64_t whole = seconds;
  std::int64_t fraction = microseconds;
  if (whole < 0) {
    context.put('-');
    whole = fraction > 0 ? -(whole + 1) : -whole;
    if (fraction > 0) fraction = 1000000 - fraction;
  }
  context.put(static_cast<std::uint64_t>(whole), '.');
  if (fraction < 0) return context.put('-', Padded{static_cast<std::uint64_t>(-fraction), 5});
  context.put(Padded{static_cast<std::uint64_t>(fraction), 6});
}

// The next text of a Zephyr notice, without the NUL that ends it. False where none ends: beyond the captured bytes,
// which marks the packet as cut, or beyond the datagram.
bool take_text(Cursor& rest, std::string_view& text) {
  const auto bytes = rest.bytes().first(rest.readable());
  const auto end = std::find(bytes.begin(), bytes.end(), 0);
  if (end == bytes.end()) {
    if (rest.captured() < rest.length()) (void)rest.span(0, rest.captured() + 1);
    return false;
  }
  const auto size = static_cast<std::size_t>(end - bytes.begin());
  text = {reinterpret_cast<const char*>(bytes.data()), size};  // NOLINT(*-reinterpret-cast): bytes as characters
  rest.skip(size + 1);
  return true;
}

void put_text(Context& context, std::string_view text) {
  for (const char c : text) context.out.escaped(static_cast<std::uint8_t>(c));
}

void put_lowercase(Context& context, std::string_view text) {
  for (const char c : text) context.out.escaped(static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
}

enum ZephyrField { kKind = 1, kClass = 7, kInstance, kOperation, kSender, kRecipient, kZephyrFields = 16 };
enum ZephyrKind : std::int32_t { kServerAck = 5 };
constexpr Token kZephyrKinds[] = {{0, "unsafe"},   {1, "unacked"},    {2, "acked"},
                                  {3, "hm-ack"},   {4, "hm-ctl"},     {kServerAck, "serv-ack"},
                                  {6, "serv-nak"}, {7, "client-ack"}, {8, "stat"}};

// Hexadecimal as C's strtol() reads it.
std::int32_t zephyr_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  constexpr std::uint64_t kMost = 0x7fffffffffffffff;
  if (end.ec == std::errc::result_out_of_range || value > kMost) value = negative ? kMost + 1 : kMost;
  return static_cast<std::int32_t>(negative ? 0 - value : value);
}

// " <class,instance,recipient>"; any recipient has no name.
void put_triple(Context& context, std::string_view klass, std::string_view instance, std::string_view recipient) {
  context.put(" <");
  put_text(context, klass);
  context.put(',');
  put_text(context, instance);
  context.put(',');
  put_text(context, recipient.empty() ? "*" : recipient);
  context.put('>');
}

struct Operation {
  std::string_view name;
  std::string_view text;
  bool has_triple = false;
};
constexpr Operation kClientOperations[] = {{"SUBSCRIBE", " sub", true},
                                           {"UNSUBSCRIBE", " unsub", true},
                                           {"SUBSCRIBE_NODEFS", " unsub-nodefs", true},  // as tcpdump has it
                                           {"CLEARSUB", " clear-subs"},
                                           {"GIMMEDEFS", " gimme-defs"}};
constexpr Operation kRealmOperations[] = {{"ADD_SUBSCRIBE", " realm add-subs"},
                                          {"REQ_SUBSCRIBE", " realm req-subs"},
                                          {"RLM_SUBSCRIBE", " realm rlm-sub"},
                                          {"RLM_UNSUBSCRIBE", " realm rlm-unsub"}};
constexpr Operation kLocateOperations[] = {{"USER_HIDE", " hide"}, {"USER_UNHIDE", " unhide"}};
constexpr std::string_view kExposures[] = {"NONE",        "OPSTAFF",      "REALM-VISIBLE", "REALM-ANNOUNCED",
                                           "NET-VISIBLE", "NET-ANNOUNCED"};

const Operation* find_operation(std::span<const Operation> operations, std::string_view name) {
  const auto row =
      std::find_if(operations.begin(), operations.end(), [name](const Operation& o) { return o.name == name; });
  return row == operations.end() ? nullptr : &*row;
}

using ZephyrFields = std::array<std::string_view, kZephyrFields>;

// What the notice asks a server or a host manager for; false if it is one for people.
bool put_request(Context& context, const ZephyrFields& fields, Cursor body) {
  const std::string_view klass = fields[kClass];
  const std::string_view instance = fields[kInstance];
  const std::string_view operation = fields[kOperation];
  if (klass == "USER_LOCATE") {
    if (const Operation* known = find_operation(kLocateOperations, operation)) {
      context.put(known->text);
    } else {
      context.put(" locate ");
      put_text(context, instance);
    }
    return true;
  }
  if (klass == "ZEPHYR_ADMIN") {
    context.put(" zephyr-admin ");
    put_lowercase(context, operation);
    return true;
  }
  if (klass == "ZEPHYR_CTL" && instance == "REALM") {
    if (const Operation* known = find_operation(kRealmOperations, operation)) context.put(known->text);
    return true;
  }
  if (klass == "ZEPHYR_CTL" && (instance == "CLIENT" || instance == "HM")) {
    const Operation* known = instance == "CLIENT" ? find_operation(kClientOperations, operation) : nullptr;
    if (known == nullptr) {
      context.put(' ');
      put_lowercase(context, operation);
      return true;
    }
    context.put(known->text);
    std::array<std::string_view, 3> triple;
    if (known->has_triple &&
        std::all_of(triple.begin(), triple.end(), [&body](auto& t) { return take_text(body, t); })) {
      put_triple(context, triple[0], triple[1], triple[2]);
    }
    return true;
  }
  if (klass == "HM_STAT" && instance == "HMST_CLIENT" && operation == "GIMMESTATS") {
    context.put(" get-client-stats");
    return true;
  }
  if (klass != "LOGIN") return false;
  if (operation == "USER_FLUSH") {
    context.put(" flush_locs");
    return true;
  }
  if (std::find(std::begin(kExposures), std::end(kExposures), operation) == std::end(kExposures)) return false;
  context.put(" set-exposure ");
  put_lowercase(context, operation);
  return true;
}

constexpr std::size_t kBoardHeader = 12;
enum BoardType : std::uint8_t {
  kDrawing = 0,
  kIdentity = 1,
  kRepairRequest = 2,
  kRepair = 3,
  kKill = 4,
  kPageRequest = 5,
  kPages = 7
};
constexpr Token kDrawings[] = {{2, "RECT"}, {3, "LINE"}, {4, "ML"},   {5, "DEL"},     {6, "XFORM"},   {7, "ELL"},
                               {8, "CHAR"}, {9, "STR"},  {10, "NOP"}, {11, "PSCODE"}, {12, "PSCOMP"}, {13, "REF"}};
enum Gap : std::uint8_t { kSkip = 14, kHole = 15 };  // stand for several drawings

// The address of its maker and a number identify a page.
void put_page(Context& context, const Cursor& message, std::size_t offset, std::string_view before) {
  const std::uint8_t* maker = message.block(offset, 8);
  context.put(before);
  context.host4(maker);
  context.put(':', load_be32(maker + 4));
}

// The drawings `first` to `last`: each a time, its size and its type.
void put_drawings(Context& context, Cursor rest, std::uint32_t first, std::uint32_t last) {
  context.put(" <");
  for (std::uint32_t drawing = first; drawing <= last; ++drawing) {
    constexpr std::size_t kHeader = 8;
    const std::uint8_t* header = rest.block(0, kHeader);
    if (context.truncated()) return;
    const std::uint8_t type = header[7];
    context.put(' ');
    if (type == kSkip || type == kHole) {
      const std::uint32_t end = load_be32(header);
      context.put(type == kSkip ? "SKIP" : "HOLE", end - drawing + 1);
      if (end < drawing || end > last) context.put("[|]");
      if (end < drawing) return;
      drawing = end;
    } else {
      context.put_name(token(kDrawings, type), "dop-", type, '!');
    }
    rest.skip(kHeader + ((load_be16(header + 4) + 3u) & ~3u));
  }
  context.put(" >");
}

// " 1.2.3.4:page<first:last>", and the drawings.
void put_range(Context& context, const Cursor& message, std::size_t offset, bool drawings) {
  const std::uint8_t* range = message.block(offset, 16);
  put_page(context, message, offset, " ");
  const std::uint32_t first = load_be32(range + 8);
  const std::uint32_t last = load_be32(range + 12);
  context.put('<', first, ':', last, '>');
  if (drawings && context.verbose() && !context.truncated()) {
    put_drawings(context, message.from(offset + 16), first, last);
  }
}

// `count` sources of drawings, each with its last one, from `at` on; `at` moves after them. A '>' follows.
void put_sources(Context& context, const Cursor& message, std::size_t& at, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count && !context.truncated(); ++i, at += 8) {
    put_page(context, message, at, i == 0 ? "<" : ",");
  }
  context.put('>');
}

void put_identity(Context& context, const Cursor& message) {
  constexpr std::size_t kFixed = 28;
  const std::uint32_t slot = message.be32(12);
  const std::uint32_t most = message.be32(0);
  (void)message.block(0, 24);
  context.put(' ', slot, '/');
  put_page(context, message, 16, "");
  context.put(" (max ", most, '/');
  put_page(context, message, 4, "");
  context.put(") ");
  const std::uint8_t* fixed = message.block(0, kFixed);
  const std::size_t sources = load_be16(fixed + 24);
  if (context.truncated()) return;
  if (message.length() < kFixed + sources * 8) return context.put_invalid();
  std::size_t at = kFixed;
  put_sources(context, message, at, static_cast<std::uint32_t>(sources));
  context.put(" \"");
  put_text(context, message, at, message.length() - at);
  context.put('"');
}

void put_pages(Context& context, const Cursor& message) {
  const std::uint32_t count = message.be32(0);
  std::size_t at = 4;
  for (std::uint32_t i = 0; i < count && !context.truncated(); ++i) {
    const std::uint32_t slot = message.be32(at);
    (void)message.block(at, 12);
    context.put(' ', slot, '/');
    put_page(context, message, at + 4, "");
    const std::uint32_t sources = *message.block(at + 12, 4);
    at += 16;
    put_sources(context, message, at, sources);
  }
}

}  // namespace

void print_timed(Context& context, Cursor message, const Transport&) {
  context.protocol("timed");
  const std::uint8_t type = message.u8(0);
  if (type < std::size(kTimedTypes)) {
    context.put("TSP_", kTimedTypes[type]);
  } else {
    context.put("(tsp_type 0x", Hex{type}, ')');
  }
  const std::uint8_t version = message.u8(1);
  context.put(" vers ", version);
  const std::uint16_t sequence = message.be16(2);
  context.put(" seq ", sequence);
  if (type == kLoop) {
    const std::uint8_t hops = message.u8(4);
    context.put(" hopcnt ", hops);
  } else if (type == kAdjustTime || type == kSetTime || type == kSetDate || type == kSetDateRequest) {
    const std::uint8_t* time = message.block(4, 8);
    const auto microseconds = static_cast<std::int32_t>(load_be32(time + 4));
    if (microseconds < 0) return;
    context.put(" time ");
    put_signed_time(context, static_cast<std::int32_t>(load_be32(time)), microseconds);
  }
  context.put(" name ");
  constexpr std::size_t kName = 12;
  put_text(context, message, kName, 0xffff);
}

void print_zephyr(Context& context, Cursor notice, const Transport&) {
  context.protocol("zephyr");
  const auto invalid = [&context] {
    if (!context.truncated()) context.put_invalid();
  };
  std::string_view version;
  if (!take_text(notice, version)) return invalid();
  if (version.substr(0, 4) != "ZEPH") return;
  ZephyrFields fields;
  for (std::string_view& field : fields) {
    if (!take_text(notice, field)) return invalid();
  }
  if (version.substr(0, 7) != "ZEPH0.2") {
    context.put(" zephyr v");
    return put_text(context, version.substr(4));
  }
  const std::int32_t kind = zephyr_number(fields[kKind]);
  context.put(" zephyr ");
  context.put_name(token(kZephyrKinds, static_cast<std::uint32_t>(kind)), "type ", Signed{kind});
  std::string_view result;
  if (kind == kServerAck && take_text(notice, result) && result != "SENT") {
    context.put('/');
    put_lowercase(context, result);
  }
  if (!fields[kSender].empty()) {
    context.put(' ');
    put_text(context, fields[kSender]);
  }
  if (put_request(context, fields, notice)) return;
  context.put(" to");
  put_triple(context, fields[kClass], fields[kInstance], fields[kRecipient]);
  if (fields[kOperation].empty()) return;
  context.put(" op ");
  put_text(context, fields[kOperation]);
}

void print_wb(Context& context, Cursor message, const Transport&) {
  context.protocol("wb");
  if (message.length() < kBoardHeader) return context.put_invalid();
  const std::uint8_t* header = message.block(0, kBoardHeader);
  if (context.truncated()) return;
  const std::uint8_t type = header[10];
  context.put(header[11] != 0 ? "*" : "", " wb-");
  message.skip(kBoardHeader);
  const auto has = [&context, &message](std::size_t size) {
    if (message.length() >= size) return true;
    context.put_invalid();
    return false;
  };
  switch (type) {
    case kDrawing:
      context.put("dop:");
      if (has(16)) put_range(context, message, 0, true);
      return;
    case kIdentity:
      context.put("id:");
      if (has(28)) put_identity(context, message);
      return;
    case kRepairRequest:
    case kRepair:
      context.put(type == kRepair ? "rrep:" : "rreq:");
      if (has(20)) {
        const std::uint8_t* source = message.block(0, 20);
        context.put(type == kRepair ? " for " : " please repair ");
        context.host4(source);
        put_range(context, message, 4, type == kRepair);
      }
      return;
    case kKill:
      return context.put("kill");
    case kPageRequest:
      context.put("preq:");
      if (has(16)) {
        const std::uint32_t slot = message.be32(8);
        (void)message.block(0, 12);
        context.put(" need ", slot, '/');
        put_page(context, message, 0, "");
        (void)message.block(0, 16);
      }
      return;
    case kPages:
      context.put("prep:");
      if (has(4)) put_pages(context, message);
      return;
    default:
      context.put(type, '!');
      context.put_invalid();
  }
}

}  // namespace ringtap
