// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Messages between the kernel and its tools: LINKTYPE_NETLINK, netlink(7) and rtnetlink(7), in the byte order of the
// capturing host, which is taken to be little-endian. tcpdump has no printer for them.
#include <algorithm>
#include <cstring>

#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kCookedHeader = 16;
constexpr std::size_t kMessageHeader = 16;
constexpr std::size_t kAttributeHeader = 4;

enum Family : std::uint16_t { kRoute = 0, kSockDiag = 4, kNetfilter = 12, kUevent = 15, kGeneric = 16 };
constexpr Token kFamilies[] = {
    {kRoute, "route"}, {2, "usersock"},    {3, "firewall"},     {kSockDiag, "sock_diag"},
    {5, "nflog"},      {6, "xfrm"},        {7, "selinux"},      {8, "iscsi"},
    {9, "audit"},      {10, "fib_lookup"}, {11, "connector"},   {kNetfilter, "netfilter"},
    {13, "ip6_fw"},    {14, "dnrtmsg"},    {kUevent, "uevent"}, {kGeneric, "generic"},
    {18, "scsi"},      {19, "ecryptfs"},   {20, "rdma"},        {21, "crypto"},
    {22, "smc"},
};

enum Control : std::uint16_t { kNoop = 1, kError = 2, kDone = 3, kOverrun = 4, kFirstOfFamily = 16 };
constexpr Token kControls[] = {{kNoop, "noop"}, {kError, "error"}, {kDone, "done"}, {kOverrun, "overrun"}};
constexpr Token kFlags[] = {{0x1, "request"}, {0x2, "multi"},        {0x4, "ack"},
                            {0x8, "echo"},    {0x10, "interrupted"}, {0x20, "filtered"}};
// Their meaning depends on what is asked for.
constexpr Token kGetFlags[] = {{0x100, "root"}, {0x200, "match"}, {0x400, "atomic"}};
constexpr Token kNewFlags[] = {{0x100, "replace"}, {0x200, "exclusive"}, {0x400, "create"}, {0x800, "append"}};
constexpr Token kDeleteFlags[] = {{0x100, "nonrec"}, {0x200, "bulk"}};
constexpr Token kErrorFlags[] = {{0x100, "capped"}, {0x200, "ack_tlvs"}};
constexpr std::uint16_t kDump = 0x300;    // root and match
constexpr std::uint16_t kCreate = 0x400;  // which says that kDump is not meant

// Each has NEW, DEL, GET and SET, in this order.
constexpr Token kRouteObjects[] = {
    {16, "LINK"},     {20, "ADDR"},           {24, "ROUTE"},       {28, "NEIGH"},  {32, "RULE"},      {36, "QDISC"},
    {40, "TCLASS"},   {44, "TFILTER"},        {48, "ACTION"},      {52, "PREFIX"}, {56, "MULTICAST"}, {60, "ANYCAST"},
    {64, "NEIGHTBL"}, {68, "NDUSEROPT"},      {72, "ADDRLABEL"},   {76, "DCB"},    {80, "NETCONF"},   {84, "MDB"},
    {88, "NSID"},     {92, "STATS"},          {96, "CACHEREPORT"}, {100, "CHAIN"}, {104, "NEXTHOP"},  {108, "LINKPROP"},
    {112, "VLAN"},    {116, "NEXTHOPBUCKET"}, {120, "TUNNEL"},
};
constexpr std::string_view kVerbs[] = {"NEW", "DEL", "GET", "SET"};
enum RouteObject : std::uint16_t { kLink = 16, kAddress = 20, kRouteEntry = 24, kNeighbor = 28 };

constexpr std::uint16_t kControlFamily = 16;  // of generic netlink: nlctrl
constexpr Token kControlCommands[] = {{1, "NEWFAMILY"},    {2, "DELFAMILY"},    {3, "GETFAMILY"},
                                      {7, "NEWMCAST_GRP"}, {8, "DELMCAST_GRP"}, {10, "GETPOLICY"}};
constexpr std::uint16_t kFamilyId = 1;
constexpr std::uint16_t kFamilyName = 2;

// The value of the first attribute of this type; one without bytes where there is none.
Cursor attribute(Cursor attributes, std::uint16_t type) {
  constexpr std::uint16_t kTypeBits = 0x3fff;
  while (attributes.readable() >= kAttributeHeader) {
    const std::size_t size = attributes.le16(0);
    if (size < kAttributeHeader || size > attributes.readable()) break;
    if ((attributes.le16(2) & kTypeBits) == type) return attributes.first(size).from(kAttributeHeader);
    attributes.skip((size + 3) & ~std::size_t{3});
  }
  return attributes.first(0);
}

// An address of IP or a link, which its size tells; "before" only if it is there.
void put_address(Context& context, std::string_view before, const Cursor& address) {
  switch (address.captured()) {
    case 4:
      context.put(before);
      return context.host4(address.data());
    case 6:
      context.put(before);
      return context.station(address.data());
    case 16:
      context.put(before);
      return context.host6(address.data());
    default:
      return;
  }
}

void put_index(Context& context, std::string_view before, const Cursor& index) {
  if (index.captured() == 4) context.put(before, index.le32(0));
}

void put_name(Context& context, std::string_view before, const Cursor& name) {
  if (name.captured() == 0) return;
  context.put(before);
  put_text(context, name.bytes());
}

void put_route_details(Context& context, std::uint16_t object, const Cursor& body) {
  switch (object) {
    case kLink: {  // struct ifinfomsg
      constexpr std::size_t kSize = 16;
      if (body.readable() < kSize) return;
      constexpr std::uint32_t kUp = 1;
      const Cursor attributes = body.from(kSize);
      if (const std::uint32_t index = body.le32(4); index != 0) context.put(" ifindex ", index);
      put_name(context, " ", attribute(attributes, 3));
      if (body.le32(8) != 0) context.put((body.le32(8) & kUp) != 0 ? " up" : " down");
      return;
    }
    case kAddress: {  // struct ifaddrmsg
      constexpr std::size_t kSize = 8;
      if (body.readable() < kSize) return;
      const Cursor attributes = body.from(kSize);
      const Cursor local = attribute(attributes, 2);
      const Cursor address = local.captured() > 0 ? local : attribute(attributes, 1);
      put_address(context, " ", address);
      if (address.captured() > 0) context.put('/', body.u8(1));
      if (const std::uint32_t index = body.le32(4); index != 0) context.put(" ifindex ", index);
      return;
    }
    case kRouteEntry: {  // struct rtmsg
      constexpr std::size_t kSize = 12;
      if (body.readable() < kSize) return;
      const Cursor attributes = body.from(kSize);
      const Cursor destination = attribute(attributes, 1);
      put_address(context, " ", destination);
      if (destination.captured() > 0) context.put('/', body.u8(1));
      put_address(context, " via ", attribute(attributes, 5));
      put_index(context, " ifindex ", attribute(attributes, 4));
      return;
    }
    case kNeighbor: {  // struct ndmsg
      constexpr std::size_t kSize = 12;
      if (body.readable() < kSize) return;
      const Cursor attributes = body.from(kSize);
      put_address(context, " ", attribute(attributes, 1));
      put_address(context, " lladdr ", attribute(attributes, 2));
      if (const std::uint32_t index = body.le32(4); index != 0) context.put(" ifindex ", index);
      return;
    }
    default:
      return;
  }
}

void put_generic(Context& context, std::uint16_t type, const Cursor& body) {
  constexpr std::size_t kHeader = 4;
  if (body.readable() < kHeader) return context.put("family ", type);
  const std::uint8_t command = body.u8(0);
  if (type != kControlFamily) return context.put("family ", type, " command ", command);
  context.put("nlctrl ");
  context.put_name(token(kControlCommands, command), "command ", command);
  put_name(context, " ", attribute(body.from(kHeader), kFamilyName));
  if (const Cursor id = attribute(body.from(kHeader), kFamilyId); id.captured() == 2) context.put(" id ", id.le16(0));
}

void put_error(Context& context, const Cursor& body) {
  if (body.readable() < 4) return;
  const auto code = static_cast<std::int32_t>(body.le32(0));
  if (code == 0) return context.put(" 0 (acknowledged)");
  context.put(' ', Signed{code});
  const char* name = code < 0 && code > -4096 ? ::strerrorname_np(-code) : nullptr;
  if (name != nullptr) context.put(" (", std::string_view(name), ')');
}

// What the upper bits mean for a type. Where its verb is not known, both bits of a dump stand for one, unless something
// is to be made.
std::span<const Token> upper_flags(std::uint16_t family, std::uint16_t type, std::uint16_t flags) {
  if (type == kError) return kErrorFlags;
  if (type < kFirstOfFamily) return {};
  if (family == kSockDiag || family == kGeneric) return kGetFlags;
  if (family == kRoute) {
    constexpr std::span<const Token> kByVerb[] = {kNewFlags, kDeleteFlags, kGetFlags, kNewFlags};
    return kByVerb[type & 3];
  }
  // Connections, those that are expected, and nf_tables have NEW, GET and DEL in this order.
  enum Subsystem : std::uint8_t { kConnections = 1, kExpectations = 2, kTables = 10 };
  const unsigned subsystem = type >> 8;
  if (family == kNetfilter && (subsystem == kConnections || subsystem == kExpectations || subsystem == kTables)) {
    constexpr std::span<const Token> kByVerb[] = {kNewFlags, kGetFlags, kDeleteFlags};
    return kByVerb[(type & 0xff) % 3];
  }
  if ((flags & kDump) == kDump && (flags & kCreate) == 0) return kGetFlags;
  return kNewFlags;
}

// Only if there is one.
void put_flags(Context& context, std::uint16_t family, std::uint16_t type, std::uint16_t flags) {
  std::string_view before = ", flags [";
  std::uint16_t unnamed = flags;
  for (const std::span<const Token> table : {std::span<const Token>(kFlags), upper_flags(family, type, flags)}) {
    for (const Token& flag : table) {
      if ((flags & flag.value) == 0) continue;
      context.put(before, flag.name);
      before = ",";
      unnamed = static_cast<std::uint16_t>(unnamed & ~flag.value);
    }
  }
  if (unnamed != 0) context.put(before, "0x", Hex{unnamed, 4});
  if (flags != 0) context.put(']');
}

void put_message(Context& context, std::uint16_t family, const Cursor& message) {
  const std::uint32_t length = message.le32(0);
  const std::uint16_t type = message.le16(4);
  const std::uint16_t flags = message.le16(6);
  const Cursor body = message.from(kMessageHeader);
  if (type < kFirstOfFamily) {
    context.put_name(token(kControls, type), "control ", type);
    if (type == kError) put_error(context, body);
  } else if (family == kRoute) {
    const std::uint16_t object = type & 0xfffcU;
    const std::string_view name = token(kRouteObjects, object);
    if (name.empty()) {
      context.put("type ", type);
    } else {
      context.put(kVerbs[type & 3], name);
      put_route_details(context, object, body);
    }
  } else if (family == kGeneric) {
    put_generic(context, type, body);
  } else {
    context.put("type ", type);
  }
  put_flags(context, family, type, flags);
  context.put(", seq ", message.le32(8), ", pid ", message.le32(12), ", length ", length);
}

}  // namespace

void print_netlink(Context& context, Cursor packet) {
  context.protocol("netlink");
  context.link_header_size = kCookedHeader;
  const std::uint16_t family = packet.be16(14);
  if (packet.length() < kCookedHeader) return context.put_invalid();
  context.put("netlink ");
  context.put_name(token(kFamilies, family), "family ", family);
  context.put(':');
  Cursor messages = packet.from(kCookedHeader);
  // A text of the kernel, "add@/devices/…", with its environment; or udevd's, which begins with its name.
  if (family == kUevent) {
    context.put(' ');
    (void)put_text(context, messages, 0, messages.length());
    return context.put(", length ", messages.length());
  }
  for (bool first = true; messages.length() > 0; first = false) {
    if (messages.length() < kMessageHeader) return context.put_invalid();
    const std::size_t length = messages.le32(0);
    (void)messages.block(0, kMessageHeader);
    if (context.truncated()) return;
    if (length < kMessageHeader) return context.put_invalid();
    context.put(first ? " " : "; ");
    put_message(context, family, messages.first(std::min(length, messages.length())));
    if (length > messages.length()) return context.put_invalid();
    messages.skip(std::min((length + 3) & ~std::size_t{3}, messages.length()));
  }
}

}  // namespace ringtap
