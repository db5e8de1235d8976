// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// RADIUS: RFC 2865, 2866; tunnels, RFC 2867 and 2868; extensions, RFC 2869; IPv6, RFC 3162 and 4818; VLANs, RFC 4675;
// dynamic authorization, RFC 5176; location, RFC 5580.
#include <ctime>

#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 20;
constexpr Token kCodes[] = {{1, "Access-Request"},
                            {2, "Access-Accept"},
                            {3, "Access-Reject"},
                            {4, "Accounting-Request"},
                            {5, "Accounting-Response"},
                            {11, "Access-Challenge"},
                            {12, "Status-Server"},
                            {13, "Status-Client"},
                            {40, "Disconnect-Request"},
                            {41, "Disconnect-ACK"},
                            {42, "Disconnect-NAK"},
                            {43, "CoA-Request"},
                            {44, "CoA-ACK"},
                            {45, "CoA-NAK"},
                            {255, "Reserved"}};

// How the value of an attribute is shown. A name alone: not at all.
enum class Form : std::uint8_t {
  kNone,
  kText,
  kTaggedText,
  kNumber,
  kName,
  kTaggedName,
  kTaggedNumber,
  kAddress,
  kAddress6,
  kPrefix6,
  kDuration,
  kDate,
  kVendor,
  kPassword,  // of a tunnel
  kVlanId,
  kVlanName,
  kErrorCause,
  kHex8,  // eight bytes
  kArapFeatures,
  kArapPassword,
  kEap,
  kOperator,
  kLocation,
  kLocationInformation,
  kLocationPolicy,
  kMobilityFeatures,
  kHomePrefix,
};

constexpr std::string_view kName = "radius";

constexpr Token kServices[] = {{1, "Login"},
                               {2, "Framed"},
                               {3, "Callback Login"},
                               {4, "Callback Framed"},
                               {5, "Outbound"},
                               {6, "Administrative"},
                               {7, "NAS Prompt"},
                               {8, "Authenticate Only"},
                               {9, "Callback NAS Prompt"},
                               {10, "Call Check"},
                               {11, "Callback Administrative"},
                               {12, "Voice"},
                               {13, "Fax"},
                               {14, "Modem Relay"},
                               {15, "IAPP-Register"},
                               {16, "IAPP-AP-Check"},
                               {17, "Authorize Only"},
                               {18, "Framed-Management"},
                               {19, "Additional-Authorization"}};
constexpr Token kFramings[] = {{1, "PPP"},
                               {2, "SLIP"},
                               {3, "ARAP"},
                               {4, "Gandalf proprietary"},
                               {5, "Xylogics IPX/SLIP"},
                               {6, "X.75 Synchronous"},
                               {7, "GPRS PDP Context"}};
constexpr Token kRoutings[] = {{0, "None"}, {1, "Send"}, {2, "Listen"}, {3, "Send&Listen"}};
constexpr Token kCompressions[] = {{0, "None"}, {1, "VJ TCP/IP"}, {2, "IPX"}, {3, "Stac-LZS"}};
constexpr Token kLogins[] = {
    {0, "Telnet"},   {1, "Rlogin"},     {2, "TCP Clear"},  {3, "PortMaster(proprietary)"}, {4, "LAT"},
    {5, "X.25-PAD"}, {6, "X.25-T3POS"}, {7, "Unassigned"}, {8, "TCP Clear Quiet"}};
constexpr Token kTerminations[] = {{0, "Default"}, {1, "RADIUS-Request"}};
constexpr Token kIngress[] = {{1, "Enabled"}, {2, "Disabled"}};
constexpr Token kAccounting[] = {{1, "Start"},
                                 {2, "Stop"},
                                 {3, "Interim-Update"},
                                 {4, "Unassigned"},
                                 {5, "Unassigned"},
                                 {6, "Unassigned"},
                                 {7, "Accounting-On"},
                                 {8, "Accounting-Off"},
                                 {9, "Tunnel-Start"},
                                 {10, "Tunnel-Stop"},
                                 {11, "Tunnel-Reject"},
                                 {12, "Tunnel-Link-Start"},
                                 {13, "Tunnel-Link-Stop"},
                                 {14, "Tunnel-Link-Reject"},
                                 {15, "Failed"}};
constexpr Token kAuthentics[] = {{1, "RADIUS"}, {2, "Local"}, {3, "Remote"}, {4, "Diameter"}};
constexpr Token kEnds[] = {{1, "User Request"},
                           {2, "Lost Carrier"},
                           {3, "Lost Service"},
                           {4, "Idle Timeout"},
                           {5, "Session Timeout"},
                           {6, "Admin Reset"},
                           {7, "Admin Reboot"},
                           {8, "Port Error"},
                           {9, "NAS Error"},
                           {10, "NAS Request"},
                           {11, "NAS Reboot"},
                           {12, "Port Unneeded"},
                           {13, "Port Preempted"},
                           {14, "Port Suspended"},
                           {15, "Service Unavailable"},
                           {16, "Callback"},
                           {17, "User Error"},
                           {18, "Host Request"},
                           {19, "Supplicant Restart"},
                           {20, "Reauthentication Failure"},
                           {21, "Port Reinitialized"},
                           {22, "Port Administratively Disabled"},
                           {23, "Lost Power"}};
constexpr Token kPorts[] = {{0, "Async"},
                            {1, "Sync"},
                            {2, "ISDN Sync"},
                            {3, "ISDN Async V.120"},
                            {4, "ISDN Async V.110"},
                            {5, "Virtual"},
                            {6, "PIAFS"},
                            {7, "HDLC Clear Channel"},
                            {8, "X.25"},
                            {9, "X.75"},
                            {10, "G.3 Fax"},
                            {11, "SDSL"},
                            {12, "ADSL-CAP"},
                            {13, "ADSL-DMT"},
                            {14, "ISDN-DSL"},
                            {15, "Ethernet"},
                            {16, "xDSL"},
                            {17, "Cable"},
                            {18, "Wireless - Other"},
                            {19, "Wireless - IEEE 802.11"},
                            {20, "Token-Ring"},
                            {21, "FDDI"},
                            {22, "Wireless - CDMA200"},
                            {23, "Wireless - UMTS"},
                            {24, "Wireless - 1X-EV"},
                            {25, "IAPP"},
                            {26, "FTTP"},
                            {27, "Wireless - IEEE 802.16"},
                            {28, "Wireless - IEEE 802.20"},
                            {29, "Wireless - IEEE 802.22"},
                            {30, "PPPoA"},
                            {31, "PPPoEoA"},
                            {32, "PPPoEoE"},
                            {33, "PPPoEoVLAN"},
                            {34, "PPPoEoQinQ"},
                            {35, "xPON"},
                            {36, "Wireless - XGP"},
                            {37, "WiMAX Pre-Release 8 IWK Function"},
                            {38, "WIMAX-WIFI-IWK"},
                            {39, "WIMAX-SFF"},
                            {40, "WIMAX-HA-LMA"},
                            {41, "WIMAX-DHCP"},
                            {42, "WIMAX-LBS"},
                            {43, "WIMAX-WVS"}};
constexpr Token kTunnels[] = {{1, "PPTP"}, {2, "L2F"},  {3, "L2TP"},  {4, "ATMP"},
                              {5, "VTP"},  {6, "AH"},   {7, "IP-IP"}, {8, "MIN-IP-IP"},
                              {9, "ESP"},  {10, "GRE"}, {11, "DVS"},  {12, "IP-in-IP Tunneling"},
                              {13, "VLAN"}};
constexpr Token kMedia[] = {
    {1, "IPv4"}, {2, "IPv6"},       {3, "NSAP"},       {4, "HDLC"},          {5, "BBN 1822"},
    {6, "802"},  {7, "E.163"},      {8, "E.164"},      {9, "F.69"},          {10, "X.121"},
    {11, "IPX"}, {12, "Appletalk"}, {13, "Decnet IV"}, {14, "Banyan Vines"}, {15, "E.164 with NSAP subaddress"}};
constexpr Token kZones[] = {
    {1, "Only access to dfl zone"}, {2, "Use zone filter inc."}, {3, "Not used"}, {4, "Use zone filter exc."}};
constexpr Token kPrompts[] = {{0, "No Echo"}, {1, "Echo"}};
constexpr Token kErrorCauses[] = {{201, "Residual Session Context Removed"},
                                  {202, "Invalid EAP Packet (Ignored)"},
                                  {401, "Unsupported Attribute"},
                                  {402, "Missing Attribute"},
                                  {403, "NAS Identification Mismatch"},
                                  {404, "Invalid Request"},
                                  {405, "Unsupported Service"},
                                  {406, "Unsupported Extension"},
                                  {407, "Invalid Attribute Value"},
                                  {501, "Administratively Prohibited"},
                                  {502, "Request Not Routable (Proxy)"},
                                  {503, "Session Context Not Found"},
                                  {504, "Session Context Not Removable"},
                                  {505, "Other Proxy Processing Error"},
                                  {506, "Resources Unavailable"},
                                  {507, "Request Initiated"},
                                  {508, "Multiple Session Selection Unsupported"},
                                  {509, "Location Info Required"}};
constexpr Token kVlanTags[] = {{0x31, "Tagged"}, {0x32, "Untagged"}};

struct Attribute {
  std::string_view name;
  Form form = Form::kNone;
  std::span<const Token> names = {};
};
// By type.
constexpr Attribute kAttributes[] = {
    {"Unknown"},
    {"User-Name", Form::kText},
    {"User-Password"},
    {"CHAP-Password"},
    {"NAS-IP-Address", Form::kAddress},
    {"NAS-Port", Form::kNumber},
    {"Service-Type", Form::kName, kServices},
    {"Framed-Protocol", Form::kName, kFramings},
    {"Framed-IP-Address", Form::kAddress},
    {"Framed-IP-Netmask", Form::kAddress},
    {"Framed-Routing", Form::kName, kRoutings},
    {"Filter-Id", Form::kText},
    {"Framed-MTU", Form::kNumber},
    {"Framed-Compression", Form::kName, kCompressions},
    {"Login-IP-Host", Form::kAddress},
    {"Login-Service", Form::kName, kLogins},
    {"Login-TCP-Port", Form::kNumber},
    {"Unassigned"},
    {"Reply-Message", Form::kText},
    {"Callback-Number", Form::kText},
    {"Callback-Id", Form::kText},
    {"Unassigned"},
    {"Framed-Route", Form::kText},
    {"Framed-IPX-Network", Form::kNumber},
    {"State", Form::kText},
    {"Class", Form::kText},
    {"Vendor-Specific", Form::kVendor},
    {"Session-Timeout", Form::kDuration},
    {"Idle-Timeout", Form::kDuration},
    {"Termination-Action", Form::kName, kTerminations},
    {"Called-Station-Id", Form::kText},
    {"Calling-Station-Id", Form::kText},
    {"NAS-Identifier", Form::kText},
    {"Proxy-State", Form::kText},
    {"Login-LAT-Service", Form::kText},
    {"Login-LAT-Node", Form::kText},
    {"Login-LAT-Group", Form::kText},
    {"Framed-AppleTalk-Link", Form::kNumber},
    {"Framed-AppleTalk-Network", Form::kNumber},
    {"Framed-AppleTalk-Zone", Form::kText},
    {"Acct-Status-Type", Form::kName, kAccounting},
    {"Acct-Delay-Time", Form::kDuration},
    {"Acct-Input-Octets", Form::kNumber},
    {"Acct-Output-Octets", Form::kNumber},
    {"Acct-Session-Id", Form::kText},
    {"Acct-Authentic", Form::kName, kAuthentics},
    {"Acct-Session-Time", Form::kDuration},
    {"Acct-Input-Packets", Form::kNumber},
    {"Acct-Output-Packets", Form::kNumber},
    {"Acct-Terminate-Cause", Form::kName, kEnds},
    {"Acct-Multi-Session-Id", Form::kText},
    {"Acct-Link-Count", Form::kNumber},
    {"Acct-Input-Gigawords", Form::kNumber},
    {"Acct-Output-Gigawords", Form::kNumber},
    {"Unassigned"},
    {"Event-Timestamp", Form::kDate},
    {"Egress-VLANID", Form::kVlanId},
    {"Ingress-Filters", Form::kName, kIngress},
    {"Egress-VLAN-Name", Form::kVlanName},
    {"User-Priority-Table"},
    {"CHAP-Challenge", Form::kText},
    {"NAS-Port-Type", Form::kName, kPorts},
    {"Port-Limit", Form::kNumber},
    {"Login-LAT-Port", Form::kText},
    {"Tunnel-Type", Form::kTaggedName, kTunnels},
    {"Tunnel-Medium-Type", Form::kTaggedName, kMedia},
    {"Tunnel-Client-Endpoint", Form::kTaggedText},
    {"Tunnel-Server-Endpoint", Form::kTaggedText},
    {"Acct-Tunnel-Connection", Form::kText},
    {"Tunnel-Password", Form::kPassword},
    {"ARAP-Password", Form::kArapPassword},
    {"ARAP-Features", Form::kArapFeatures},
    {"ARAP-Zone-Access", Form::kName, kZones},
    {"ARAP-Security", Form::kText},
    {"ARAP-Security-Data", Form::kText},
    {"Password-Retry", Form::kNumber},
    {"Prompt", Form::kName, kPrompts},
    {"Connect-Info", Form::kText},
    {"Configuration-Token", Form::kText},
    {"EAP-Message", Form::kEap},
    {"Message-Authenticator", Form::kText},
    {"Tunnel-Private-Group-ID", Form::kTaggedText},
    {"Tunnel-Assignment-ID", Form::kTaggedText},
    {"Tunnel-Preference", Form::kTaggedNumber},
    {"ARAP-Challenge-Response", Form::kHex8},
    {"Acct-Interim-Interval", Form::kDuration},
    {"Acct-Tunnel-Packets-Lost", Form::kNumber},
    {"NAS-Port-Id", Form::kText},
    {"Framed-Pool", Form::kText},
    {"CUI", Form::kText},
    {"Tunnel-Client-Auth-ID", Form::kTaggedText},
    {"Tunnel-Server-Auth-ID", Form::kTaggedText},
    {"NAS-Filter-Rule", Form::kText},
    {"Unassigned"},
    {"Originating-Line-Info"},
    {"NAS-IPv6-Address", Form::kAddress6},
    {"Framed-Interface-ID"},
    {"Framed-IPv6-Prefix", Form::kPrefix6},
    {"Login-IPv6-Host", Form::kAddress6},
    {"Framed-IPv6-Route", Form::kText},
    {"Framed-IPv6-Pool", Form::kText},
    {"Error-Cause", Form::kErrorCause},
    {"EAP-Key-Name"},
    {"Digest-Response", Form::kText},
    {"Digest-Realm", Form::kText},
    {"Digest-Nonce", Form::kText},
    {"Digest-Response-Auth", Form::kText},
    {"Digest-Nextnonce", Form::kText},
    {"Digest-Method", Form::kText},
    {"Digest-URI", Form::kText},
    {"Digest-Qop", Form::kText},
    {"Digest-Algorithm", Form::kText},
    {"Digest-Entity-Body-Hash", Form::kText},
    {"Digest-CNonce", Form::kText},
    {"Digest-Nonce-Count", Form::kText},
    {"Digest-Username", Form::kText},
    {"Digest-Opaque", Form::kText},
    {"Digest-Auth-Param", Form::kText},
    {"Digest-AKA-Auts", Form::kText},
    {"Digest-Domain", Form::kText},
    {"Digest-Stale", Form::kText},
    {"Digest-HA1", Form::kText},
    {"SIP-AOR", Form::kText},
    {"Delegated-IPv6-Prefix", Form::kPrefix6},
    {"MIP6-Feature-Vector", Form::kMobilityFeatures},
    {"MIP6-Home-Link-Prefix", Form::kHomePrefix},
    {"Operator-Name", Form::kOperator},
    {"Location-Information", Form::kLocationInformation},
    {"Location-Data", Form::kLocation},
    {"Basic-Location-Policy-Rules", Form::kLocationPolicy},
};

bool has_size(Context& context, std::size_t size, std::size_t expected) {
  if (size != expected) context.put("ERROR: length ", size, " != ", expected);
  return size == expected;
}

// Up to its first NUL, unprintable bytes as dots.
void put_dotted(Context& context, const Cursor& value) {
  for (const std::uint8_t byte : value.bytes()) {
    if (byte == 0) return;
    context.out.printable(byte);
  }
}

void put_name(Context& context, std::span<const Token> names, std::uint32_t value) {
  context.put_name(token(names, value), '#', value);
}

void put_tag(Context& context, std::uint8_t tag) {
  if (tag == 0) {
    context.put("Tag[Unused] ");
  } else {
    context.put("Tag[", tag, "] ");
  }
}

// RFC 2868 3: what is no tag is the first byte of the text.
constexpr std::uint8_t kMaxTag = 0x1f;

void put_tagged_text(Context& context, Cursor value) {
  if (value.u8(0) <= kMaxTag) put_tag(context, value.take_u8());
  put_dotted(context, value);
}

void put_address(Context& context, std::uint8_t type, const Cursor& value) {
  constexpr std::uint8_t kFramedAddress = 8;
  constexpr std::uint8_t kLoginHost = 14;
  const std::uint32_t address = value.be32(0);
  const bool special = type == kFramedAddress || type == kLoginHost;
  if (special && address == 0xffffffff) return context.put("User Selected");
  if (special && address == 0xfffffffe) return context.put("NAS Select");
  context.host4(value.block(0, 4));
}

// RFC 3162 2.3: a reserved byte, the length of the prefix in bits, and as many bytes of it as there need to be.
void put_prefix(Context& context, const Cursor& value, std::size_t size) {
  if (size < 2 || size > 18) return context.put("ERROR: length ", size, " not in range (2..18)");
  if (!value.has(size)) return context.put_truncated();
  const std::uint8_t bits = value.u8(1);
  if (bits > 128) return context.put("ERROR: netmask ", bits, " not in range (0..128)");
  std::uint8_t address[16] = {};
  for (std::size_t i = 2; i < size; ++i) address[i - 2] = value.u8(i);
  context.out.ipv6(address);
  context.put('/', bits);
  if ((bits + 7u) / 8 > size - 2) context.put(" (inconsistent prefix length)");
}

void put_clock(Context& context, std::uint32_t seconds) {
  const std::uint32_t minutes = seconds / 60 % 60;
  const std::uint32_t hours = seconds / 3600;
  if (hours != 0) {
    context.put(Padded{hours, 2}, ':', Padded{minutes, 2}, ':', Padded{seconds % 60, 2}, " hours");
  } else if (minutes != 0) {
    context.put(Padded{minutes, 2}, ':', Padded{seconds % 60, 2}, " min");
  } else {
    context.put(Padded{seconds, 2}, " secs");
  }
}

// "Thu Jan  1 00:00:00 1970", in this host's time zone.
void put_date(Context& context, std::uint32_t seconds) {
  const std::time_t when = seconds;
  std::tm local{};
  char text[32];
  ::localtime_r(&when, &local);
  context.put(std::string_view(text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &local)));
}

// RFC 2865 5.26.
void put_vendor(Context& context, Cursor value) {
  if (value.length() < 4) return context.put_truncated();
  const std::uint32_t vendor = value.take_be32();
  if (context.truncated()) return;
  context.put("Vendor: ");
  context.put(Named{enterprise_name(vendor), vendor});
  while (value.length() >= 2 && !context.truncated()) {
    const std::uint8_t type = value.u8(0);
    const std::size_t size = value.u8(1);
    if (context.truncated()) return;
    if (size >= 2 && size <= value.length() && !value.has(size)) return context.put_truncated();
    value.skip(2);
    context.put("\n\t    Vendor Attribute: ", type);
    if (size < 2) return context.put(", Length: ", size, " (bogus, must be >= 2)");
    if (size - 2 > value.length()) {
      return context.put(", Length: ", size, " (bogus, goes past end of vendor-specific attribute)");
    }
    context.put(", Length: ", size - 2, ", Value: ");
    put_dotted(context, value.first(size - 2));
    value.skip(size - 2);
  }
}

void put_eap(Context& context, const Cursor& value) {
  // A message longer than 253 bytes is spread over attributes: only one that is whole is decoded.
  if (value.length() < 4) return value.truncated();
  if (value.be16(2) != value.length()) return context.put("EAP fragment?");
  print_eap(context, value);
}

void put_vlan_tag(Context& context, std::uint8_t tag) {
  context.put(named_hex(kVlanTags, tag, "Unknown tag"), ' ');
}

// RFC 5580 4.2: what is known about a location, when and how.
void put_location_information(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kFixed = 20;
  constexpr Token kProfiles[] = {{0, "Civic"}, {1, "Geospatial"}};
  constexpr Token kEntities[] = {{0, "User"}, {1, "RADIUS"}};
  if (size <= kFixed) return context.put("ERROR: length ", size, " < ", kFixed + 1);
  const auto put_known = [&](std::string_view before, std::span<const Token> names, std::uint8_t number) {
    context.put(before);
    context.put_name(token(names, number), "Unknown (", number, ')');
  };
  context.put("index ", value.be16(0));
  put_known(", code ", kProfiles, value.u8(2));
  put_known(", entity ", kEntities, value.u8(3));
  context.put(", sighting time ");
  put_ntp_time(context, value.be64(4));
  context.put(", time to live ");
  put_ntp_time(context, value.be64(12));
  context.put(", method \"");
  context.out.escaped(value.span(kFixed, size - kFixed));
  context.put('"');
}

// RFC 5580 4.4: what may be done with a location.
void put_location_policy(Context& context, const Cursor& value, std::size_t size) {
  constexpr std::size_t kFixed = 10;
  constexpr Token kFlags[] = {
      {0x0001, "MBZ-15"}, {0x0002, "MBZ-14"}, {0x0004, "MBZ-13"}, {0x0008, "MBZ-12"},
      {0x0010, "MBZ-11"}, {0x0020, "MBZ-10"}, {0x0040, "MBZ-9"},  {0x0080, "MBZ-8"},
      {0x0100, "MBZ-7"},  {0x0200, "MBZ-6"},  {0x0400, "MBZ-5"},  {0x0800, "MBZ-4"},
      {0x1000, "MBZ-3"},  {0x2000, "MBZ-2"},  {0x4000, "MBZ-1"},  {0x8000, "Retransmission Allowed"},
  };
  if (size < kFixed) return context.put("ERROR: length ", size, " < ", kFixed);
  context.put("flags [");
  context.put_flags(kFlags, value.be16(0));
  context.put("], retention expires ");
  put_ntp_time(context, value.be64(2));
  if (size == kFixed) return;
  context.put(", note well \"");
  context.out.escaped(value.span(kFixed, size - kFixed));
  context.put('"');
}

// RFC 5447 4.2.5 and IANA's list: two of the lowest bits and ten above the 40th.
void put_mobility_features(Context& context, const Cursor& value) {
  constexpr Token kLow[] = {{1, "MIP6_INTEGRATED"}, {2, "LOCAL_HOME_AGENT_ASSIGNMENT"}};
  constexpr Token kAbove40[] = {
      {0x001, "PMIP6_SUPPORTED"},
      {0x002, "IP4_HOA_SUPPORTED"},
      {0x004, "LOCAL_MAG_ROUTING_SUPPORTED"},
      {0x008, "ASSIGN_LOCAL_IP"},
      {0x010, "MIP4_SUPPORTED"},
      {0x020, "OPTIMIZED_IDLE_MODE_MOBILITY"},
      {0x040, "GTPv2_SUPPORTED"},
      {0x080, "IP4_TRANSPORT_SUPPORTED"},
      {0x100, "IP4_HOA_ONLY_SUPPORTED"},
      {0x200, "INTER_MAG_ROUTING_SUPPORTED"},
  };
  bool first = true;
  const auto put_set = [&](std::span<const Token> names, std::uint32_t bits) {
    for (const Token& name : names) {
      if ((bits & name.value) == 0) continue;
      context.put(first ? "" : ", ", name.name);
      first = false;
    }
  };
  context.put('[');
  const std::uint64_t features = value.be64(0);
  put_set(kLow, static_cast<std::uint32_t>(features));
  put_set(kAbove40, static_cast<std::uint32_t>(features >> 40));
  context.put(']');
}

void put_home_prefix(Context& context, const Cursor& value) {
  if (!value.has(17)) return context.put_truncated();
  const std::uint8_t bits = value.u8(0);
  if (bits > 128) return context.put("ERROR: netmask ", bits, " not in range (0..128)");
  context.host6(value.block(1, 16));
  context.put('/', bits);
}

// What tcpdump prints nothing of when it is cut.
bool is_read_whole(Form form) {
  switch (form) {
    case Form::kEap:
    case Form::kVlanName:
    case Form::kOperator:
    case Form::kLocationInformation:
    case Form::kLocation:
    case Form::kLocationPolicy:
      return true;
    default:
      return false;
  }
}

// RFC 2869 5.5.
void put_arap_features(Context& context, const Cursor& value) {
  const std::uint8_t change = value.u8(0);
  context.put("User can", change == 0 ? "not" : "", " change password");
  context.put(", Min password length: ", value.u8(1), ", created at: ");
  put_upper_hex(context, value, 2, 4);
  context.put(", expires in: ");
  put_upper_hex(context, value, 6, 4);
  context.put(", Current Time: ");
  put_upper_hex(context, value, 10, 4);
}

void put_value(Context& context, std::uint8_t type, const Attribute& attribute, const Cursor& value) {
  const std::size_t size = value.length();
  if (is_read_whole(attribute.form) && !value.has(size)) return context.put_truncated();
  switch (attribute.form) {
    case Form::kNone:
      return;
    case Form::kText:
      return put_dotted(context, value);
    case Form::kTaggedText:
      return put_tagged_text(context, value);
    case Form::kNumber: {
      constexpr std::uint8_t kIpxNetwork = 23;
      if (!has_size(context, size, 4)) return;
      if (type == kIpxNetwork && value.be32(0) == 0xfffffffe) return context.put("NAS Select");
      return context.put(value.be32(0));
    }
    case Form::kName:
      if (has_size(context, size, 4)) put_name(context, attribute.names, value.be32(0));
      return;
    case Form::kTaggedName:
      if (!has_size(context, size, 4)) return;
      put_tag(context, value.u8(0));
      return put_name(context, attribute.names, value.be24(1));
    case Form::kTaggedNumber:
      if (!has_size(context, size, 4)) return;
      put_tag(context, value.u8(0));
      return context.put(value.be24(1));
    case Form::kAddress:
      if (has_size(context, size, 4)) put_address(context, type, value);
      return;
    case Form::kAddress6:
      if (has_size(context, size, 16)) context.host6(value.block(0, 16));
      return;
    case Form::kPrefix6:
      return put_prefix(context, value, size);
    case Form::kDuration:
      if (has_size(context, size, 4)) put_clock(context, value.be32(0));
      return;
    case Form::kDate:
      if (has_size(context, size, 4)) put_date(context, value.be32(0));
      return;
    case Form::kVendor:
      return put_vendor(context, value);
    case Form::kPassword: {
      if (size < 3) return context.put_truncated();
      const std::uint8_t tag = value.u8(0);
      put_tag(context, tag <= kMaxTag ? tag : 0);
      context.put("Salt ", value.be16(1), ' ');
      return put_dotted(context, value.from(3));
    }
    case Form::kVlanId:
      if (!has_size(context, size, 4)) return;
      put_vlan_tag(context, value.u8(0));
      return context.put(value.be32(0) & 0xfffff);  // 20 bits, as tcpdump 4.99.3 has it; the identifier is the last 12
    case Form::kVlanName:
      put_vlan_tag(context, value.u8(0));
      return put_dotted(context, value.from(1));
    case Form::kErrorCause: {
      if (size != 4) return context.put("Error: length ", size, " != 4");
      const std::uint32_t cause = value.be32(0);
      context.put("Error cause ", cause, ": ");
      if (const std::string_view name = token(kErrorCauses, cause); !name.empty()) return context.put(name);
      return context.put("Error-Cause ", cause, " not known");
    }
    case Form::kHex8: {
      if (size < 8) return context.put("ERROR: length ", size, " != 8");
      return put_upper_hex(context, value, 0, 8);
    }
    case Form::kArapFeatures:
      if (has_size(context, size, 14)) put_arap_features(context, value);
      return;
    case Form::kArapPassword:
      if (!has_size(context, size, 16)) return;
      context.put("User_challenge (");
      put_upper_hex(context, value, 0, 8);
      context.put(") User_resp(");
      put_upper_hex(context, value, 8, 8);
      return context.put(')');
    case Form::kEap:
      return put_eap(context, value);
    case Form::kOperator: {
      if (size < 2) return context.put("ERROR: length ", size, " < 2");
      constexpr Token kNamespaces[] = {{'0', "TADIG"}, {'1', "REALM"}, {'2', "E212"}, {'3', "ICC"}};
      const std::uint8_t space = value.u8(0);
      context.put('[');
      context.put_name(token(kNamespaces, space), "unknown namespace ", space);
      context.put("] ");
      return put_escaped(context, value, 1, size - 1);
    }
    case Form::kLocationInformation:
      return put_location_information(context, value, size);
    case Form::kLocationPolicy:
      return put_location_policy(context, value, size);
    case Form::kMobilityFeatures:
      if (has_size(context, size, 8)) put_mobility_features(context, value);
      return;
    case Form::kHomePrefix:
      if (has_size(context, size, 17)) put_home_prefix(context, value);
      return;
    case Form::kLocation:
      if (size < 3) return context.put("ERROR: length ", size, " < 3");
      context.put("index ", value.be16(0), ", location");
      return dump_hex_and_ascii(context.out, value.from(2).bytes(), "\n\t    ");
  }
}

void put_attributes(Context& context, Cursor attributes) {
  while (attributes.length() > 0 && !context.truncated()) {
    if (attributes.length() < 2) return attributes.truncated();
    const std::uint8_t type = attributes.u8(0);
    const std::size_t size = attributes.u8(1);
    if (context.truncated()) return;
    const Attribute attribute = type < std::size(kAttributes) ? kAttributes[type] : Attribute{"Unknown"};
    context.put("\n\t  ", attribute.name, " Attribute (", type, "), length: ", size);
    if (size < 2) return context.put(" (bogus, must be >= 2)");
    if (size > attributes.length()) return context.put(" (bogus, goes past end of packet)");
    context.put(", Value: ");
    if (size > 2) {
      const bool text =
          attribute.form == Form::kText || attribute.form == Form::kTaggedText || attribute.form == Form::kPassword;
      // Where a value is cut, tcpdump goes on: if another attribute follows, it says so twice.
      if (text && !attributes.has(size)) {
        context.put_truncated();
      } else {
        context.protocol(kName);  // most values are read without a look at how much of them there is
        put_value(context, type, attribute, attributes.from(2).first(size - 2));
        context.protocol(kName, true);
      }
      if (context.verbose(2)) dump_hex(context.out, attributes.from(2).first(size - 2).bytes(), "\n\t    ");
    }
    attributes.skip(size);
  }
}

}  // namespace

void print_radius(Context& context, Cursor packet, const Transport&) {
  context.protocol(kName, true);
  if (!packet.has(kHeader)) return packet.truncated();
  const std::size_t declared = packet.be16(2);
  if (declared < kHeader) return packet.truncated();
  const std::size_t length = std::min(declared, packet.length());
  if (!context.verbose()) {
    context.put("RADIUS, ");
    context.put(named(kCodes, packet.u8(0), "Unknown Command"));
    return context.put(", id: 0x", Hex{packet.u8(1), 2}, " length: ", length);
  }
  context.put("RADIUS, length: ", length, "\n\t");
  context.put(named(kCodes, packet.u8(0), "Unknown Command"));
  context.put(", id: 0x", Hex{packet.u8(1), 2}, ", Authenticator: ");
  for (unsigned i = 0; i < 16; ++i) context.put(Hex{packet.u8(4 + i), 2});
  put_attributes(context, packet.from(kHeader).with_length(length - kHeader));
}

}  // namespace ringtap
