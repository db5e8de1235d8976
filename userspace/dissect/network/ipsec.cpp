// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IPsec on the wire: ESP, RFC 4303; AH, RFC 4302; IPComp, RFC 3173; ESP in UDP, RFC 3948.
#include "dissect/control/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {

void print_esp(Context& context, Cursor packet, const IpHeader&) {
  context.protocol("esp");
  // Without keys, what follows the first eight bytes says nothing; there must be some of it.
  if (packet.captured() <= 8) return packet.truncated();
  context.put("ESP(spi=0x", Hex{packet.be32(0), 8}, ",seq=0x", Hex{packet.be32(4)}, "), length ", packet.length());
}

void print_ah(Context& context, Cursor packet, const IpHeader& ip) {
  context.protocol("ah");
  if (!packet.has(1)) return packet.truncated();
  const std::uint8_t next = packet.u8(0);
  context.put("AH");
  const std::uint8_t units = packet.u8(1);
  const std::size_t size = (units + 2u) * 4;
  context.put("(");
  if (context.verbose()) context.put("length=", units, '(', static_cast<std::uint32_t>(units * 4 + 8), "-bytes),");
  const std::uint16_t reserved = packet.be16(2);
  if (reserved != 0) context.put("reserved=0x", Hex{reserved}, "[MustBeZero],");
  context.put("spi=0x", Hex{packet.be32(4), 8}, ',');
  context.put("seq=0x", Hex{packet.be32(8)}, ',');
  context.put("icv=0x");
  for (std::size_t at = 12; at < size && !context.truncated(); ++at) context.put(Hex{packet.u8(at), 2});
  context.put("): ");
  if (context.truncated()) return;
  print_ip_protocol(context, next, packet.from(size), ip);
}

void print_ipcomp(Context& context, Cursor packet, const IpHeader&) {
  context.protocol("ipcomp");
  const std::uint16_t index = packet.be16(2);
  context.put("IPComp(cpi=0x", Hex{index, 4}, ')');
}

// RFC 3948 2: one 0xff keeps a mapping alive, four zero bytes precede IKE, anything else is ESP.
void print_esp_in_udp(Context& context, Cursor payload, const Transport& transport) {
  context.protocol("isakmp_rfc3948");
  if (payload.length() == 1 && payload.u8(0) == 0xff) return context.put("isakmp-nat-keep-alive");
  if (!payload.has(4)) return (void)payload.block(0, 4);
  if (payload.length() < 4) return payload.truncated();
  if (payload.be32(0) == 0) {
    context.put("NONESP-encap: ");
    payload.skip(4);
    return print_isakmp(context, payload, transport);
  }
  context.put("UDP-encap: ");
  print_esp(context, payload, transport.ip);
}

}  // namespace ringtap
