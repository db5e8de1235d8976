// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Border Gateway Protocol, RFC 4271; capabilities RFC 5492, multiprotocol RFC 4760, labels RFC 8277, VPNs RFC 4364,
// communities RFC 1997, RFC 4360 and RFC 8092, four-byte AS numbers RFC 6793, restart RFC 4724, AIGP RFC 7311,
// multicast VPN tunnels RFC 6514, attribute sets RFC 6368, shutdown texts RFC 8203, several paths RFC 7911.
#include <algorithm>
#include <optional>

#include "dissect/hexdump.hpp"
#include "dissect/routing/osi.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 19;
constexpr std::size_t kMarker = 16;
constexpr std::string_view kInvalidLength = "invalid len";

enum Message : std::uint8_t { kOpen = 1, kUpdate = 2, kNotification = 3, kKeepalive = 4, kRouteRefresh = 5 };
constexpr Token kMessages[] = {{kOpen, "Open"},
                               {kUpdate, "Update"},
                               {kNotification, "Notification"},
                               {kKeepalive, "Keepalive"},
                               {kRouteRefresh, "Route Refresh"}};

constexpr Token kOptions[] = {{1, "Authentication Information"}, {2, "Capabilities Advertisement"}};
enum Capability : std::uint8_t {
  kMultiprotocol = 1,
  kMultipleLabels = 8,
  kGracefulRestart = 64,
  kFourByteAs = 65,
  kMultiplePaths = 69,
};
constexpr Token kCapabilities[] = {
    {kMultiprotocol, "Multiprotocol Extensions"},
    {2, "Route Refresh"},
    {3, "Cooperative Route Filtering"},
    {4, "Multiple Routes to a Destination"},
    {5, "Extended Next Hop Encoding"},
    {7, "BGPsec"},
    {kMultipleLabels, "Multiple Labels"},
    {kGracefulRestart, "Graceful Restart"},
    {kFourByteAs, "32-Bit AS Number"},
    {67, "Dynamic Capability"},
    {kMultiplePaths, "Multiple Paths"},
    {70, "Enhanced Route Refresh"},
    {71, "Long-lived Graceful Restart"},
    {128, "Route Refresh (Cisco)"},
};
// Those that tcpdump 4.99.3 does not know: RFC 8654, RFC 9234 and draft-walton-bgp-hostname-capability.
constexpr std::uint8_t kRole = 9;
constexpr Token kLaterCapabilities[] = {{6, "Extended Message"}, {kRole, "BGP Role"}, {73, "FQDN"}};
constexpr Token kRoles[] = {{0, "Provider"}, {1, "RS"}, {2, "RS-Client"}, {3, "Customer"}, {4, "Peer"}};
constexpr Token kPathDirections[] = {{1, "Receive"}, {2, "Send"}, {3, "Both"}};

constexpr Token kOrigins[] = {{0, "IGP"}, {1, "EGP"}, {2, "Incomplete"}};

enum Safi : std::uint8_t {
  kUnicast = 1,
  kMulticast = 2,
  kBoth = 3,
  kLabeled = 4,
  kVpn = 128,
  kVpnMulticast = 129,
  kRouteTargets = 132,
};
constexpr Token kSubsequents[] = {
    {0, "Reserved"},
    {kUnicast, "Unicast"},
    {kMulticast, "Multicast"},
    {kBoth, "Unicast+Multicast"},
    {kLabeled, "labeled Unicast"},
    {5, "Multicast VPN"},
    {64, "Tunnel"},
    {65, "VPLS"},
    {66, "MDT"},
    {70, "EVPN"},
    {kVpn, "labeled VPN Unicast"},
    {kVpnMulticast, "labeled VPN Multicast"},
    {130, "labeled VPN Unicast+Multicast"},
    {kRouteTargets, "Route Target Routing Information"},
};
constexpr std::uint8_t kVendorSpecificSafi = 128;

constexpr Token kCommunities[] = {
    {0xffffff01, " NO_EXPORT"},
    {0xffffff02, " NO_ADVERTISE"},
    {0xffffff03, " NO_EXPORT_SUBCONFED"},
};
constexpr Token kExtendedCommunities[] = {
    {0x0002, "target"},         {0x0003, "origin"},           {0x0005, "ospf-domain"},   {0x0009, "source-AS"},
    {0x000a, "l2vpn-id"},       {0x0102, "target"},           {0x0103, "origin"},        {0x0105, "ospf-domain"},
    {0x0107, "ospf-router-id"}, {0x010b, "vrf-route-import"}, {0x0202, "target"},        {0x0203, "origin"},
    {0x0205, "ospf-domain"},    {0x0306, "ospf-route-type"},  {0x030c, "encapsulation"}, {0x4004, "link-BW"},
    {0x8001, "ospf-router-id"}, {0x8000, "ospf-route-type"},  {0x8005, "ospf-domain"},   {0x800a, "layer2-info"},
};
constexpr Token kExtendedFlags[] = {{0x8000, "vendor-specific"}, {0x4000, "non-transitive"}};
constexpr Token kEncapsulations[] = {
    {1, "L2TPv3 over IP"},
    {2, "GRE"},
    {3, "Transmit Tunnel"},
    {4, "IPsec"},
    {5, "IP in IP with IPsec"},
    {6, "MPLS in IP with IPsec"},
    {7, "IP in IP"},
    {8, "VXLAN"},
    {9, "NVGRE"},
    {10, "MPLS"},
    {11, "MPLS in GRE"},
    {12, "VXLAN GPE"},
    {13, "MPLS in UDP"},
    {14, "IPv6"},
    {15, "SR TE"},
    {16, "Bare"},
    {17, "SR"},
};
// RFC 4761 3.2.4.
constexpr Token kLayer2Encapsulations[] = {
    {0, "Reserved"},
    {1, "Frame Relay"},
    {2, "ATM AAL5 SDU VCC transport"},
    {3, "ATM transparent cell transport"},
    {4, "Ethernet (VLAN) Tagged Mode"},
    {5, "Ethernet Raw Mode"},
    {6, "Cisco HDLC"},
    {7, "PPP"},
    {8, "SONET/SDH Circuit Emulation Service over MPLS"},
    {9, "ATM n-to-one VCC cell transport"},
    {10, "ATM n-to-one VPC cell transport"},
    {11, "IP layer 2 transport"},
    {15, "Frame Relay Port mode"},
    {17, "Structure-agnostic E1 over packet"},
    {18, "Structure-agnostic T1 (DS1) over packet"},
    {19, "VPLS"},
    {20, "Structure-agnostic T3 (DS3) over packet"},
    {21, "Nx64kbit/s Basic Service using Structure-aware"},
    {25, "Frame Relay DLCI"},
    {40, "Structure-agnostic E3 over packet"},
    {41, "Octet-aligned playload for Structure-agnostic DS1 circuits"},
    {42, "E1 Nx64kbit/s with CAS using Structure-aware"},
    {43, "DS1 (ESF) Nx64kbit/s with CAS using Structure-aware"},
    {44, "DS1 (SF) Nx64kbit/s with CAS using Structure-aware"},
};
enum RouteType : std::uint8_t { kExternal = 5, kNssaExternal = 7 };
constexpr Token kRouteTypes[] = {
    {1, "Router"}, {2, "Network"}, {3, "Summary"}, {kExternal, "External"}, {kNssaExternal, "NSSA External"}};

struct Reason {
  std::uint8_t code;
  std::string_view name;
  std::span<const Token> subcodes;
  std::string_view separator;
};
constexpr Token kHeaderErrors[] = {
    {1, "Connection Not Synchronized"}, {2, "Bad Message Length"}, {3, "Bad Message Type"}};
constexpr Token kOpenErrors[] = {
    {1, "Unsupported Version Number"}, {2, "Bad Peer AS"},
    {3, "Bad BGP Identifier"},         {4, "Unsupported Optional Parameter"},
    {5, "Authentication Failure"},     {6, "Unacceptable Hold Time"},
    {7, "Capability Message Error"},
};
constexpr Token kUpdateErrors[] = {
    {1, "Malformed Attribute List"},
    {2, "Unrecognized Well-known Attribute"},
    {3, "Missing Well-known Attribute"},
    {4, "Attribute Flags Error"},
    {5, "Attribute Length Error"},
    {6, "Invalid ORIGIN Attribute"},
    {7, "AS Routing Loop"},
    {8, "Invalid NEXT_HOP Attribute"},
    {9, "Optional Attribute Error"},
    {10, "Invalid Network Field"},
    {11, "Malformed AS_PATH"},
};
constexpr Token kStateErrors[] = {
    {0, "Unspecified Error"}, {1, "In OpenSent State"}, {2, "In OpenConfirm State"}, {3, "In Established State"}};
constexpr Token kCeaseReasons[] = {
    {1, "Maximum Number of Prefixes Reached"},
    {2, "Administrative Shutdown"},
    {3, "Peer Unconfigured"},
    {4, "Administrative Reset"},
    {5, "Connection Rejected"},
    {6, "Other Configuration Change"},
    {7, "Connection Collision Resolution"},
    {8, "Out of Resources"},
    {9, "Hard Reset"},
    {10, "BFD Down"},
};
constexpr Token kCapabilityErrors[] = {{1, "Invalid Action Value"},
                                       {2, "Invalid Capability Length"},
                                       {3, "Malformed Capability Value"},
                                       {4, "Unsupported Capability"}};
constexpr std::uint8_t kCease = 6;
constexpr Reason kReasons[] = {
    {1, "Message Header Error", kHeaderErrors, ", "},        {2, "OPEN Message Error", kOpenErrors, ", "},
    {3, "UPDATE Message Error", kUpdateErrors, ", "},        {4, "Hold Timer Expired", {}, {}},
    {5, "Finite State Machine Error", kStateErrors, " "},    {kCease, "Cease", kCeaseReasons, ", "},
    {7, "Capability Message Error", kCapabilityErrors, " "},
};

std::string_view known(std::span<const Token> table, std::uint32_t value, std::string_view otherwise = "Unknown") {
  return token(table, value, otherwise);
}

void put_host(Context& context, const Cursor& cursor, std::size_t offset, bool wide) {
  const std::uint8_t* address = cursor.block(offset, wide ? 16 : 4);
  if (context.truncated()) return;
  if (wide) {
    context.host6(address);
  } else {
    context.host4(address);
  }
}

// Prefixes of one address family one after another: RFC 4271 4.3, and with labels and route distinguishers in front.
struct PrefixForm {
  bool wide = false;
  bool labeled = false;
  bool vpn = false;
  bool route_target = false;  // not of addresses but of route targets, RFC 4684
  bool nsap = false;          // of OSI's network layer

  [[nodiscard]] std::size_t most_bits() const { return nsap ? 152 : wide ? 128 : 32; }
};

// An AS and as many bits of a route target, the rest of which is zero. How many bytes it took, 0 when it cannot be one.
std::size_t put_route_target(Context& context, const Cursor& cursor, std::string_view indent) {
  constexpr std::size_t kAsBits = 32;
  constexpr std::size_t kBits = 64;
  std::size_t bits = cursor.u8(0);
  if (context.truncated()) return 0;
  if (bits == 0) {
    context.put(indent, "default route target");
    return 1;
  }
  const auto illegal = [&] {
    context.put(indent, "(illegal prefix length)");
    return std::size_t{0};
  };
  if (bits < kAsBits) return illegal();
  if (cursor.length() < 5) cursor.truncated();
  const std::uint32_t as = cursor.be32(1);
  if (context.truncated()) return 0;
  bits -= kAsBits;
  if (bits > kBits) return illegal();
  const std::size_t bytes = (bits + 7) / 8;
  if (cursor.length() < 5 + bytes) cursor.truncated();
  std::uint8_t target[8] = {};
  std::copy_n(cursor.block(5, bytes), bytes, target);
  if (context.truncated()) return 0;
  if (bits % 8 != 0) target[bytes - 1] &= static_cast<std::uint8_t>(0xff00u >> bits % 8);
  const auto put_bytes = [&] {
    for (std::size_t i = 0; i < bytes; ++i) context.put(i > 0 && i % 2 == 0 ? " " : "", Hex{target[i], 2});
  };
  context.put(indent, "origin AS: ");
  put_as_number(context, as);
  context.put(", ");
  if (bits == 0) {
    context.put("route-target: 0:0/0");
  } else if (bits < 16) {
    context.put("route-target: partial-type: (");
    put_bytes();
    context.put('/', bits, ')');
  } else {
    const std::uint16_t type = load_be16(target);
    const bool known_type = type == 0x0002 || type == 0x0102 || type == 0x0202;
    context.put(known_type ? "route-target: " : "route target: unknown-type(");
    if (type == 0x0002) {
      context.put(load_be16(target + 2), ':', load_be32(target + 4));
    } else if (type == 0x0102) {
      context.host4(target + 2);
      context.put(':', load_be16(target + 6));
    } else if (type == 0x0202) {
      put_as_number(context, load_be32(target + 2));
      context.put(':', load_be16(target + 6));
    } else {
      context.put(Hex{type, 4}, ')');
    }
    if (known_type) context.put('/', bits);
    context.put(" (");
    put_bytes();
    if (!known_type) context.put('/', bits);
    context.put(')');
  }
  return 5 + bytes;
}

// How many bytes the prefix took, 0 when it cannot be one.
std::size_t put_prefix(Context& context, const Cursor& cursor, const PrefixForm& form, std::string_view indent) {
  if (cursor.length() < 1) return 0;
  if (form.route_target) return put_route_target(context, cursor, indent);
  std::size_t bits = cursor.u8(0);
  if (context.truncated()) return 0;
  std::size_t at = 1;
  std::uint32_t label = 0;
  const auto illegal = [&] {
    context.put("\n\t    (illegal prefix length)");
    return std::size_t{0};
  };
  if (form.labeled || form.vpn) {
    if (bits < 24) return illegal();
    label = cursor.be24(at);
    bits -= 24;
    at += 3;
  }
  std::size_t distinguisher = 0;
  if (form.vpn) {
    if (bits < 64) return illegal();
    distinguisher = at;
    bits -= 64;
    at += 8;
  }
  if (bits > form.most_bits()) return illegal();
  const std::size_t bytes = (bits + 7) / 8;
  const std::size_t end = at + bytes;
  // tcpdump 4.99.3 reads an address of OSI beyond the list if need be, and looks for one without a label where it would
  // be after a label.
  if (form.nsap && !form.vpn) at += 3;
  if (!form.nsap && at + bytes > cursor.length()) {
    cursor.truncated();
    return 0;
  }
  const std::uint8_t* shown = cursor.block(at, bytes);
  if (context.truncated()) return 0;
  std::uint8_t address[20] = {};
  std::copy_n(shown, bytes, address);
  if (bits % 8 != 0) address[bytes - 1] &= static_cast<std::uint8_t>(0xff00u >> bits % 8);
  context.put(indent);
  if (form.vpn) {
    context.put("RD: ");
    put_route_distinguisher(context, cursor, distinguisher);
    context.put(", ");
  }
  if (form.nsap) {
    put_nsap(context, Cursor({address, bytes}, bytes, context.truncation), 0, bytes);
  } else if (form.wide) {
    context.host6(address);
  } else {
    context.host4(address);
  }
  context.put('/', bits);
  if (form.labeled || form.vpn) {
    context.put(", label:", label >> 4, (label & 1) != 0 ? " (bottom)" : " (BOGUS: Bottom of Stack NOT set!)");
  }
  return end;
}

constexpr std::size_t kPathId = 4;  // bytes, RFC 7911 3

// Whether the list is one of prefixes to its end, each after as many bytes. Several default routes are none.
bool is_prefix_list(Cursor list, std::size_t before, const PrefixForm& form) {
  std::size_t defaults = 0;
  while (list.length() > 0) {
    if (list.length() < before + 1 || !list.has(before + 1)) return false;
    const std::size_t bits = list.u8(before);
    const std::size_t size = before + 1 + (bits + 7) / 8;
    if (bits > form.most_bits() || size > list.length() || !list.has(size)) return false;
    if (bits == 0 && ++defaults > 1 && before == 0) return false;
    list.skip(size);
  }
  return true;
}

// Whether there are path identifiers the message does not say, only the OPENs before it: they are there where the list
// can be read with them and not without.
// False if the list ended before its end.
bool put_prefixes(Context& context, Cursor list, const PrefixForm& form, std::string_view indent) {
  const bool has_paths = !form.labeled && !form.vpn && !form.route_target && !form.nsap &&
                         !is_prefix_list(list, 0, form) && is_prefix_list(list, kPathId, form);
  while (list.length() > 0 && !context.truncated()) {
    const std::uint32_t path = has_paths ? list.be32(0) : 0;
    if (has_paths) list.skip(kPathId);
    const std::size_t used = put_prefix(context, list, form, indent);
    if (used == 0) return false;
    if (has_paths) context.put("   Path Id: ", path);
    list.skip(used);
  }
  return true;
}

std::optional<PrefixForm> prefix_form(std::uint16_t family, std::uint8_t safi) {
  constexpr std::uint16_t kOsi = 3;
  if (family < 1 || family > kOsi) return std::nullopt;
  const bool wide = family == 2;
  const bool nsap = family == kOsi;
  switch (safi) {
    case kUnicast:
    case kMulticast:
    case kBoth:
      return PrefixForm{.wide = wide, .nsap = nsap};
    case kLabeled:
      if (nsap) return std::nullopt;
      return PrefixForm{.wide = wide, .labeled = true};
    case kVpn:
    case kVpnMulticast:
    case 130:
      return PrefixForm{.wide = wide, .vpn = true, .nsap = nsap};
    case kRouteTargets:
      if (wide || nsap) return std::nullopt;
      return PrefixForm{.route_target = true};
    default:
      return std::nullopt;
  }
}

void put_family(Context& context, std::uint16_t family, std::uint8_t safi) {
  context.put("\n\t    AFI: ", name_or(address_family_name(family), "Unknown AFI"), " (", family, "), ",
              safi > kVendorSpecificSafi ? "vendor specific " : "", "SAFI: ", known(kSubsequents, safi, "Unknown SAFI"),
              " (", safi, ')');
}

void put_family_short(Context& context, std::uint16_t family, std::uint8_t safi) {
  context.put("AFI ", name_or(address_family_name(family), "Unknown"), " (", family, "), SAFI ",
              known(kSubsequents, safi), " (", safi, ')');
}

void put_no_decoder(Context& context, const Cursor& value, std::uint16_t family, std::uint8_t safi) {
  context.put("\n\t    no AFI ", family, " / SAFI ", safi, " decoder");
  if (!context.verbose(2)) dump_captured(context, value, "\n\t    ");
}

// The address of IP that one of OSI may stand for: RFC 986, RFC 1888 5.
void put_mapped_host(Context& context, const Cursor& nsap) {
  if (nsap.be32(0) == 0x47000601) return put_host4(context, " = ", nsap.block(4, 4));
  if (nsap.be24(0) == 0x350000) put_host6(context, " = ", nsap.block(3, 16));
}

// Takes `left` bytes of addresses. An address of OSI takes all of them. RFC 8950 lets routes of IPv4 have a next hop of
// IPv6, which tcpdump 4.99.3 reads as addresses of IPv4.
void put_next_hops(Context& context, Cursor& rest, std::size_t left, const PrefixForm& form) {
  const std::size_t distinguisher = form.vpn ? 8 : 0;
  for (bool first = true; left > 0 && !context.truncated(); first = false) {
    if (!first) context.put(", ");
    const std::size_t size = form.nsap ? std::max(left, distinguisher + 1) : distinguisher + (form.wide ? 16 : 4);
    if (left < size) {
      context.put(kInvalidLength);
      return rest.skip(left);
    }
    (void)rest.span(0, size);
    if (context.truncated()) return;
    if (form.vpn) {
      context.put("RD: ");
      put_route_distinguisher(context, rest, 0);
      context.put(", ");
    }
    if (form.nsap) {
      put_nsap(context, rest, distinguisher, size - distinguisher);
      if (form.vpn) put_mapped_host(context, rest.from(distinguisher));
    } else {
      put_host(context, rest, distinguisher, form.wide);
    }
    rest.skip(size);
    left -= size;
  }
}

// The family that an attribute is about; nothing if its prefixes cannot be printed.
std::optional<PrefixForm> put_family_of(Context& context, const Cursor& value) {
  (void)value.block(0, 3);
  if (context.truncated()) return std::nullopt;
  const std::uint16_t family = value.be16(0);
  const std::uint8_t safi = value.u8(2);
  put_family(context, family, safi);
  const std::optional<PrefixForm> form = prefix_form(family, safi);
  if (!form) put_no_decoder(context, value, family, safi);
  return form;
}

void put_reach(Context& context, Cursor value, unsigned) {
  if (value.length() < 3) return value.truncated();
  const std::optional<PrefixForm> form = put_family_of(context, value);
  if (!form) return;
  const std::size_t next_hop = value.u8(3);
  if (context.truncated()) return;
  if (value.length() < 4 + next_hop) return value.truncated();
  Cursor rest = value.from(4);
  if (next_hop > 0) context.put("\n\t    nexthop: ");
  put_next_hops(context, rest, next_hop, *form);
  if (context.truncated()) return;
  context.put(", nh-length: ", next_hop);
  const std::uint8_t attachments = rest.u8(0);
  if (context.truncated()) return;
  rest.skip(1);
  if (attachments == 0) {
    context.put(", no SNPA");
  } else {
    context.put("\n\t    ", attachments, " SNPA");
    for (unsigned i = 0; i < attachments && !context.truncated(); ++i) {
      const std::uint8_t size = rest.u8(0);
      if (context.truncated()) return;
      context.put("\n\t      ", size, " bytes");
      rest.skip(size + 1u);
    }
  }
  put_prefixes(context, rest, *form, "\n\t      ");
}

void put_unreach(Context& context, Cursor value, unsigned) {
  const std::optional<PrefixForm> form = put_family_of(context, value);
  if (!form) return;
  if (value.length() == 3) return context.put("\n\t      End-of-Rib Marker (empty NLRI)");
  put_prefixes(context, value.from(3), *form, "\n\t      ");
}

// RFC 6793 makes AS numbers four bytes wide without saying so in the message: the width is the one that fits.
std::size_t as_width(const Cursor& value) {
  std::size_t at = 0;
  while (at < value.length()) {
    if (!value.has(at + 2)) return 4;
    const std::uint8_t type = value.u8(at);
    if (type < 1 || type > 4) return 4;
    const std::uint8_t count = value.u8(at + 1);
    if (count == 0) return 4;
    at += 2 + count * std::size_t{2};
  }
  return at == value.length() ? 2 : 4;
}

void put_as_path(Context& context, Cursor value, std::size_t width) {
  if (value.length() == 0) return context.put("empty");
  struct Brackets {
    std::string_view open;
    std::string_view close;
  };
  constexpr Brackets kBrackets[] = {{"?", "?"}, {"{ ", "}"}, {"", ""}, {"( ", ")"}, {"({ ", "})"}};
  while (value.length() > 0 && !context.truncated()) {
    const std::uint8_t type = value.u8(0);
    const std::uint8_t count = value.u8(1);
    if (context.truncated()) return;
    const Brackets& brackets = kBrackets[type <= 4 ? type : 0];
    context.put(brackets.open);
    value.skip(2);
    for (unsigned i = 0; i < count && !context.truncated(); ++i) {
      const std::uint32_t number = width == 2 ? value.be16(0) : value.be32(0);
      if (context.truncated()) return;
      put_as_number(context, number);
      context.put(' ');
      value.skip(width);
    }
    context.put(brackets.close);
  }
}

// RFC 4577 4.2.6. tcpdump 4.99.3 names both metric types of an external route with a metric of type 2.
void put_ospf_route(Context& context, const Cursor& value) {
  const std::uint8_t type = value.u8(6);
  context.put("area:");
  put_host(context, value, 2, false);
  context.put(", router-type:");
  context.put_name(token(kRouteTypes, type), "unknown (0x", Hex{type, 2}, ')');
  context.put(", metric-type:", (value.u8(7) & 1) != 0 ? "E2" : "",
              type == kExternal || type == kNssaExternal ? "E1" : "");
}

void put_extended_communities(Context& context, Cursor value, unsigned) {
  if (value.length() % 8 != 0) return context.put(kInvalidLength);
  for (; value.length() > 0 && !context.truncated(); value.skip(8)) {
    (void)value.block(0, 8);
    if (context.truncated()) return;
    const std::uint16_t type = value.be16(0);
    context.put("\n\t    ", known(kExtendedCommunities, type, "unknown extd community typecode"), " (0x", Hex{type, 4},
                "), Flags [");
    context.put_flags(kExtendedFlags, type);
    context.put("]: ");
    switch (type) {
      case 0x0002:
      case 0x0003:
      case 0x000a:
        context.put(value.be16(2), ':', value.be32(4), " (= ");
        put_host(context, value, 4, false);
        context.put(')');
        break;
      case 0x0009:
        context.put("AS ", value.be16(2));
        break;
      case 0x0102:
      case 0x0103:
      case 0x010b:
        put_host(context, value, 2, false);
        context.put(':', value.be16(6));
        break;
      case 0x0202:
      case 0x0203:
        put_as_number(context, value.be32(2));
        context.put(':', value.be16(6));
        break;
      case 0x0005:
      case 0x0105:
      case 0x0107:
      case 0x0205:
      case 0x8001:
      case 0x8005:
        put_host(context, value, 2, false);
        break;
      case 0x030c:
        context.put("Tunnel type: ", known(kEncapsulations, value.be16(6), "unknown encaps"));
        break;
      case 0x0306:
      case 0x8000:
        put_ospf_route(context, value);
        break;
      case 0x800a:
        context.put(known(kLayer2Encapsulations, value.u8(2), "unknown encaps"), " Control Flags [0x",
                    Hex{value.u8(3), 2}, "]:MTU ", value.be16(4));
        break;
      case 0x4004:
        context.put("bandwidth: ");
        put_mbps(context, value.be32(4));
        break;
      default:
        for (std::size_t i = 2; i < 8; ++i) context.put(Hex{value.u8(i), 2});
        break;
    }
  }
}

std::size_t put_attributes(Context& context, Cursor list, std::string_view indent, unsigned depth);

constexpr unsigned kMaxSets = 10;  // as many attribute sets within each other are followed

// The printers of attributes; `depth` counts the sets that one is in.

void put_origin(Context& context, Cursor value, unsigned) {
  if (value.length() != 1) return context.put(kInvalidLength);
  context.put(known(kOrigins, value.u8(0), "Unknown Origin Typecode"));
}

void put_as_path_attribute(Context& context, Cursor value, unsigned) {
  const std::size_t size = value.length();
  if (size % 2 != 0) return context.put(kInvalidLength);
  put_as_path(context, value, size == 0 ? 2 : as_width(value));
}

void put_as4_path(Context& context, Cursor value, unsigned) {
  if (value.length() % 2 != 0) return context.put(kInvalidLength);
  put_as_path(context, value, 4);
}

void put_address(Context& context, Cursor value, unsigned) {
  if (value.length() != 4) return context.put(kInvalidLength);
  put_host(context, value, 0, false);
}

void put_number(Context& context, Cursor value, unsigned) {
  if (value.length() != 4) return context.put(kInvalidLength);
  context.put(value.be32(0));
}

void put_atomic_aggregate(Context& context, Cursor value, unsigned) {
  if (value.length() != 0) context.put(kInvalidLength);
}

void put_aggregator4(Context& context, Cursor value, unsigned) {
  if (value.length() != 8) return context.put(kInvalidLength);
  context.put(" AS #");
  put_as_number(context, value.be32(0));
  context.put(", origin ");
  put_host(context, value, 4, false);
}

// With an AS number of 2 or of 4 bytes.
void put_aggregator(Context& context, Cursor value, unsigned depth) {
  if (value.length() != 6) return put_aggregator4(context, value, depth);
  context.put(" AS #");
  put_as_number(context, value.be16(0));
  context.put(", origin ");
  put_host(context, value, 2, false);
}

void put_communities(Context& context, Cursor value, unsigned) {
  if (value.length() % 4 != 0) return context.put(kInvalidLength);
  for (; value.length() > 0 && !context.truncated(); value.skip(4)) {
    const std::uint32_t community = value.be32(0);
    if (context.truncated()) return;
    context.put_name(token(kCommunities, community), community >> 16, ':', community & 0xffff,
                     value.length() > 4 ? ", " : "");
  }
}

void put_cluster_list(Context& context, Cursor value, unsigned) {
  if (value.length() % 4 != 0) return context.put(kInvalidLength);
  for (; value.length() > 0 && !context.truncated(); value.skip(4)) {
    put_host(context, value, 0, false);
    if (value.length() > 4) context.put(", ");
  }
}

void put_aigp(Context& context, Cursor value, unsigned) {
  while (value.length() >= 3 && !context.truncated()) {
    const std::uint8_t tlv = value.u8(0);
    const std::uint16_t length = value.be16(1);
    if (context.truncated()) return;
    context.put("\n\t    ", tlv == 1 ? "AIGP" : "Unknown", " TLV (", tlv, "), length ", length);
    if (length < 3 || length > value.length()) return value.truncated();
    if (tlv == 1 && length == 11) context.put(", metric ", value.be64(3));
    value.skip(length);
  }
}

constexpr std::size_t kLargeCommunitySize = 12;
void put_large_communities(Context& context, Cursor value, unsigned) {
  if (value.length() == 0 || value.length() % kLargeCommunitySize != 0) return context.put(kInvalidLength);
  context.put("\n\t    ");
  for (; value.length() > 0 && !context.truncated(); value.skip(kLargeCommunitySize)) {
    (void)value.block(0, kLargeCommunitySize);
    if (context.truncated()) return;
    context.put(value.be32(0), ':', value.be32(4), ':', value.be32(8),
                value.length() > kLargeCommunitySize ? ", " : "");
  }
}

// RFC 6514, 5.
constexpr Token kTunnels[] = {
    {1, "RSVP-TE P2MP LSP"}, {2, "LDP P2MP LSP"},        {3, "PIM-SSM Tree"},  {4, "PIM-SM Tree"},
    {5, "PIM-Bidir Tree"},   {6, "Ingress Replication"}, {7, "LDP MP2MP LSP"},
};

void put_tunnel(Context& context, Cursor value, unsigned) {
  constexpr std::size_t kFixed = 5;
  (void)value.block(0, kFixed);
  if (context.truncated()) return;
  const std::uint8_t flags = value.u8(0);
  const std::uint8_t type = value.u8(1);
  context.put("\n\t    Tunnel-type ", known(kTunnels, type), " (", type, "), Flags [",
              (flags & 1) != 0 ? "Leaf Information required" : "none", "], MPLS Label ", value.be24(2) >> 4);
  value.skip(kFixed);
  const auto put_two = [&](std::string_view first, std::string_view second, bool second_is_host) {
    (void)value.block(0, 8);
    if (context.truncated()) return;
    context.put("\n\t      ", first, " ");
    put_host(context, value, 0, false);
    context.put(", ", second, " ");
    if (second_is_host) return put_host(context, value, 4, false);
    context.put("0x", Hex{value.be32(4), 8});
  };
  switch (type) {
    case 1:
      return put_two("Extended-Tunnel-ID", "P2MP-ID", false);
    case 2:
    case 7:
      return put_two("Root-Node", "LSP-ID", false);
    case 3:
      return put_two("Root-Node", "P-Group", true);
    case 4:
    case 5:
      return put_two("Sender", "P-Group", true);
    case 6:
      (void)value.block(0, 4);
      if (context.truncated()) return;
      context.put("\n\t      Tunnel-Endpoint ");
      return put_host(context, value, 0, false);
    default:
      if (value.length() == 0 || context.verbose(2)) return;
      dump_captured(context, value, "\n\t      ");
  }
}

void put_attribute_set(Context& context, Cursor value, unsigned depth) {
  if (value.length() < 4) return value.truncated();
  context.put("\n\t    Origin AS: ");
  put_as_number(context, value.be32(0));
  if (depth >= kMaxSets) return;
  const std::size_t left = put_attributes(context, value.from(4), "\n\t      ", depth + 1);
  // As many bytes as its attributes left, from where the set begins.
  if (context.verbose(2) && left > 0) dump_hex(context.out, value.first(left).bytes(), "\n\t    ");
}

constexpr std::uint8_t kLargeCommunity = 32;
constexpr std::uint8_t kAttributeSet = 128;

// An attribute by its type; one without a printer is dumped.
struct AttributeRow {
  std::uint8_t type;
  std::string_view name;
  void (*put)(Context&, Cursor, unsigned) = nullptr;
};
constexpr AttributeRow kAttributes[] = {
    {1, "Origin", put_origin},
    {2, "AS Path", put_as_path_attribute},
    {3, "Next Hop", put_address},
    {4, "Multi Exit Discriminator", put_number},
    {5, "Local Preference", put_number},
    {6, "Atomic Aggregate", put_atomic_aggregate},
    {7, "Aggregator", put_aggregator},
    {8, "Community", put_communities},
    {9, "Originator ID", put_address},
    {10, "Cluster List", put_cluster_list},
    {11, "DPA"},
    {12, "Advertisers"},
    {13, "RCID Path / Cluster ID"},
    {14, "Multi-Protocol Reach NLRI", put_reach},
    {15, "Multi-Protocol Unreach NLRI", put_unreach},
    {16, "Extended Community", put_extended_communities},
    {17, "AS4 Path", put_as4_path},
    {18, "Aggregator4", put_aggregator4},
    {22, "PMSI Tunnel", put_tunnel},
    {23, "Tunnel Encapsulation"},
    {24, "Traffic Engineering"},
    {25, "IPv6 Extended Community"},
    {26, "Accumulated IGP Metric", put_aigp},
    {27, "PE Distinguisher Label"},
    {28, "Entropy Label"},
    {kLargeCommunity, "Large Community", put_large_communities},
    {kAttributeSet, "Attribute Set", put_attribute_set},
    {255, "Reserved for development"},
};

const AttributeRow* find_attribute(std::uint8_t type) {
  for (const AttributeRow& row : kAttributes) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

void put_attribute(Context& context, const AttributeRow* row, std::uint8_t type, const Cursor& value, unsigned depth) {
  if (row != nullptr && row->put != nullptr) return row->put(context, value, depth);
  context.put("\n\t    no Attribute ", type, " decoder");
  if (context.verbose(2)) return;
  (void)value.span(0, value.length());
  if (context.truncated()) return;
  dump_hex(context.out, value.first(value.length()).bytes(), "\n\t    ");
}

// What -vv does not dump as well.
bool is_shown_whole(std::uint8_t type, std::size_t size) {
  return type == kAttributeSet || (type == kLargeCommunity && size % kLargeCommunitySize == 0);
}

// Returns how many bytes a last attribute has that is longer than its list.
std::size_t put_attributes(Context& context, Cursor list, std::string_view indent, unsigned depth) {
  while (list.length() > 0 && !context.truncated()) {
    const std::uint8_t flags = list.u8(0);
    const std::uint8_t type = list.u8(1);
    const bool extended = (flags & 0x10) != 0;
    const std::size_t header = extended ? 4 : 3;
    const std::size_t size = extended ? list.be16(2) : list.u8(2);
    if (context.truncated()) return 0;
    const AttributeRow* row = find_attribute(type);
    context.put(indent, row == nullptr ? std::string_view("Unknown Attribute") : row->name, " (", type,
                "), length: ", size);
    if (flags != 0) {
      context.put(", Flags [", (flags & 0x80) != 0 ? "O" : "", (flags & 0x40) != 0 ? "T" : "",
                  (flags & 0x20) != 0 ? "P" : "", extended ? "E" : "");
      if ((flags & 0xf) != 0) context.put('+', Hex{flags & 0xfu});
      context.put("]: ");
    }
    list.skip(header);
    if (size > list.length()) {
      context.put(depth == 0 ? " [path attrs too short]" : " [path attr too short]");
      return list.length();
    }
    put_attribute(context, row, type, list.with_length(size), depth);
    if (context.truncated()) return 0;
    if (context.verbose(2) && size > 0 && !is_shown_whole(type, size)) {
      dump_hex(context.out, list.first(size).bytes(), "\n\t    ");
    }
    list.skip(size);
  }
  return 0;
}

void put_capabilities(Context& context, Cursor list) {
  while (list.length() > 0 && !context.truncated()) {
    const std::uint8_t code = list.u8(0);
    const std::size_t size = list.u8(1);
    if (context.truncated()) return;
    const std::string_view later = context.options.compat ? std::string_view() : token(kLaterCapabilities, code);
    context.put("\n\t      ", later.empty() ? known(kCapabilities, code) : later, " (", code, "), length: ", size);
    list.skip(2);
    (void)list.span(0, size);
    if (context.truncated()) return;
    Cursor value = list.first(size);
    const auto short_of = [&](std::size_t minimum) {
      if (size >= minimum) return false;
      context.put(" (too short, < ", minimum, ')');
      return true;
    };
    switch (code) {
      case kMultiprotocol:
        if (short_of(4)) break;
        context.put("\n\t\t");
        put_family_short(context, value.be16(0), value.u8(3));
        break;
      case kMultipleLabels:
        for (; value.length() >= 4; value.skip(4)) {
          context.put("\n\t\t");
          put_family_short(context, value.be16(0), value.u8(2));
          context.put(", Count: ", value.u8(3));
        }
        break;
      case kGracefulRestart: {
        if (short_of(2)) break;
        context.put("\n\t\tRestart Flags: [", (value.u8(0) & 0x80) != 0 ? "R" : "none", "], Restart Time ",
                    static_cast<std::uint32_t>(value.be16(0) & 0xfff), 's');
        for (value.skip(2); value.length() >= 4; value.skip(4)) {
          context.put("\n\t\t  ");
          put_family_short(context, value.be16(0), value.u8(2));
          context.put(", Forwarding state preserved: ", (value.u8(3) & 0x80) != 0 ? "yes" : "no");
        }
        break;
      }
      case kFourByteAs:
        if (short_of(4)) break;
        context.put("\n\t\t 4 Byte AS ");
        put_as_number(context, value.be32(0));
        break;
      case kMultiplePaths:
        if (size == 0) {
          context.put(" (bogus)");
          break;
        }
        for (; value.length() >= 4; value.skip(4)) {
          context.put("\n\t\t");
          put_family_short(context, value.be16(0), value.u8(2));
          context.put(", Send/Receive: ", known(kPathDirections, value.u8(3), "Bogus (0x00)"));
        }
        break;
      case 2:
      case 4:
      case 71:
      case 128:
        break;
      default:
        if (!later.empty() && code == kRole && size == 1) {
          context.put("\n\t\t", token(kRoles, value.u8(0), "Unknown"));
          break;
        }
        if (later.empty()) context.put("\n\t\tno decoder for Capability ", code);
        if (!context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t\t");
        break;
    }
    if (context.verbose(2) && size > 0) dump_hex(context.out, list.first(size).bytes(), "\n\t\t");
    list.skip(size);
  }
}

void put_open(Context& context, const Cursor& message) {
  (void)message.block(kHeader, 10);
  if (context.truncated()) return;
  context.put("\n\t  Version ", message.u8(19), ", my AS ", message.be16(20), ", Holdtime ", message.be16(22),
              "s, ID ");
  put_host(context, message, 24, false);
  const std::size_t size = message.u8(28);
  context.put("\n\t  Optional parameters, length: ", size);
  Cursor rest = message.from(29).with_length(size);
  while (rest.length() > 0 && !context.truncated()) {
    const std::uint8_t type = rest.u8(0);
    const std::size_t length = rest.u8(1);
    if (context.truncated()) return;
    context.put("\n\t    Option ", known(kOptions, type), " (", type, "), length: ", length);
    rest.skip(2);
    if (type == 2) {
      put_capabilities(context, rest.with_length(length));
    } else {
      context.put("\n\t      no decoder for option ", type);
    }
    rest.skip(length);
  }
}

void put_update(Context& context, const Cursor& message) {
  if (message.length() < kHeader + 2) return message.truncated();
  Cursor rest = message.from(kHeader);
  const std::size_t withdrawn = rest.be16(0);
  if (context.truncated()) return;
  rest.skip(2);
  if (withdrawn > rest.length()) return message.truncated();
  // A single byte is the default route, which 4.99.3 does not show.
  if (withdrawn > (context.options.compat ? 1u : 0u)) {
    context.put("\n\t  Withdrawn routes:");
    if (!put_prefixes(context, rest.with_length(withdrawn), {}, "\n\t    ")) return message.truncated();
  }
  rest.skip(withdrawn);
  if (rest.length() < 2) return message.truncated();
  const std::size_t attributes = rest.be16(0);
  if (context.truncated()) return;
  rest.skip(2);
  if (attributes == 0 && rest.length() == 0) {
    return context.put("\n\t  End-of-Rib Marker (empty NLRI)");
  }
  if (attributes > 0) {
    if (attributes > rest.length()) return message.truncated();
    put_attributes(context, rest.with_length(attributes), "\n\t  ", 0);
    rest.skip(attributes);
  }
  if (rest.length() > 0 && !context.truncated()) {
    context.put("\n\t  Updated routes:");
    put_prefixes(context, rest, {}, "\n\t    ");
  }
}

void put_notification(Context& context, const Cursor& message) {
  (void)message.block(kHeader, 2);
  if (context.truncated()) return;
  const std::uint8_t code = message.u8(kHeader);
  const std::uint8_t subcode = message.u8(kHeader + 1);
  const Reason* reason = nullptr;
  for (const Reason& candidate : kReasons) {
    if (candidate.code == code) reason = &candidate;
  }
  context.put(", ", Named{reason == nullptr ? std::string_view("Unknown Error") : reason->name, code});
  if (reason == nullptr || reason->subcodes.empty()) return;
  context.put(reason->separator, "subcode ", known(reason->subcodes, subcode), " (", subcode, ')');
  if (code != kCease) return;
  const Cursor data = message.from(kHeader + 2);
  if (subcode == 1 && data.length() >= 7) {
    context.put(", ");
    put_family_short(context, data.be16(0), data.u8(2));
    context.put(", Max Prefixes: ", data.be32(3));
  } else if ((subcode == 2 || subcode == 4) && data.length() >= 1) {
    const std::uint8_t size = data.u8(0);
    if (size == 0) {
      context.put(", no Shutdown Communication");
    } else if (size + 1u > data.length()) {
      context.put(", invalid Shutdown Communication");
    } else {
      context.put(", Shutdown Communication (length: ", size, "): \"");
      const std::span<const std::uint8_t> text = data.span(1, size);
      context.out.escaped(text);
      context.put('"');
    }
  }
}

void put_message(Context& context, const Cursor& message) {
  (void)message.block(0, kHeader);
  if (context.truncated()) return;
  const std::uint8_t type = message.u8(18);
  const std::size_t length = message.length();
  context.put("\n\t", known(kMessages, type), " Message (", type, "), length: ", length);
  switch (type) {
    case kOpen:
      put_open(context, message);
      break;
    case kUpdate:
      put_update(context, message);
      break;
    case kNotification:
      put_notification(context, message);
      break;
    case kKeepalive:
      break;
    case kRouteRefresh:
      (void)message.block(kHeader, 4);
      if (context.truncated()) return;
      context.put("\n\t  ");
      put_family_short(context, message.be16(kHeader), message.u8(kHeader + 3));
      if (context.verbose(2)) dump_captured(context, message, "\n\t  ");
      break;
    default:
      context.put("\n\t  no Message ", type, " decoder");
      dump_captured(context, message, "\n\t  ");
      break;
  }
}

}  // namespace

void print_bgp(Context& context, Cursor payload, const Transport&) {
  context.protocol("bgp");
  context.put(": BGP");
  if (!context.verbose()) return;
  // A segment may begin within a message: the first marker of all ones shows where one begins.
  bool missed = false;
  while (payload.has(1) && payload.length() > 0 && !context.truncated()) {
    if (payload.u8(0) != 0xff) {
      missed = true;
      payload.skip(1);
      continue;
    }
    if (!payload.has(kMarker)) break;
    const std::uint8_t* marker = payload.data();
    if (std::any_of(marker, marker + kMarker, [](std::uint8_t byte) { return byte != 0xff; })) {
      missed = true;
      payload.skip(1);
      continue;
    }
    if (!payload.has(kHeader)) return payload.truncated();
    const std::size_t size = payload.be16(kMarker);
    if (size < kHeader) break;
    if (missed) {
      context.put_truncated();
      missed = false;
    }
    if (!payload.has(size)) {
      context.put("\n[|BGP ", known(kMessages, payload.u8(18), "Unknown Message Type"), "]");
      return;
    }
    put_message(context, payload.with_length(size));
    if (context.truncated()) {  // by what a length in it says, since all of it is here: the next one may be sound
      context.put_truncated();
      context.truncation.hit = false;
    }
    payload.skip(size);
  }
}

}  // namespace ringtap
