// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Frame relay over several links: LINKTYPE_MFR, FRF.16.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kLeast = 4;
constexpr std::size_t kHeader = 2;
constexpr std::size_t kControlHeader = 3;
constexpr std::size_t kElementHeader = 2;
constexpr std::size_t kMostId = 50;  // FRF.16 3.4.2: with its NUL

constexpr std::uint8_t kBegin = 0x80;
constexpr std::uint8_t kControl = 0x20;
constexpr std::uint8_t kFlagBits = 0xe0;
constexpr Token kFlags[] = {{kBegin, "Begin"}, {0x40, "End"}, {kControl, "Control"}};

constexpr Token kMessages[] = {{1, "Add Link"},  {2, "Add Link ACK"}, {3, "Add Link Reject"}, {4, "Hello"},
                               {5, "Hello ACK"}, {6, "Remove Link"},  {7, "Remove Link ACK"}};
enum Element : std::uint8_t { kBundle = 1, kLink = 2, kMagic = 3 };
constexpr Token kElements[] = {{kBundle, "Bundle ID"}, {kLink, "Link ID"},      {kMagic, "Magic Number"},
                               {5, "Timestamp"},       {6, "Vendor Extension"}, {7, "Cause"}};

void put_element(Context& context, std::uint8_t type, const Cursor& value, std::size_t size) {
  bool dump = context.verbose(2);
  if (type == kMagic) {
    if (size == 4) {
      context.put("0x", Hex{value.be32(0), 8});
    } else {
      context.put("[IE data length ", size, " != 4] (invalid)");
    }
  } else if (type == kBundle || type == kLink) {
    put_text(context, value.bytes().first(std::min(size, kMostId)));
  } else {
    dump = true;
  }
  if (dump) dump_layer(context, value, 0, size, "\n\t  ");
}

void print_control(Context& context, const Cursor& packet) {
  context.put("FRF.16 Control, Flags [");
  context.put_flags(kFlags, packet.u8(0));
  context.put("], ");
  const std::uint8_t message = packet.u8(2);
  const std::string_view name = token(kMessages, message);
  if (name.empty()) {
    context.put("Unknown Message (0x", Hex{message, 2}, ')');
  } else {
    context.put(name);
  }
  context.put(", length ", packet.length());
  if (!context.verbose()) return;
  Cursor rest = packet.from(kControlHeader);
  while (rest.length() > kElementHeader) {
    if (!rest.has(kElementHeader)) return context.put_truncated();
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    context.put("\n\tIE ", Named{token(kElements, type, "Unknown"), type}, ", length ", size, ": ");
    if (type == 0 || size <= kElementHeader) return;
    if (!rest.has(size) || rest.length() < size) return context.put_truncated();
    put_element(context, type, rest.from(kElementHeader), size - kElementHeader);
    rest.skip(size);
  }
}

}  // namespace

void print_mfr(Context& context, Cursor packet) {
  context.protocol("mfr");
  const std::size_t length = packet.length();
  if (length < kLeast && packet.has(2)) {
    context.link_header_size = packet.captured();
    return context.put("[length ", length, " < ", kLeast, "] (invalid)");
  }
  if (!packet.has(kLeast)) {
    context.link_header_size = packet.captured();
    return context.put_truncated();
  }
  const std::uint8_t first = packet.u8(0);
  if ((first & kFlagBits) == kFlagBits && packet.u8(1) == 0) {
    print_control(context, packet);
    context.link_header_size = kControlHeader;
    return;
  }
  context.put("FRF.16 Frag, seq ", (first & 0x1eU) << 7 | packet.u8(1), ", Flags [");
  context.put_flags(kFlags, first);
  context.put(']');
  // What follows the first fragment cannot be known.
  if ((first & (kBegin | kControl)) != kBegin) {
    dump_hex(context.out, packet.bytes());
    return;
  }
  context.put(", ");
  print_frame_relay(context, packet.from(kHeader));
  context.link_header_size = kHeader;
}

}  // namespace ringtap
