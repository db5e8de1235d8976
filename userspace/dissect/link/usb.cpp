// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// USB as Linux captures it: LINKTYPE_USB_LINUX and LINKTYPE_USB_LINUX_MMAPPED, Documentation/usb/usbmon.rst. Fields are
// in the byte order of the capturing host, which is taken to be little-endian.
#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 48;
constexpr std::size_t kMmappedHeader = 64;

constexpr std::uint8_t kInterrupt = 1;
constexpr Token kTransfers[] = {{0, "ISOCHRONOUS"}, {kInterrupt, "INTERRUPT"}, {2, "CONTROL"}, {3, "BULK"}};
constexpr Token kEvents[] = {{'S', "SUBMIT"}, {'C', "COMPLETE"}, {'E', "ERROR"}};

void print_usb(Context& context, const Cursor& packet, std::size_t header) {
  if (packet.length() < header || !packet.has(header)) return context.put_truncated();
  context.link_header_size = header;
  context.put("USB");
  if (context.options.quiet) return;
  const std::uint8_t event = packet.u8(8);
  const std::uint8_t transfer = packet.u8(9);
  const std::string_view transfer_name = token(kTransfers, transfer);
  const std::string_view event_name = token(kEvents, event);
  context.put(' ', name_or(transfer_name, " ?"), ' ', name_or(event_name, "?"), ' ');
  if (!transfer_name.empty() && !event_name.empty()) {
    context.put((event == 'S') == (transfer != kInterrupt) ? "to " : "from ");
  }
  context.put(packet.le16(12), ':', packet.u8(11), ':', packet.u8(10) & 0x7fU);
}

}  // namespace

void print_usb_linux(Context& context, Cursor packet) {
  context.protocol("usb_linux_48_byte");
  print_usb(context, packet, kHeader);
}

void print_usb_linux_mmapped(Context& context, Cursor packet) {
  context.protocol("usb_linux_64_byte");
  print_usb(context, packet, kMmappedHeader);
}

}  // namespace ringtap
