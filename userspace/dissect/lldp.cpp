// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LLDP, IEEE 802.1AB, with the organizations' TLVs of its annexes (802.1: D, 802.3: F).
#include "dissect/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t {
  kEnd = 0,
  kChassis = 1,
  kPort = 2,
  kTtl = 3,
  kPortDescription = 4,
  kSystemName = 5,
  kSystemDescription = 6,
  kCapabilities = 7,
  kManagement = 8,
  kOrganization = 127
};
constexpr Token kTypes[] = {{kEnd, "End"},
                            {kChassis, "Chassis ID"},
                            {kPort, "Port ID"},
                            {kTtl, "Time to Live"},
                            {kPortDescription, "Port Description"},
                            {kSystemName, "System Name"},
                            {kSystemDescription, "System Description"},
                            {kCapabilities, "System Capabilities"},
                            {kManagement, "Management Address"},
                            {kOrganization, "Organization specific"}};
enum class IdForm { kText, kMac, kNetwork };
struct IdRow {
  std::string_view name;
  IdForm form;
};
constexpr IdRow kChassisIds[] = {{"", IdForm::kText},
                                 {"Chassis component", IdForm::kText},
                                 {"Interface alias", IdForm::kText},
                                 {"Port component", IdForm::kText},
                                 {"MAC address", IdForm::kMac},
                                 {"Network address", IdForm::kNetwork},
                                 {"Interface name", IdForm::kText},
                                 {"Local", IdForm::kText}};
constexpr IdRow kPortIds[] = {{"", IdForm::kText},
                              {"Interface alias", IdForm::kText},
                              {"Port component", IdForm::kText},
                              {"MAC address", IdForm::kMac},
                              {"Network Address", IdForm::kNetwork},
                              {"Interface Name", IdForm::kText},
                              {"Agent circuit ID", IdForm::kText},
                              {"Local", IdForm::kText}};
constexpr Token kCapabilityBits[] = {{0x01, "Other"},  {0x02, "Repeater"},  {0x04, "Bridge"}, {0x08, "WLAN AP"},
                                     {0x10, "Router"}, {0x20, "Telephone"}, {0x40, "Docsis"}, {0x80, "Station Only"}};
constexpr Token kNumberings[] = {{1, "Unknown"}, {2, "Interface Index"}, {3, "System Port Number"}};

enum Organization : std::uint32_t { kDot1 = 0x0080c2, kDot3 = 0x00120f };
constexpr Token kDot1Subtypes[] = {
    {1, "Port VLAN Id"}, {2, "Port and Protocol VLAN ID"}, {3, "VLAN name"}, {4, "Protocol Identity"}};
constexpr Token kDot3Subtypes[] = {
    {1, "MAC/PHY configuration/status"}, {2, "Power via MDI"}, {3, "Link aggregation"}, {4, "Max frame size"}};

// A family number of IANA's registry and the address: "AFI IPv4 (1): 10.0.0.1".
void put_network(Context& context, const Cursor& bytes, std::size_t size) {
  const std::uint8_t family = bytes.u8(0);
  constexpr Token kFamilies[] = {{1, "IPv4"}, {2, "IPv6"}};
  context.put("AFI ");
  put_token_decimal(context, kFamilies, family, "Unknown");
  if (family == 1 && size >= 5) {
    put_host4(context, ": ", bytes.block(1, 4));
  } else if (family == 2 && size >= 17) {
    put_host6(context, ": ", bytes.block(1, 16));
  } else {
    context.put(", no AF printer !");
  }
}

void put_id(Context& context, std::span<const IdRow> rows, const Cursor& value, std::size_t size) {
  if (size < 2) return;
  const std::uint8_t kind = value.u8(0);
  const bool known = kind > 0 && kind < rows.size();
  context.put("\n\t  Subtype ", known ? rows[kind].name : std::string_view("Unknown"), " (", kind, "): ");
  if (!known) return dump_hex(context.out, value.bytes().first(size), "\n\t  ");
  switch (rows[kind].form) {
    case IdForm::kMac:
      if (size < 7) return;
      context.station(value.block(1, 6));
      break;
    case IdForm::kNetwork:
      put_network(context, value.from(1), size - 1);
      break;
    case IdForm::kText:
      put_escaped(context, value, 1, size - 1);
      break;
  }
}

void put_capabilities(Context& context, std::string_view name, std::uint16_t bits) {
  context.put("\n\t  ", name, " Capabilities [");
  context.put_flags(kCapabilityBits, bits);
  context.put("] (0x", Hex{bits, 4}, ')');
}

void put_management(Context& context, const Cursor& value, std::size_t size) {
  if (size < 1) return;
  const std::size_t address = value.u8(0);
  context.put("\n\t  Management Address length ", address);
  if (address == 0 || address + 1 > size) return;
  context.put(", ");
  put_network(context, value.from(1), address);
  const std::size_t at = 1 + address;
  if (size < at + 5) return;
  context.put("\n\t  ", token(kNumberings, value.u8(at), "Unknown"), " Interface Numbering (", value.u8(at),
              "): ", value.be32(at + 1));
  if (size < at + 6) return;
  const std::size_t oid = value.u8(at + 5);
  if (oid == 0 || size < at + 6 + oid) return;
  context.put("\n\t  OID length ", oid);
  put_escaped(context, value, at + 6, oid);
}

// False when the rest is to be dumped.
bool put_dot1(Context& context, std::uint8_t subtype, const Cursor& value, std::size_t size) {
  constexpr Token kFlags[] = {{0x02, "supported"}, {0x04, "enabled"}};
  switch (subtype) {
    case 1:
      if (size < 2) return false;
      context.put("\n\t    port vlan id (PVID): ", value.be16(0));
      return true;
    case 2:
      if (size < 3) return false;
      context.put("\n\t    port and protocol vlan id (PPVID): ", value.be16(1), ", flags [");
      context.put_flags(kFlags, value.u8(0));
      context.put("] (0x", Hex{value.u8(0), 2}, ')');
      return true;
    case 3: {
      if (size < 3) return false;
      const std::size_t name = value.u8(2);
      context.put("\n\t    vlan id (VID): ", value.be16(0));
      if (size < 3 + name) return true;
      context.put("\n\t    vlan name: ");
      put_escaped(context, value, 3, name);
      return true;
    }
    case 4: {
      if (size < 1) return false;
      const std::size_t count = value.u8(0);
      if (size < 1 + count) return true;
      context.put("\n\t    protocol identity: ");
      put_escaped(context, value, 1, count);
      return true;
    }
    default:
      return false;
  }
}

bool put_dot3(Context& context, std::uint8_t subtype, const Cursor& value, std::size_t size) {
  constexpr Token kAggregation[] = {{0x01, "supported"}, {0x02, "enabled"}};
  switch (subtype) {
    case 3:
      if (size < 5) return false;
      context.put("\n\t    aggregation status [");
      context.put_flags(kAggregation, value.u8(0));
      context.put("], aggregation port ID ", value.be32(1));
      return true;
    case 4:
      if (size < 2) return false;
      context.put("\n\t    MTU size ", value.be16(0));
      return true;
    default:
      return false;
  }
}

void put_organization(Context& context, const Cursor& value, std::size_t size) {
  if (size < 3) return;
  const std::uint32_t oui = value.be24(0);
  context.put(": OUI ", organization_name(oui), " (0x", Hex{oui, 6}, ')');
  if (size < 4) return;
  const std::uint8_t subtype = value.u8(3);
  const Cursor rest = value.from(4);
  bool printed = false;
  if (oui == kDot1 || oui == kDot3) {
    context.put("\n\t  ");
    context.put(oui == kDot1 ? token(kDot1Subtypes, subtype, "unknown") : token(kDot3Subtypes, subtype, "unknown"));
    context.put(" Subtype (", subtype, ')');
    printed = oui == kDot1 ? put_dot1(context, subtype, rest, size - 4) : put_dot3(context, subtype, rest, size - 4);
  }
  if (!printed) dump_hex(context.out, value.bytes().first(size), "\n\t  ");
}

void put_tlv(Context& context, std::uint8_t type, const Cursor& value, std::size_t size) {
  switch (type) {
    case kChassis:
      put_id(context, kChassisIds, value, size);
      break;
    case kPort:
      put_id(context, kPortIds, value, size);
      break;
    case kTtl:
      if (size >= 2) context.put(": TTL ", value.be16(0), 's');
      break;
    case kPortDescription:
      context.put(": ");
      put_escaped(context, value, 0, size);
      break;
    case kSystemName:
      context.put(": ");
      put_escaped(context, value, 0, size);
      break;
    case kSystemDescription:
      context.put("\n\t  ");
      put_escaped(context, value, 0, size);
      break;
    case kCapabilities:
      if (size < 4) break;
      put_capabilities(context, "System ", value.be16(0));
      put_capabilities(context, "Enabled", value.be16(2));
      break;
    case kManagement:
      put_management(context, value, size);
      break;
    case kOrganization:
      put_organization(context, value, size);
      break;
    default:
      dump_hex(context.out, value.bytes().first(size), "\n\t  ");
      break;
  }
}

}  // namespace

void print_lldp(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("lldp");
  context.put("LLDP, length ", packet.length());
  while (packet.length() >= 2 && !context.truncated()) {
    const std::uint16_t head = packet.be16(0);
    if (context.truncated()) return;
    const auto type = static_cast<std::uint8_t>(head >> 9);
    const std::size_t size = head & 0x1ff;
    packet.skip(2);
    if (context.verbose()) {
      context.put("\n\t", token(kTypes, type, "Unknown"), " TLV (", type, "), length ", size);
    }
    if (type == kEnd) return;
    if (size > packet.length()) return packet.truncated();
    (void)packet.span(0, size);
    if (context.truncated()) return;
    if (context.verbose()) {
      put_tlv(context, type, packet, size);
    } else if (type == kSystemName) {
      if (size > 0) {
        context.put(": ");
        put_escaped(context, packet, 0, size);
      }
    }
    packet.skip(size);
  }
}

}  // namespace ringtap
