// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LLDP, IEEE 802.1AB, with what organizations put into it: IEEE 802.1 (802.1Q annex D), IEEE 802.3 (clause 79), TIA
// (LLDP-MED, ANSI/TIA-1057), IANA (RFC 8520), and the exchange of data center bridging that came before 802.1Q had one.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
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

// Each of these prints one value, `size` bytes that are all there. False when it is too short for what it says it is.

// A family and the address: "AFI IPv4 (1): 10.0.0.1".
bool put_network(Context& context, const Cursor& bytes, std::size_t size) {
  if (size < 1) return false;
  const std::uint8_t family = bytes.u8(0);
  const std::size_t least = family == 1 ? 4 : family == 2 ? 16 : family == 6 ? 6 : 0;
  if (size < 1 + least) return false;
  const std::string_view name = address_family_name(family);
  context.put("AFI ", Named{name_or(name, "Unknown"), family});
  if (least == 0) {
    context.put(", no AF printer !");
  } else if (family == 1) {
    put_host4(context, ": ", bytes.block(1, 4));
  } else if (family == 2) {
    put_host6(context, ": ", bytes.block(1, 16));
  } else {
    context.put(": ");
    context.station(bytes.block(1, 6));
  }
  return true;
}

bool put_id(Context& context, std::span<const IdRow> rows, const Cursor& value, std::size_t size, bool& unknown) {
  if (size < 2) return false;
  const std::uint8_t kind = value.u8(0);
  const bool known = kind > 0 && kind < rows.size();
  context.put("\n\t  Subtype ", Named{known ? rows[kind].name : std::string_view("Unknown"), kind}, ": ");
  unknown = !known;
  if (unknown) return true;
  switch (rows[kind].form) {
    case IdForm::kMac:
      if (size < 7) return false;
      context.station(value.block(1, 6));
      return true;
    case IdForm::kNetwork:
      return put_network(context, value.from(1), size - 1);
    case IdForm::kText:
      put_text(context, value.span(1, size - 1));
      return true;
  }
  return true;
}

void put_capabilities(Context& context, std::string_view name, std::uint16_t bits) {
  context.put("\n\t  ", name, " Capabilities [");
  context.put_flags(kCapabilityBits, bits);
  context.put("] (0x", Hex{bits, 4}, ')');
}

bool put_management(Context& context, const Cursor& value, std::size_t size) {
  if (size < 1) return false;
  const std::size_t address = value.u8(0);
  if (address + 1 > size) return false;
  const std::size_t before = context.out.size();
  context.put("\n\t  Management Address length ", address, ", ");
  if (!put_network(context, value.from(1), address)) {
    context.out.cut(before);
    return false;
  }
  const std::size_t at = 1 + address;
  if (size < at + 5) return false;
  context.put("\n\t  ", token(kNumberings, value.u8(at), "Unknown"), " Interface Numbering (", value.u8(at),
              "): ", value.be32(at + 1));
  if (size < at + 6) return true;
  const std::size_t oid = value.u8(at + 5);
  if (size < at + 6 + oid) return false;
  if (oid == 0) return true;
  context.put("\n\t  OID length ", oid);
  context.out.escaped(value.span(at + 6, oid));
  return true;
}

// The organizations' own values. What is too short ends without a word; true when the value is to be dumped because
// nobody knows it.
struct SubtypeRow {
  std::uint8_t subtype;
  std::string_view name;
  std::size_t least;  // of the value after the subtype
  void (*print)(Context&, const Cursor& value, std::size_t size);
};

// IEEE 802.1, organizationally specific TLVs (802.1Q-2018 annex D).
void put_port_vlan(Context& context, const Cursor& value, std::size_t) {
  context.put("\n\t    port vlan id (PVID): ", value.be16(0));
}
void put_protocol_vlan(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kFlags[] = {{0x02, "supported"}, {0x04, "enabled"}};
  const std::uint8_t flags = value.u8(0);
  context.put("\n\t    port and protocol vlan id (PPVID): ", value.be16(1), ", flags [");
  context.put_flags(kFlags, flags);
  context.put("] (0x", Hex{flags, 2}, ')');
}
void put_vlan_name(Context& context, const Cursor& value, std::size_t size) {
  context.put("\n\t    vlan id (VID): ", value.be16(0));
  if (size < 3) return;
  const std::size_t name = value.u8(2);
  if (size < 3 + name) return;
  context.put("\n\t    vlan name: ");
  put_text(context, value.span(3, name));
}
void put_protocol_identity(Context& context, const Cursor& value, std::size_t size) {
  const std::size_t count = value.u8(0);
  if (size < 1 + count) return;
  context.put("\n\t    protocol identity: ");
  put_text(context, value.span(1, count));
}
void put_aggregation(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kAggregation[] = {{0x01, "supported"}, {0x02, "enabled"}};
  context.put("\n\t    aggregation status [");
  context.put_flags(kAggregation, value.u8(0));
  context.put("], aggregation port ID ", value.be32(1));
}

// One line of a table by priority or traffic class; each entry is followed by as many blanks as fill three places.
void put_bits(Context& context, std::uint8_t bits) {
  context.put("\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : ");
  for (unsigned i = 0; i < 8; ++i) context.put(static_cast<std::uint32_t>(bits >> i & 1), "  ");
}
void put_left(Context& context, std::uint8_t number) {
  context.put(' ', number, Repeat{' ', number < 10 ? 2u : number < 100 ? 1u : 0u});
}
void put_congestion(Context& context, const Cursor& value, std::size_t) {
  context.put("\n\t    Pre-Priority CNPV Indicator");
  put_bits(context, value.u8(0));
  context.put("\n\t    Pre-Priority Ready Indicator");
  put_bits(context, value.u8(1));
}
// Enhanced transmission selection: priorities to classes, bandwidth and algorithm by class.
void put_ets_tables(Context& context, const Cursor& value) {
  context.put("\n\t    Priority Assignment Table\n\t     Priority : 0   1   2   3   4   5   6   7\n\t     Value    :");
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint8_t pair = value.u8(1 + i / 2);
    put_left(context, i % 2 == 0 ? pair >> 4 : pair & 0xf);
  }
  context.put("\n\t    TC Bandwidth Table\n\t     TC%   : 0   1   2   3   4   5   6   7\n\t     Value :");
  for (std::size_t i = 0; i < 8; ++i) put_left(context, value.u8(5 + i));
  context.put(
      "\n\t    TSA Assignment Table\n\t     Traffic Class: 0   1   2   3   4   5   6   7\n\t     Value        :");
  for (std::size_t i = 0; i < 8; ++i) put_left(context, value.u8(13 + i));
}
void put_ets_configuration(Context& context, const Cursor& value, std::size_t) {
  const std::uint32_t bits = value.u8(0);
  // So printed: tcpdump 4.99.3 takes the credit-based shaper's bit from where the willing one is.
  context.put("\n\t    Willing:", bits >> 7, ", CBS:", (bits & 0x80) >> 6, ", RES:", bits >> 3 & 7,
              ", Max TCs:", bits & 7);
  put_ets_tables(context, value);
}
void put_ets_recommendation(Context& context, const Cursor& value, std::size_t) {
  context.put("\n\t    RES: ", value.u8(0));
  put_ets_tables(context, value);
}
void put_flow_control(Context& context, const Cursor& value, std::size_t) {
  const std::uint32_t bits = value.u8(0);
  context.put("\n\t    Willing: ", bits >> 7, ", MBC: ", bits >> 6 & 1, ", RES: ", bits >> 4 & 3,
              ", PFC cap:", bits & 0xf, " \n\t    PFC Enable");
  put_bits(context, value.u8(1));
}
void put_application_priority(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kEntry = 3;
  context.put("\n\t    RES: ", value.u8(0));
  const std::size_t entries = size - 1;
  if (entries == 0 || entries % kEntry != 0) return;
  context.put("\n\t    Application Priority Table");
  for (std::size_t at = 1; at < size; at += kEntry) {
    const std::uint32_t bits = value.u8(at);
    context.put("\n\t      Priority: ", bits >> 5, ", RES: ", bits >> 3 & 3, ", Sel: ", bits & 7,
                ", Protocol ID: ", value.be16(at + 1));
  }
}
// Edge virtual bridging, IEEE 802.1Qbg.
void put_evb(Context& context, const Cursor& value, std::size_t) {
  constexpr std::string_view kModes[] = {"Not Supported", "EVB Bridge", "EVB Station",
                                         "Reserved for future Standardization"};
  const std::uint32_t bridge = value.u8(0);
  const std::uint32_t station = value.u8(1);
  const std::uint32_t retries = value.u8(2);
  const std::uint32_t mode = value.u8(3);
  const std::uint32_t keep_alive = value.u8(4);
  context.put("\n\t    EVB Bridge Status\n\t      RES: ", bridge >> 3, ", BGID: ", bridge >> 2 & 1,
              ", RRCAP: ", bridge >> 1 & 1, ", RRCTR: ", bridge & 1);
  context.put("\n\t    EVB Station Status\n\t      RES: ", station >> 4, ", SGID: ", station >> 3 & 1,
              ", RRREQ: ", station >> 2 & 1, ",RRSTAT: ", station & 3);
  context.put("\n\t    R: ", retries >> 5, ", RTE: ", retries & 0x1f, ", EVB Mode: ", kModes[mode >> 6], " [",
              mode >> 6, ']');
  context.put("\n\t    ROL: ", mode >> 5 & 1, ", RWD: ", mode & 0x1f, ", RES: ", keep_alive >> 6,
              ", ROL: ", keep_alive >> 5 & 1, ", RKA: ", keep_alive & 0x1f);
}
// S-channel discovery, IEEE 802.1Qbg: pairs of a channel and its VLAN.
void put_cdcp(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kHead = 4;
  constexpr std::size_t kPair = 3;
  const std::uint32_t flags = value.u8(0);
  context.put("\n\t    Role: ", flags >> 7, ", RES: ", flags >> 4 & 7, ", Scomp: ", flags >> 3 & 1,
              " ChnCap: ", value.be16(2) & 0xfffu);
  if ((size - kHead) % kPair != 0) return;
  for (std::size_t at = kHead; at < size; at += kPair) {
    const std::uint32_t pair = value.be24(at);
    context.put("\n\t    SCID: ", pair >> 12, ", SVID: ", pair & 0xfff);
  }
}
constexpr SubtypeRow kDot1[] = {{1, "Port VLAN Id", 2, put_port_vlan},
                                {2, "Port and Protocol VLAN ID", 3, put_protocol_vlan},
                                {3, "VLAN name", 2, put_vlan_name},
                                {4, "Protocol Identity", 1, put_protocol_identity},
                                {7, "Link aggregation", 5, put_aggregation},
                                {8, "Congestion Notification", 2, put_congestion},
                                {9, "ETS Configuration", 21, put_ets_configuration},
                                {10, "ETS Recommendation", 21, put_ets_recommendation},
                                {11, "Priority Flow Control Configuration", 2, put_flow_control},
                                {12, "Application Priority", 1, put_application_priority},
                                {13, "EVB", 5, put_evb},
                                {14, "CDCP", 4, put_cdcp}};

// IEEE 802.3 clause 79.3.
void put_mac_phy(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kNegotiation[] = {{0x01, "supported"}, {0x02, "enabled"}};
  // RFC 4836, ifMauAutoNegCapAdvertisedBits: the first bit is the highest.
  constexpr Token kCapabilities[] = {{0x4000, "10BASE-T hdx"},
                                     {0x2000, "10BASE-T fdx"},
                                     {0x1000, "100BASE-T4"},
                                     {0x0800, "100BASE-TX hdx"},
                                     {0x0400, "100BASE-TX fdx"},
                                     {0x0200, "100BASE-T2 hdx"},
                                     {0x0100, "100BASE-T2 fdx"},
                                     {0x0080, "Pause for fdx links"},
                                     {0x0040, "Asym PAUSE for fdx"},
                                     {0x0020, "Sym PAUSE for fdx"},
                                     {0x0010, "Asym and Sym PAUSE for fdx"},
                                     {0x0008, "1000BASE-{X LX SX CX} hdx"},
                                     {0x0004, "1000BASE-{X LX SX CX} fdx"},
                                     {0x0002, "1000BASE-T hdx"},
                                     {0x0001, "1000BASE-T fdx"}};
  // RFC 4836, dot3MauType.
  constexpr std::string_view kMauTypes[] = {"Unknown",
                                            "AUI",
                                            "10BASE_5",
                                            "FOIRL",
                                            "10BASE2",
                                            "10BASET duplex mode unknown",
                                            "10BASEFP",
                                            "10BASEFB",
                                            "10BASEFL duplex mode unknown",
                                            "10BROAD36",
                                            "10BASET hdx",
                                            "10BASET fdx",
                                            "10BASEFL hdx",
                                            "10BASEFL fdx",
                                            "100BASET4",
                                            "100BASETX hdx",
                                            "100BASETX fdx",
                                            "100BASEFX hdx",
                                            "100BASEFX fdx",
                                            "100BASET2 hdx",
                                            "100BASET2 fdx",
                                            "1000BASEX hdx",
                                            "1000BASEX fdx",
                                            "1000BASELX hdx",
                                            "1000BASELX fdx",
                                            "1000BASESX hdx",
                                            "1000BASESX fdx",
                                            "1000BASECX hdx",
                                            "1000BASECX fdx",
                                            "1000BASET hdx",
                                            "1000BASET fdx",
                                            "10GBASEX",
                                            "10GBASELX4",
                                            "10GBASER",
                                            "10GBASEER",
                                            "10GBASELR",
                                            "10GBASESR",
                                            "10GBASEW",
                                            "10GBASEEW",
                                            "10GBASELW",
                                            "10GBASESW"};
  const std::uint8_t negotiation = value.u8(0);
  const std::uint16_t capabilities = value.be16(1);
  const std::uint16_t type = value.be16(3);
  context.put("\n\t    autonegotiation [");
  context.put_flags(kNegotiation, negotiation);
  context.put("] (0x", Hex{negotiation, 2}, ")\n\t    PMD autoneg capability [");
  if ((capabilities & 0x7fff) == 0) {
    context.put("unknown");
  } else {
    context.put_flags(kCapabilities, capabilities);
  }
  context.put("] (0x", Hex{capabilities, 4}, ")\n\t    MAU type ",
              type < std::size(kMauTypes) ? kMauTypes[type] : std::string_view("unknown"), " (0x", Hex{type, 4}, ')');
}
void put_mdi_power(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kSupport[] = {{0x01, "PSE"}, {0x02, "supported"}, {0x04, "enabled"}, {0x08, "can be controlled"}};
  constexpr Token kPairs[] = {{1, "signal"}, {2, "spare"}};
  constexpr Token kClasses[] = {{1, "class0"}, {2, "class1"}, {3, "class2"}, {4, "class3"}, {5, "class4"}};
  context.put("\n\t    MDI power support [");
  context.put_flags(kSupport, value.u8(0));
  context.put("], power pair ", token(kPairs, value.u8(1), "unknown"), ", power class ",
              token(kClasses, value.u8(2), "unknown"));
}
void put_frame_size(Context& context, const Cursor& value, std::size_t) {
  context.put("\n\t    MTU size ", value.be16(0));
}
constexpr SubtypeRow kDot3[] = {{1, "MAC/PHY configuration/status", 5, put_mac_phy},
                                {2, "Power via MDI", 3, put_mdi_power},
                                {3, "Link aggregation", 5, put_aggregation},
                                {4, "Max frame size", 2, put_frame_size}};

// ANSI/TIA-1057, LLDP-MED.
void put_med_capabilities(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kBits[] = {{0x01, "LLDP-MED capabilities"},     {0x02, "network policy"},
                             {0x04, "location identification"},   {0x08, "extended power via MDI-PSE"},
                             {0x10, "extended power via MDI-PD"}, {0x20, "Inventory"}};
  constexpr Token kDevices[] = {
      {1, "endpoint class 1"}, {2, "endpoint class 2"}, {3, "endpoint class 3"}, {4, "network connectivity"}};
  const std::uint16_t bits = value.be16(0);
  const std::uint8_t device = value.u8(2);
  context.put("\n\t    Media capabilities [");
  context.put_flags(kBits, bits);
  context.put("] (0x", Hex{bits, 4}, ")\n\t    Device type [", token(kDevices, device, "unknown"), "] (0x",
              Hex{device, 2}, ')');
}
void put_network_policy(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kApplications[] = {
      {1, "voice"},           {2, "voice signaling"},    {3, "guest voice"},     {4, "guest voice signaling"},
      {5, "softphone voice"}, {6, "video conferencing"}, {7, "streaming video"}, {8, "video signaling"}};
  constexpr Token kFlags[] = {{0x80, "Unknown"}, {0x40, "Tagged"}, {0x20, "reserved"}};
  const std::uint8_t application = value.u8(0);
  const std::uint32_t policy = value.be24(1);
  context.put("\n\t    Application type [", token(kApplications, application, "none"), "] (0x", Hex{application, 2},
              "), Flags [");
  context.put_flags(kFlags, policy >> 16);
  context.put("]\n\t    Vlan id ", policy >> 9 & 0xfff, ", L2 priority ", policy >> 6 & 7, ", DSCP value ",
              policy & 0x3f);
}
// RFC 6225 (coordinates): a resolution of 6 bits before each number.
void put_coordinates(Context& context, const Cursor& value) {
  constexpr Token kAltitudes[] = {{1, "meters"}, {2, "floors"}};
  constexpr Token kDatums[] = {{1, "World Geodesic System 1984"},
                               {2, "North American Datum 1983 (NAVD88)"},
                               {3, "North American Datum 1983 (MLLW)"}};
  const auto put_angle = [&](std::string_view name, std::string_view again, std::size_t at) {
    const std::uint64_t low = value.be32(at + 1);
    const std::uint64_t high = value.u8(at) & 3;
    context.put("\n\t    ", name, " resolution ", static_cast<std::uint32_t>(value.u8(at) >> 2), ", ", again, " value ",
                high << 32 | low);
  };
  put_angle("Latitude", "latitude", 0);
  put_angle("Longitude", "longitude", 5);
  const std::uint32_t altitude = value.u8(10) >> 4;
  context.put("\n\t    Altitude type ", named(kAltitudes, altitude, "unknown"));
  context.put("\n\t    Altitude resolution ", static_cast<std::uint32_t>(value.be16(10) >> 6 & 0x3f),
              ", altitude value 0x", Hex{value.be32(11) & 0x3fffffff});
  const std::uint8_t datum = value.u8(15);
  context.put("\n\t    Datum ");
  context.put(named_hex(kDatums, datum, "unknown"));
}
// RFC 4776, GEOCONF_CIVIC.
void put_civic(Context& context, const Cursor& value, std::size_t size) {
  constexpr Token kWhat[] = {{0, "location of DHCP server"},
                             {1, "location of the network element believed to be closest to the client"},
                             {2, "location of the client"}};
  constexpr Token kElements[] = {{1, "national subdivisions (state,canton,region,province,prefecture)"},
                                 {2, "county, parish, gun, district"},
                                 {3, "city, township, shi"},
                                 {4, "city division, borough, city district, ward chou"},
                                 {5, "neighborhood, block"},
                                 {6, "street"}};
  if (size < 1) return;
  const std::size_t declared = value.u8(0);
  // One byte more is asked for than the length says: so tcpdump 4.99.3 reads it.
  if (declared < 3 || size < declared + 2) return;
  const std::uint8_t what = value.u8(1);
  context.put("\n\t    LCI length ", declared, ", LCI what ");
  context.put(named_hex(kWhat, what, "unknown"));
  context.put(", Country-code ");
  put_text(context, value.span(2, 2));
  std::size_t left = declared - 3;
  for (std::size_t at = 4; left >= 2;) {
    const std::uint8_t element = value.u8(at);
    const std::size_t length = value.u8(at + 1);
    context.put("\n\t      CA type \'", token(kElements, element, "unknown"), "\' (", element, "), length ", length,
                ": ");
    at += 2;
    left -= 2;
    if (element == 0 || length > left) return;
    put_text(context, value.span(at, length));
    at += length;
    left -= length;
  }
}
void put_location(Context& context, const Cursor& value, std::size_t size) {
  constexpr Token kFormats[] = {{1, "coordinate-based LCI"}, {2, "civic address LCI"}, {3, "ECS ELIN"}};
  constexpr std::size_t kCoordinates = 16;
  const std::uint8_t format = value.u8(0);
  const Cursor location = value.from(1);
  const std::size_t left = size - 1;
  context.put("\n\t    Location data format ");
  context.put(named_hex(kFormats, format, "unknown"));
  switch (format) {
    case 1:
      if (left >= kCoordinates) put_coordinates(context, location);
      return;
    case 2:
      return put_civic(context, location, left);
    case 3:
      context.put("\n\t    ECS ELIN id ");
      put_text(context, location.span(0, left));
      return;
    default:
      context.put("\n\t    Location ID ");
      return dump_hex(context.out, location.bytes().first(left), "\n\t      ");
  }
}
void put_med_power(Context& context, const Cursor& value, std::size_t) {
  constexpr Token kSources[] = {
      {1, "PSE - primary power source"}, {2, "local - backup power source"}, {3, "PSE+local - reserved"}};
  constexpr Token kPriorities[] = {{1, "critical"}, {2, "high"}, {3, "low"}};
  const std::uint8_t bits = value.u8(0);
  const std::uint32_t priority = bits & 0x0f;
  const std::uint16_t power = value.be16(1);
  const std::string_view device = (bits & 3) == 0 ? "PSE device" : "PD device";
  context.put("\n\t    Power type [", device, "], Power source [", token(kSources, bits >> 4 & 3, "none"),
              "]\n\t    Power priority [", token(kPriorities, priority, "none"), "] (0x", Hex{priority, 2},
              "), Power ");
  if (power < 1024) {
    context.put(static_cast<std::uint32_t>(power / 10), '.', static_cast<std::uint32_t>(power % 10), " Watts");
  } else {
    context.put(power, " (Reserved)");
  }
}
template <const std::string_view& kName>
void put_inventory(Context& context, const Cursor& value, std::size_t size) {
  context.put("\n\t  ", kName, ' ');
  put_text(context, value.span(0, size));
}
constexpr std::string_view kHardware = "Hardware revision";
constexpr std::string_view kFirmware = "Firmware revision";
constexpr std::string_view kSoftware = "Software revision";
constexpr std::string_view kSerial = "Serial number";
constexpr std::string_view kManufacturer = "Manufacturer name";
constexpr std::string_view kModel = "Model name";
constexpr std::string_view kAsset = "Asset ID";
constexpr SubtypeRow kTia[] = {{1, "LLDP-MED Capabilities", 3, put_med_capabilities},
                               {2, "Network policy", 4, put_network_policy},
                               {3, "Location identification", 1, put_location},
                               {4, "Extended power-via-MDI", 3, put_med_power},
                               {5, "Inventory - hardware revision", 0, put_inventory<kHardware>},
                               {6, "Inventory - firmware revision", 0, put_inventory<kFirmware>},
                               {7, "Inventory - software revision", 0, put_inventory<kSoftware>},
                               {8, "Inventory - serial number", 0, put_inventory<kSerial>},
                               {9, "Inventory - manufacturer name", 0, put_inventory<kManufacturer>},
                               {10, "Inventory - model name", 0, put_inventory<kModel>},
                               {11, "Inventory - asset ID", 0, put_inventory<kAsset>}};

// RFC 8520 11: where the manufacturer describes the device.
void put_mud(Context& context, const Cursor& value, std::size_t size) {
  context.put("\n\t  MUD-URL=");
  context.out.escaped(value.span(0, size));
}
constexpr SubtypeRow kIana[] = {{1, "MUD-URL", 0, put_mud}};

// Data center bridging exchange as it was before IEEE 802.1Qaz, "DCB Capability Exchange Protocol Base Specification",
// rev. 1.01: TLVs within the TLV. True when the last of them is not known.
void put_feature_head(Context& context, const Cursor& value) {
  const std::uint32_t info = value.u8(2);
  context.put("\n\t      Oper_Version: ", value.u8(0), "\n\t      Max_Version: ", value.u8(1),
              "\n\t      Info block(0x");
  put_upper_hex(context, value, 2, 1);
  context.put("): Enable bit: ", info >> 7, ", Willing bit: ", info >> 6 & 1, ", Error Bit: ", info >> 5 & 1,
              "\n\t      SubType: ", value.u8(3));
}
void put_priority_groups(Context& context, const Cursor& value) {
  context.put("\n\t      Priority Allocation");
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t pair = value.u8(4 + i / 2);
    context.put("\n\t          PgId_", i, ": ", i % 2 == 0 ? pair >> 4 : pair & 0xf);
  }
  context.put("\n\t      Priority Group Allocation");
  for (std::size_t i = 0; i < 8; ++i) context.put("\n\t          Pg percentage[", i, "]: ", value.u8(8 + i));
  context.put("\n\t      NumTCsSupported: ", value.u8(16));
}
void put_priority_pauses(Context& context, const Cursor& value) {
  const std::uint32_t bits = value.u8(4);
  context.put("\n\t      PFC Config (0x");
  put_upper_hex(context, value, 4, 1);
  context.put(')');
  for (unsigned i = 0; i < 8; ++i) {
    context.put("\n\t          Priority Bit ", i, ": ", (bits >> i & 1) != 0 ? "Enabled" : "Disabled");
  }
  context.put("\n\t      NumTCPFCSupported: ", value.u8(5));
}
void put_applications(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kEntry = 6;
  for (std::size_t at = 4; at + kEntry <= size; at += kEntry) {
    const std::uint32_t bits = value.be24(at + 2);
    context.put("\n\t      Application Value\n\t          Application Protocol ID: 0x", Hex{value.be16(at), 4},
                "\n\t          SF (0x", Hex{bits >> 22}, ") Application Protocol ID is ",
                bits >> 22 != 0 ? "Socket Number" : "L2 EtherType", "\n\t          OUI: 0x", Hex{bits & 0x3fffff, 6},
                "\n\t          User Priority Map: 0x", Hex{value.u8(at + 5), 2});
  }
}
bool put_dcbx(Context& context, const Cursor& tlvs, std::size_t size) {
  bool unknown = false;
  for (std::size_t at = 0; at + 2 <= size;) {
    const std::uint32_t type = tlvs.be16(at) >> 9;
    const std::size_t length = tlvs.be16(at) & 0x1ff;
    at += 2;
    unknown = false;
    if (type == 0 || length == 0 || length > size - at) return unknown;
    const Cursor value = tlvs.from(at);
    constexpr std::size_t kLeast[] = {0, 10, 17, 6, 4};
    if (type < std::size(kLeast) && length < kLeast[type]) return unknown;
    const auto put_name = [&](std::string_view name) {
      context.put("\n\t    ", name, " (type 0x", Hex{type}, ", length ", length, ')');
    };
    switch (type) {
      case 1:
        put_name("Control - Protocol Control");
        context.put("\n\t      Oper_Version: ", value.u8(0), "\n\t      Max_Version: ", value.u8(1),
                    "\n\t      Sequence Number: ", value.be32(2), "\n\t      Acknowledgement Number: ", value.be32(6));
        break;
      case 2:
        put_name("Feature - Priority Group");
        put_feature_head(context, value);
        put_priority_groups(context, value);
        break;
      case 3:
        put_name("Feature - Priority Flow Control");
        put_feature_head(context, value);
        put_priority_pauses(context, value);
        break;
      case 4:
        put_name("Feature - Application");
        put_feature_head(context, value);
        put_applications(context, value, length);
        break;
      default:
        unknown = true;
        break;
    }
    if (unknown || context.verbose(2)) dump_hex(context.out, value.bytes().first(length), "\n\t    ");
    at += length;
  }
  return unknown;
}

enum Organization : std::uint32_t {
  kIeee1 = 0x0080c2,
  kIeee3 = 0x00120f,
  kMed = 0x0012bb,
  kMud = 0x00005e,
  kIntel = 0x001b21
};
constexpr Token kDcbxSubtypes[] = {{1, "DCB Capability Exchange Protocol Rev 1"},
                                   {2, "DCB Capability Exchange Protocol Rev 1.01"}};

void put_subtype(Context& context, std::string_view name, std::uint8_t subtype) {
  context.put("\n\t  ", name_or(name, "unknown"), " Subtype (", subtype, ')');
}

// True when the value is to be dumped because it is not known.
bool put_subtype_of(Context& context, std::span<const SubtypeRow> rows, const Cursor& value, std::size_t size,
                    std::size_t least = 1) {
  if (size < least) return false;
  const std::uint8_t subtype = value.u8(0);
  for (const SubtypeRow& row : rows) {
    if (row.subtype != subtype) continue;
    put_subtype(context, row.name, subtype);
    if (size - 1 >= row.least) row.print(context, value.from(1), size - 1);
    return false;
  }
  put_subtype(context, {}, subtype);
  return true;
}

bool put_organization(Context& context, const Cursor& value, std::size_t size) {
  const std::uint32_t oui = value.be24(0);
  context.put(": OUI ", NamedHex{organization_name(oui), oui, 6});
  const Cursor rest = value.from(3);
  const std::size_t left = size - 3;
  switch (oui) {
    case kIeee1:
      return put_subtype_of(context, kDot1, rest, left);
    case kIeee3:
      return put_subtype_of(context, kDot3, rest, left);
    case kMed:
      return put_subtype_of(context, kTia, rest, left);
    case kMud:
      return put_subtype_of(context, kIana, rest, left, 5);
    case kIntel: {
      if (left < 1) return false;
      const std::uint8_t subtype = rest.u8(0);
      put_subtype(context, token(kDcbxSubtypes, subtype), subtype);
      if (subtype == 2) return put_dcbx(context, rest.from(1), left - 1);
      return subtype == 1;
    }
    default:
      return true;
  }
}

// False when the value is too short. `unknown` when the value is to be dumped.
bool put_tlv(Context& context, std::uint8_t type, const Cursor& value, std::size_t size, bool& unknown) {
  switch (type) {
    case kChassis:
      return put_id(context, kChassisIds, value, size, unknown);
    case kPort:
      return put_id(context, kPortIds, value, size, unknown);
    case kTtl:
      if (size < 2) return false;
      context.put(": TTL ", value.be16(0), 's');
      return true;
    case kPortDescription:
    case kSystemName:
      context.put(": ");
      put_text(context, value.span(0, size));
      return true;
    case kSystemDescription:
      context.put("\n\t  ");
      put_text(context, value.span(0, size));
      return true;
    case kCapabilities:
      if (size < 4) return false;
      put_capabilities(context, "System ", value.be16(0));
      put_capabilities(context, "Enabled", value.be16(2));
      return true;
    case kManagement:
      return put_management(context, value, size);
    case kOrganization:
      if (size < 3) return false;
      unknown = put_organization(context, value, size);
      return true;
    default:
      unknown = true;
      return true;
  }
}

}  // namespace

void print_lldp(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("lldp");
  context.put("LLDP, length ", packet.length());
  while (packet.length() >= 2) {
    if (!packet.has(2)) return packet.truncated();
    const std::uint16_t head = packet.be16(0);
    const auto type = static_cast<std::uint8_t>(head >> 9);
    const std::size_t size = head & 0x1ff;
    packet.skip(2);
    if (context.verbose()) {
      context.put("\n\t", token(kTypes, type, "Unknown"), " TLV (", type, "), length ", size);
    }
    if (type == kEnd || size == 0) return;
    if (size > packet.length() || !packet.has(size)) return packet.truncated();
    bool unknown = false;
    if (context.verbose()) {
      if (!put_tlv(context, type, packet, size, unknown)) return packet.truncated();
      if (unknown || context.verbose(2)) dump_hex(context.out, packet.bytes().first(size), "\n\t  ");
    } else if (type == kSystemName) {
      context.put(": ");
      put_text(context, packet.span(0, size));
    }
    packet.skip(size);
  }
}

}  // namespace ringtap
