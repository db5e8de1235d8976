// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cisco's protocols between neighbors, told apart by their SNAP identifiers: CDP as Cisco documents it ("Cisco
// Discovery Protocol: frame format"), UDLD as RFC 5171 has it, VTP ("Understanding VLAN Trunk Protocol") and DTP.
#include "dissect/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

// How a CDP value is printed by -v. The others are dumped.
enum class Form {
  kDump,
  kNothing,
  kName,
  kText,
  kNumber16,
  kDuplex,
  kVoice,
  kHex8,
  kMtu,
  kPower,
  kLocation,
  kCapabilities,
  kPrefixes,
  kAddresses
};
struct FieldRow {
  std::uint16_t type;
  std::string_view name;
  Form form;
  std::size_t least = 0;  // of the value's size
  std::size_t most = 0xffff;
};
constexpr std::uint16_t kDevice = 1;
constexpr FieldRow kFields[] = {
    {kDevice, "Device-ID", Form::kName},
    {2, "Address", Form::kAddresses},
    {3, "Port-ID", Form::kName},
    {4, "Capability", Form::kCapabilities, 4, 4},
    {5, "Version String", Form::kText},
    {6, "Platform", Form::kName},
    {7, "Prefixes", Form::kPrefixes},
    {8, "Protocol-Hello option", Form::kNothing},
    {9, "VTP Management Domain", Form::kName},
    {0x0a, "Native VLAN ID", Form::kNumber16, 2, 2},
    {0x0b, "Duplex", Form::kDuplex, 1, 1},
    {0x0c, "unknown field type", Form::kNothing},
    {0x0d, "unknown field type", Form::kNothing},
    {0x0e, "ATA-186 VoIP VLAN assignment", Form::kVoice, 3, 3},
    {0x0f, "ATA-186 VoIP VLAN request", Form::kVoice, 2, 3},
    {0x10, "power consumption", Form::kPower, 1, 3},
    {0x11, "MTU", Form::kMtu, 4, 4},
    {0x12, "AVVID trust bitmap", Form::kHex8, 1, 1},
    {0x13, "AVVID untrusted ports CoS", Form::kHex8, 1, 1},
    {0x14, "System Name", Form::kName},
    {0x15, "System Object ID (not decoded)", Form::kNothing},
    {0x16, "Management Addresses", Form::kAddresses, 4},
    {0x17, "Physical Location", Form::kLocation, 1},
};

// Lines of text, each below the other.
void put_lines(Context& context, const Cursor& value, std::size_t size) {
  if (!value.has(size)) return value.truncated();
  context.put("\n\t  ");
  for (const std::uint8_t byte : value.bytes().first(size)) {
    if (byte == '\n') {
      context.put("\n\t  ");
    } else {
      context.out.escaped(byte);
    }
  }
}

constexpr Token kCapabilityBits[] = {{0x01, "Router"},    {0x02, "Transparent Bridge"}, {0x04, "Source Route Bridge"},
                                     {0x08, "L2 Switch"}, {0x10, "L3 capable"},         {0x20, "IGMP snooping"},
                                     {0x40, "L1 capable"}};

void put_prefixes(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kPrefix = 5;
  if (size % kPrefix != 0) return context.put(" [length ", size, " is not a multiple of ", kPrefix, ']');
  context.put(" IPv4 Prefixes (", size / kPrefix, "):");
  for (std::size_t at = 0; at < size && !context.truncated(); at += kPrefix) {
    put_host4(context, " ", value.block(at, 4));
    context.put('/', value.u8(at + 4));
  }
}

// A count, then protocol type, length and value, address length and value.
void put_addresses(Context& context, Cursor value, std::size_t size) {
  constexpr std::uint8_t kNlpidIp[] = {0xcc};
  constexpr std::uint8_t kSnapIpv6[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd};
  value = value.with_length(size);
  if (value.length() < 4) return context.put(" (not enough space for num)");
  std::uint32_t count = value.take_be32();
  for (; count > 0 && !context.truncated(); --count) {
    if (value.length() < 2) return context.put(" (not enough space for PT+PL)");
    const std::uint8_t kind = value.take_u8();
    const std::size_t protocol_size = value.take_u8();
    if (value.length() < protocol_size + 2) return context.put(" (not enough space for P+AL)");
    const auto protocol = value.span(0, protocol_size);
    const std::size_t address_size = value.be16(protocol_size);
    value.skip(protocol_size + 2);
    if (context.truncated()) return;
    if (value.length() < address_size) return context.put(" (not enough space for A)");
    const auto is = [&](std::span<const std::uint8_t> known) {
      return std::equal(protocol.begin(), protocol.end(), known.begin(), known.end());
    };
    if (kind == 1 && is(kNlpidIp) && address_size == 4) {
      context.put("IPv4 (", count, ") ");
      context.host4(value.block(0, 4));
    } else if (kind == 2 && is(kSnapIpv6) && address_size == 16) {
      context.put("IPv6 (", count, ") ");
      context.host6(value.block(0, 16));
    } else {
      context.put("pt=0x", Hex{kind, 2}, ", pl=", protocol_size, ", pb=");
      for (const std::uint8_t byte : protocol) context.put(' ', Hex{byte, 2});
      context.put(", al=", address_size, ", a=");
      for (const std::uint8_t byte : value.span(0, address_size)) context.put(' ', Hex{byte, 2});
    }
    value.skip(address_size);
    if (count > 1) context.put(' ');
  }
}

bool put_field(Context& context, const FieldRow& row, const Cursor& value, std::size_t size) {
  switch (row.form) {
    case Form::kName:
      context.put('\'');
      put_escaped(context, value, 0, size);
      context.put('\'');
      return true;
    case Form::kText:
      put_lines(context, value, size);
      return true;
    case Form::kNumber16:
      context.put(value.be16(0));
      return true;
    case Form::kDuplex:
      context.put(value.u8(0) != 0 ? "full" : "half");
      return true;
    case Form::kVoice:
      if (size == 2) {
        context.put("unknown 0x", Hex{value.be16(0), 4});
      } else {
        context.put("app ", value.u8(0), ", vlan ", value.be16(1));
      }
      return true;
    case Form::kHex8:
      context.put("0x", Hex{value.u8(0), 2});
      return true;
    case Form::kMtu:
      context.put(value.be32(0), " bytes");
      return true;
    case Form::kPower: {
      const std::uint32_t milliwatts = size == 1 ? value.u8(0) : size == 2 ? value.be16(0) : value.be24(0);
      context.put(milliwatts / 1000, '.', Padded{milliwatts / 10 % 100, 2}, 'W');
      return true;
    }
    case Form::kLocation:
      context.put("0x", Hex{value.u8(0), 2});
      if (size > 1) {
        context.put('/');
        put_escaped(context, value, 1, size - 1);
      }
      return true;
    case Form::kCapabilities:
      context.put("(0x", Hex{value.be32(0), 8}, "): ");
      context.put_flags(kCapabilityBits, value.be32(0));
      return true;
    case Form::kPrefixes:
      put_prefixes(context, value, size);
      return true;
    case Form::kAddresses:
      put_addresses(context, value, size);
      return true;
    case Form::kNothing:
      return true;
    case Form::kDump:
      return false;
  }
  return false;
}

}  // namespace

void print_cdp(Context& context, Cursor packet) {
  context.protocol("cdp");
  const std::size_t length = packet.length();
  if (length < 4) {
    context.put(" (packet length ", length, " < 4)");
    context.put_invalid();
    (void)packet.span(0, length);
    return;
  }
  const std::uint8_t version = packet.u8(0);
  context.put("CDPv", version, ", ttl: ", packet.u8(1), 's');
  if (context.verbose()) context.put(", checksum: 0x", Hex{packet.be16(2), 4}, " (unverified), length ", length);
  packet.skip(4);
  while (packet.length() > 0 && !context.truncated()) {
    if (packet.length() < 4) {
      context.put(context.verbose() ? "\n\t" : "", " (remaining packet length ", packet.length(), " < 4)");
      return context.put_invalid();
    }
    const std::uint16_t type = packet.be16(0);
    const std::size_t whole = packet.be16(2);
    if (context.truncated()) return;
    const FieldRow* row = nullptr;
    for (const FieldRow& candidate : kFields) {
      if (candidate.type == type) row = &candidate;
    }
    const std::string_view name = row == nullptr ? std::string_view("unknown field type") : row->name;
    if (whole < 4) {
      if (context.verbose()) {
        context.put("\n\t", name, " (0x", Hex{type, 2}, "), TLV length: ", whole, " byte", whole == 1 ? "" : "s",
                    " (too short)");
      } else {
        context.put(", ", name, " (0x", Hex{type, 2}, "), TLV length: ", whole, " byte", whole == 1 ? "" : "s",
                    " (too short)");
      }
      return;
    }
    const std::size_t size = whole - 4;
    if (whole > packet.length()) {
      context.put(" (TLV length ", whole, " > ", packet.length(), ')');
      return context.put_invalid();
    }
    const Cursor value = packet.from(4);
    if (context.verbose()) {
      context.put("\n\t", name, " (0x", Hex{type, 2}, "), value length: ", size, size == 1 ? " byte: " : " bytes: ");
    }
    const bool fits = row == nullptr || (size >= row->least && size <= row->most);
    if (!fits) context.put(" (malformed TLV)");
    bool printed = false;
    if (context.verbose()) {
      printed = fits && row != nullptr && put_field(context, *row, value, size);
    } else if (type == kDevice) {
      context.put(", Device-ID '");
      put_escaped(context, value, 0, size);
      context.put('\'');
      printed = true;
    }
    if (!printed && !value.has(size)) return value.truncated();
    if (!printed) dump_hex(context.out, value.bytes().first(size), "\n\t  ");
    packet.skip(whole);
  }
  if (!context.verbose()) context.put(", length ", length);
}

void print_udld(Context& context, Cursor packet) {
  context.protocol("udld");
  constexpr Token kCodes[] = {{0, "Reserved"}, {1, "Probe message"}, {2, "Echo message"}, {3, "Flush message"}};
  constexpr Token kFlags[] = {{0x01, "RT"}, {0x02, "RSY"}};
  const std::size_t length = packet.length();
  if (length < 4) {
    context.put_invalid();
    (void)packet.span(0, length);
    return;
  }
  const std::uint8_t code = packet.u8(0) & 0x1f;
  const std::uint8_t flags = packet.u8(1);
  context.put("UDLDv", static_cast<std::uint32_t>(packet.u8(0) >> 5), ", Code ");
  put_token_decimal(context, kCodes, code, "Reserved");
  context.put(", Flags [");
  context.put_flags(kFlags, flags);
  context.put("] (0x", Hex{flags, 2}, "), length ", length);
  (void)packet.span(0, length);
}

void print_vtp(Context& context, Cursor packet) {
  context.protocol("vtp");
  constexpr Token kMessages[] = {
      {1, "Summary advertisement"}, {2, "Subset advertisement"}, {3, "Advertisement request"}, {4, "Join message"}};
  constexpr std::size_t kHeader = 36;
  const std::size_t length = packet.length();
  if (length < kHeader) return context.put_invalid();
  if (!packet.has(kHeader)) return packet.truncated();
  context.put("VTPv", packet.u8(0), ", Message ");
  put_token_hex(context, kMessages, packet.u8(1), "Unknown message type");
  context.put(", length ", length);
  (void)packet.span(0, length);
}

void print_dtp(Context& context, Cursor packet) {
  context.protocol("dtp");
  if (packet.length() < 1) return context.put_invalid();
  const std::uint8_t version = packet.u8(0);
  context.put("DTPv", version, ", length ", packet.length());
}

}  // namespace ringtap
