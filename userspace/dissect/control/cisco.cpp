// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cisco's protocols between neighbors, told apart by their SNAP identifiers: CDP as Cisco documents it ("Cisco
// Discovery Protocol: frame format"), UDLD as RFC 5171 has it, VTP ("Understanding VLAN Trunk Protocol") and DTP; and
// over UDP VQP, by which a switch asks for the VLAN of a port (VLAN Membership Policy Server).
#include <charconv>

#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
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
    {0, "unknown field type", Form::kNothing},
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
  context.put("\n\t  ");
  for (const std::uint8_t byte : value.bytes().first(std::min(size, value.captured()))) {
    if (byte == '\n') {
      context.put("\n\t  ");
    } else {
      context.out.escaped(byte);
    }
  }
  (void)value.span(0, size);
}

constexpr Token kCapabilityBits[] = {{0x01, "Router"},    {0x02, "Transparent Bridge"}, {0x04, "Source Route Bridge"},
                                     {0x08, "L2 Switch"}, {0x10, "L3 capable"},         {0x20, "IGMP snooping"},
                                     {0x40, "L1 capable"}};

void put_prefixes(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kPrefix = 5;
  if (size % kPrefix != 0) return context.put(" [length ", size, " is not a multiple of ", kPrefix, ']');
  context.put(" IPv4 Prefixes (", size / kPrefix, "):");
  for (std::size_t at = 0; at < size && !context.truncated(); at += kPrefix) {
    const std::uint8_t* prefix = value.block(at, kPrefix);
    put_host4(context, " ", prefix);
    context.put('/', prefix[4]);
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
      const std::uint8_t* address = value.block(0, 4);
      context.put("IPv4 (", count, ") ");
      context.host4(address);
    } else if (kind == 2 && is(kSnapIpv6) && address_size == 16) {
      const std::uint8_t* address = value.block(0, 16);
      context.put("IPv6 (", count, ") ");
      context.host6(address);
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
      // Rounded as the nearest double is.
      char watts[32];
      const auto end = std::to_chars(watts, watts + sizeof watts, milliwatts / 1000.0, std::chars_format::fixed, 2);
      context.put(std::string_view(watts, static_cast<std::size_t>(end.ptr - watts)), 'W');
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
      context.put(" (remaining packet length ", packet.length(), " < 4)");
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
        context.put("\n\t", NamedHex{name, type}, ", TLV length: ", whole, whole == 1 ? " byte" : " bytes",
                    " (too short)");
      } else {
        context.put(", ", name, " TLV length ", whole, " too short");
      }
      return context.put_invalid();
    }
    const std::size_t size = whole - 4;
    if (whole > packet.length()) {
      context.put(" (TLV length ", whole, " > ", packet.length(), ')');
      return context.put_invalid();
    }
    const Cursor value = packet.from(4);
    if (context.verbose()) {
      context.put("\n\t", NamedHex{name, type}, ", value length: ", size, size == 1 ? " byte: " : " bytes: ");
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
    if (!printed && !value.has(size)) return (void)value.span(0, size);
    if (!printed) dump_hex(context.out, value.bytes().first(size), "\n\t  ");
    packet.skip(whole);
  }
  if (!context.verbose()) context.put(", length ", length);
}

void print_udld(Context& context, Cursor packet) {
  context.protocol("udld");
  constexpr Token kCodes[] = {{0, "Reserved"}, {1, "Probe message"}, {2, "Echo message"}, {3, "Flush message"}};
  constexpr Token kFlags[] = {{0x01, "RT"},    {0x02, "RSY"},   {0x04, "MBZ-2"}, {0x08, "MBZ-3"},
                              {0x10, "MBZ-4"}, {0x20, "MBZ-5"}, {0x40, "MBZ-6"}, {0x80, "MBZ-7"}};
  enum Type : std::uint16_t { kDeviceId = 1, kPortId, kEcho, kMessageInterval, kTimeout, kDeviceName, kSequence };
  constexpr Token kTypes[] = {{kDeviceId, "Device-ID TLV"},
                              {kPortId, "Port-ID TLV"},
                              {kEcho, "Echo TLV"},
                              {kMessageInterval, "Message Interval TLV"},
                              {kTimeout, "Timeout Interval TLV"},
                              {kDeviceName, "Device Name TLV"},
                              {kSequence, "Sequence Number TLV"}};
  const std::size_t length = packet.length();
  const auto invalid = [&] {
    context.put_invalid();
    (void)packet.span(0, packet.length());
  };
  if (length < 4) return invalid();
  const std::uint8_t code = packet.u8(0) & 0x1f;
  const std::uint8_t flags = packet.u8(1);
  context.put("UDLDv", static_cast<std::uint32_t>(packet.u8(0) >> 5), ", Code ", token(kCodes, code, "Reserved"), " (",
              Hex{code}, "), Flags [");
  context.put_flags(kFlags, flags);
  context.put("] (0x", Hex{flags, 2}, "), length ", length);
  if (!context.verbose()) return (void)packet.span(0, length);
  context.put("\n\tChecksum 0x", Hex{packet.be16(2), 4}, " (unverified)");
  packet.skip(4);
  while (packet.length() > 0 && !context.truncated()) {
    if (packet.length() < 4) return invalid();
    const std::uint16_t type = packet.be16(0);
    const std::size_t whole = packet.be16(2);
    context.put("\n\t");
    context.put(named_hex(kTypes, type, "Unknown", 4));
    context.put(" TLV, length ", whole);
    if (whole <= 4 || whole > packet.length()) return invalid();
    const Cursor value = packet.from(4);
    const std::size_t size = whole - 4;
    switch (type) {
      case kDeviceId:
      case kPortId:
      case kDeviceName:
        context.put(", ");
        put_text(context, value, 0, size);
        break;
      case kEcho:
        context.put(", ");
        put_escaped(context, value, 0, size);
        break;
      case kMessageInterval:
      case kTimeout:
        if (size != 1) return invalid();
        context.put(", ", value.u8(0), 's');
        break;
      case kSequence:
        if (size != 4) return invalid();
        context.put(", ", value.be32(0));
        break;
      default:
        break;
    }
    (void)value.span(0, size);
    packet.skip(whole);
  }
}

namespace {

constexpr Token kVtpTlvs[] = {{1, "Source-Routing Ring Number TLV"},
                              {2, "Source-Routing Bridge Number TLV"},
                              {3, "STP type TLV"},
                              {4, "Parent VLAN TLV"},
                              {5, "Translationally bridged VLANs TLV"},
                              {6, "Pruning TLV"},
                              {7, "Bridge Type TLV"},
                              {8, "Max ARP Hop Count TLV"},
                              {9, "Max STE Hop Count TLV"},
                              {10, "Backup CRF Mode TLV"}};

void put_vtp_value(Context& context, std::uint8_t type, const Cursor& tlv) {
  constexpr Token kTrees[] = {{1, "SRT"}, {2, "SRB"}, {3, "Auto"}};
  constexpr std::size_t kSize = 4;
  const std::uint16_t value = tlv.be16(2);
  const auto put_choice = [&](std::string_view name) { context.put(", ", Named{name, value}); };
  switch (type) {
    case 3:
      return put_choice(token(kTrees, value, "Unknown"));
    case 6:
      return put_choice(value == 1 ? "Enabled" : "Disabled");
    case 7:
      return put_choice(value == 1 ? "SRB" : "SRT");
    case 9:
      return context.put(", ", value);
    case 10:
      return put_choice(value == 1 ? "Backup" : "Not backup");
    default:
      return dump_hex(context.out, tlv.span(0, kSize), "\n\t\t  ");
  }
}

// One VLAN of a subset advertisement, `size` bytes: its name is padded to words, and TLVs of one word each follow.
// False when nothing after it can be told.
bool put_vlan(Context& context, Cursor vlan, std::size_t size) {
  constexpr Token kStatus[] = {{0, "Operational"}, {1, "Suspended"}};
  constexpr Token kTypes[] = {{1, "Ethernet"}, {2, "FDDI"}, {3, "TrCRF"}, {4, "FDDI-net"}, {5, "TrBRF"}};
  constexpr std::size_t kHead = 12;
  constexpr std::size_t kTlv = 4;
  const auto invalid = [&] {
    context.put_invalid();
    return false;
  };
  if (size < kHead) return invalid();
  const std::size_t name = vlan.u8(3);
  const std::size_t padded = (name + 3) / 4 * 4;
  context.put("\n\tVLAN info status ", token(kStatus, vlan.u8(1), "Unknown"), ", type ",
              token(kTypes, vlan.u8(2), "Unknown"), ", VLAN-id ", vlan.be16(4), ", MTU ", vlan.be16(6), ", SAID 0x",
              Hex{vlan.be32(8), 8}, ", Name ");
  if (size - kHead < padded) return invalid();
  put_text(context, vlan.span(kHead, name));
  vlan.skip(kHead + padded);
  for (std::size_t left = size - kHead - padded; left > 0; left -= kTlv, vlan.skip(kTlv)) {
    if (left < 2) return invalid();
    const std::uint8_t type = vlan.u8(0);
    const std::uint8_t words = vlan.u8(1);
    context.put("\n\t\t");
    context.put(named_hex(kVtpTlvs, type, "Unknown", 4));
    context.put(" TLV");
    if (left < 2 + 2u * words) {
      context.put(" (TLV goes past the end of the packet)");
      return invalid();
    }
    if (words != 1) {
      context.put(" (invalid TLV length ", words, " != 1)");
      return invalid();
    }
    put_vtp_value(context, type, vlan);
  }
  return true;
}

}  // namespace

void print_vtp(Context& context, Cursor packet) {
  context.protocol("vtp");
  enum Message : std::uint8_t { kSummary = 1, kSubset = 2, kRequest = 3, kJoin = 4 };
  constexpr Token kMessages[] = {{kSummary, "Summary advertisement"},
                                 {kSubset, "Subset advertisement"},
                                 {kRequest, "Advertisement request"},
                                 {kJoin, "Join message"}};
  constexpr Token kThirdBytes[] = {
      {kSummary, "Followers"}, {kSubset, "Seq number"}, {kRequest, "Rsvd"}, {kJoin, "Rsvd"}};
  constexpr std::size_t kHeader = 36;
  constexpr std::size_t kMaxDomain = 32;
  const std::size_t length = packet.length();
  if (length < kHeader) return context.put_invalid();
  if (!packet.has(kHeader)) return (void)packet.span(0, kHeader);
  const std::uint8_t message = packet.u8(1);
  context.put("VTPv", packet.u8(0), ", Message ");
  context.put(named_hex(kMessages, message, "Unknown message type"));
  context.put(", length ", length);
  if (!context.verbose()) return (void)packet.span(0, length);
  const std::size_t domain = packet.u8(3);
  context.put("\n\tDomain name: ");
  if (domain < 1 || domain > kMaxDomain) {
    context.put(" [invalid MgmtD Len ", domain, ']');
    context.put_invalid();
    return (void)packet.span(0, length);
  }
  put_text(context, packet.span(4, domain));
  context.put(", ", token(kThirdBytes, message, "Unknown"), ": ", packet.u8(2));
  Cursor body = packet.from(kHeader);
  switch (message) {
    case kSummary:
      if (!body.has(8)) return (void)body.span(0, 8);
      context.put("\n\t  Config Rev ", body.be32(0), ", Updater ");
      context.host4(body.block(4, 4));
      if (!body.has(20)) return (void)body.span(0, 20);
      context.put(", Timestamp 0x", Hex{body.be32(8), 8}, " 0x", Hex{body.be32(12), 8}, " 0x", Hex{body.be32(16), 8});
      if (!body.has(36)) return (void)body.span(0, 36);
      context.put(", MD5 digest: ");
      for (std::size_t at = 20; at < 36; at += 4) context.put(Hex{body.be32(at), 8});
      break;
    case kSubset:
      if (!body.has(4)) return (void)body.span(0, 4);
      context.put(", Config Rev ", Hex{body.be32(0)});
      body.skip(4);
      while (body.length() > 0) {
        if (!body.has(1)) return (void)body.span(0, 1);
        const std::size_t size = body.u8(0);
        if (size == 0) return;
        if (!body.has(size)) return (void)body.span(0, size);
        if (!put_vlan(context, body, size)) return (void)packet.span(0, length);
        body.skip(size);
      }
      break;
    case kRequest:
      if (!body.has(4)) return (void)body.span(0, 4);
      context.put("\n\tStart value: ", body.be32(0));
      break;
    default:
      break;
  }
}

void print_dtp(Context& context, Cursor packet) {
  context.protocol("dtp");
  enum Type : std::uint16_t { kEnd = 0, kDomain, kStatus, kTrunkType, kNeighbor };
  constexpr Token kTypes[] = {
      {kDomain, "Domain"}, {kStatus, "Status"}, {kTrunkType, "DTP type"}, {kNeighbor, "Neighbor"}};
  const auto invalid = [&] {
    context.put_invalid();
    (void)packet.span(0, packet.length());
  };
  if (packet.length() < 1) {
    context.put("[zero packet length]");
    return invalid();
  }
  const std::uint8_t version = packet.u8(0);
  context.put("DTPv", version, ", length ", packet.length());
  if (!context.verbose()) return;
  packet.skip(1);
  while (packet.length() > 0 && !context.truncated()) {
    if (packet.length() < 4) {
      context.put('[', packet.length(), " bytes remaining]");
      return invalid();
    }
    const std::uint16_t type = packet.be16(0);
    const std::size_t whole = packet.be16(2);
    if (type == kEnd) return;
    context.put("\n\t");
    context.put(named_hex(kTypes, type, "Unknown", 4));
    context.put(" TLV, length ", whole);
    if (whole < 4 || whole > packet.length()) {
      context.put("[invalid TLV length ", whole, ']');
      return invalid();
    }
    const Cursor value = packet.from(4);
    const std::size_t size = whole - 4;
    const std::size_t exact = type == kStatus || type == kTrunkType ? 1 : type == kNeighbor ? 6 : size;
    if (size != exact) return invalid();
    switch (type) {
      case kDomain:
        context.put(", ");
        put_text(context, value, 0, size);
        break;
      case kStatus:
      case kTrunkType:
        context.put(", 0x", Hex{value.u8(0)});
        break;
      case kNeighbor: {
        const std::uint8_t* station = value.block(0, 6);
        context.put(", ");
        context.station(station);
        break;
      }
      default:
        break;
    }
    packet.skip(whole);
  }
}

void print_vqp(Context& context, Cursor packet, const Transport&) {
  context.protocol("vqp");
  constexpr std::size_t kHeader = 8;
  constexpr Token kTypes[] = {
      {1, "Request, Join Port"}, {2, "Response, VLAN"}, {3, "Request, Reconfirm"}, {4, "Response, Reconfirm"}};
  constexpr Token kErrors[] = {{0, "No error"}, {3, "Access denied"}, {4, "Shutdown port"}, {5, "Wrong VTP domain"}};
  enum Object : std::uint32_t { kAddress = 0xc01, kPort, kVlan, kDomain, kFrame, kNoStation, kStation = 0xc08 };
  constexpr Token kObjects[] = {{kAddress, "Client IP Address"}, {kPort, "Port Name"},        {kVlan, "VLAN Name"},
                                {kDomain, "VTP Domain"},         {kFrame, "Ethernet Packet"}, {kNoStation, "MAC Null"},
                                {kStation, "MAC Address"}};
  const std::size_t length = packet.length();
  if (length < kHeader) return packet.truncated();
  const std::uint8_t* header = packet.block(0, kHeader);
  if (context.truncated()) return;
  if (header[0] != 1) return context.put("VQP version ", header[0], " packet not supported");
  const bool verbose = context.verbose();
  context.put(verbose ? "\n\tVQPv1, " : "VQPv1 ", token(kTypes, header[1], "unknown"));
  if (token(kTypes, header[1]).empty()) context.put(" (", header[1], ')');
  context.put(" Message, error-code ", named(kErrors, header[2], "unknown"));
  if (verbose) context.put(", seq 0x", Hex{load_be32(header + 4), 8}, ", items ", header[3]);
  context.put(", length ", length);
  if (!verbose) return;
  packet = packet.first(length).from(kHeader);
  for (unsigned i = 0; i < header[3] && packet.length() > 0; ++i) {
    constexpr std::size_t kObjectHeader = 6;
    const std::uint8_t* object = packet.block(0, kObjectHeader);
    if (context.truncated()) return;
    const std::uint32_t type = load_be32(object);
    const std::size_t size = load_be16(object + 4);
    context.put("\n\t  ", token(kObjects, type, "Unknown"), " Object (0x", Hex{type, 8}, "), length ", size,
                ", value: ");
    packet.skip(kObjectHeader);
    if (type == 0 || size == 0) return;
    (void)packet.span(0, size);
    if (context.truncated()) return;
    switch (type) {
      case kAddress: {
        if (size != 4) return context.put_invalid();
        const std::uint8_t* address = packet.block(0, 4);
        context.host4(address);
        context.put(" (0x", Hex{load_be32(address), 8}, ')');
        break;
      }
      case kPort:
      case kVlan:
      case kDomain:
      case kFrame:
        put_text(context, packet, 0, size);
        break;
      case kNoStation:
      case kStation:
        if (size != 6) return context.put_invalid();
        context.station(packet.block(0, 6));
        break;
      default:
        if (!context.verbose(2)) dump_layer(context, packet, 0, size, "\n\t    ");
    }
    packet.skip(size);
  }
}

}  // namespace ringtap
