// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Bluetooth's host controller interface: LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR. tcpdump names no packet of it; without
// --compat the packet's type, and the names of commands and events (Bluetooth Core Specification, volume 4, part E),
// are printed instead of its bytes.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;  // the direction

enum PacketType : std::uint8_t { kCommand = 1, kAcl = 2, kSco = 3, kEvent = 4, kIso = 5 };

constexpr Token kCommands[] = {
    {0x0401, "Inquiry"},
    {0x0402, "Inquiry Cancel"},
    {0x0405, "Create Connection"},
    {0x0406, "Disconnect"},
    {0x0408, "Create Connection Cancel"},
    {0x0409, "Accept Connection Request"},
    {0x040a, "Reject Connection Request"},
    {0x040b, "Link Key Request Reply"},
    {0x040c, "Link Key Request Negative Reply"},
    {0x040d, "PIN Code Request Reply"},
    {0x0411, "Authentication Requested"},
    {0x0413, "Set Connection Encryption"},
    {0x0419, "Remote Name Request"},
    {0x041b, "Read Remote Supported Features"},
    {0x041c, "Read Remote Extended Features"},
    {0x041d, "Read Remote Version Information"},
    {0x0428, "Setup Synchronous Connection"},
    {0x042b, "IO Capability Request Reply"},
    {0x042c, "User Confirmation Request Reply"},
    {0x0801, "Hold Mode"},
    {0x0803, "Sniff Mode"},
    {0x0804, "Exit Sniff Mode"},
    {0x080b, "Switch Role"},
    {0x080d, "Write Link Policy Settings"},
    {0x080f, "Write Default Link Policy Settings"},
    {0x0c01, "Set Event Mask"},
    {0x0c03, "Reset"},
    {0x0c05, "Set Event Filter"},
    {0x0c0d, "Read Stored Link Key"},
    {0x0c12, "Delete Stored Link Key"},
    {0x0c13, "Write Local Name"},
    {0x0c14, "Read Local Name"},
    {0x0c16, "Write Connection Accept Timeout"},
    {0x0c18, "Write Page Timeout"},
    {0x0c1a, "Write Scan Enable"},
    {0x0c23, "Read Class Of Device"},
    {0x0c24, "Write Class Of Device"},
    {0x0c25, "Read Voice Setting"},
    {0x0c33, "Host Buffer Size"},
    {0x0c45, "Write Inquiry Mode"},
    {0x0c52, "Write Extended Inquiry Response"},
    {0x0c56, "Write Simple Pairing Mode"},
    {0x0c6d, "Write LE Host Support"},
    {0x1001, "Read Local Version Information"},
    {0x1002, "Read Local Supported Commands"},
    {0x1003, "Read Local Supported Features"},
    {0x1004, "Read Local Extended Features"},
    {0x1005, "Read Buffer Size"},
    {0x1009, "Read BD_ADDR"},
    {0x1405, "Read RSSI"},
    {0x2001, "LE Set Event Mask"},
    {0x2002, "LE Read Buffer Size"},
    {0x2003, "LE Read Local Supported Features"},
    {0x2005, "LE Set Random Address"},
    {0x2006, "LE Set Advertising Parameters"},
    {0x2007, "LE Read Advertising Channel Tx Power"},
    {0x2008, "LE Set Advertising Data"},
    {0x2009, "LE Set Scan Response Data"},
    {0x200a, "LE Set Advertising Enable"},
    {0x200b, "LE Set Scan Parameters"},
    {0x200c, "LE Set Scan Enable"},
    {0x200d, "LE Create Connection"},
    {0x200e, "LE Create Connection Cancel"},
    {0x200f, "LE Read White List Size"},
    {0x2010, "LE Clear White List"},
    {0x2011, "LE Add Device To White List"},
    {0x2013, "LE Connection Update"},
    {0x2016, "LE Read Remote Used Features"},
    {0x2017, "LE Encrypt"},
    {0x2018, "LE Rand"},
    {0x2019, "LE Start Encryption"},
    {0x201a, "LE Long Term Key Request Reply"},
    {0x201c, "LE Read Supported States"},
    {0x2022, "LE Set Data Length"},
    {0x2036, "LE Set Extended Advertising Parameters"},
    {0x2037, "LE Set Extended Advertising Data"},
    {0x2039, "LE Set Extended Advertising Enable"},
    {0x2041, "LE Set Extended Scan Parameters"},
    {0x2042, "LE Set Extended Scan Enable"},
    {0x2043, "LE Extended Create Connection"},
};

constexpr Token kEvents[] = {
    {0x01, "Inquiry Complete"},
    {0x02, "Inquiry Result"},
    {0x03, "Connection Complete"},
    {0x04, "Connection Request"},
    {0x05, "Disconnection Complete"},
    {0x06, "Authentication Complete"},
    {0x07, "Remote Name Request Complete"},
    {0x08, "Encryption Change"},
    {0x0b, "Read Remote Supported Features Complete"},
    {0x0c, "Read Remote Version Information Complete"},
    {0x0e, "Command Complete"},
    {0x0f, "Command Status"},
    {0x10, "Hardware Error"},
    {0x12, "Role Change"},
    {0x13, "Number Of Completed Packets"},
    {0x14, "Mode Change"},
    {0x16, "PIN Code Request"},
    {0x17, "Link Key Request"},
    {0x18, "Link Key Notification"},
    {0x1a, "Data Buffer Overflow"},
    {0x1b, "Max Slots Change"},
    {0x22, "Inquiry Result With RSSI"},
    {0x23, "Read Remote Extended Features Complete"},
    {0x2c, "Synchronous Connection Complete"},
    {0x2f, "Extended Inquiry Result"},
    {0x30, "Encryption Key Refresh Complete"},
    {0x31, "IO Capability Request"},
    {0x32, "IO Capability Response"},
    {0x33, "User Confirmation Request"},
    {0x36, "Simple Pairing Complete"},
    {0x3e, "LE Meta"},
    {0xff, "Vendor"},
};
constexpr std::uint8_t kCommandComplete = 0x0e;
constexpr std::uint8_t kCommandStatus = 0x0f;
constexpr std::uint8_t kLeMeta = 0x3e;

constexpr Token kLeEvents[] = {
    {1, "Connection Complete"},          {2, "Advertising Report"},
    {3, "Connection Update Complete"},   {4, "Read Remote Used Features Complete"},
    {5, "Long Term Key Request"},        {6, "Remote Connection Parameter Request"},
    {7, "Data Length Change"},           {10, "Enhanced Connection Complete"},
    {12, "PHY Update Complete"},         {13, "Extended Advertising Report"},
    {20, "Channel Selection Algorithm"},
};

// L2CAP channels that have a number of their own (volume 3, part A, 2.1).
constexpr Token kChannels[] = {{1, "L2CAP signaling"}, {3, "AMP manager"}, {4, "ATT"},
                               {5, "LE signaling"},    {6, "SMP"},         {7, "BR/EDR SMP"}};

void put_command(Context& context, std::uint16_t opcode) {
  const std::string_view name = token(kCommands, opcode);
  if (!name.empty()) return context.put(name, " (0x", Hex{opcode, 4}, ')');
  context.put("0x", Hex{opcode, 4}, " (OGF 0x", Hex{static_cast<unsigned>(opcode >> 10), 2}, ", OCF 0x",
              Hex{opcode & 0x3ffU, 3}, ')');
}

void put_acl(Context& context, const Cursor& packet) {
  constexpr std::uint16_t kContinuation = 1;
  const std::uint16_t handle = packet.le16(1);
  const std::uint16_t size = packet.le16(3);
  context.put(" ACL handle ", handle & 0xfffU);
  if ((handle >> 12 & 3) == kContinuation) return context.put(", continuation, length ", size);
  const std::uint16_t channel = packet.le16(7);
  const std::string_view name = token(kChannels, channel);
  context.put(", ");
  if (name.empty()) {
    context.put("channel 0x", Hex{channel, 4});
  } else {
    context.put(name);
  }
  context.put(", length ", size);
}

void put_event(Context& context, const Cursor& packet) {
  const std::uint8_t code = packet.u8(1);
  const std::uint8_t size = packet.u8(2);
  context.put(" event ");
  context.put_name(token(kEvents, code), "0x", Hex{code, 2});
  if (code == kCommandComplete && size >= 3) {
    const std::uint16_t opcode = packet.le16(4);
    context.put(": ");
    put_command(context, opcode);
    if (size > 3 && packet.u8(6) != 0) context.put(", status 0x", Hex{packet.u8(6), 2});
  } else if (code == kCommandStatus && size >= 4) {
    const std::uint16_t opcode = packet.le16(5);
    context.put(": ");
    put_command(context, opcode);
    if (packet.u8(3) != 0) context.put(", status 0x", Hex{packet.u8(3), 2});
  } else if (code == kLeMeta && size >= 1) {
    const std::uint8_t subevent = packet.u8(3);
    context.put(": ");
    context.put_name(token(kLeEvents, subevent), "0x", Hex{subevent, 2});
  }
  context.put(", length ", size);
}

// False where it is no packet that the specification has.
bool put_packet(Context& context, const Cursor& packet) {
  switch (packet.u8(0)) {
    case kCommand: {
      const std::uint16_t opcode = packet.le16(1);
      const std::uint8_t size = packet.u8(3);
      context.put(" command ");
      put_command(context, opcode);
      context.put(", length ", size);
      return true;
    }
    case kAcl:
      put_acl(context, packet);
      return true;
    case kSco:
      context.put(" SCO handle ", packet.le16(1) & 0xfffU, ", length ", packet.u8(3));
      return true;
    case kEvent:
      put_event(context, packet);
      return true;
    case kIso:
      context.put(" ISO handle ", packet.le16(1) & 0xfffU, ", length ", packet.le16(3) & 0x3fffU);
      return true;
    default:
      return false;
  }
}

}  // namespace

void print_bluetooth_hci(Context& context, Cursor packet) {
  context.protocol("bluetooth");
  context.put("bluetooth");
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  const Cursor payload = packet.from(kHeader);
  if (context.options.link_header) {
    context.put(", hci length ", payload.length(), ", direction ", (packet.be32(0) & 1) != 0 ? "in" : "out");
  }
  if (!context.options.compat && payload.length() > 0 && put_packet(context, payload)) return;
  dump_unknown(context, payload);
}

}  // namespace ringtap
