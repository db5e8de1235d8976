// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Frames of a Controller Area Network: LINKTYPE_CAN_SOCKETCAN, with the flags of <linux/can.h> and the classes of
// <linux/can/error.h>. tcpdump has no printer for them; the form is that of candump(1).
#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::uint32_t kExtended = 0x80000000;
constexpr std::uint32_t kRemote = 0x40000000;
constexpr std::uint32_t kError = 0x20000000;
constexpr std::uint32_t kExtendedId = 0x1fffffff;
constexpr std::uint32_t kStandardId = 0x7ff;

constexpr std::size_t kMaxClassic = 8;
constexpr std::size_t kMaxFd = 64;
constexpr std::uint8_t kFdFrame = 0x04;
constexpr std::uint8_t kXlFrame = 0x80;  // in the place of the length
constexpr Token kFdFlags[] = {{1, "BRS"}, {2, "ESI"}};

constexpr Token kErrorClasses[] = {
    {0x001, "transmit timeout"}, {0x002, "lost arbitration"},  {0x004, "controller"}, {0x008, "protocol"},
    {0x010, "transceiver"},      {0x020, "no acknowledgment"}, {0x040, "bus off"},    {0x080, "bus error"},
    {0x100, "restarted"},        {0x200, "counters"},
};
constexpr Token kControllerErrors[] = {
    {0x01, "receive overflow"}, {0x02, "transmit overflow"}, {0x04, "receive warning"}, {0x08, "transmit warning"},
    {0x10, "receive passive"},  {0x20, "transmit passive"},  {0x40, "active"}};
constexpr std::uint32_t kControllerClass = 0x004;

void put_data(Context& context, const Cursor& data, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t byte = data.u8(i);
    if (context.truncated()) return;
    context.put(' ', Hex{byte, 2});
  }
}

void put_error(Context& context, std::uint32_t classes, const Cursor& data) {
  context.put("CAN error: ");
  context.put_flags(kErrorClasses, classes);
  if ((classes & kControllerClass) != 0 && data.captured() > 1 && data.u8(1) != 0) {
    context.put(" (");
    context.put_flags(kControllerErrors, data.u8(1));
    context.put(')');
  }
}

}  // namespace

void print_can(Context& context, Cursor packet) {
  context.protocol("can");
  context.link_header_size = kHeader;
  const std::uint32_t id = packet.be32(0);
  const std::size_t declared = packet.u8(4);
  const std::uint8_t flags = packet.u8(5);
  const Cursor data = packet.from(kHeader);
  if (packet.length() < kHeader) return context.put_invalid();
  if ((declared & kXlFrame) != 0) {
    return context.put("CAN XL ", Hex{id & kStandardId, 3}, ", length ", packet.length());
  }
  if ((id & kError) != 0) return put_error(context, id & kExtendedId, data);
  const bool fd = (flags & kFdFrame) != 0 || declared > kMaxClassic;
  context.put(fd ? "CAN FD " : "CAN ");
  if ((id & kExtended) != 0) {
    context.put(Hex{id & kExtendedId, 8});
  } else {
    context.put(Hex{id & kStandardId, 3});
  }
  if (fd && (flags & 3) != 0) {
    context.put(' ');
    context.put_flags(kFdFlags, flags);
  }
  context.put(" [", declared, ']');
  if ((id & kRemote) != 0) return context.put(" remote request");  // the length asked for; it carries no data
  if (declared > kMaxFd || declared > data.length()) return context.put_invalid();
  put_data(context, data, declared);
}

}  // namespace ringtap
