// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// OSI's network layer: the protocol by its identifier, ISO/IEC TR 9577, and what the protocols share.
#include "dissect/routing/osi.hpp"

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/nlpid.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

// ISO 8473 Annex C: what the checksum at `offset` of `data` should be.
std::uint16_t fletcher(std::span<const std::uint8_t> data, std::size_t offset) {
  std::int64_t c0 = 0;
  std::int64_t c1 = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i != offset && i != offset + 1) c0 += data[i];
    c0 %= 255;
    c1 = (c1 + c0) % 255;
  }
  const auto behind = static_cast<std::int64_t>(data.size() - offset - 1);
  // tcpdump 4.99.3 gives 255 instead of the 1 that a negative sum leaves.
  const auto byte = [](std::int64_t sum) {
    const std::int64_t rest = sum % 255;
    return rest == -254 ? 255 : rest <= 0 ? rest + 255 : rest;
  };
  return static_cast<std::uint16_t>(byte(behind * c0 - c1) << 8 | byte(c1 - (behind + 1) * c0));
}

}  // namespace

void put_osi_protocols(Context& context, const Cursor& list) {
  const std::size_t size = list.length();
  for (std::size_t i = 0; i < size && !context.truncated(); ++i) {
    const std::uint8_t id = list.u8(i);
    if (context.truncated()) break;
    context.put(NamedHex{token(kNlpids, id, "unknown"), id});
    if (i + 1 < size) context.put(", ");
  }
}

void put_nsap(Context& context, const Cursor& cursor, std::size_t offset, std::size_t size) {
  constexpr std::size_t kLongest = 20;
  if (size == 0 || size > kLongest) return context.put("isonsap_string: illegal length");
  const std::uint8_t* address = cursor.block(offset, size);
  if (context.truncated()) return;
  for (std::size_t i = 0; i < size; ++i) {
    context.put(Hex{address[i], 2});
    if (i % 2 == 0 && i + 1 < size) context.put('.');
  }
}

void put_osi_checksum(Context& context, std::uint16_t found, const Cursor& data, std::size_t offset,
                      std::size_t length) {
  if (found == 0 || !data.has(length) || length < offset + 2) return context.put("(unverified)");
  const std::span<const std::uint8_t> bytes = data.bytes().first(length);
  std::uint32_t c0 = 0;
  std::uint32_t c1 = 0;
  for (const std::uint8_t byte : bytes) {
    c0 = (c0 + byte) % 255;
    c1 = (c1 + c0) % 255;
  }
  if (c0 == 0 && c1 == 0) return context.put("(correct)");
  context.put("(incorrect should be 0x", Hex{fletcher(bytes, offset), 4}, ')');
}

bool check_osi_header(Context& context, const Cursor& pdu, std::size_t least) {
  const std::size_t size = pdu.u8(1);
  if (size > pdu.length()) {
    context.put(" length indicator(", size, ") > PDU size (", pdu.length(), ")!");
    return false;
  }
  if (size < least) {
    context.put(" length indicator ", size, " < min PDU size:");
    put_upper_hex(context, pdu.bytes().first(pdu.readable()));
    return false;
  }
  return true;
}

void print_osi(Context& context, Cursor packet) {
  context.protocol("isoclns");
  const std::uint8_t nlpid = packet.u8(0);
  if (context.truncated()) return;
  if (context.options.link_header) {
    context.put("OSI NLPID ", named_hex(kNlpids, nlpid, "Unknown"), ": ");
  }
  switch (nlpid) {
    case Nlpid::kIsIs:
      if (!put_isis(context, packet)) dump_captured(context, packet, "\n\t");
      return;
    case Nlpid::kClnp:
      if (!put_clnp(context, packet)) dump_captured(context, packet, "\n\t");
      return;
    case Nlpid::kEsIs:
      return put_es_is(context, packet);
    case Nlpid::kIpv4:
      return print_ipv4_packet(context, packet.from(1));
    case Nlpid::kIpv6:
      return print_ipv6_packet(context, packet.from(1));
    case Nlpid::kQ933:
      return print_q933(context, packet.from(1));
    case Nlpid::kPpp:
      if (context.depth >= kMaxDepth) return;
      ++context.depth;
      print_ppp(context, packet.from(1));
      --context.depth;
      return;
    case Nlpid::kNull:
      if (!context.options.link_header) context.put(", ");
      return context.put("length: ", packet.length());
    default:
      if (!context.options.link_header) context.put("OSI NLPID 0x", Hex{nlpid, 2}, " unknown, ");
      context.put("length: ", packet.length());
      if (packet.length() > 1) dump_captured(context, packet, "\n\t");
      return;
  }
}

// A byte comes before the protocol's identifier here.
void print_osi_ethernet(Context& context, Cursor packet, const LinkHeader&) {
  if (packet.length() == 0) return context.put(" [|osi]");
  context.protocol("isoclns");
  (void)packet.u8(0);
  print_osi(context, packet.from(1));
}

}  // namespace ringtap
