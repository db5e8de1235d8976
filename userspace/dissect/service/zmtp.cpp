// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ZMTP/1.0, https://rfc.zeromq.org/spec/13/, over TCP and in datagrams of PGM, where an offset tells where the first
// frame of a datagram begins.
#include "dissect/hexdump.hpp"
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kShown = 128;  // with -v; all with -vv
constexpr std::uint8_t kLong = 0xff;

void put_dump(Context& context, const Cursor& bytes, std::size_t size) {
  const std::size_t shown = context.verbose(2) ? size : std::min(size, kShown);
  dump_hex_and_ascii(context.out, bytes.bytes().first(std::min(shown, bytes.captured())), "\n\t ");
}
std::size_t shown_size(const Context& context, std::size_t size) {
  return context.verbose(2) ? size : std::min(size, kShown);
}

void put_flags(Context& context, std::uint8_t flags) {
  context.put(" (");
  for (unsigned bit = 0x80; bit > 1; bit >>= 1) context.put((flags & bit) != 0 ? "MBZ|" : "-|");
  context.put((flags & 1) != 0 ? "MORE)" : "-)");
}

// Marks the packet as cut where the bytes end.
void mark_end(const Cursor& rest) {
  (void)rest.block(rest.captured(), 1);
}

// One frame; `rest` then begins behind it.
void put_frame(Context& context, Cursor& rest) {
  const bool is_long = rest.u8(0) == kLong;
  context.put("\n\t frame flags+body ", is_long ? "(64-bit)" : " (8-bit)", " length");
  std::uint64_t size = 0;
  if (is_long) {
    if (!rest.has(9)) return mark_end(rest);
    size = rest.be64(1);
    rest.skip(9);
  } else {
    size = rest.take_u8();
  }
  context.put(' ', size);
  if (size == 0) return;
  const std::size_t there = rest.readable();
  if (rest.captured() == 0) return mark_end(rest);
  const auto captured = static_cast<std::size_t>(std::min<std::uint64_t>(size, there));
  if (captured < size) context.put(" (", captured, " captured)");
  const std::uint8_t flags = rest.u8(0);
  context.put(", flags 0x", Hex{flags, 2});
  if (context.verbose()) {
    put_flags(context, flags);
    if (captured > 1) {
      context.put(", first ", shown_size(context, captured - 1), " byte(s) of body:");
      put_dump(context, rest.from(1), captured - 1);
    }
  }
  if (size > rest.captured()) return mark_end(rest);
  rest.skip(static_cast<std::size_t>(size));
}

void put_frames(Context& context, Cursor rest) {
  while (rest.readable() > 0 && !context.truncated()) put_frame(context, rest);
}

}  // namespace

void print_zmtp(Context& context, Cursor payload, const Transport&) {
  context.protocol("zmtp1");
  context.put(": ZMTP/1.0");
  put_frames(context, payload);
}

void print_zmtp_datagram(Context& context, Cursor datagram) {
  context.protocol("zmtp1");
  constexpr std::uint16_t kNoFrame = 0xffff;
  constexpr std::size_t kOffset = 2;
  if (!datagram.has(kOffset)) return mark_end(datagram);
  const std::uint16_t offset = datagram.be16(0);
  context.put("\n\t frame offset 0x", Hex{offset, 4});
  const std::size_t length = datagram.length();
  if (length < kOffset || (offset != kNoFrame && offset > length - kOffset)) {
    context.put(" (exceeds datagram declared length)");
    return mark_end(datagram);
  }
  Cursor rest = datagram.from(kOffset);
  if (offset != 0) {
    const std::size_t part = std::min<std::size_t>(offset, rest.length());
    const std::size_t captured = std::min(part, rest.captured());
    context.put("\n\t frame intermediate part, ", part, " bytes");
    if (captured < part) context.put(" (", captured, " captured)");
    if (captured > 1) {
      context.put(", first ", shown_size(context, captured), " byte(s):");
      put_dump(context, rest, captured);
    }
    rest.skip(part);
  }
  put_frames(context, rest);
}

}  // namespace ringtap
