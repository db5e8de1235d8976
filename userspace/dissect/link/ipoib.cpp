// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IP over InfiniBand, RFC 4391: LINKTYPE_IPOIB, which has the 40 bytes of a global route header in front.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 44;
constexpr std::size_t kType = 40;

void put_type(Context& context, std::uint16_t type, std::size_t length) {
  context.put(", ethertype ");
  if (context.options.quiet) {
    context.put(ethertype_name(type));
  } else {
    context.put(NamedHex{ethertype_name(type), type, 4});
  }
  context.put(", length ", length, ": ");
}

}  // namespace

void print_ipoib(Context& context, Cursor packet) {
  context.protocol("ipoib");
  context.link_header_size = packet.length();
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  const std::uint16_t type = packet.be16(kType);
  if (context.options.link_header) {
    context.put("IPOIB");
    put_type(context, type, packet.length());
  }
  const Cursor payload = packet.from(kHeader);
  if (print_ethertype(context, type, payload, LinkHeader{})) return;
  if (!context.options.link_header) put_type(context, type, packet.length());
  dump_unknown(context, payload);
}

}  // namespace ringtap
