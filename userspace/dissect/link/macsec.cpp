// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// MACsec, IEEE 802.1AE-2018 clause 9.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kShortTag = 6;  // after the ethertype: TCI and AN, short length, packet number
constexpr std::size_t kChannel = 8;   // the secure channel identifier, which need not be there
constexpr std::size_t kCheckValue = 16;
constexpr std::uint8_t kVersion = 0x80;
constexpr std::uint8_t kHasChannel = 0x20;
constexpr std::uint8_t kEncrypted = 0x08;
constexpr std::uint8_t kChanged = 0x04;
constexpr std::uint8_t kAssociation = 0x03;
constexpr Token kFlags[] = {{kEncrypted, "E"}, {kChanged, "C"}, {0x40, "S"}, {0x10, "B"}, {kHasChannel, "I"}};

void put_tag(Context& context, const Cursor& tag, std::size_t size) {
  const std::uint8_t flags = tag.u8(0);
  context.put("an ", static_cast<std::uint32_t>(flags & kAssociation), ", pn ", tag.be32(2), ", flags ");
  context.put_flags(kFlags, flags, "");
  if (tag.u8(1) != 0) context.put(", sl ", tag.u8(1));
  if (size > kShortTag) {
    context.put(", sci ");
    for (std::size_t i = 0; i < kChannel; ++i) context.put(Hex{tag.u8(kShortTag + i), 2});
  }
  context.put(", ");
}

}  // namespace

bool print_macsec(Context& context, Cursor& frame, const LinkHeader& link, std::size_t& header_size,
                  std::size_t& data_size) {
  context.protocol("macsec");
  const auto cut = [&] {
    context.put_truncated();
    header_size += frame.length();
    return false;
  };
  if (!frame.has(kShortTag) || frame.length() < kShortTag) return cut();
  const std::uint8_t flags = frame.u8(0);
  const std::size_t short_length = frame.u8(1);
  const std::size_t size = kShortTag + ((flags & kHasChannel) != 0 ? kChannel : 0);
  if (!frame.has(size) || frame.length() < size) return cut();
  if ((flags & kVersion) != 0 || (short_length & 0xc0) != 0) {
    context.put_invalid();
    header_size += frame.length();
    return false;
  }
  const Cursor tag = frame;
  frame.skip(size);
  header_size += size;
  const bool opaque = (flags & (kEncrypted | kChanged)) != 0;
  if (context.options.link_header) {
    put_tag(context, tag, size);
  } else if (opaque) {
    context.station(link.source);
    context.put(" > ");
    context.station(link.destination);
    context.put(" 802.1AE MACsec, ");
    put_tag(context, tag, size);
  }
  if (opaque) {
    dump_unknown(context, frame);
    return false;
  }
  if (frame.length() < kCheckValue || frame.captured() < kCheckValue) return cut();
  data_size = frame.captured() - kCheckValue;
  if (short_length > data_size) return cut();
  frame = frame.first(data_size).with_length(frame.length() - kCheckValue);
  if (short_length == 0) return true;
  frame = frame.with_length(short_length);
  if (data_size > short_length && short_length < 2) {
    context.put(" [caplen ", short_length, " < 2]");
    return false;
  }
  data_size = short_length;
  return true;
}

}  // namespace ringtap
