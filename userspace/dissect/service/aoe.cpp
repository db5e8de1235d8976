// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ATA over Ethernet, "AoE (ATA over Ethernet)", revision 11.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 10;
constexpr std::uint8_t kError = 0x04;
constexpr std::size_t kStation = 6;

constexpr Token kFlags[] = {{0x08, "Response"}, {kError, "Error"}, {0x02, "MBZ-1"}, {0x01, "MBZ-0"}};
constexpr Token kAtaFlags[] = {
    {0x80, "MBZ-7"}, {0x40, "Ext48"}, {0x20, "MBZ-5"}, {0x10, "Device"},
    {0x08, "MBZ-3"}, {0x04, "MBZ-2"}, {0x02, "Async"}, {0x01, "Write"},
};
enum Command : std::uint8_t { kAta = 0, kConfiguration = 1, kMacMask = 2, kReserve = 3 };
constexpr Token kCommands[] = {
    {kAta, "Issue ATA Command"},
    {kConfiguration, "Query Config Information"},
    {kMacMask, "MAC Mask List"},
    {kReserve, "Reserve/Release"},
};
constexpr Token kErrors[] = {
    {1, "Unrecognized command code"}, {2, "Bad argument parameter"}, {3, "Device unavailable"},
    {4, "Config string present"},     {5, "Unsupported version"},    {6, "Target is reserved"},
};
constexpr Token kConfigurationCommands[] = {
    {0, "read config string"}, {1, "test config string"},      {2, "test config string prefix"},
    {3, "set config string"},  {4, "force set config string"},
};
constexpr Token kMaskCommands[] = {{0, "Read Mac Mask List"}, {1, "Edit Mac Mask List"}};
constexpr Token kMaskErrors[] = {{1, "Unspecified Error"}, {2, "Bad DCmd directive"}, {3, "Mask List Full"}};
constexpr Token kMaskDirectives[] = {{0, "No Directive"}, {1, "Add Mac Address"}, {2, "Delete Mac Address"}};
constexpr Token kReserveCommands[] = {{0, "Read reserve list"}, {1, "Set reserve list"}, {2, "Force set reserve list"}};

void put_named(Context& context, std::string_view label, std::span<const Token> table, std::uint8_t value) {
  context.put(label);
  context.put_name(token(table, value), "Unknown (0x", Hex{value, 2}, ')');
}

// Each argument printer says whether the argument could be what it says.
bool put_ata(Context& context, Cursor argument) {
  if (argument.length() < 12) return false;
  const std::uint8_t flags = argument.u8(0);
  if (context.truncated()) return true;
  context.put("\n\tAFlags: [");
  context.put_flags(kAtaFlags, flags);
  context.put(']');
  context.put(", Err/Feature: ", argument.u8(1));
  context.put(", Sector Count: ", argument.u8(2));
  context.put(", Cmd/Status: ", argument.u8(3));
  context.put("\n\tlba0: ", argument.u8(4));
  for (unsigned i = 1; i < 6; ++i) context.put(", lba", i, ": ", argument.u8(4 + i));
  (void)argument.be16(10);  // reserved
  argument.skip(12);
  if (argument.length() > 0) context.put("\n\tData: ", argument.length(), " bytes");
  return true;
}

bool put_configuration(Context& context, Cursor argument) {
  if (argument.length() < 8) return false;
  context.put("\n\tBuffer Count: ", argument.be16(0));
  context.put(", Firmware Version: ", argument.be16(2));
  context.put(", Sector Count: ", argument.u8(4));
  const std::uint8_t versions = argument.u8(5);
  context.put(", AoE: ", static_cast<std::uint32_t>(versions >> 4));
  if (context.options.compat) {  // tcpdump 4.99.3 does not print what is not known
    context.put(", CCmd: ", token(kConfigurationCommands, versions & 0xf, "Unknown (0x02x)"));
  } else {
    put_named(context, ", CCmd: ", kConfigurationCommands, versions & 0xf);
  }
  const std::size_t size = argument.be16(6);
  if (context.truncated()) return true;
  argument.skip(8);
  if (size > 1024 || size > argument.length()) return false;
  if (size == 0) return true;
  context.put("\n\tConfig String (length ", size, "): ");
  context.out.escaped(argument.bytes().first(std::min(size, argument.captured())));
  (void)argument.span(0, size);
  return true;
}

bool put_mac_mask(Context& context, Cursor argument) {
  if (argument.length() < 4) return false;
  const std::uint8_t command = argument.u8(1);
  put_named(context, "\n\tMCmd: ", kMaskCommands, command);
  const std::uint8_t error = argument.u8(2);
  put_named(context, ", MError: ", kMaskErrors, error);
  const std::uint8_t count = argument.u8(3);
  context.put(", Dir Count: ", count);
  argument.skip(4);
  if (argument.length() < count * 8u) return false;
  for (unsigned i = 0; i < count && !context.truncated(); ++i) {
    const std::uint8_t directive = argument.u8(1);
    if (context.truncated()) return true;
    put_named(context, "\n\t DCmd: ", kMaskDirectives, directive);
    const std::uint8_t* station = argument.block(2, kStation);
    if (context.truncated()) return true;
    context.put(", Ethernet Address: ");
    context.station(station);
    argument.skip(8);
  }
  return true;
}

bool put_reserve(Context& context, Cursor argument) {
  if (argument.length() < 2 || (argument.length() - 2) % kStation != 0) return false;
  const std::uint8_t command = argument.u8(0);
  put_named(context, "\n\tRCmd: ", kReserveCommands, command);
  const std::uint8_t count = argument.u8(1);
  context.put(", NMacs: ", count);
  if (argument.length() - 2 != count * kStation) return false;
  argument.skip(2);
  for (unsigned i = 0; i < count && !context.truncated(); ++i) {
    const std::uint8_t* station = argument.block(0, kStation);
    if (context.truncated()) return true;
    context.put("\n\tEthernet Address ", i, ": ");
    context.station(station);
    argument.skip(kStation);
  }
  return true;
}

}  // namespace

void print_aoe(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("aoe");
  context.put("AoE length ", packet.length());
  if (packet.length() < 1) return context.put_invalid();
  const std::uint8_t first = packet.u8(0);
  if (context.truncated()) return;
  const std::uint8_t version = first >> 4;
  const std::uint8_t flags = first & 0xf;
  context.put(", Ver ", version);
  if (version != 1) return;
  const auto put_invalid = [&] {
    context.put_invalid();
    (void)packet.span(0, packet.length());
  };
  if (packet.length() < kHeader) return put_invalid();
  context.put(", Flags: [");
  context.put_flags(kFlags, flags);
  context.put(']');
  if (!context.verbose()) return;
  if ((flags & kError) != 0) {
    const std::uint8_t error = packet.u8(1);
    context.put("\n\tError: ");
    const std::string_view name = token(kErrors, error);
    context.put_name(name, "Invalid (", error, ')');
  }
  context.put("\n\tMajor: 0x", Hex{packet.be16(2), 4});
  context.put(", Minor: 0x", Hex{packet.u8(4), 2});
  const std::uint8_t command = packet.u8(5);
  const std::string_view name = token(kCommands, command);
  if (!name.empty()) {
    context.put(", Command: ", name);
  } else {
    context.put(", Command: Unknown (0x", Hex{command, 2}, ')');
  }
  context.put(", Tag: 0x", Hex{packet.be32(6), 8});
  const Cursor argument = packet.from(kHeader);
  bool valid = true;
  switch (command) {
    case kAta:
      valid = put_ata(context, argument);
      break;
    case kConfiguration:
      valid = put_configuration(context, argument);
      break;
    case kMacMask:
      valid = put_mac_mask(context, argument);
      break;
    case kReserve:
      valid = put_reserve(context, argument);
      break;
    default:
      break;
  }
  if (!valid && !context.truncated()) put_invalid();
}

}  // namespace ringtap
