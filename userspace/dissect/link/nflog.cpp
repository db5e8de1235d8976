// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a rule of netfilter logs: LINKTYPE_NFLOG, https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html; the attributes
// are those of enum nfulnl_attr_type, <linux/netfilter/nfnetlink_log.h>, in the byte order of the capturing host, which
// is taken to be little-endian.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;           // family, version, number of the group
constexpr std::size_t kAttributeHeader = 4;  // length, type
constexpr std::uint16_t kPayload = 9;        // NFULA_PAYLOAD
constexpr Token kFamilies[] = {{2, "IPv4"}, {10, "IPv6"}};

void put_header(Context& context, std::uint8_t family, std::uint16_t group, std::size_t length) {
  const std::string_view name = token(kFamilies, family);
  context.put("version 0, resource ID ", group, ", ");
  if (!context.options.quiet) {
    context.put("family ", Named{name_or(name, "Unknown"), family});
  } else if (name.empty()) {
    context.put("Unknown NFLOG (0x", Hex{family, 2}, ')');
  } else {
    context.put(name);
  }
  context.put(", length ", length, ": ");
}

}  // namespace

void print_nflog(Context& context, Cursor packet) {
  context.protocol("nflog");
  context.link_header_size = packet.length();
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  const std::uint8_t family = packet.u8(0);
  const std::uint8_t version = packet.u8(1);
  const std::uint16_t group = packet.be16(2);
  context.link_header_size = kHeader;
  if (version != 0) return context.put("version ", version, " (unknown)");
  if (context.options.link_header) put_header(context, family, group, packet.length());
  std::size_t before = kHeader;
  Cursor rest = packet.from(kHeader);
  for (; rest.length() > 0;) {
    context.link_header_size = before;
    if (rest.length() < kAttributeHeader || !rest.has(kAttributeHeader)) return context.put_truncated();
    const std::size_t size = rest.le16(0);
    if (size < kAttributeHeader) {
      if (size > 0) context.link_header_size += kAttributeHeader;  // where a dump begins, as 4.99.3 has it
      return context.put_truncated();
    }
    const std::size_t padded = (size + 3) & ~std::size_t{3};
    if (rest.length() < padded || !rest.has(padded)) return context.put_truncated();
    if (rest.le16(2) == kPayload) break;
    rest.skip(padded);
    before += padded;
  }
  const std::size_t left = rest.length();
  Cursor payload = rest;
  if (left > 0) {
    payload = rest.from(kAttributeHeader).with_length(rest.le16(0) - kAttributeHeader);
    before += kAttributeHeader;
  }
  context.link_header_size = before;
  if (family == 2) return print_ipv4_packet(context, payload);
  if (family == 10) return print_ipv6_packet(context, payload);
  if (!context.options.link_header) put_header(context, family, group, left);
  dump_unknown(context, payload);
}

}  // namespace ringtap
