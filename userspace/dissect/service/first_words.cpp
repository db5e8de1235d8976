// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a segment of some applications begins with: MQTT (OASIS MQTT 3.1.1 and 5.0), PostgreSQL (its manual, "Message
// Formats"), MySQL (its "Client/Server Protocol"), Modbus (Modbus Messaging on TCP/IP 1.0b) and the preface of HTTP/2
// (RFC 9113 3.4). tcpdump does not print them. Each returns false, and prints nothing, if it is not what it prints.
#include <algorithm>
#include <array>
#include <cstring>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

// No more of a text: a query may be long.
constexpr std::size_t kMostText = 80;

void put_some(Context& context, const Cursor& bytes, std::size_t offset, std::size_t size) {
  const Cursor text = bytes.from(offset);
  const std::size_t there = std::min({size, text.readable(), kMostText});
  context.put('"');
  context.out.escaped(text.bytes().first(there));
  context.put('"');
  if (there < size) context.put("...");
}

// Up to a NUL; the offset after it.
std::size_t put_string(Context& context, const Cursor& bytes, std::size_t offset) {
  std::size_t end = offset;
  while (end < bytes.readable() && bytes.u8(end) != 0) ++end;
  put_some(context, bytes, offset, end - offset);
  return end + 1;
}

// A message of this size that does not end with its segment goes on in the next one, or is none: a segment of less than
// the smallest maximum (RFC 9293 3.7.1) is the last one of what was written.
constexpr std::size_t kLeastFullSegment = 536;

bool may_go_on(const Cursor& segment) {
  return segment.length() >= kLeastFullSegment;
}

constexpr Token kMqttPackets[] = {{1, "CONNECT"},   {2, "CONNACK"},      {3, "PUBLISH"},   {4, "PUBACK"},
                                  {5, "PUBREC"},    {6, "PUBREL"},       {7, "PUBCOMP"},   {8, "SUBSCRIBE"},
                                  {9, "SUBACK"},    {10, "UNSUBSCRIBE"}, {11, "UNSUBACK"}, {12, "PINGREQ"},
                                  {13, "PINGRESP"}, {14, "DISCONNECT"},  {15, "AUTH"}};
enum Mqtt : std::uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kSuback = 9,
  kUnsubscribe = 10,
  kUnsuback = 11,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
  kAuth = 15
};

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

// Seven bits a byte, at most four of them (MQTT 5.0, 1.5.5). False where it is none, or was not captured.
bool take_mqtt_size(Cursor& cursor, std::size_t& size) {
  size = 0;
  for (unsigned shift = 0; shift <= 21; shift += 7) {
    if (cursor.readable() == 0) return false;
    const std::uint8_t byte = cursor.take_u8();
    size |= std::size_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

struct MqttPacket {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  bool complete = false;  // ends in this segment
  Cursor body;
};

// The head of a packet. False if there is none.
bool take_mqtt_packet(Cursor& rest, MqttPacket& packet) {
  if (rest.readable() < 2) return false;
  packet.type = rest.u8(0) >> 4;
  packet.flags = rest.u8(0) & 0xf;
  // Flags that every packet but PUBLISH has to have.
  const bool to_server = packet.type == kPubrel || packet.type == kSubscribe || packet.type == kUnsubscribe;
  if (packet.type == 0 || (packet.type != kPublish && packet.flags != (to_server ? 2 : 0))) return false;
  std::size_t size = 0;
  rest.skip(1);
  if (!take_mqtt_size(rest, size)) return false;
  packet.body = rest.first(size);
  packet.complete = size <= rest.length();
  rest.skip(size);
  return true;
}

bool has_mqtt_text(const Cursor& body, std::size_t offset) {
  return body.readable() >= offset + 2 && offset + 2 + body.be16(offset) <= body.length();
}

// The properties of version 5, and what follows them. False where they do not fit.
bool skip_mqtt_properties(Cursor& body) {
  std::size_t size = 0;
  if (!take_mqtt_size(body, size) || size > body.length()) return false;
  body.skip(size);
  return true;
}

// The topics of a SUBSCRIBE or an UNSUBSCRIBE: the first of them if all of the rest is topics.
bool are_mqtt_topics(Cursor topics, bool with_options) {
  if (topics.length() == 0) return false;
  while (topics.length() > 0) {
    if (topics.readable() < 2) return topics.length() > topics.captured();
    const std::size_t size = topics.be16(0);
    const std::size_t all = 2 + size + (with_options ? 1U : 0U);
    if (size == 0 || all > topics.length()) return false;
    constexpr std::uint8_t kReserved = 0xc0;
    if (with_options && topics.has(all)) {
      const std::uint8_t options = topics.u8(all - 1);
      if ((options & kReserved) != 0 || (options & 3) == 3) return false;
    }
    topics.skip(all);
  }
  return true;
}

// From the first topic on. Version 5 has properties between the number of the packet and the topics; which version the
// connection has only its CONNECT says, so that what fits decides.
bool find_mqtt_topics(const MqttPacket& packet, Cursor& topics) {
  if (packet.body.length() < 2 || packet.body.readable() < 2) return false;
  const bool with_options = packet.type == kSubscribe;
  topics = packet.body.from(2);
  return are_mqtt_topics(topics, with_options) ||
         (skip_mqtt_properties(topics) && are_mqtt_topics(topics, with_options));
}

// A code, which version 5 has, and its properties, if there are any: an empty rest says that all went well.
bool is_mqtt_reason(Cursor rest) {
  if (rest.length() == 0) return true;
  if (rest.readable() == 0) return rest.length() > rest.captured();
  constexpr std::uint8_t kFirstFailure = 0x80;
  const std::uint8_t reason = rest.take_u8();
  constexpr std::uint8_t kMostSuccess = 0x19;  // continue, authenticate again
  if (reason > kMostSuccess && reason < kFirstFailure) return false;
  return rest.length() == 0 || (skip_mqtt_properties(rest) && rest.length() == 0);
}

bool is_mqtt_connect(const Cursor& body) {
  constexpr std::string_view kNames[] = {std::string_view("\0\4MQTT", 6), std::string_view("\0\6MQIsdp", 8)};
  return std::any_of(std::begin(kNames), std::end(kNames), [&body](std::string_view name) {
    return body.readable() >= name.size() && std::memcmp(body.data(), name.data(), name.size()) == 0;
  });
}

// Whether the body can be one of its type.
bool is_mqtt_body(const MqttPacket& packet) {
  const Cursor& body = packet.body;
  switch (packet.type) {
    case kConnect:
      return is_mqtt_connect(body);
    case kConnack:
      return body.readable() >= 2 && body.u8(0) <= 1 && (body.length() == 2 || is_mqtt_reason(body.from(1)));
    case kPublish:
      return (packet.flags >> 1 & 3) != 3 && has_mqtt_text(body, 0);
    case kPuback:
    case kPubrec:
    case kPubrel:
    case kPubcomp:
      return body.length() >= 2 && is_mqtt_reason(body.from(2));
    case kSubscribe:
    case kUnsubscribe: {
      Cursor topics = body;
      return find_mqtt_topics(packet, topics);
    }
    case kSuback:
      return body.length() >= 3;
    case kUnsuback:
      return body.length() >= 2;
    case kPingreq:
    case kPingresp:
      return body.length() == 0;
    default:  // DISCONNECT, AUTH
      return is_mqtt_reason(body);
  }
}

// The payload is whole packets, of which only the last one may go on in the next segment, or be beyond what was
// captured.
bool are_mqtt_packets(Cursor rest) {
  constexpr std::size_t kMqttHead = 5;  // at most
  const bool goes_on = may_go_on(rest);
  while (rest.length() > 0) {
    if (rest.captured() < rest.length() && rest.captured() < kMqttHead) return true;
    MqttPacket packet{.body = rest};
    if (!take_mqtt_packet(rest, packet)) return goes_on && rest.length() < kMqttHead;
    if (!packet.complete) return goes_on;
  }
  return true;
}

}  // namespace

bool print_mqtt(Context& context, Cursor payload, const Transport&) {
  MqttPacket packet{.body = payload};
  Cursor rest = payload;
  if (!take_mqtt_packet(rest, packet) || !is_mqtt_body(packet) || !are_mqtt_packets(payload)) return false;
  const Cursor& body = packet.body;
  context.put(": MQTT ", token(kMqttPackets, packet.type));
  if (packet.type == kConnect) {
    constexpr std::uint8_t kVersion5 = 5;
    const std::size_t protocol = 2U + body.be16(0);  // and its level, flags and keep-alive time
    Cursor identifier = body.from(protocol + 4);
    const bool has_properties = body.readable() > protocol && body.u8(protocol) == kVersion5;
    if ((!has_properties || skip_mqtt_properties(identifier)) && has_mqtt_text(identifier, 0)) {
      context.put(" client ");
      put_some(context, identifier, 2, identifier.be16(0));
    }
  } else if (packet.type == kConnack) {
    context.put(" code ", body.u8(1));
  } else if (packet.type == kPublish) {
    context.put(" topic ");
    put_some(context, body, 2, body.be16(0));
    context.put(", QoS ", packet.flags >> 1 & 3U);
  } else if (packet.type == kSubscribe) {
    Cursor topics = body;
    if (find_mqtt_topics(packet, topics) && topics.readable() >= 2) {
      context.put(" topic ");
      put_some(context, topics, 2, topics.be16(0));
    }
  }
  return true;
}

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
        put_some(context, payload, at + 1, end - at - 1);
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
    put_some(context, body, text, size - text);
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
    put_some(context, body, has_state ? 9 : 3, size - (has_state ? 9 : 3));
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
