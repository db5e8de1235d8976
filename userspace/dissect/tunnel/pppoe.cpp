// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// PPP over Ethernet, RFC 2516; its PPP-Max-Payload tag, RFC 4638.
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 6;
constexpr std::uint8_t kSession = 0;
constexpr std::uint8_t kInitiation = 0x09;
// RFC 2516 5.1 leaves room for a relay's tag in the packet that opens discovery.
constexpr std::size_t kMaxInitiation = 1478;
constexpr Token kCodes[] = {{kInitiation, "PADI"}, {0x07, "PADO"}, {0x19, "PADR"},
                            {0x65, "PADS"},        {0xa7, "PADT"}, {kSession, ""}};
constexpr Token kTags[] = {{0x0000, "EOL"},
                           {0x0101, "Service-Name"},
                           {0x0102, "AC-Name"},
                           {0x0103, "Host-Uniq"},
                           {0x0104, "AC-Cookie"},
                           {0x0105, "Vendor-Specific"},
                           {0x0110, "Relay-Session-ID"},
                           {0x0120, "PPP-Max-Payload"},
                           {0x0201, "Service-Name-Error"},
                           {0x0202, "AC-System-Error"},
                           {0x0203, "Generic-Error"}};
constexpr std::uint16_t kEndOfList = 0;

bool is_plain(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x7f;
}

// Text where it looks like text, hexadecimal digits otherwise.
void put_value(Context& context, std::span<const std::uint8_t> value) {
  constexpr std::size_t kMaxText = 79;
  constexpr std::size_t kMaxHex = 20;
  std::size_t plain = 0;
  std::size_t odd = 0;
  for (const std::uint8_t byte : value.first(std::min(value.size(), kMaxText))) ++(is_plain(byte) ? plain : odd);
  if (odd < plain) {
    context.put('"');
    for (const std::uint8_t byte : value.first(std::min(value.size(), kMaxText))) context.out.printable(byte);
    context.put('"');
    return;
  }
  context.put("0x");
  put_upper_hex(context, value.first(std::min(value.size(), kMaxHex)));
  if (value.size() > kMaxHex) context.put("...");
}

void put_tags(Context& context, Cursor tags, std::size_t left) {
  std::uint16_t type = 0xffff;
  while (left > 0 && type != kEndOfList && !context.truncated()) {
    type = tags.be16(0);
    const std::size_t size = tags.be16(2);
    if (context.truncated()) return;
    tags.skip(4);
    const auto value = tags.span(0, size);
    if (context.truncated()) return;
    context.put(" [");
    context.put_name(token(kTags, type), "TAG-0x", Hex{type});
    if (size > 0) {
      context.put(' ');
      put_value(context, value);
    }
    context.put(']');
    tags.skip(size);
    left -= std::min(left, size + 4);
  }
}

// Address and control if they are there, and the protocol; 0 if they are cut.
std::size_t ppp_header_size(const Cursor& packet) {
  const std::size_t size = packet.readable();
  if (size < 2) return 0;
  const std::size_t address = packet.be16(0) == 0xff03 ? 2 : 0;
  if (size < address + 2) return 0;
  return address + ((packet.u8(address) & 1) != 0 ? 1 : 2);
}

}  // namespace

void print_pppoe(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("pppoe");
  if (packet.length() < kHeader) {
    context.put(" (length ", packet.length(), " < ", kHeader, ')');
    return context.put_invalid();
  }
  if (!packet.has(kHeader)) return (void)packet.span(0, kHeader);
  const std::uint8_t first = packet.u8(0);
  const std::uint8_t code = packet.u8(1);
  const std::uint16_t session = packet.be16(2);
  const std::size_t length = packet.be16(4);
  if (first >> 4 != 1) context.put(" [ver ", static_cast<std::uint32_t>(first >> 4), "]");
  if ((first & 0xf) != 1) context.put(" [type ", static_cast<std::uint32_t>(first & 0xf), "]");
  context.put("PPPoE ");
  bool known = false;
  for (const Token& row : kCodes) {
    if (row.value != code) continue;
    context.put(row.name);
    known = true;
  }
  if (!known) context.put("PAD-", Hex{code});
  Cursor payload = packet.from(kHeader);
  if (code == kInitiation && length > kMaxInitiation) context.put(" [len ", length, "!]");
  if (length > payload.length()) {
    context.put(" [len ", length, " > ", payload.length(), "!]");
  } else {
    payload = payload.with_length(length);
  }
  if (session != 0) context.put(" [ses 0x", Hex{session}, "]");
  if (code != kSession) return put_tags(context, payload, payload.length());
  context.put(' ');
  print_ppp(context, payload);
}

void print_pppoe_link(Context& context, Cursor packet) {
  if (packet.length() >= kHeader && packet.has(kHeader)) {
    context.link_header_size =
        kHeader + (packet.u8(1) == kSession ? ppp_header_size(packet.from(kHeader).with_length(packet.be16(4))) : 0);
  }
  print_pppoe(context, packet, {});
}

}  // namespace ringtap
