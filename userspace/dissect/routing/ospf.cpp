// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// OSPF version 2, RFC 2328, with cryptographic authentication, NSSAs RFC 3101, opaque LSAs RFC 5250, graceful restart
// RFC 3623, capabilities RFC 7770; version 3, RFC 5340, with its authentication trailer RFC 7166.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeaderV2 = 24;
constexpr std::size_t kHeaderV3 = 16;
constexpr std::size_t kLsaHeader = 20;
constexpr std::uint16_t kCryptographic = 2;

enum Type : std::uint8_t { kHello = 1, kDescription = 2, kRequest = 3, kUpdate = 4, kAck = 5 };
constexpr Token kTypes[] = {{kHello, "Hello"},
                            {kDescription, "Database Description"},
                            {kRequest, "LS-Request"},
                            {kUpdate, "LS-Update"},
                            {kAck, "LS-Ack"}};
constexpr Token kAuthentications[] = {{0, "none"}, {1, "simple"}, {2, "MD5"}};
constexpr Token kOptions[] = {
    {0x01, "MultiTopology"}, {0x02, "External"},       {0x04, "Multicast"}, {0x08, "NSSA"},
    {0x10, "LLS"},           {0x20, "Demand Circuit"}, {0x40, "Opaque"},    {0x80, "Up/Down"},
};
constexpr Token kOptionsV3[] = {
    {0x01, "V6"},           {0x02, "External"}, {0x04, "Deprecated"},
    {0x08, "NSSA"},         {0x10, "Router"},   {0x20, "Demand Circuit"},
    {0x100, "AFs Support"}, {0x200, "LLS"},     {0x400, "Authentication Trailer"},
};
constexpr Token kDescriptionFlags[] = {{4, "Init"}, {2, "More"}, {1, "Master"}, {8, "OOBResync"}};
constexpr Token kDescriptionFlagsV3[] = {{4, "Init"}, {2, "More"}, {1, "Master"}, {0x10, "IPv6 MTU"}};

enum Lsa : std::uint8_t {
  kRouterLsa = 1,
  kNetworkLsa = 2,
  kSummaryLsa = 3,
  kAsbrLsa = 4,
  kExternalLsa = 5,
  kGroupLsa = 6,
  kNssaLsa = 7,
  kLinkOpaque = 9,
  kAreaOpaque = 10,
  kDomainOpaque = 11,
};
constexpr Token kLsas[] = {
    {kRouterLsa, "Router"},
    {kNetworkLsa, "Network"},
    {kSummaryLsa, "Summary"},
    {kAsbrLsa, "ASBR Summary"},
    {kExternalLsa, "External"},
    {kGroupLsa, "Multicast Group"},
    {kNssaLsa, "NSSA"},
    {kLinkOpaque, "Link Local Opaque"},
    {kAreaOpaque, "Area Local Opaque"},
    {kDomainOpaque, "Domain Wide Opaque"},
};
constexpr std::uint8_t kTrafficEngineering = 1;
constexpr Token kOpaques[] = {
    {kTrafficEngineering, "Traffic Engineering"}, {3, "Graceful restart"}, {4, "Router Information"}};
constexpr Token kRouterFlags[] = {{0x01, "ABR"},      {0x02, "ASBR"}, {0x04, "Virtual"},
                                  {0x08, "Wildcard"}, {0x10, "Nt"},   {0x80, "Host"}};
constexpr Token kRouterFlagsV3[] = {
    {0x01, "ABR"}, {0x02, "ASBR"}, {0x04, "Virtual"}, {0x08, "Wildcard"}, {0x10, "NSSA Translator"}};
constexpr Token kTopologies[] = {{0, "default"}, {1, "multicast"}, {2, "management"}};
constexpr Token kGraceTlvs[] = {{1, "Grace Period"}, {2, "Graceful restart Reason"}, {3, "IPv4 interface address"}};
constexpr Token kGraceReasons[] = {
    {0, "Unknown"}, {1, "Software Restart"}, {2, "Software Reload/Upgrade"}, {3, "Control Process Switch"}};
// Numbered from the lowest bit, as 4.99.3 does; the RFC begins with the highest.
constexpr Token kCapabilities[] = {
    {0x001, "Reserved"},
    {0x002, "Reserved"},
    {0x004, "Reserved"},
    {0x008, "Reserved"},
    {0x010, "graceful restart capable"},
    {0x020, "graceful restart helper"},
    {0x040, "Stub router support"},
    {0x080, "Traffic engineering"},
    {0x100, "p2p over LAN"},
    {0x200, "path computation server"},
};

constexpr Token kLsasV3[] = {
    {1, "Router"},
    {2, "Network"},
    {3, "Inter-Area Prefix"},
    {4, "Inter-Area Router"},
    {5, "External"},
    {6, "Deprecated"},
    {7, "NSSA"},
    {8, "Link"},
    {9, "Intra-Area Prefix"},
    {11, "Grace"},
};
constexpr Token kScopesV3[] = {{0, "Link Local"}, {0x2000, "Area Local"}, {0x4000, "Domain Wide"}};
constexpr Token kPrefixFlagsV3[] = {
    {1, "No Unicast"}, {2, "Local address"}, {4, "Deprecated"}, {8, "Propagate"}, {16, "Down"}};

void put_address(Context& context, const Cursor& cursor, std::size_t offset) {
  const std::uint8_t* address = cursor.block(offset, 4);
  if (context.truncated()) return;
  context.host4(address);
}

// What a table knows, or "unknown".
std::string_view known(std::span<const Token> table, std::uint32_t value) {
  return token(table, value, "unknown");
}

void put_topology(Context& context, std::uint8_t id) {
  context.put("\n\t\ttopology ", named(kTopologies, id, "Unknown"));
}

void put_neighbours(Context& context, Cursor list, std::string_view indent) {
  for (; list.length() >= 4 && !context.truncated(); list.skip(4)) {
    const std::uint8_t* address = list.block(0, 4);
    if (context.truncated()) return;
    context.put(indent);
    context.host4(address);
  }
}

void put_bogus_length(Context& context, std::uint16_t length) {
  context.put("\n\t    Bogus length ", length, " < header (", kLsaHeader, ')');
}

// RFC 2328 A.4.1. False where nothing after it is to be shown.
bool put_lsa_header(Context& context, const Cursor& lsa) {
  (void)lsa.block(0, kLsaHeader);
  if (context.truncated()) return false;
  const std::uint16_t length = lsa.be16(18);
  if (length < kLsaHeader) {
    put_bogus_length(context, length);
    return false;
  }
  context.put("\n\t  Advertising Router ");
  put_address(context, lsa, 8);
  context.put(", seq 0x", Hex{lsa.be32(12), 8}, ", age ", lsa.be16(0), "s, length ", length - kLsaHeader);
  const std::uint8_t type = lsa.u8(3);
  context.put("\n\t    ", known(kLsas, type), " LSA (", type, ')');
  if (type >= kLinkOpaque && type <= kDomainOpaque) {
    const std::uint8_t opaque = lsa.u8(4);
    context.put(", Opaque-Type ", known(kOpaques, opaque), " LSA (", opaque, "), Opaque-ID ", lsa.be24(5));
  } else {
    context.put(", LSA-ID: ");
    put_address(context, lsa, 4);
  }
  context.put("\n\t    Options: [");
  context.put_flags(kOptions, lsa.u8(2));
  context.put(']');
  return true;
}

// Of a database description or an acknowledgement. `endless`: until what was captured ends, with the mark.
void put_lsa_headers(Context& context, Cursor list, bool endless = false) {
  for (; (endless || list.length() > 0) && !context.truncated(); list.skip(kLsaHeader)) {
    if (!put_lsa_header(context, list)) return;
  }
}

// False where a link is of a type that is not known: its size is not, either.
bool put_router_lsa(Context& context, Cursor body) {
  const std::uint8_t flags = body.u8(0);
  context.put("\n\t    Router LSA Options: [");
  context.put_flags(kRouterFlags, flags);
  context.put(']');
  const std::uint16_t links = body.be16(2);
  body.skip(4);
  for (unsigned i = 0; i < links && !context.truncated(); ++i) {
    (void)body.block(0, 12);
    if (context.truncated()) return true;
    const std::uint8_t type = body.u8(8);
    switch (type) {
      case 1:
      case 4:
        context.put(type == 4 ? "\n\t      Virtual Link: Neighbor Router-ID: " : "\n\t      Neighbor Router-ID: ");
        put_address(context, body, 0);
        context.put(", Interface Address: ");
        put_address(context, body, 4);
        break;
      case 2:
        context.put("\n\t      Neighbor Network-ID: ");
        put_address(context, body, 0);
        context.put(", Interface Address: ");
        put_address(context, body, 4);
        break;
      case 3:
        context.put("\n\t      Stub Network: ");
        put_address(context, body, 0);
        context.put(", Mask: ");
        put_address(context, body, 4);
        break;
      default:
        context.put("\n\t      Unknown Router Link Type (", type, ')');
        return false;
    }
    const std::uint8_t count = body.u8(9);
    put_topology(context, 0);
    context.put(", metric ", body.be16(10));
    body.skip(12);
    for (unsigned j = 0; j < count && !context.truncated(); ++j) {
      const std::uint8_t id = body.u8(0);
      const std::uint16_t metric = body.be16(2);
      if (context.truncated()) return true;
      put_topology(context, id);
      context.put(", metric ", metric);
      body.skip(4);
    }
  }
  return true;
}

// RFC 2328 A.4.5.
void put_external_lsa(Context& context, Cursor body) {
  constexpr std::size_t kDestination = 12;
  context.put("\n\t    Mask ");
  put_address(context, body, 0);
  body.skip(4);
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < kDestination && !context.options.compat) return context.put_invalid();
    const std::uint32_t field = body.be32(0);
    if (context.truncated()) return;
    put_topology(context, field >> 24 & 0x7f);
    context.put(", type ", field >> 31 != 0 ? '2' : '1', ", metric ");
    const std::uint32_t metric = field & 0xffffff;
    if (metric == 0xffffff) {
      context.put("infinite");
    } else {
      context.put(metric);
    }
    if (body.be32(4) != 0) {
      context.put(", forward ");
      put_address(context, body, 4);
    }
    if (body.be32(8) != 0) {
      context.put(", tag ");
      put_address(context, body, 8);
    }
    body.skip(kDestination);
  }
}

// RFC 3623 B. False where nothing after it is to be shown.
bool put_grace_tlv(Context& context, std::uint16_t type, const Cursor& value) {
  constexpr std::size_t kSizes[] = {4, 1, 4};
  const std::size_t size = value.length();
  if (type >= 1 && type <= std::size(kSizes) && size != kSizes[type - 1]) {
    context.put("\n\t    Bogus length ", size, " != ", kSizes[type - 1]);
    return false;
  }
  switch (type) {
    case 1:
      context.put(value.be32(0), 's');
      return true;
    case 2:
      context.put(named(kGraceReasons, value.u8(0), "Unknown"));
      return true;
    case 3:
      put_address(context, value, 0);
      return true;
    default:
      if (!context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t      ");
      return true;
  }
}

// RFC 7770 2.3. False where nothing after it is to be shown.
bool put_router_information_tlv(Context& context, std::uint16_t type, const Cursor& value) {
  const std::size_t size = value.length();
  if (type != 1) {
    if (!context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t      ");
    return true;
  }
  if (size != 4) {
    context.put("\n\t    Bogus length ", size, " != 4");
    return false;
  }
  context.put("Capabilities: ");
  const std::uint32_t bits = value.be32(0);
  if ((bits & 0x3ff) == 0) {
    context.put("Unknown");
  } else {
    context.put_flags(kCapabilities, bits);
  }
  return true;
}

// True when the body is to be shown as bytes.
bool put_opaque(Context& context, std::uint8_t opaque, Cursor body) {
  constexpr std::uint8_t kGrace = 3;
  constexpr std::uint8_t kRouterInformation = 4;
  if (opaque != kGrace && opaque != kRouterInformation) return true;
  const bool grace = opaque == kGrace;
  while (body.length() > 0 && !context.truncated()) {
    if (grace && !body.has(4)) return false;
    const std::uint16_t type = body.be16(0);
    const std::uint16_t size = body.be16(2);
    if (context.truncated()) return false;
    body.skip(4);
    if (grace) {
      context.put("\n\t    ", known(kGraceTlvs, type), " TLV (", type, "), length ", size, ", value: ");
    } else {
      context.put("\n\t    ", type == 1 ? "Router Capabilities" : "unknown", " TLV (", type, "), length: ", size,
                  ", value: ");
    }
    if (size > body.length()) {
      context.put("\n\t    Bogus length ", size, grace ? " > " : " > remaining LS length ", body.length());
      return false;
    }
    if (size == 0 && grace) return false;
    (void)body.span(0, size);
    if (context.truncated()) return false;
    const Cursor value = body.first(size);
    if (!(grace ? put_grace_tlv(context, type, value) : put_router_information_tlv(context, type, value))) return false;
    body.skip((size + 3u) & ~3u);
  }
  return context.verbose(2);
}

// Prints an LSA; how many bytes it took, 0 when it cannot be one.
std::size_t put_lsa(Context& context, const Cursor& lsa) {
  if (!put_lsa_header(context, lsa)) return 0;
  const std::size_t size = lsa.be16(18);
  const std::uint8_t type = lsa.u8(3);
  const bool is_te = type >= kLinkOpaque && type <= kDomainOpaque && lsa.u8(4) == kTrafficEngineering;
  if (is_te) {  // as far as it was captured
    const Cursor links = lsa.with_length(size).from(kLsaHeader);
    const bool shows_bytes = put_ospf_te(context, links) && context.verbose(2) && !context.truncated();
    if (shows_bytes) dump_hex(context.out, links.bytes(), "\n\t    ");
    return context.truncated() ? 0 : size;
  }
  // The body's end is the LSA's, whatever else was captured.
  const Cursor body = lsa.first(size).from(kLsaHeader);
  // tcpdump 4.99.3 reads what the length cuts off of some from what follows.
  const Cursor endless = context.options.compat ? lsa.with_length(size).from(kLsaHeader) : body;
  bool dump = context.verbose(2);
  switch (type) {
    case kRouterLsa:
      dump = put_router_lsa(context, endless) && dump;
      break;
    case kNetworkLsa:
      context.put("\n\t    Mask ");
      put_address(context, body, 0);
      context.put("\n\t    Connected Routers:");
      put_neighbours(context, body.from(4), "\n\t      ");
      break;
    case kSummaryLsa:
    case kAsbrLsa: {
      if (type == kSummaryLsa) {
        context.put("\n\t    Mask ");
        put_address(context, body, 0);
      }
      for (Cursor rest = body.from(4); rest.length() >= 4 && !context.truncated(); rest.skip(4)) {
        const std::uint32_t field = rest.be32(0);
        if (context.truncated()) break;
        put_topology(context, static_cast<std::uint8_t>(field >> 24 & 0x7f));
        context.put(" metric ", field & 0xffffff);
      }
      break;
    }
    case kExternalLsa:
    case kNssaLsa:
      put_external_lsa(context, endless);
      break;
    case kGroupLsa:
      for (Cursor rest = body; rest.length() > 0 && !context.truncated(); rest.skip(8)) {
        const std::uint32_t kind = rest.be32(0);
        if (context.truncated()) break;
        if (kind == 1) {
          context.put("\n\t    Router Router-ID ");
        } else if (kind == 2) {
          context.put("\n\t    Network Designated Router ");
        } else {
          context.put("\n\t    unknown VertexType (", kind, ')');
          continue;
        }
        put_address(context, rest, 4);
      }
      break;
    case kLinkOpaque:
    case kAreaOpaque:
    case kDomainOpaque:
      dump = put_opaque(context, lsa.u8(4), body);
      break;
    default:
      break;
  }
  if (context.truncated()) return 0;
  if (dump) dump_hex(context.out, body.bytes(), "\n\t    ");
  return size;
}

void put_v2(Context& context, const Cursor& body, std::uint8_t type) {
  switch (type) {
    case kHello: {
      const std::uint8_t options = body.u8(6);
      context.put("\n\tOptions [");
      context.put_flags(kOptions, options);
      context.put(']');
      context.put("\n\t  Hello Timer ", body.be16(4), "s, Dead Timer ", body.be32(8), "s, Mask ");
      put_address(context, body, 0);
      context.put(", Priority ", body.u8(7));
      if (body.be32(12) != 0) {
        context.put("\n\t  Designated Router ");
        put_address(context, body, 12);
        if (body.be32(16) != 0) {
          context.put(", Backup Designated Router ");
          put_address(context, body, 16);
        }
      } else if (body.be32(16) != 0) {
        context.put(", Backup Designated Router ");
        put_address(context, body, 16);
      }
      if (body.length() > 20) {
        context.put("\n\t  Neighbor List:");
        put_neighbours(context, body.from(20), "\n\t    ");
      }
      break;
    }
    case kDescription: {
      const std::uint8_t options = body.u8(2);
      context.put("\n\tOptions [");
      context.put_flags(kOptions, options);
      context.put(']');
      const std::uint8_t flags = body.u8(3);
      context.put(", DD Flags [");
      context.put_flags(kDescriptionFlags, flags);
      context.put("], MTU: ", body.be16(0));
      context.put(", Sequence: 0x", Hex{body.be32(4), 8});
      put_lsa_headers(context, body.from(8));
      break;
    }
    case kRequest:
      for (Cursor rest = body; rest.length() > 0 && !context.truncated(); rest.skip(12)) {
        (void)rest.block(0, 12);
        if (context.truncated()) return;
        context.put("\n\t  Advertising Router: ");
        put_address(context, rest, 8);
        const std::uint32_t lsa = rest.be32(0);
        context.put(", ", known(kLsas, lsa), " LSA (", lsa, ')');
        if (lsa >= kLinkOpaque && lsa <= kDomainOpaque) {
          context.put(", Opaque-Type: ", known(kOpaques, rest.u8(4)), " LSA (", rest.u8(4),
                      "), Opaque-ID: ", rest.be24(5));
        } else {
          context.put(", LSA-ID: ");
          put_address(context, rest, 4);
        }
      }
      break;
    case kUpdate: {
      const std::uint32_t count = body.be32(0);
      if (context.truncated()) return;
      context.put(", ", count, " LSA", count == 1 ? "" : "s");
      Cursor rest = body.from(4);
      for (std::uint32_t i = 1; i <= count && !context.truncated(); ++i) {
        context.put("\n\t  LSA #", i);
        const std::size_t used = put_lsa(context, rest);
        if (used == 0) {
          (void)rest.u8(rest.captured());  // given up as if not captured
          return;
        }
        rest.skip(used);
      }
      break;
    }
    case kAck:
      put_lsa_headers(context, body, context.options.compat);  // tcpdump 4.99.3 does not look for the end
      break;
    default:
      break;
  }
}

void put_lsa_type_v3(Context& context, std::uint16_t type, const Cursor& cursor, std::size_t id) {
  context.put("\n\t    ", token(kLsasV3, type & 0x1fff, "Unknown"), " LSA (", static_cast<std::uint32_t>(type & 0x1fff),
              "), ", token(kScopesV3, type & 0x6000, "Unknown"), " Scope", (type & 0x8000) != 0 ? ", transitive" : "",
              ", LSA-ID ");
  put_address(context, cursor, id);
}

void put_lsa_header_v3(Context& context, const Cursor& lsa) {
  (void)lsa.block(0, kLsaHeader);
  if (context.truncated()) return;
  const std::uint16_t length = lsa.be16(18);
  if (length < kLsaHeader && !context.options.compat) return put_bogus_length(context, length);
  context.put("\n\t  Advertising Router ");
  put_address(context, lsa, 8);
  // Without a sign, as tcpdump 4.99.3 has it.
  context.put(", seq 0x", Hex{lsa.be32(12), 8}, ", age ", lsa.be16(0), "s, length ",
              std::uint64_t{length} - kLsaHeader);
  put_lsa_type_v3(context, lsa.be16(2), lsa, 4);
}

// How many bytes the prefix took; 0 when it cannot be one.
std::size_t put_prefix_v3(Context& context, const Cursor& cursor) {
  (void)cursor.block(0, 4);
  const std::uint8_t bits = cursor.u8(0);
  const std::size_t words = (bits + 31u) / 32;
  if (context.truncated()) return 0;
  if (words * 4 > 16) {
    context.put(" bogus prefix length /", bits);
    return 0;
  }
  const std::uint8_t* shown = cursor.block(4, 4 * words);
  if (context.truncated()) return 0;
  std::uint8_t address[16] = {};
  std::copy_n(shown, 4 * words, address);
  context.put("\n\t\t");
  context.host6(address);
  context.put('/', bits);
  if (cursor.u8(1) != 0) {
    context.put(", Options [");
    context.put_flags(kPrefixFlagsV3, cursor.u8(1));
    context.put(']');
  }
  context.put(", metric ", cursor.be16(2));
  return 4 + 4 * words;
}

void put_options_v3(Context& context, std::uint32_t options, std::string_view indent = "\n\t      ") {
  context.put(indent, "Options [");
  context.put_flags(kOptionsV3, options);
  context.put(']');
}

void put_prefixes_v3(Context& context, Cursor list, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count && !context.truncated(); ++i) {
    if (list.length() == 0) return list.truncated();
    const std::size_t used = put_prefix_v3(context, list);
    if (used == 0) return list.truncated();
    list.skip(used);
  }
}

// The printers of link state advertisements of version 3. False: what follows in the packet is not printed.

bool put_router_lsa_v3(Context& context, const Cursor& body) {
  put_options_v3(context, body.be24(1));
  context.put(", RLA-Flags [");
  context.put_flags(kRouterFlagsV3, body.u8(0));
  context.put(']');
  for (Cursor rest = body.from(4); rest.length() >= 16 && !context.truncated(); rest.skip(16)) {
    (void)rest.block(0, 16);
    if (context.truncated()) return false;
    constexpr Token kLinks[] = {
        {1, "Neighbor Router-ID "}, {2, "Neighbor Network-ID "}, {4, "Virtual Link: Neighbor Router-ID "}};
    const std::uint8_t type = rest.u8(0);
    const std::string_view link = token(kLinks, type);
    if (link.empty()) {
      context.put("\n\t      Unknown Router Links Type 0x", Hex{type, 2});
      return false;
    }
    context.put("\n\t      ", link);
    put_address(context, rest, 12);
    context.put("\n\t      Neighbor Interface-ID ");
    put_address(context, rest, 8);
    context.put(", Interface ");
    put_address(context, rest, 4);
    context.put(", metric ", rest.be16(2));
  }
  return true;
}

bool put_network_lsa_v3(Context& context, const Cursor& body) {
  put_options_v3(context, body.be24(1));
  context.put("\n\t      Connected Routers:");
  put_neighbours(context, body.from(4), "\n\t\t");
  return true;
}

bool put_inter_area_prefix_lsa_v3(Context& context, const Cursor& body) {
  context.put(", metric ", body.be32(0) & 0xffffff);
  for (Cursor rest = body.from(4); rest.length() > 0 && !context.truncated();) {
    const std::size_t used = put_prefix_v3(context, rest);
    if (used == 0) {
      rest.truncated();
      break;
    }
    rest.skip(used);
  }
  return true;
}

bool put_external_lsa_v3(Context& context, const Cursor& body) {
  enum Flag : std::uint32_t { kTag = 0x01000000, kForward = 0x02000000, kExternal = 0x04000000 };
  constexpr Token kFlags[] = {{kTag, "Tag"}, {kForward, "Forward"}, {kExternal, "External"}};
  const std::uint32_t flags = body.be32(0);
  context.put("\n\t     Flags [");
  context.put_flags(kFlags, flags);
  context.put("] metric ", flags & 0xffffff);
  const std::size_t used = put_prefix_v3(context, body.from(4));
  if (used == 0) {
    body.truncated();
    return true;
  }
  Cursor rest = body.from(4 + used);
  if ((flags & kForward) != 0) {
    const std::uint8_t* forward = rest.block(0, 16);
    if (context.truncated()) return true;
    context.put(" forward ");
    context.host6(forward);
    rest.skip(16);
  }
  if ((flags & kTag) != 0) {
    context.put(" tag ");
    put_address(context, rest, 0);
  }
  return true;
}

bool put_link_lsa_v3(Context& context, const Cursor& body) {
  put_options_v3(context, body.be24(1));
  const std::uint32_t count = body.be32(20);
  if (context.truncated()) return true;
  context.put("\n\t      Priority ", body.u8(0), ", Link-local address ");
  context.host6(body.block(4, 16));
  context.put(", Prefixes ", count, ':');
  put_prefixes_v3(context, body.from(24), count);
  return true;
}

bool put_intra_area_prefix_lsa_v3(Context& context, const Cursor& body) {
  const std::uint16_t count = body.be16(0);
  (void)body.block(0, 12);
  if (context.truncated()) return true;
  put_lsa_type_v3(context, body.be16(2), body, 4);
  context.put("\n\t      Prefixes ", count, ':');
  put_prefixes_v3(context, body.from(12), count);
  return true;
}

// An advertisement by its type; any other is dumped.
struct LsaRowV3 {
  std::uint16_t type;
  bool (*put)(Context&, const Cursor&);
};
constexpr LsaRowV3 kLsaPrintersV3[] = {
    {0x2001, put_router_lsa_v3},
    {0x2002, put_network_lsa_v3},
    {0x2003, put_inter_area_prefix_lsa_v3},
    {0x4005, put_external_lsa_v3},
    {0x2007, put_external_lsa_v3},
    {0x0008, put_link_lsa_v3},
    {0x2009, put_intra_area_prefix_lsa_v3},
};

// How many bytes the advertisement took; 0 when what follows is not printed.
std::size_t put_lsa_v3(Context& context, const Cursor& lsa) {
  put_lsa_header_v3(context, lsa);
  if (context.truncated()) return 0;
  const std::size_t size = lsa.be16(18);
  if (size <= kLsaHeader) {
    lsa.truncated();
    return 0;
  }
  const Cursor body = lsa.first(size).from(kLsaHeader);
  const std::uint16_t type = lsa.be16(2);
  const auto* row = std::find_if(std::begin(kLsaPrintersV3), std::end(kLsaPrintersV3),
                                 [&](const LsaRowV3& candidate) { return candidate.type == type; });
  if (row != std::end(kLsaPrintersV3)) {
    if (!row->put(context, body)) return 0;
  } else if (!context.verbose(2)) {
    dump_hex(context.out, body.bytes(), "\n\t    ");
  }
  return context.truncated() ? 0 : size;
}

void put_v3(Context& context, const Cursor& body, std::uint8_t type) {
  switch (type) {
    case kHello:
      put_options_v3(context, body.be24(5), "\n\t");
      context.put("\n\t  Hello Timer ", body.be16(8), "s, Dead Timer ", body.be16(10), "s, Interface-ID ");
      put_address(context, body, 0);
      context.put(", Priority ", body.u8(4));
      if (body.be32(12) != 0) {
        context.put("\n\t  Designated Router ");
        put_address(context, body, 12);
      }
      if (body.be32(16) != 0) {
        context.put(", Backup Designated Router ");
        put_address(context, body, 16);
      }
      if (!context.verbose(2)) break;
      context.put("\n\t  Neighbor List:");
      put_neighbours(context, body.from(20), "\n\t    ");
      break;
    case kDescription:
      put_options_v3(context, body.be24(1), "\n\t");
      (void)body.block(4, 4);
      if (context.truncated()) return;
      context.put(", DD Flags [");
      context.put_flags(kDescriptionFlagsV3, body.u8(7));
      context.put(']');
      context.put(", MTU ", body.be16(4), ", DD-Sequence 0x", Hex{body.be32(8), 8});
      if (!context.verbose(2)) break;
      for (Cursor rest = body.from(12); rest.length() > 0 && !context.truncated(); rest.skip(kLsaHeader)) {
        put_lsa_header_v3(context, rest);
      }
      break;
    case kRequest:
      if (!context.verbose(2)) break;
      for (Cursor rest = body; rest.length() > 0 && !context.truncated(); rest.skip(12)) {
        (void)rest.block(0, 12);
        if (context.truncated()) return;
        context.put("\n\t  Advertising Router ");
        put_address(context, rest, 8);
        put_lsa_type_v3(context, rest.be16(2), rest, 4);
      }
      break;
    case kUpdate: {
      if (!context.verbose(2)) break;
      Cursor rest = body.from(4);
      const std::uint32_t count = body.be32(0);
      for (std::uint32_t i = 0; i < count && !context.truncated(); ++i) {
        const std::size_t used = put_lsa_v3(context, rest);
        if (used == 0) return rest.truncated();
        rest.skip(used);
      }
      break;
    }
    case kAck:
      if (!context.verbose(2)) break;
      for (Cursor rest = body; rest.length() > 0 && !context.truncated(); rest.skip(kLsaHeader)) {
        put_lsa_header_v3(context, rest);
      }
      break;
    default:
      break;
  }
}

void put_area(Context& context, const Cursor& packet) {
  (void)packet.block(4, 4);
  if (context.truncated()) return;
  context.put("\n\tRouter-ID ");
  put_address(context, packet, 4);
  const std::uint32_t area = packet.be32(8);
  if (context.truncated()) return;
  if (area == 0) {
    context.put(", Backbone Area");
  } else {
    context.put(", Area ");
    put_address(context, packet, 8);
  }
}

// RFC 5613: a block of link-local signaling. tcpdump 4.99.3 takes its length, which is of 32-bit words, as one of
// bytes. What follows it; nothing where it is cut.
Cursor put_signaling_v3(Context& context, const Cursor& block) {
  constexpr std::size_t kFixed = 4;
  const Cursor nothing = block.from(block.length());
  if (block.length() < kFixed) {
    block.truncated();
    return nothing;
  }
  const std::uint16_t checksum = block.be16(0);
  context.put("\n\tLLS Checksum 0x", Hex{checksum, 4});
  const std::size_t size = block.be16(2);
  context.put(", Data Length ", size);
  if (size < kFixed || size > block.length() || !block.has(size)) {
    block.truncated();
    return nothing;
  }
  return block.from(size);
}

// RFC 7166 4.1.
void put_trailer_v3(Context& context, const Cursor& trailer) {
  constexpr std::size_t kFixed = 16;
  constexpr std::uint16_t kHmac = 1;
  if (trailer.length() < kFixed) return trailer.truncated();
  const std::uint16_t type = trailer.be16(0);
  context.put("\n\tAuthentication Type ");
  context.put_name(type == kHmac ? "HMAC" : "", "unknown (0x", Hex{type, 4}, ')');
  const std::size_t size = trailer.be16(2);
  context.put(", Length ", size);
  if (size < kFixed || size > trailer.length()) return trailer.truncated();
  context.put(", SAID ", trailer.be16(6));
  context.put(", CSN 0x", Hex{trailer.be32(8), 8});
  context.put(':', Hex{trailer.be32(12), 8});
  if (context.truncated()) return;
  if (!trailer.has(size)) return trailer.truncated();
  if (!context.verbose(2)) return;
  dump_layer(context, trailer, kFixed, size - kFixed, "\n\tAuthentication Data ");
}

// What follows the packet that its length counts.
void put_after_packet_v3(Context& context, const Cursor& packet, const Cursor& body, std::uint8_t type) {
  constexpr std::uint32_t kHasSignaling = 0x200;
  Cursor rest = packet.from(packet.be16(2));
  if (context.truncated() || rest.length() == 0) return;
  const std::uint32_t options = type == kHello ? body.be24(5) : type == kDescription ? body.be24(1) : 0;
  if ((options & kHasSignaling) != 0) rest = put_signaling_v3(context, rest);
  if (rest.length() > 0 && !context.truncated()) put_trailer_v3(context, rest);
}

}  // namespace

void print_ospf(Context& context, Cursor packet, const IpHeader& ip) {
  context.protocol(ip.version == 6 ? "ospf3" : "ospf2");
  (void)packet.block(0, 2);
  if (context.truncated()) return;
  const std::uint8_t version = packet.u8(0);
  const std::uint8_t type = packet.u8(1);
  const std::string_view name = token(kTypes, type);
  // What IPv6 carries is read as version 3, what IPv4 carries as version 2.
  const bool v3 = ip.version == 6;
  // A cryptographic digest follows the packet: RFC 2328 D.4.3. tcpdump takes each for one of MD5.
  constexpr std::size_t kMd5 = 16;
  const bool signed_v2 = !v3 && packet.be16(14) == kCryptographic;
  const std::size_t digest = !signed_v2 ? 0 : context.options.compat ? kMd5 : packet.u8(19);
  if (context.truncated()) return;
  const std::size_t length = packet.length() - std::min(packet.length(), digest);
  context.put("OSPFv", version, ", ");
  context.put_name(name, v3 ? "unknown packet type (" : "unknown LS-type ", type, v3 ? ")" : "");
  context.put(", length ", length);
  if (name.empty() || !context.verbose()) return;
  const std::size_t declared = packet.be16(2);
  if (context.truncated()) return;
  if (v3 ? length < declared : length != declared) {
    context.put(" [len ", declared, ']');
    if (v3) return;
  }
  const std::size_t body_end = std::min(declared, length);
  const auto body = [&](std::size_t header) { return packet.with_length(std::max(body_end, header)).from(header); };
  if (v3) {
    put_area(context, packet);
    if (packet.u8(14) != 0) context.put(", Instance ", packet.u8(14));
    if (version == 3) {
      put_v3(context, body(kHeaderV3), type);
      put_after_packet_v3(context, packet, body(kHeaderV3), type);
    }
    return;
  }
  put_area(context, packet);
  (void)packet.block(16, 8);
  if (context.truncated()) return;
  const std::uint16_t authentication = packet.be16(14);
  context.put(", Authentication Type: ", known(kAuthentications, authentication), " (", authentication, ')');
  switch (authentication) {
    case 0:
      break;
    case 1: {
      context.put("\n\tSimple text password: ");
      for (std::size_t i = 0; i < 8; ++i) {
        const std::uint8_t byte = packet.u8(16 + i);
        if (byte == 0) break;
        context.out.escaped(byte);
      }
      break;
    }
    case 2:
      context.put("\n\tKey-ID: ", packet.u8(18), ", Auth-Length: ", packet.u8(19), ", Crypto Sequence Number: 0x",
                  Hex{packet.be32(20), 8});
      break;
    default:
      return;
  }
  if (version != 2) return context.put(" ospf [version ", version, ']');
  put_v2(context, body(kHeaderV2), type);
}

}  // namespace ringtap
