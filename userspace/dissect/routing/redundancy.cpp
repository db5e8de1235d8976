// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Who answers for a shared address: VRRP version 2, RFC 3768 (with RFC 2338's authentication), version 3, RFC 5798;
// HSRP version 0, RFC 2281; OpenBSD's CARP, <netinet/ip_carp.h>.
#include "dissect/checksum.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kVrrpProtocol = 112;
constexpr std::uint8_t kAdvertisement = 1;
constexpr std::uint8_t kSimpleText = 1;
constexpr std::uint8_t kTtl = 255;  // a router that forwards lowers it
constexpr Token kAuthentications[] = {{0, "none"}, {kSimpleText, "simple"}, {2, "ah"}};

constexpr Token kHsrpOpcodes[] = {{0, "hello"}, {1, "coup"}, {2, "resign"}};
constexpr Token kHsrpStates[] = {{0, "initial"}, {1, "learn"},   {2, "listen"},
                                 {4, "speak"},   {8, "standby"}, {16, "active"}};
constexpr std::size_t kTextSize = 8;

// Text that ends at a zero or at its field's end.
void put_text(Context& context, const Cursor& cursor, std::size_t offset) {
  for (std::size_t i = 0; i < kTextSize; ++i) {
    const std::uint8_t byte = cursor.u8(offset + i);
    if (byte == 0) return;
    context.out.escaped(byte);
  }
}

void put_or_number(Context& context, std::span<const Token> table, std::uint32_t value, std::string_view otherwise) {
  const std::string_view name = token(table, value);
  if (!name.empty()) return context.put(name);
  context.put(otherwise, " (", value, ')');
}

}  // namespace

// The Common Address Redundancy Protocol.
void print_carp(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("carp");
  const std::size_t length = message.length();
  const std::uint8_t version = message.u8(0) >> 4;
  const std::uint8_t type = message.u8(0) & 0xf;
  if (context.truncated()) return;
  context.put("CARPv", version, type == kAdvertisement ? "-advertise " : "-unknown ", length, ": ");
  if (ip.ttl != kTtl) context.put("[ttl=", ip.ttl, "!] ");
  if (version != 2 || type != kAdvertisement) return;
  const std::uint8_t base = message.u8(5);
  context.put("vhid=", message.u8(1), " advbase=", base, " advskew=", message.u8(2), " authlen=", message.u8(3), ' ');
  if (context.verbose() && message.has(length) && internet_checksum(message.bytes().first(length)) != 0) {
    context.put(" (bad carp cksum ", Hex{message.be16(6)}, "!)");
  }
  context.put("counter=", message.be64(8));
}

void print_vrrp(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("vrrp");
  context.put("VRRP");
  const std::uint8_t version = message.u8(0) >> 4;
  const std::uint8_t type = message.u8(0) & 0xf;
  if (context.truncated()) return;
  context.put('v', version, ", ");
  if (type == kAdvertisement) {
    context.put("Advertisement");
  } else {
    context.put("unknown type (", type, ')');
  }
  if (ip.ttl != kTtl) context.put(", (ttl ", ip.ttl, ')');
  if (type != kAdvertisement || (version != 2 && version != 3)) return;
  (void)message.block(0, 3);
  context.put(", vrid ", message.u8(1));
  context.put(", prio ", message.u8(2));
  if (version == 2) {
    const std::uint8_t authentication = message.u8(4);
    context.put(", authtype ");
    context.put_name(token(kAuthentications, authentication), '#', authentication);
    context.put(", intvl ", message.u8(5), 's');
  } else {
    context.put(", intvl ", static_cast<std::uint32_t>(message.be16(4) & 0xfff), "cs");
  }
  const std::size_t length = message.length();
  context.put(", length ", length);
  if (!context.verbose()) return;
  if (message.has(length)) {
    const std::uint16_t sum = version == 2 ? internet_checksum(message.bytes().first(length))
                                           : transport_checksum(ip, kVrrpProtocol, message.bytes().first(length),
                                                                static_cast<std::uint32_t>(length));
    if (sum != 0) context.put(", (bad vrrp cksum ", Hex{message.be16(6)}, ')');
  }
  const std::uint8_t count = message.u8(3);
  context.put(", addrs");
  if (count > 1) context.put('(', count, ')');
  context.put(':');
  std::size_t at = 8;
  char separator = ' ';
  for (unsigned i = 0; i < count && !context.truncated(); ++i) {
    const bool wide = version == 3 && ip.version == 6;
    const std::size_t size = wide ? 16 : 4;
    const std::uint8_t* address = message.block(at, size);
    context.put(separator);
    separator = ',';
    if (wide) {
      context.host6(address);
    } else {
      context.host4(address);
    }
    at += size;
  }
  if (version == 2 && message.u8(4) == kSimpleText) {
    context.put(" auth \"");
    put_text(context, message, at);
    context.put('"');
  }
}

void print_hsrp(Context& context, Cursor message, const Transport&) {
  context.protocol("hsrp");
  const std::uint8_t version = message.u8(0);
  context.put("HSRPv", version);
  if (version != 0) return;
  context.put('-');
  put_or_number(context, kHsrpOpcodes, message.u8(1), "unknown");
  context.put(' ', message.length(), ": ");
  const std::uint8_t state = message.u8(2);
  context.put("state=");
  put_or_number(context, kHsrpStates, state, "Unknown");
  context.put(' ');
  context.put("group=", message.u8(6));
  context.put(' ');
  if (message.u8(7) != 0) context.put("[reserved=", message.u8(7), "!] ");
  const std::uint8_t* address = message.block(16, 4);
  context.put("addr=");
  context.host4(address);
  if (!context.verbose()) return;
  context.put(' ');
  context.put("hellotime=");
  put_duration(context, message.u8(3));
  context.put(' ');
  context.put("holdtime=");
  put_duration(context, message.u8(4));
  context.put(' ');
  context.put("priority=", message.u8(5));
  context.put(" auth=\"");
  put_text(context, message, 8);
  context.put('"');
}

}  // namespace ringtap
