// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The real-time transport protocol: RFC 3550 and its first version. Sources that contribute are not looked for.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kH261 = 31;

// Options of the first version follow each other; each begins with the bit that says it is the last, and with its
// length in 32-bit words. False if that is none, or longer than what there is.
bool skip_options(Cursor& data) {
  for (bool last = false; !last;) {
    const std::uint32_t head = data.be32(0);
    if (data.is_truncated()) return true;
    const std::size_t size = (head >> 16 & 0xff) * std::size_t{4};
    if (size == 0 || size > data.length()) return false;
    data.skip(size);
    last = head >> 31 != 0;
  }
  return true;
}

// The extension's length is of 32-bit words. False if it is longer than what there is.
bool skip_extension(Cursor& data) {
  constexpr std::size_t kExtension = 4;
  const std::size_t size = kExtension + data.be16(2) * std::size_t{4};
  if (data.is_truncated()) return true;
  if (size > data.length()) return false;
  data.skip(size);
  return true;
}

}  // namespace

void print_rtp(Context& context, Cursor packet, const Transport&) {
  constexpr std::size_t kVersion1 = 8;
  constexpr std::size_t kHeader = 12;
  context.protocol("rtp");
  const std::size_t length = packet.length();
  if (length < kVersion1) return context.put("udp/rtp, length ", length, " < ", kVersion1);
  (void)packet.block(0, kVersion1);
  if (context.truncated()) return;
  const std::uint8_t first = packet.u8(0);
  const std::uint8_t second = packet.u8(1);
  const bool version1 = first >> 6 == 1;
  if (!version1 && length < kHeader) return context.put("udp/rtp, length ", length, " < ", kHeader);
  const std::uint32_t type = second & (version1 ? 0x3fu : 0x7fu);
  const bool extended = version1 ? (second & 0x80) != 0 : (first & 0x10) != 0;
  const bool marked = (second & (version1 ? 0x40 : 0x80)) != 0;
  context.put(version1 ? "udp/rtpv1 " : "udp/rtp ", length - (version1 ? kVersion1 : kHeader), " c", type, ' ',
              extended ? "+" : "", marked ? "*" : "", ' ', packet.be16(2), ' ', packet.be32(4));
  if (!context.verbose()) return;
  context.put(' ', packet.be32(8));
  Cursor data = packet.from(version1 ? kVersion1 : kHeader);
  if (extended && version1 && !skip_options(data)) return context.put(" !opt");
  if (extended && !version1 && !skip_extension(data)) return context.put(" !ext");
  if (type == kH261) context.put(" 0x", Hex{data.be32(0) >> 16, 4});
}

}  // namespace ringtap
