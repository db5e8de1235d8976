// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/hexdump.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kBytesPerLine = 16;
constexpr std::size_t kHexColumns = 5 * kBytesPerLine / 2;

void dump(Appender& out, std::span<const std::uint8_t> bytes, bool ascii, std::string_view indent) {
  for (std::size_t offset = 0; offset < bytes.size(); offset += kBytesPerLine) {
    const auto line = bytes.subspan(offset, std::min(kBytesPerLine, bytes.size() - offset));
    out.put(indent, "0x", Hex{offset, 4}, ": ");
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i % 2 == 0) out.put(' ');
      out.put(Hex{line[i], 2});
    }
    if (!ascii) continue;
    const std::size_t columns = 2 * line.size() + (line.size() + 1) / 2;
    out.put(Repeat{' ', kHexColumns - columns + 2});
    // A blank is a dot here: columns stay readable.
    for (const std::uint8_t byte : line) out.printable(byte == ' ' ? 0 : byte);
  }
}

}  // namespace

void dump_hex(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent) {
  dump(out, bytes, false, indent);
}
void dump_hex_and_ascii(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent) {
  dump(out, bytes, true, indent);
}

void dump_ascii(Appender& out, std::span<const std::uint8_t> bytes) {
  out.put('\n');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes[i];
    if (byte == '\r') {
      // A carriage return that ends a line is left out, so that text reads as text; any other is a dot.
      if (i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
      out.put('.');
    } else if (byte == '\n' || byte == '\t') {
      out.put(static_cast<char>(byte));
    } else {
      out.printable(byte);
    }
  }
}

void dump_unknown(Context& context, Cursor payload) {
  if (!context.options.suppress_dump && !context.options.quiet) dump_hex_and_ascii(context.out, payload.bytes());
}

void dump_captured(Context& context, const Cursor& bytes, std::string_view indent) {
  dump_hex(context.out, bytes.bytes().first(bytes.readable()), indent);
}

void dump_layer(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count, std::string_view indent) {
  const Cursor rest = bytes.from(offset);
  dump_hex(context.out, rest.bytes().first(std::min(count, rest.captured())), indent);
}

}  // namespace ringtap
