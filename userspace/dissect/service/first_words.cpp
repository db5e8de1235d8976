// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a segment of some applications begins with: PostgreSQL (its manual, "Message Formats"), MySQL (its
// "Client/Server Protocol"), Modbus (Modbus Messaging on TCP/IP 1.0b) and the preface of HTTP/2 (RFC 9113 3.4). tcpdump
// does not print them. Each returns false, and prints nothing, if it is not what it prints.
#include "dissect/service/first_words.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

// No more of a text: a query may be long.
constexpr std::size_t kMostText = 80;
constexpr std::size_t kLeastFullSegment = 536;

}  // namespace

void put_quoted(Context& context, const Cursor& bytes, std::size_t offset, std::size_t size) {
  const Cursor text = bytes.from(offset);
  const std::size_t there = std::min({size, text.readable(), kMostText});
  context.put('"');
  context.out.escaped(text.bytes().first(there));
  context.put('"');
  if (there < size) context.put("...");
}

bool may_go_on(const Cursor& segment) {
  return segment.length() >= kLeastFullSegment;
}

namespace {

// Up to a NUL; the offset after it.
std::size_t put_string(Context& context, const Cursor& bytes, std::size_t offset) {
  std::size_t end = offset;
  while (end < bytes.readable() && bytes.u8(end) != 0) ++end;
  put_quoted(context, bytes, offset, end - offset);
  return end + 1;
}

enum PostgresStart : std::uint32_t { kStartup = 0x00030000, kCancel = 80877102, kTls = 80877103, kGss = 80877104 };
constexpr Token kPostgresMessages[] = {
    {'B', "Bind"},
    {'C', "Close or CommandComplete"},
    {'D', "Describe or DataRow"},
    {'E', "Execute"},
    {'P', "Parse"},
    {'Q', "Query"},
    {'S', "Sync"},
    {'X', "Terminate"},
    {'R', "Authentication"},
    {'T', "RowDescription"},
    {'Z', "ReadyForQuery"},
    {'p', "Password"},
    {'K', "BackendKeyData"},
    {'N', "Notice"},
    {'1', "ParseComplete"},
    {'2', "BindComplete"},
};

constexpr Token kMysqlCommands[] = {{1, "Quit"},
                                    {2, "Init DB"},
                                    {3, "Query"},
                                    {4, "Field List"},
                                    {9, "Statistics"},
                                    {12, "Process Kill"},
                                    {14, "Ping"},
                                    {17, "Change User"},
                                    {22, "Prepare"},
                                    {23, "Execute"},
                                    {25, "Close Statement"},
                                    {26, "Reset Statement"},
                                    {31, "Reset Connection"}};

constexpr std::size_t kMysqlHeader = 4;  // three bytes of size, number

// Connections that were encrypted after the greeting carry records of TLS, which must not be taken for a command.
bool is_tls_record(const Cursor& payload) {
  constexpr std::uint8_t kFirstType = 0x14;
  constexpr std::uint8_t kLastType = 0x17;
  return payload.u8(0) >= kFirstType && payload.u8(0) <= kLastType && payload.u8(1) == 3 && payload.u8(2) <= 4;
}

// The payload is whole packets, of which only the last one may go on in the next segment, or be beyond what was
// captured.
bool are_mysql_packets(Cursor rest) {
  const bool goes_on = may_go_on(rest);
  while (rest.length() > 0) {
    if (rest.readable() < kMysqlHeader) return goes_on || rest.captured() < rest.length();
    const std::size_t size = kMysqlHeader + (rest.le16(0) | static_cast<std::size_t>(rest.u8(2)) << 16);
    if (size > rest.length()) return goes_on;
    rest.skip(size);
  }
  return true;
}

constexpr Token kModbusFunctions[] = {{1, "read coils"},
                                      {2, "read discrete inputs"},
                                      {3, "read holding registers"},
                                      {4, "read input registers"},
                                      {5, "write single coil"},
                                      {6, "write single register"},
                                      {7, "read exception status"},
                                      {8, "diagnostics"},
                                      {15, "write multiple coils"},
                                      {16, "write multiple registers"},
                                      {17, "report server id"},
                                      {20, "read file record"},
                                      {21, "write file record"},
                                      {22, "mask write register"},
                                      {23, "read/write multiple registers"},
                                      {24, "read FIFO queue"},
                                      {43, "encapsulated interface"}};
constexpr Token kModbusExceptions[] = {{1, "illegal function"},
                                       {2, "illegal data address"},
                                       {3, "illegal data value"},
                                       {4, "server failure"},
                                       {5, "acknowledge"},
                                       {6, "server busy"},
                                       {8, "memory parity error"},
                                       {10, "gateway path unavailable"},
                                       {11, "gateway target did not respond"}};

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kHttp2Frames[] = {"DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
                                             "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};

}  // namespace

bool print_postgresql(Context& context, Cursor payload, const Transport& transport) {
  constexpr std::size_t kStartHead = 8;
  constexpr std::uint16_t kPort = 5432;
  if (payload.readable() < 5) return false;
  const bool from_client = transport.destination_port == kPort;
  if (from_client && payload.readable() >= kStartHead && payload.u8(0) == 0) {
    switch (payload.be32(4)) {
      case kTls:
        context.put(": PostgreSQL TLS request");
        return true;
      case kGss:
        context.put(": PostgreSQL GSSAPI request");
        return true;
      case kCancel:
        context.put(": PostgreSQL cancel request");
        return true;
      case kStartup:
        context.put(": PostgreSQL startup");
        for (std::size_t at = kStartHead; at < payload.readable() && payload.u8(at) != 0;) {
          const std::span<const std::uint8_t> rest = payload.bytes().subspan(at);
          const auto is = [rest](std::string_view name) {
            return rest.size() > name.size() && std::equal(name.begin(), name.end(), rest.begin());
          };
          const bool shown = is(std::string_view("user\0", 5)) || is(std::string_view("database\0", 9));
          const auto skip = [&payload](std::size_t from) {
            while (from < payload.readable() && payload.u8(from) != 0) ++from;
            return from + 1;
          };
          const std::size_t value = skip(at);
          if (shown) {
            context.put(rest[0] == 'u' ? " user " : " database ");
            at = put_string(context, payload, value);
          } else {
            at = skip(value);
          }
        }
        return true;
      default:
        return false;
    }
  }
  const std::uint8_t type = payload.u8(0);
  const std::string_view name = token(kPostgresMessages, type);
  if (name.empty() || payload.be32(1) < 4 || payload.be32(1) > 0x00ffffff) return false;
  context.put(": PostgreSQL ");
  if (type == 'C') {
    context.put(from_client ? "Close" : "CommandComplete ");
    if (!from_client) put_string(context, payload, 5);
  } else if (type == 'D') {
    context.put(from_client ? "Describe" : "DataRow");
  } else if (type == 'E' && !from_client) {
    context.put("Error");
    for (std::size_t at = 5; at < payload.readable() && payload.u8(at) != 0;) {
      const std::uint8_t field = payload.u8(at);
      std::size_t end = at + 1;
      while (end < payload.readable() && payload.u8(end) != 0) ++end;
      if (field == 'C' || field == 'M') {
        context.put(' ');
        put_quoted(context, payload, at + 1, end - at - 1);
      }
      at = end + 1;
    }
  } else if (type == 'S' && !from_client) {
    context.put("ParameterStatus");
  } else {
    context.put(name);
    if (type == 'Q') {
      context.put(' ');
      put_string(context, payload, 5);
    } else if (type == 'P') {
      std::size_t query = 5;  // after the statement's name
      while (query < payload.readable() && payload.u8(query) != 0) ++query;
      context.put(' ');
      put_string(context, payload, query + 1);
    }
  }
  return true;
}

bool print_mysql(Context& context, Cursor payload, const Transport& transport) {
  constexpr std::uint16_t kPort = 3306;
  constexpr std::uint8_t kGreeting = 10;
  constexpr std::uint8_t kError = 0xff;
  if (payload.readable() < kMysqlHeader + 1 || is_tls_record(payload)) return false;
  const std::size_t size = payload.le16(0) | static_cast<std::size_t>(payload.u8(2)) << 16;
  const std::uint8_t number = payload.u8(3);
  const std::uint8_t first = payload.u8(kMysqlHeader);
  const Cursor body = payload.from(kMysqlHeader).first(size);
  if (size == 0 || !are_mysql_packets(payload)) return false;
  if (transport.destination_port == kPort) {
    const std::string_view name = token(kMysqlCommands, first);
    if (name.empty() || number != 0) return false;
    enum Command : std::uint8_t { kInitDb = 2, kQuery = 3, kPrepare = 22 };
    const bool has_text = first == kInitDb || first == kQuery || first == kPrepare;
    context.put(": MySQL ", name);
    if (!has_text) return true;
    // With CLIENT_QUERY_ATTRIBUTES the text comes after how many attributes there are, how many sets of them (always
    // one), and the attributes, whose sizes follow from their types.
    std::size_t text = 1;
    if (first == kQuery && body.readable() > 2 && body.u8(2) == 1) {
      const std::uint8_t attributes = body.u8(1);
      if (attributes == 0) text = 3;
      if (attributes > 0 && attributes < ' ') {
        context.put(", attributes ", attributes);
        return true;
      }
    }
    context.put(' ');
    put_quoted(context, body, text, size - text);
    return true;
  }
  if (first == kGreeting && number == 0) {
    context.put(": MySQL greeting, version ");
    put_string(context, body, 1);
    return true;
  }
  // The text of an error is of at most 512 bytes, after its number and state.
  constexpr std::size_t kMostError = 9 + 512;
  constexpr std::uint16_t kFirstError = 1000;
  if (first != kError || body.readable() < 3 || size > kMostError || body.le16(1) < kFirstError) return false;
  context.put(": MySQL error ", body.le16(1));
  const bool has_state = body.readable() > 9 && body.u8(3) == '#';
  if (body.readable() > 9) {
    context.put(' ');
    put_quoted(context, body, has_state ? 9 : 3, size - (has_state ? 9 : 3));
  }
  return true;
}

bool print_modbus(Context& context, Cursor payload, const Transport& transport) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint16_t kPort = 502;
  constexpr std::uint8_t kException = 0x80;
  if (payload.readable() < kHeader || payload.be16(2) != 0 || payload.be16(4) < 2) return false;
  const std::uint8_t function = payload.u8(7);
  const std::string_view name = token(kModbusFunctions, function & 0x7fU);
  if (name.empty()) return false;
  const bool request = transport.destination_port == kPort;
  context.put(": Modbus ", name, request ? ", transaction " : " response, transaction ", payload.be16(0), ", unit ",
              payload.u8(6));
  if ((function & kException) != 0) {
    if (payload.readable() > kHeader) {
      const std::uint8_t code = payload.u8(kHeader);
      context.put(", exception ", Named{name_or(token(kModbusExceptions, code), "unknown"), code});
    }
    return true;
  }
  if (!request || payload.readable() < kHeader + 4) return true;
  if (function <= 4) context.put(", address ", payload.be16(8), ", count ", payload.be16(10));
  if (function == 5 || function == 6) context.put(", address ", payload.be16(8), ", value ", payload.be16(10));
  if (function == 15 || function == 16) context.put(", address ", payload.be16(8), ", count ", payload.be16(10));
  return true;
}

bool print_http2(Context& context, Cursor payload, const Transport&) {
  constexpr std::size_t kFrameHeader = 9;
  if (payload.readable() < kHttp2Preface.size() ||
      std::memcmp(payload.data(), kHttp2Preface.data(), kHttp2Preface.size()) != 0) {
    return false;
  }
  context.put(": HTTP/2 preface");
  Cursor frames = payload.from(kHttp2Preface.size());
  while (frames.readable() >= kFrameHeader) {
    const std::uint8_t type = frames.u8(3);
    context.put(", ");
    if (type < std::size(kHttp2Frames)) {
      context.put(kHttp2Frames[type]);
    } else {
      context.put("frame ", type);
    }
    frames.skip(kFrameHeader + frames.be24(0));
  }
  return true;
}

}  // namespace ringtap
