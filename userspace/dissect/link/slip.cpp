// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// SLIP, RFC 1055, as BPF captures it: LINKTYPE_SLIP and LINKTYPE_SLIP_BSDOS. In front of the packet are its direction
// and, on the first of them, what was on the wire instead of its header (RFC 1144).
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;
constexpr Token kDirections[] = {{0, "I "}, {1, "O "}};

// Kinds of headers, in the upper bits of their first byte.
constexpr std::uint8_t kCompressed = 0x80;
constexpr std::uint8_t kKind = 0xf0;
constexpr std::uint8_t kPlain = 0x40;
constexpr std::uint8_t kUncompressed = 0x70;
constexpr std::uint8_t kProtocol = 9;  // of an IP header: the number of the connection in an uncompressed one

enum Change : std::uint8_t {
  kUrgent = 1,
  kWindow = 2,
  kAck = 4,
  kSequence = 8,
  kIdentification = 0x20,
  kConnection = 0x40
};
constexpr std::uint8_t kSpecial = kSequence | kAck | kWindow | kUrgent;
constexpr std::uint8_t kEchoed = kSequence | kWindow | kUrgent;

// A number of two bytes after a zero, or of one byte, of which tcpdump 4.99.3 reads the first again and again.
std::uint16_t take_delta(const Context& context, Cursor& header) {
  const std::uint8_t first = header.u8(0);
  if (first == 0) {
    header.skip(1);
    return header.take_be16();
  }
  if (!context.options.compat) header.skip(1);
  return first;
}

// How much of a packet of TCP is data; tcpdump takes what follows for its header in any case.
std::size_t data_size(const Cursor& packet) {
  constexpr std::size_t kTcpHeader = 20;
  const std::size_t ip_header = (packet.u8(0) & 0xfU) * 4;
  (void)packet.block(ip_header, kTcpHeader);
  return packet.length() - ip_header - (packet.u8(ip_header + 12) >> 4U) * 4;
}

void put_deltas(Context& context, Cursor& header, std::uint8_t changes, std::uint32_t last_size) {
  constexpr struct {
    Change change;
    std::string_view name;
  } kDeltas[] = {{kUrgent, " U="}, {kWindow, " W+"}, {kAck, " A+"}, {kSequence, " S+"}, {kIdentification, " I+"}};
  const std::uint8_t special = changes & kSpecial;
  if (special == kEchoed) context.put(" *SA+", last_size);
  if (special == kSpecial) context.put(" *S+", last_size);
  const bool given = special != kEchoed && special != kSpecial;
  for (const auto& delta : kDeltas) {
    if ((changes & delta.change) == 0 || (!given && delta.change != kIdentification)) continue;
    const std::uint16_t value = take_delta(context, header);
    const auto smaller = static_cast<std::int16_t>(value);
    if (delta.change == kWindow && smaller < 0) {  // a window may shrink
      context.put(" W", Signed{smaller});
    } else {
      context.put(delta.name, value);
    }
  }
}

void put_compressed(Context& context, Cursor header, const Cursor& payload, std::uint8_t direction) {
  std::uint8_t& connection = slip_last_connection(context);
  const std::size_t captured = header.captured();
  const std::uint8_t changes = header.take_u8();
  if ((changes & kConnection) != 0) {
    const std::uint8_t number = header.take_u8();
    if (context.truncated()) return;
    connection = number;
    context.put("ctcp ", number);
  } else {
    context.put("ctcp *");
  }
  header.skip(2);  // TCP's checksum
  std::uint32_t& last_size = slip_data_size(context, direction, connection);
  put_deltas(context, header, changes, last_size);
  const std::size_t size = captured - header.captured();
  const auto data = static_cast<std::uint32_t>(data_size(payload));
  if (context.truncated()) return;
  last_size = data;
  context.put(' ', data, " (", size, "): ");
}

void put_header(Context& context, const Cursor& packet) {
  const std::uint8_t direction = packet.u8(0);
  const std::string_view name = token(kDirections, direction);
  if (name.empty()) {
    context.put("Invalid direction ", direction, ' ');
  } else {
    context.put(name);
  }
  const Cursor header = packet.from(1);
  const Cursor payload = packet.from(kHeader);
  const std::uint8_t first = header.u8(0);
  if ((first & kCompressed) != 0) {
    if (!name.empty()) put_compressed(context, header, payload, direction);
  } else if ((first & kKind) == kPlain) {
    context.put("ip ", packet.length(), ": ");
  } else if ((first & kKind) == kUncompressed) {
    const std::uint8_t connection = header.u8(kProtocol);
    slip_last_connection(context) = connection;
    context.put("utcp ", connection, ": ");
    if (name.empty()) return;
    const std::size_t data = data_size(payload);
    if (!context.truncated()) slip_data_size(context, direction, connection) = static_cast<std::uint32_t>(data);
  } else if (!name.empty()) {
    context.put("slip-", first, "!: ");
  }
}

void print_version(Context& context, const Cursor& packet) {
  switch (packet.u8(0) >> 4) {
    case 4:
      return print_ipv4_packet(context, packet);
    case 6:
      return print_ipv6_packet(context, packet);
    default:
      return context.put("ip v", static_cast<unsigned>(packet.u8(0) >> 4));
  }
}

}  // namespace

void print_slip(Context& context, Cursor packet) {
  context.protocol("slip");
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  if (context.options.link_header) put_header(context, packet);
  if (context.truncated()) return;
  print_version(context, packet.from(kHeader));
}

void print_slip_bsdos(Context& context, Cursor packet) {
  context.protocol("slip_bsdos");
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  print_ipv4_packet(context, packet.from(kHeader));
}

}  // namespace ringtap
