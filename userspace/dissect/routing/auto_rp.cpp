// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cisco's Auto-RP, by which routers learn the rendezvous points of PIM.
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
constexpr Token kTypes[] = {{0x11, "candidate-advert"}, {0x12, "mapping"}};
constexpr Token kVersions[] = {{0, "v?"}, {1, "v1"}, {2, "v2"}, {3, "v1+2"}};

void put_reserved(Context& context, std::string_view before, std::uint8_t flags) {
  constexpr std::uint8_t kKnown = 3;
  if ((flags & ~kKnown) != 0) context.put(before, "[rsvd=0x", Hex{static_cast<std::uint8_t>(flags & ~kKnown), 2}, ']');
}

// A range of groups: flags, the length of its prefix, its address.
constexpr std::size_t kGroup = 6;
void put_group(Context& context, const Cursor& group, char before) {
  if (group.length() < kGroup) return group.truncated();
  const std::uint8_t flags = group.u8(0);
  const std::uint8_t bits = group.u8(1);
  (void)group.block(0, kGroup);
  if (context.truncated()) return;
  context.put(before, (flags & 1) != 0 ? "!" : "");
  context.host4(group.block(2, 4));
  context.put('/', bits, (flags & 2) != 0 ? " bidir" : "");
  put_reserved(context, "", flags);
}

void put_rendezvous_point(Context& context, Cursor& rest) {
  if (rest.length() < 4) return rest.truncated();
  put_host4(context, " RP ", rest.block(0, 4));
  rest.skip(4);
  if (rest.length() < 1) return rest.truncated();
  const std::uint8_t flags = rest.take_u8();
  context.put(" PIM", token(kVersions, flags & 3));
  put_reserved(context, " ", flags);
  if (rest.length() < 1) return rest.truncated();
  const std::uint8_t groups = rest.take_u8();
  for (std::uint8_t i = 0; i < groups && !context.truncated(); ++i, rest.skip(kGroup)) {
    put_group(context, rest, i == 0 ? ' ' : ',');
  }
}

}  // namespace

void print_auto_rp(Context& context, Cursor message, const Transport&) {
  context.protocol("cisco_autorp");
  if (message.length() < kHeader) return message.truncated();
  context.put(" auto-rp ");
  const std::uint8_t type = message.u8(0);
  context.put_name(token(kTypes, type), "type-0x", Hex{type, 2});
  const std::uint8_t count = message.u8(1);
  context.put(" Hold ");
  const std::uint16_t hold = message.be16(2);
  if (hold == 0) {
    context.put("FOREVER");
  } else {
    put_duration(context, hold);
  }
  Cursor rest = message.from(kHeader);
  for (std::uint8_t i = 0; i < count && !context.truncated(); ++i) put_rendezvous_point(context, rest);
}

}  // namespace ringtap
