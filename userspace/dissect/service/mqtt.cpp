// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// MQTT, OASIS MQTT 3.1.1 and 5.0, on its port. tcpdump does not print it. Returns false, and prints nothing, if the
// segment is not packets of it.
#include <algorithm>
#include <cstring>

#include "dissect/service/first_words.hpp"
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

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
      put_quoted(context, identifier, 2, identifier.be16(0));
    }
  } else if (packet.type == kConnack) {
    context.put(" code ", body.u8(1));
  } else if (packet.type == kPublish) {
    context.put(" topic ");
    put_quoted(context, body, 2, body.be16(0));
    context.put(", QoS ", packet.flags >> 1 & 3U);
  } else if (packet.type == kSubscribe) {
    Cursor topics = body;
    if (find_mqtt_topics(packet, topics) && topics.readable() >= 2) {
      context.put(" topic ");
      put_quoted(context, topics, 2, topics.be16(0));
    }
  }
  return true;
}

}  // namespace ringtap
