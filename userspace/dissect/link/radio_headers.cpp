// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Older headers of radio information in front of wireless frames, of which tcpdump shows nothing: Prism's
// (LINKTYPE_IEEE802_11_PRISM) and AVS (LINKTYPE_IEEE802_11_AVS); and PPI (LINKTYPE_PPI), which says what follows:
// https://www.tcpdump.org/linktypes.html.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kPrismHeader = 144;
constexpr std::size_t kAvsHead = 8;  // version, length
constexpr std::uint32_t kAvsVersions[] = {0x80211001, 0x80211002};

constexpr std::size_t kPpiHead = 8;  // version, flags, length, link type
constexpr std::size_t kMostPpi = 65532;

void put_ppi_header(Context& context, const Cursor& packet, std::uint32_t type, std::size_t size) {
  const std::string_view name = name_or(enclosed_link_name(type), "UNKNOWN");
  if (context.options.quiet) {
    context.put(name);
  } else {
    context.put("V.", packet.u8(0), " DLT ", name, " (", type, ") len ", size);
  }
  context.put(", length ", packet.length(), ": ");
}

}  // namespace

void print_avs(Context& context, Cursor packet) {
  context.protocol("802.11_radio_avs", true);
  context.link_header_size = packet.captured();
  if (packet.readable() < kAvsHead) return context.put_truncated();
  const std::uint32_t size = packet.be32(4);
  if (size < kAvsHead || packet.readable() < size) return context.put_truncated();
  context.link_header_size = size + print_wifi_frame(context, packet.from(size));
}

void print_prism(Context& context, Cursor packet) {
  context.protocol("prism", true);
  context.link_header_size = packet.captured();
  if (packet.readable() < 4) return context.put_truncated();
  const std::uint32_t version = packet.be32(0);
  if (version == kAvsVersions[0] || version == kAvsVersions[1]) return print_avs(context, packet);
  if (packet.readable() < kPrismHeader) return context.put_truncated();
  context.link_header_size = kPrismHeader + print_wifi_frame(context, packet.from(kPrismHeader));
}

void print_ppi(Context& context, Cursor packet) {
  context.protocol("ppi", true);
  context.link_header_size = packet.captured();
  if (packet.readable() < kPpiHead) return context.put_truncated();
  const std::size_t size = packet.le16(2);
  if (size < kPpiHead || size > kMostPpi) {
    context.put(" [length ", size, " < ", kPpiHead, " or > ", kMostPpi, "]");
    return context.put_invalid();
  }
  if (packet.readable() < size) return context.put_truncated();
  const std::uint32_t type = packet.le32(4);
  if (context.options.link_header) put_ppi_header(context, packet, type, size);
  const Cursor payload = packet.from(size);
  if (!print_enclosed_link(context, type, payload)) {
    if (!context.options.link_header) put_ppi_header(context, packet, type, size);
    dump_unknown(context, payload);
    context.link_header_size = size;
    return;
  }
  // 4.99.3 leaves out what comes before the payload twice, so that a dump begins too late.
  if (context.options.compat) context.link_header_size *= 2;
  context.link_header_size = std::min(context.link_header_size + size, packet.captured());
}

}  // namespace ringtap
