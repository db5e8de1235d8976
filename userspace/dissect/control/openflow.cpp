// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// OpenFlow: "OpenFlow Switch Specification" 1.0.0 and 1.3.5 (Open Networking Foundation). A segment holds any number of
// messages; one that goes on in the next segment ends in the mark.
#include "dissect/control/printers.hpp"
#include "dissect/fields.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
enum Version : std::uint8_t { k10 = 1, k13 = 4 };
constexpr Token kVersions[] = {{1, "1.0"}, {2, "1.1"}, {3, "1.2"}, {4, "1.3"}, {5, "1.4"}, {6, "1.5"}};
// Bit 1 is version 1.0 in the specification; tcpdump 4.99.3 begins with bit 0, and so do we.
constexpr Token kVersionBits[] = {{0x01, "1.0"}, {0x02, "1.1"}, {0x04, "1.2"},
                                  {0x08, "1.3"}, {0x10, "1.4"}, {0x20, "1.5"}};

constexpr std::uint32_t kBigSwitch = 0x005c16c7;
constexpr Token kVendors[] = {
    {0x00000000, "Ethernet"},        {0x00001018, "Broadcom"},
    {0x00002320, "Nicira Networks"}, {kBigSwitch, "Big Switch Networks"},
    {0x00748771, "Infoblox Inc"},    {0x00d0f0db, "Ericsson"},
    {0x4f4e4600, "ONF Extensions"},
};

constexpr Token kFragments[] = {{0, "FRAG_NORMAL"}, {1, "FRAG_DROP"}, {2, "FRAG_REASM"}};
constexpr Token kPortReasons[] = {{0, "ADD"}, {1, "DELETE"}, {2, "MODIFY"}};
constexpr Token kPacketInReasons[] = {{0, "NO_MATCH"}, {1, "ACTION"}};
constexpr Token kRemovedReasons[] = {{0, "IDLE_TIMEOUT"}, {1, "HARD_TIMEOUT"}, {2, "DELETE"}};
constexpr Token kCommands[] = {{0, "ADD"}, {1, "MODIFY"}, {2, "MODIFY_STRICT"}, {3, "DELETE"}, {4, "DELETE_STRICT"}};
constexpr Token kFlowFlags[] = {{1, "SEND_FLOW_REM"}, {2, "CHECK_OVERLAP"}, {4, "EMERG"}};
constexpr Token kRoles[] = {{0, "NOCHANGE"}, {1, "EQUAL"}, {2, "MASTER"}, {3, "SLAVE"}};
constexpr Token kMore[] = {{1, "MORE"}};
constexpr Token kNoFlags[] = {{0, ""}};

constexpr Token kCapabilities10[] = {
    {0x01, "FLOW_STATS"}, {0x02, "TABLE_STATS"}, {0x04, "PORT_STATS"},  {0x08, "STP"},
    {0x10, "RESERVED"},   {0x20, "IP_REASM"},    {0x40, "QUEUE_STATS"}, {0x80, "ARP_MATCH_IP"},
};
constexpr Token kCapabilities13[] = {
    {0x001, "FLOW_STATS"}, {0x002, "TABLE_STATS"}, {0x004, "PORT_STATS"},   {0x008, "GROUP_STATS"},
    {0x020, "IP_REASM"},   {0x040, "QUEUE_STATS"}, {0x100, "PORT_BLOCKED"},
};
// The same order as the bits of ofp_capabilities' actions and as the actions' types.
constexpr Token kActionTypes[] = {
    {0, "OUTPUT"},      {1, "SET_VLAN_VID"}, {2, "SET_VLAN_PCP"}, {3, "STRIP_VLAN"}, {4, "SET_DL_SRC"},
    {5, "SET_DL_DST"},  {6, "SET_NW_SRC"},   {7, "SET_NW_DST"},   {8, "SET_NW_TOS"}, {9, "SET_TP_SRC"},
    {10, "SET_TP_DST"}, {11, "ENQUEUE"},     {0xffff, "VENDOR"},
};
constexpr Token kActionBits[] = {
    {0x001, "OUTPUT"},     {0x002, "SET_VLAN_VID"}, {0x004, "SET_VLAN_PCP"}, {0x008, "STRIP_VLAN"},
    {0x010, "SET_DL_SRC"}, {0x020, "SET_DL_DST"},   {0x040, "SET_NW_SRC"},   {0x080, "SET_NW_DST"},
    {0x100, "SET_NW_TOS"}, {0x200, "SET_TP_SRC"},   {0x400, "SET_TP_DST"},   {0x800, "ENQUEUE"},
};
constexpr Token kPortConfig10[] = {
    {0x01, "PORT_DOWN"}, {0x02, "NO_STP"}, {0x04, "NO_RECV"},      {0x08, "NO_RECV_STP"},
    {0x10, "NO_FLOOD"},  {0x20, "NO_FWD"}, {0x40, "NO_PACKET_IN"},
};
constexpr Token kPortConfig13[] = {{0x01, "PORT_DOWN"}, {0x04, "NO_RECV"}, {0x20, "NO_FWD"}, {0x40, "NO_PACKET_IN"}};
constexpr Token kSpanningTreeStates[] = {
    {0x000, "STP_LISTEN"}, {0x100, "STP_LEARN"}, {0x200, "STP_FORWARD"}, {0x300, "STP_BLOCK"}};
constexpr std::uint32_t kSpanningTreeMask = 0x300;
constexpr std::uint32_t kLinkDown = 1;
constexpr Token kPortState13[] = {{1, "LINK_DOWN"}, {2, "BLOCKED"}, {4, "LIVE"}};
constexpr Token kFeatures10[] = {
    {0x001, "10MB_HD"}, {0x002, "10MB_FD"}, {0x004, "100MB_HD"}, {0x008, "100MB_FD"},
    {0x010, "1GB_HD"},  {0x020, "1GB_FD"},  {0x040, "10GB_FD"},  {0x080, "COPPER"},
    {0x100, "FIBER"},   {0x200, "AUTONEG"}, {0x400, "PAUSE"},    {0x800, "PAUSE_ASYM"},
};
constexpr Token kFeatures13[] = {
    {0x0001, "10MB_HD"},  {0x0002, "10MB_FD"}, {0x0004, "100MB_HD"}, {0x0008, "100MB_FD"},
    {0x0010, "1GB_HD"},   {0x0020, "1GB_FD"},  {0x0040, "10GB_FD"},  {0x0080, "40GB_FD"},
    {0x0100, "100GB_FD"}, {0x0200, "1TB_FD"},  {0x0400, "OTHER"},    {0x0800, "COPPER"},
    {0x1000, "FIBER"},    {0x2000, "AUTONEG"}, {0x4000, "PAUSE"},    {0x8000, "PAUSE_ASYM"},
};
constexpr Token kPorts10[] = {
    {0xff00, "MAX"}, {0xfff8, "IN_PORT"},    {0xfff9, "TABLE"}, {0xfffa, "NORMAL"}, {0xfffb, "FLOOD"},
    {0xfffc, "ALL"}, {0xfffd, "CONTROLLER"}, {0xfffe, "LOCAL"}, {0xffff, "NONE"},
};
constexpr std::uint16_t kController = 0xfffd;
constexpr Token kPorts13[] = {
    {0xffffff00, "MAX"},        {0xfffffff8, "IN_PORT"}, {0xfffffff9, "TABLE"},
    {0xfffffffa, "NORMAL"},     {0xfffffffb, "FLOOD"},   {0xfffffffc, "ALL"},
    {0xfffffffd, "CONTROLLER"}, {0xfffffffe, "LOCAL"},   {0xffffffff, "ANY"},
};
constexpr Token kTables10[] = {{0xfe, "EMERG"}, {0xff, "ALL"}};
constexpr Token kTables13[] = {{0xfe, "MAX"}, {0xff, "ALL"}};
constexpr Token kMissLengths[] = {{0xffe5, "MAX"}, {0xffff, "NO_BUFFER"}};
constexpr Token kPacketInBits[] = {{1, "NO_MATCH"}, {2, "ACTION"}, {4, "INVALID_TTL"}};
constexpr Token kChangeBits[] = {{1, "ADD"}, {2, "DELETE"}, {4, "MODIFY"}};

// ofp_match
constexpr std::size_t kMatchSize = 40;
constexpr std::uint32_t kAllWildcards = 0x003fffff;
enum Wildcard : std::uint32_t {
  kInPort = 1,
  kVlan = 2,
  kDlSource = 4,
  kDlDestination = 8,
  kDlType = 0x10,
  kNwProtocol = 0x20,
  kTpSource = 0x40,
  kTpDestination = 0x80,
  kVlanPriority = 1u << 20,
  kNwTos = 1u << 21,
};
constexpr unsigned kNwSourceShift = 8;
constexpr unsigned kNwDestinationShift = 14;
constexpr Token kWildcards[] = {
    {kInPort, "IN_PORT"},           {kVlan, "DL_VLAN"},        {kDlSource, "DL_SRC"}, {kDlDestination, "DL_DST"},
    {kDlType, "DL_TYPE"},           {kNwProtocol, "NW_PROTO"}, {kTpSource, "TP_SRC"}, {kTpDestination, "TP_DST"},
    {kVlanPriority, "DL_VLAN_PCP"}, {kNwTos, "NW_TOS"},
};
constexpr std::uint16_t kEthertypeIpv4 = 0x0800;
constexpr std::uint16_t kEthertypeArp = 0x0806;
constexpr std::uint8_t kIcmp = 1;

// " (NAME, NAME)" of the bits that are known among `known`, " (bogus)" when there are others.
void put_bits(Context& context, std::span<const Token> table, std::uint32_t value, std::uint32_t also_known = 0) {
  std::uint32_t named = 0;
  for (const Token& bit : table) named |= bit.value;
  if ((value & named) != 0) {
    context.put(" (");
    context.put_flags(table, value);
    context.put(')');
  }
  if ((value & ~(named | also_known)) != 0) context.put(" (bogus)");
}

void put_bitmap(Context& context, Cursor& record, std::string_view before, std::span<const Token> table,
                std::uint32_t also_known = 0) {
  const std::uint32_t value = record.take_be32();
  context.put(before, "0x", Hex{value, 8});
  put_bits(context, table, value, also_known);
}

// A name, or "invalid (0x0003)".
void put_name(Context& context, std::span<const Token> table, std::uint32_t value, unsigned digits,
              std::string_view otherwise = "invalid") {
  const std::string_view name = token(table, value, {});
  if (!name.empty()) return context.put(name);
  context.put(otherwise, " (0x", Hex{value, digits}, ')');
}

void put_name_or_number(Context& context, std::span<const Token> table, std::uint32_t value) {
  context.put_name(token(table, value, {}), value);
}
void put_port10(Context& context, std::string_view before, std::uint16_t port) {
  context.put(before);
  put_name_or_number(context, kPorts10, port);
}
void put_port13(Context& context, std::string_view before, std::uint32_t port) {
  context.put(before);
  put_name_or_number(context, kPorts13, port);
}

// Text in a field of a fixed size, up to its first NUL.
void put_string(Context& context, Cursor& record, std::string_view before, std::size_t size) {
  context.put(before, '\'');
  put_text(context, record, 0, size);
  context.put('\'');
  record.skip(size);
}

// Bytes that are not looked into.
void put_data(Context& context, const Cursor& data, std::string_view indent = "\n\t ") {
  const std::size_t size = data.length();
  if (size == 0) return;
  context.put(indent, "data (", size, " octets)");
  if (context.verbose(2)) dump_hex_and_ascii(context.out, data.bytes().first(data.readable()), "\n\t  ");
  (void)data.span(0, size);
}

void put_vendor(Context& context, std::string_view before, std::uint32_t vendor) {
  context.put(before, "0x", Hex{vendor, 8}, " (", token(kVendors, vendor, "unknown"), ')');
}

// Errors: the codes of a type in order.
struct ErrorType {
  std::uint16_t type;
  std::string_view name;
  std::span<const std::string_view> codes = {};
};
constexpr std::string_view kHelloFailed[] = {"INCOMPATIBLE", "EPERM"};
constexpr std::string_view kBadRequest10[] = {"BAD_VERSION", "BAD_TYPE", "BAD_STAT",     "BAD_VENDOR",    "BAD_SUBTYPE",
                                              "EPERM",       "BAD_LEN",  "BUFFER_EMPTY", "BUFFER_UNKNOWN"};
constexpr std::string_view kBadAction10[] = {"BAD_TYPE",     "BAD_LEN", "BAD_VENDOR", "BAD_VENDOR_TYPE", "BAD_OUT_PORT",
                                             "BAD_ARGUMENT", "EPERM",   "TOO_MANY",   "BAD_QUEUE"};
constexpr std::string_view kFlowModFailed10[] = {"ALL_TABLES_FULL",   "OVERLAP",     "EPERM",
                                                 "BAD_EMERG_TIMEOUT", "BAD_COMMAND", "UNSUPPORTED"};
constexpr std::string_view kPortModFailed10[] = {"BAD_PORT", "BAD_HW_ADDR"};
constexpr std::string_view kQueueOpFailed[] = {"BAD_PORT", "BAD_QUEUE", "EPERM"};
constexpr ErrorType kErrors10[] = {
    {0, "HELLO_FAILED", kHelloFailed},        {1, "BAD_REQUEST", kBadRequest10},
    {2, "BAD_ACTION", kBadAction10},          {3, "FLOW_MOD_FAILED", kFlowModFailed10},
    {4, "PORT_MOD_FAILED", kPortModFailed10}, {5, "QUEUE_OP_FAILED", kQueueOpFailed},
};
constexpr std::string_view kBadRequest13[] = {
    "BAD_VERSION", "BAD_TYPE", "BAD_MULTIPART", "BAD_EXPERIMENTER",         "BAD_EXP_TYPE",
    "EPERM",       "BAD_LEN",  "BUFFER_EMPTY",  "BUFFER_UNKNOWN",           "BAD_TABLE_ID",
    "IS_SLAVE",    "BAD_PORT", "BAD_PACKET",    "MULTIPART_BUFFER_OVERFLOW"};
constexpr std::string_view kBadAction13[] = {
    "BAD_TYPE", "BAD_LEN",      "BAD_EXPERIMENTER", "BAD_EXP_TYPE",    "BAD_OUT_PORT",       "BAD_ARGUMENT",
    "EPERM",    "TOO_MANY",     "BAD_QUEUE",        "BAD_OUT_GROUP",   "MATCH_INCONSISTENT", "UNSUPPORTED_ORDER",
    "BAD_TAG",  "BAD_SET_TYPE", "BAD_SET_LEN",      "BAD_SET_ARGUMENT"};
constexpr std::string_view kBadInstruction[] = {
    "UNKNOWN_INST",     "UNSUP_INST",   "BAD_TABLE_ID", "UNSUP_METADATA", "UNSUP_METADATA_MASK",
    "BAD_EXPERIMENTER", "BAD_EXP_TYPE", "BAD_LEN",      "EPERM"};
constexpr std::string_view kBadMatch[] = {"BAD_TYPE",         "BAD_LEN",       "BAD_TAG",   "BAD_DL_ADDR_MASK",
                                          "BAD_NW_ADDR_MASK", "BAD_WILDCARDS", "BAD_FIELD", "BAD_VALUE",
                                          "BAD_MASK",         "BAD_PREREQ",    "DUP_FIELD", "EPERM"};
constexpr std::string_view kFlowModFailed13[] = {"UNKNOWN", "TABLE_FULL",  "BAD_TABLE_ID", "OVERLAP",
                                                 "EPERM",   "BAD_TIMEOUT", "BAD_COMMAND",  "BAD_FLAGS"};
constexpr std::string_view kGroupModFailed[] = {"GROUP_EXISTS",      "INVALID_GROUP",  "WEIGHT_UNSUPPORTED",
                                                "OUT_OF_GROUPS",     "OUT_OF_BUCKETS", "CHAINING_UNSUPPORTED",
                                                "WATCH_UNSUPPORTED", "LOOP",           "UNKNOWN_GROUP",
                                                "CHAINED_GROUP",     "BAD_TYPE",       "BAD_COMMAND",
                                                "BAD_BUCKET",        "BAD_MATCH",      "EPERM"};
constexpr std::string_view kPortModFailed13[] = {"BAD_PORT", "BAD_HW_ADDR", "BAD_CONFIG", "BAD_ADVERTISE", "EPERM"};
constexpr std::string_view kTableModFailed[] = {"BAD_TABLE", "BAD_CONFIG", "EPERM"};
constexpr std::string_view kSwitchConfigFailed[] = {"BAD_FLAGS", "BAD_LEN", "EPERM"};
constexpr std::string_view kRoleRequestFailed[] = {"STALE", "UNSUP", "BAD_ROLE"};
constexpr std::string_view kMeterModFailed[] = {"UNKNOWN",     "METER_EXISTS",   "INVALID_METER", "UNKNOWN_METER",
                                                "BAD_COMMAND", "BAD_FLAGS",      "BAD_RATE",      "BAD_BURST",
                                                "BAD_BAND",    "BAD_BAND_VALUE", "OUT_OF_METERS", "OUT_OF_BANDS"};
constexpr std::string_view kTableFeaturesFailed[] = {"BAD_TABLE", "BAD_METADATA", "BAD_TYPE",
                                                     "BAD_LEN",   "BAD_ARGUMENT", "EPERM"};
constexpr ErrorType kErrors13[] = {
    {0, "HELLO_FAILED", kHelloFailed},
    {1, "BAD_REQUEST", kBadRequest13},
    {2, "BAD_ACTION", kBadAction13},
    {3, "BAD_INSTRUCTION", kBadInstruction},
    {4, "BAD_MATCH", kBadMatch},
    {5, "FLOW_MOD_FAILED", kFlowModFailed13},
    {6, "GROUP_MOD_FAILED", kGroupModFailed},
    {7, "PORT_MOD_FAILED", kPortModFailed13},
    {8, "TABLE_MOD_FAILED", kTableModFailed},
    {9, "QUEUE_OP_FAILED", kQueueOpFailed},
    {10, "SWITCH_CONFIG_FAILED", kSwitchConfigFailed},
    {11, "ROLE_REQUEST_FAILED", kRoleRequestFailed},
    {12, "METER_MOD_FAILED", kMeterModFailed},
    {13, "TABLE_FEATURES_FAILED", kTableFeaturesFailed},
    {0xffff, "EXPERIMENTER"},
};

void put_error(Context& context, Cursor body, std::span<const ErrorType> types) {
  const std::uint16_t type = body.take_be16();
  const std::uint16_t code = body.take_be16();
  const ErrorType* known = nullptr;
  for (const ErrorType& candidate : types) {
    if (candidate.type == type) known = &candidate;
  }
  context.put("\n\t type ");
  if (known != nullptr) {
    context.put(known->name);
  } else {
    context.put("invalid (0x", Hex{type, 4}, ')');
  }
  context.put(", code ");
  if (known != nullptr && code < known->codes.size()) {
    context.put(known->codes[code]);
  } else {
    context.put("invalid (0x", Hex{code, 4}, ')');
  }
  put_data(context, body);
}
void put_error10(Context& context, Cursor body) {
  put_error(context, body, kErrors10);
}
void put_error13(Context& context, Cursor body) {
  put_error(context, body, kErrors13);
}
void put_body(Context& context, Cursor body) {
  put_data(context, body);
}

void put_match(Context& context, Cursor match, std::string_view indent) {
  const std::uint32_t wildcards = match.be32(0);
  if ((wildcards & ~kAllWildcards) != 0) {
    context.put(indent, "wildcards 0x", Hex{wildcards, 8}, " (bogus)");
  }
  const auto given = [&](std::uint32_t bit) { return (wildcards & bit) == 0; };
  if (given(kInPort)) {
    const std::uint16_t port = match.be16(4);
    context.put(indent, "match in_port ");
    put_name_or_number(context, kPorts10, port);
  }
  const auto put_line = [&](std::size_t offset, std::string_view format) {
    const std::size_t before = context.out.size();
    context.put(indent, "match ");
    Cursor field = match.from(offset);
    put_fields(context, field, format);
    if (context.truncated()) context.truncation.pull_back(before);
  };
  if (given(kDlSource)) put_line(6, "dl_src %m");
  if (given(kDlDestination)) put_line(12, "dl_dst %m");
  if (given(kVlan)) {
    constexpr std::uint16_t kNoVlan = 0xffff;
    const std::uint16_t vlan = match.be16(18);
    context.put(indent, "match dl_vlan ");
    if (vlan == kNoVlan) {
      context.put("NONE");
    } else {
      context.put(vlan);
    }
  }
  if (given(kVlanPriority)) put_line(20, "dl_vlan_pcp %1");
  const std::uint16_t ethertype = match.be16(22);
  if (given(kDlType)) put_line(22, "dl_type 0x%h2");
  if (given(kNwTos)) put_line(24, "nw_tos 0x%h1");
  const std::uint8_t protocol = match.u8(25);
  const bool arp = given(kDlType) && ethertype == kEthertypeArp;
  const bool icmp = given(kDlType) && ethertype == kEthertypeIpv4 && given(kNwProtocol) && protocol == kIcmp;
  if (given(kNwProtocol)) put_line(25, arp ? "arp_opcode %1" : "nw_proto %1");
  const auto put_network = [&](std::size_t offset, unsigned shift, std::string_view format) {
    const unsigned ignored = wildcards >> shift & 0x3f;
    if (ignored >= 32) return;
    put_line(offset, format);
    context.put('/', 32 - ignored);
  };
  put_network(28, kNwSourceShift, "nw_src %a");
  put_network(32, kNwDestinationShift, "nw_dst %a");
  if (given(kTpSource)) put_line(36, icmp ? "icmp_type %2" : "tp_src %2");
  if (given(kTpDestination)) put_line(38, icmp ? "icmp_code %2" : "tp_dst %2");
}

void put_vlan_tag(Context& context, std::uint32_t tag) {
  const std::uint16_t type = static_cast<std::uint16_t>(tag >> 16);
  if (tag == 0 || type == 0) return context.put("none");
  if (type != 0x8100) return context.put("unknown (0x", Hex{type, 4}, ')');
  context.put("802.1Q (vlan ", tag & 0xfff, ", p ", tag >> 13 & 7, (tag & 0x1000) != 0 ? ", DEI" : "", ')');
}

void put_big_switch_action(Context& context, Cursor body) {
  constexpr std::uint32_t kMirror = 1;
  constexpr Token kSubtypes[] = {{1, "MIRROR"}, {2, "SET_TUNNEL_DST"}};
  constexpr Token kStages[] = {{0, "INGRESS"}, {1, "EGRESS"}};
  constexpr std::size_t kMirrorSize = 16;
  if (body.length() < 4) return put_data(context, body);
  const std::uint32_t subtype = body.take_be32();
  context.put("\n\t  subtype ");
  put_name(context, kSubtypes, subtype, 8, "unknown");
  if (subtype != kMirror) {
    put_data(context, body);
    return;
  }
  if (body.length() != kMirrorSize - 4) return context.put_invalid();
  const std::uint32_t port = body.take_be32();
  context.put(", dest_port ", port, ", vlan_tag ");
  put_vlan_tag(context, body.take_be32());
  const std::uint8_t stage = body.take_u8();
  const std::string_view name = token(kStages, stage, {});
  context.put(", copy_stage ");
  context.put_name(name, "unknown (", stage, ')');
}

// What an action of a type has to be long, and what it says.
struct Action {
  std::uint16_t size;
  std::string_view text = {};
};
constexpr Action kActions[] = {
    {8},
    {8, ", vlan_vid %2"},
    {8, ", vlan_pcp %1"},
    {8},
    {16, ", dl_addr %m"},
    {16, ", dl_addr %m"},
    {8, ", nw_addr %a"},
    {8, ", nw_addr %a"},
    {8, ", nw_tos 0x%h1"},
    {8, ", tp_port %2"},
    {8, ", tp_port %2"},
    {16},
};
constexpr std::uint16_t kOutput = 0;
constexpr std::uint16_t kEnqueue = 11;
constexpr std::uint16_t kVendorAction = 0xffff;

void put_actions(Context& context, Cursor actions, std::string_view indent) {
  while (actions.length() > 0 && !context.truncated()) {
    if (actions.length() < 8) return context.put_invalid();
    const std::uint16_t type = actions.be16(0);
    context.put(indent, "action type ");
    put_name(context, kActionTypes, type, 4);
    const std::uint16_t size = actions.be16(2);
    context.put(", len ", size);
    if (size < 8 || size > actions.length()) return context.put_invalid();
    Cursor body = actions.with_length(size).from(4);
    actions.skip(size);
    if (type == kVendorAction) {
      const std::uint32_t vendor = body.take_be32();
      put_vendor(context, ", vendor ", vendor);
      if (vendor == kBigSwitch) {
        put_big_switch_action(context, body);
      } else {
        put_data(context, body);
      }
      continue;
    }
    if (type >= std::size(kActions)) continue;
    if (size != kActions[type].size) {
      context.put(" (bogus)");
      continue;
    }
    if (type == kOutput) {
      const std::uint16_t port = body.take_be16();
      put_port10(context, ", port ", port);
      if (port == kController) put_fields(context, body, ", max_len %2");
    } else if (type == kEnqueue) {
      put_port10(context, ", port ", body.take_be16());
      put_fields(context, body, "%-6, queue_id %4");
    } else {
      put_fields(context, body, kActions[type].text);
    }
  }
}

constexpr std::size_t kPortSize10 = 48;
constexpr std::size_t kPortName = 16;
constexpr std::size_t kPortDetails10 = 24;  // what comes after the name

void put_port_description10(Context& context, Cursor& body) {
  put_port10(context, "\n\t  port_no ", body.take_be16());
  put_fields(context, body, ", hw_addr %m");
  put_string(context, body, ", name ", kPortName);
  if (!context.verbose(2)) {
    (void)body.span(0, kPortDetails10);
    return body.skip(kPortDetails10);
  }
  put_bitmap(context, body, "\n\t   config ", kPortConfig10);
  const std::uint32_t state = body.take_be32();
  context.put("\n\t   state 0x", Hex{state, 8}, " (", token(kSpanningTreeStates, state & kSpanningTreeMask, ""),
              (state & kLinkDown) != 0 ? ", LINK_DOWN)" : ")");
  if ((state & ~(kSpanningTreeMask | kLinkDown)) != 0) context.put(" (bogus)");
  put_bitmap(context, body, "\n\t   curr ", kFeatures10);
  put_bitmap(context, body, "\n\t   advertised ", kFeatures10);
  put_bitmap(context, body, "\n\t   supported ", kFeatures10);
  put_bitmap(context, body, "\n\t   peer ", kFeatures10);
}

void put_features_reply10(Context& context, Cursor body) {
  put_fields(context, body, "\n\t dpid 0x%h8, n_buffers %4, n_tables %1%-3");
  put_bitmap(context, body, "\n\t capabilities ", kCapabilities10);
  put_bitmap(context, body, "\n\t actions ", kActionBits);
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < kPortSize10) return context.put_invalid();
    put_port_description10(context, body);
  }
}

void put_config(Context& context, Cursor body, std::span<const Token> lengths) {
  const std::uint16_t flags = body.take_be16();
  context.put("\n\t flags ");
  put_name(context, kFragments, flags, 4);
  const std::uint16_t length = body.take_be16();
  context.put(", miss_send_len ");
  put_name_or_number(context, lengths, length);
}
void put_config10(Context& context, Cursor body) {
  put_config(context, body, {});
}
void put_config13(Context& context, Cursor body) {
  put_config(context, body, kMissLengths);
}

constexpr std::uint32_t kNoBuffer = 0xffffffff;
void put_buffer(Context& context, std::string_view before, std::uint32_t buffer) {
  context.put(before);
  if (buffer == kNoBuffer) {
    context.put("NONE");
  } else {
    context.put("0x", Hex{buffer, 8});
  }
}

// A frame on its way through a controller: looked into only on request.
void put_frame(Context& context, const Cursor& body) {
  if (!context.verbose(3)) return put_data(context, body);
  if (body.length() == 0) return;
  context.put("\n\t data (", body.length(), " octets)");
  context.put(", frame decoding below\n");
  if (context.depth >= kMaxDepth) return;
  ++context.depth;
  print_ethernet_frame(context, body.first(body.length()));
  --context.depth;
}

void put_packet_in(Context& context, Cursor body) {
  put_buffer(context, "\n\t buffer_id ", body.take_be32());
  put_fields(context, body, ", total_len %2");
  put_port10(context, ", in_port ", body.take_be16());
  const std::uint8_t reason = body.take_u8();
  context.put(", reason ");
  put_name(context, kPacketInReasons, reason, 2);
  body.skip(1);
  put_frame(context, body);
}

void put_flow_removed(Context& context, Cursor body) {
  put_match(context, body, "\n\t ");
  body.skip(kMatchSize);
  put_fields(context, body, "\n\t cookie 0x%h8");
  const std::uint16_t priority = body.take_be16();
  if (priority != 0) context.put(", priority ", priority);
  const std::uint8_t reason = body.take_u8();
  context.put(", reason ");
  put_name(context, kRemovedReasons, reason, 2, "unknown");
  put_fields(context, body, "%-1, duration_sec %4, duration_nsec %4");
  const std::uint16_t idle = body.take_be16();
  if (idle != 0) context.put(", idle_timeout ", idle);
  put_fields(context, body, "%-2, packet_count %8, byte_count %8");
}

void put_port_status10(Context& context, Cursor body) {
  const std::uint8_t reason = body.take_u8();
  context.put("\n\t reason ");
  put_name(context, kPortReasons, reason, 2);
  body.skip(7);
  put_port_description10(context, body);
}

void put_packet_out(Context& context, Cursor body) {
  put_fields(context, body, "\n\t buffer_id 0x%h4");
  put_port10(context, ", in_port ", body.take_be16());
  const std::uint16_t actions = body.take_be16();
  if (actions > body.length()) return context.put_invalid();
  put_actions(context, body.with_length(actions), "\n\t ");
  body.skip(actions);
  put_frame(context, body);
}

void put_flow_mod(Context& context, Cursor body) {
  enum Command : std::uint16_t { kAdd = 0, kModify = 1, kModifyStrict = 2, kDelete = 3, kDeleteStrict = 4 };
  put_match(context, body, "\n\t ");
  body.skip(kMatchSize);
  put_fields(context, body, "\n\t cookie 0x%h8");
  const std::uint16_t command = body.take_be16();
  context.put(", command ");
  put_name(context, kCommands, command, 4);
  for (const std::string_view field : {", idle_timeout ", ", hard_timeout ", ", priority "}) {
    const std::uint16_t value = body.take_be16();
    if (value != 0) context.put(field, value);
  }
  const std::uint32_t buffer = body.take_be32();
  if (command <= kModifyStrict) put_buffer(context, ", buffer_id ", buffer);
  const std::uint16_t port = body.take_be16();
  if (command == kDelete || command == kDeleteStrict) put_port10(context, ", out_port ", port);
  const std::uint16_t flags = body.take_be16();
  context.put(", flags 0x", Hex{flags, 4});
  put_bits(context, kFlowFlags, flags);
  put_actions(context, body, "\n\t ");
}

void put_port_mod10(Context& context, Cursor body) {
  put_port10(context, "\n\t port_no ", body.take_be16());
  put_fields(context, body, ", hw_addr %m");
  put_bitmap(context, body, "\n\t config ", kPortConfig10);
  put_bitmap(context, body, "\n\t mask ", kPortConfig10);
  put_bitmap(context, body, "\n\t advertise ", kFeatures10);
}

// Statistics
enum Statistics : std::uint16_t {
  kDescription = 0,
  kFlow = 1,
  kAggregate = 2,
  kTable = 3,
  kPort = 4,
  kQueue = 5,
  kVendorStatistics = 0xffff
};
constexpr Token kStatistics[] = {
    {kDescription, "DESC"}, {kFlow, "FLOW"},   {kAggregate, "AGGREGATE"},     {kTable, "TABLE"},
    {kPort, "PORT"},        {kQueue, "QUEUE"}, {kVendorStatistics, "VENDOR"},
};
constexpr std::uint32_t kAllQueues = 0xffffffff;

std::uint16_t put_statistics_header(Context& context, Cursor& body, std::span<const Token> flags_known) {
  const std::uint16_t type = body.take_be16();
  context.put("\n\t type ");
  put_name(context, kStatistics, type, 4);
  const std::uint16_t flags = body.take_be16();
  context.put(", flags 0x", Hex{flags, 4});
  put_bits(context, flags_known, flags);
  return type;
}

void put_vendor_statistics(Context& context, Cursor body) {
  if (body.length() < 4) return context.put_invalid();
  put_vendor(context, ", vendor ", body.take_be32());
  put_data(context, body);
}

void put_table_id(Context& context, std::string_view before, std::span<const Token> names, std::uint8_t id) {
  context.put(before);
  put_name_or_number(context, names, id);
}

void put_statistics_request(Context& context, Cursor body) {
  const std::uint16_t type = put_statistics_header(context, body, kNoFlags);
  switch (type) {
    case kDescription:
    case kTable:
      if (body.length() != 0) context.put_invalid();
      return;
    case kFlow:
    case kAggregate:
      if (body.length() != kMatchSize + 4) return context.put_invalid();
      put_match(context, body, "\n\t ");
      body.skip(kMatchSize);
      put_table_id(context, "\n\t table_id ", kTables10, body.take_u8());
      body.skip(1);
      return put_port10(context, ", out_port ", body.take_be16());
    case kPort:
      if (body.length() != 8) return context.put_invalid();
      return put_port10(context, "\n\t port_no ", body.take_be16());
    case kQueue: {
      if (body.length() != 8) return context.put_invalid();
      put_port10(context, "\n\t port_no ", body.take_be16());
      body.skip(2);
      const std::uint32_t queue = body.take_be32();
      context.put(", queue_id ");
      if (queue == kAllQueues) return context.put("ALL");
      return context.put(queue);
    }
    case kVendorStatistics:
      return put_vendor_statistics(context, body);
    default:
      return;
  }
}

void put_flow_statistics(Context& context, Cursor body) {
  constexpr std::size_t kFixed = 88;
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < kFixed) return context.put_invalid();
    const std::uint16_t size = body.be16(0);
    context.put("\n\t length ", size);
    if (size < kFixed || size > body.length()) return context.put_invalid();
    Cursor entry = body.with_length(size).from(2);
    body.skip(size);
    put_table_id(context, ", table_id ", kTables10, entry.take_u8());
    entry.skip(1);
    put_match(context, entry, "\n\t  ");
    entry.skip(kMatchSize);
    put_fields(context, entry,
               "\n\t  duration_sec %4, duration_nsec %4, priority %2, idle_timeout %2, hard_timeout %2%-6"
               ", cookie 0x%h8, packet_count %8, byte_count %8");
    put_actions(context, entry, "\n\t  ");
  }
}

void put_table_statistics(Context& context, Cursor& body) {
  constexpr std::size_t kTableName = 32;
  put_table_id(context, "\n\t table_id ", kTables10, body.take_u8());
  body.skip(3);
  put_string(context, body, ", name ", kTableName);
  // The two counts of ignored address bits are bits of it without a name.
  put_bitmap(context, body, "\n\t  wildcards ", kWildcards, kAllWildcards);
  put_fields(context, body, "\n\t  max_entries %4, active_count %4, lookup_count %8, matched_count %8");
}
void put_port_statistics(Context& context, Cursor& body) {
  put_port10(context, "\n\t  port_no ", body.take_be16());
  if (!context.verbose(2)) return body.skip(102);
  body.skip(6);
  put_fields(context, body,
             ", rx_packets %8, tx_packets %8, rx_bytes %8, tx_bytes %8, rx_dropped %8, tx_dropped %8, rx_errors %8"
             ", tx_errors %8, rx_frame_err %8, rx_over_err %8, rx_crc_err %8, collisions %8");
}
void put_queue_statistics(Context& context, Cursor& body) {
  put_port10(context, "\n\t  port_no ", body.take_be16());
  put_fields(context, body, "%-2, queue_id %4, tx_bytes %8, tx_packets %8, tx_errors %8");
}

void put_entries(Context& context, Cursor body, std::size_t size, void (*put)(Context&, Cursor&)) {
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < size) return context.put_invalid();
    put(context, body);
  }
}

void put_statistics_reply(Context& context, Cursor body) {
  switch (put_statistics_header(context, body, kMore)) {
    case kDescription: {
      constexpr std::size_t kText = 256;
      constexpr std::size_t kSerial = 32;
      if (body.length() != 4 * kText + kSerial) return context.put_invalid();
      put_string(context, body, "\n\t  mfr_desc ", kText);
      put_string(context, body, "\n\t  hw_desc ", kText);
      put_string(context, body, "\n\t  sw_desc ", kText);
      put_string(context, body, "\n\t  serial_num ", kSerial);
      return put_string(context, body, "\n\t  dp_desc ", kText);
    }
    case kFlow:
      return put_flow_statistics(context, body);
    case kAggregate:
      if (body.length() != 24) return context.put_invalid();
      return put_fields(context, body, "\n\t packet_count %8, byte_count %8, flow_count %4");
    case kTable:
      return put_entries(context, body, 64, put_table_statistics);
    case kPort:
      return put_entries(context, body, 104, put_port_statistics);
    case kQueue:
      return put_entries(context, body, 32, put_queue_statistics);
    case kVendorStatistics:
      return put_vendor_statistics(context, body);
    default:
      return;
  }
}

void put_queue_request10(Context& context, Cursor body) {
  put_port10(context, "\n\t port ", body.take_be16());
}
void put_queue_request13(Context& context, Cursor body) {
  put_port13(context, "\n\t port ", body.take_be32());
}

void put_queue_properties(Context& context, Cursor body) {
  constexpr Token kProperties[] = {{0, "NONE"}, {1, "MIN_RATE"}};
  constexpr std::uint16_t kMinRate = 1;
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < 8) return context.put_invalid();
    const std::uint16_t property = body.be16(0);
    const std::uint16_t size = body.be16(2);
    context.put("\n\t   property ");
    put_name(context, kProperties, property, 4);
    context.put(", len ", size);
    if (size < 8 || size > body.length()) return context.put_invalid();
    const Cursor value = body.with_length(size).from(8);
    body.skip(size);
    if (property >= std::size(kProperties)) continue;
    if (size != (property == kMinRate ? 16 : 8)) {
      context.put(" (bogus)");
      continue;
    }
    if (property != kMinRate) continue;
    const std::uint16_t rate = value.be16(0);
    // In tenths of a per cent.
    if (rate > 1000) {
      context.put(", rate disabled");
    } else {
      context.put(", rate ", rate / 10u, '.', rate % 10u, '%');
    }
  }
}

void put_queues(Context& context, Cursor body) {
  put_port10(context, "\n\t port ", body.take_be16());
  body.skip(6);
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < 8) return context.put_invalid();
    const std::uint32_t id = body.be32(0);
    const std::uint16_t size = body.be16(4);
    context.put("\n\t  queue_id ", id, ", len ", size);
    if (size < 8 || size > body.length()) return context.put_invalid();
    if (context.verbose(2)) put_queue_properties(context, body.with_length(size).from(8));
    body.skip(size);
  }
}

void put_big_switch(Context& context, Cursor body) {
  constexpr Token kSubtypes[] = {
      {0, "SET_IP_MASK"},           {1, "GET_IP_MASK_REQUEST"},
      {2, "GET_IP_MASK_REPLY"},     {3, "SET_MIRRORING"},
      {4, "GET_MIRRORING_REQUEST"}, {5, "GET_MIRRORING_REPLY"},
      {6, "SHELL_COMMAND"},         {7, "SHELL_OUTPUT"},
      {8, "SHELL_STATUS"},          {9, "GET_INTERFACES_REQUEST"},
      {10, "GET_INTERFACES_REPLY"}, {11, "SET_PKTIN_SUPPRESSION_REQUEST"},
      {12, "SET_L2_TABLE_REQUEST"},
  };
  if (body.length() < 4) return context.put_invalid();
  const std::uint32_t subtype = body.take_be32();
  const std::size_t size = body.length();
  context.put("\n\t subtype ");
  put_name(context, kSubtypes, subtype, 8, "unknown");
  switch (subtype) {
    case 0:
    case 2:
      if (size != 8) return context.put_invalid();
      return put_fields(context, body, ", index %1%-3, mask %a");
    case 1:
      if (size != 8) return context.put_invalid();
      return put_fields(context, body, ", index %1");
    case 3:
    case 4:
    case 5: {
      if (size != 4) return context.put_invalid();
      const std::uint8_t on = body.u8(0);
      context.put(", report_mirror_ports ");
      if (on > 1) return context.put("bogus (", on, ')');
      return context.put(on == 1 ? "ON" : "OFF");
    }
    case 6:
    case 7:
      if (subtype == 6) {
        if (size < 4) return context.put_invalid();
        put_fields(context, body, ", service %4");
      }
      context.put(", data '");
      put_escaped(context, body, 0, body.length());
      return context.put('\'');
    case 8:
      if (size != 4) return context.put_invalid();
      return put_fields(context, body, ", status 0x%h4");
    case 9:
      if (size != 0) context.put_invalid();
      return;
    default:
      return;
  }
}

void put_vendor_message(Context& context, Cursor body) {
  const std::uint32_t vendor = body.take_be32();
  put_vendor(context, ", vendor ", vendor);
  if (vendor == kBigSwitch) return put_big_switch(context, body);
  put_data(context, body);
}

// Version 1.3
void put_hello13(Context& context, Cursor body) {
  constexpr std::uint16_t kVersionBitmap = 1;
  constexpr Token kElements[] = {{kVersionBitmap, "VERSIONBITMAP"}};
  while (body.length() > 0 && !context.truncated()) {
    if (body.length() < 4) return context.put_invalid();
    const std::uint16_t type = body.be16(0);
    const std::uint16_t size = body.be16(2);
    context.put("\n\t type ");
    put_name(context, kElements, type, 4, "unknown");
    context.put(", length ", size);
    if (size < 4 || size > body.length()) return context.put_invalid();
    if (type == kVersionBitmap) {
      if (size != 8) {
        context.put(" (bogus)");
      } else {
        const std::uint32_t bitmap = body.be32(4);
        context.put(", bitmap 0x", Hex{bitmap, 8});
        put_bits(context, kVersionBits, bitmap);
      }
    }
    body.skip(size);
  }
}

void put_experimenter(Context& context, Cursor body) {
  put_vendor(context, "\n\t experimenter ", body.take_be32());
  put_fields(context, body, ", exp_type 0x%h4");
  put_data(context, body);
}

void put_features_reply13(Context& context, Cursor body) {
  put_fields(context, body, "\n\t dpid 0x%h8, n_buffers %4, n_tables %1, auxiliary_id %1%-2");
  put_bitmap(context, body, "\n\t capabilities ", kCapabilities13);
}

void put_port_status13(Context& context, Cursor body) {
  const std::uint8_t reason = body.take_u8();
  const std::string_view name = token(kPortReasons, reason, {});
  // What tcpdump 4.99.3 prints does not tell which.
  context.put("\n\t reason ", name_or(name, "invalid (0x02x)"));
  body.skip(7);
  put_port13(context, "\n\t  port_no ", body.take_be32());
  put_fields(context, body, "%-4, hw_addr %m%-2");
  put_string(context, body, ", name ", kPortName);
  if (!context.verbose(2)) return;
  put_bitmap(context, body, "\n\t   config ", kPortConfig13);
  put_bitmap(context, body, "\n\t   state ", kPortState13);
  put_bitmap(context, body, "\n\t   curr ", kFeatures13);
  put_bitmap(context, body, "\n\t   advertised ", kFeatures13);
  put_bitmap(context, body, "\n\t   supported ", kFeatures13);
  put_bitmap(context, body, "\n\t   peer ", kFeatures13);
  put_fields(context, body, "\n\t   curr_speed %4kbps\n\t   max_speed %4kbps");
}

void put_port_mod13(Context& context, Cursor body) {
  put_port13(context, "\n\t port_no ", body.take_be32());
  put_fields(context, body, "%-4, hw_addr %m%-2");
  put_bitmap(context, body, "\n\t  config ", kPortConfig13);
  put_bitmap(context, body, "\n\t  mask ", kPortConfig13);
  put_bitmap(context, body, "\n\t  advertise ", kFeatures13);
}

void put_table_mod(Context& context, Cursor body) {
  put_table_id(context, "\n\t table_id ", kTables13, body.take_u8());
  put_fields(context, body, "%-3, config 0x%h4");
}

void put_role(Context& context, Cursor body) {
  const std::uint32_t role = body.take_be32();
  context.put("\n\t role ");
  put_name(context, kRoles, role, 8);
  put_fields(context, body, "%-4, generation_id 0x%h8");
}

void put_async(Context& context, Cursor body) {
  put_bitmap(context, body, "\n\t packet_in_mask[EM] ", kPacketInBits);
  put_bitmap(context, body, "\n\t packet_in_mask[S] ", kPacketInBits);
  put_bitmap(context, body, "\n\t port_status_mask[EM] ", kChangeBits);
  put_bitmap(context, body, "\n\t port_status_mask[S] ", kChangeBits);
  put_bitmap(context, body, "\n\t flow_removed_mask[EM] ", kChangeBits);
  put_bitmap(context, body, "\n\t flow_removed_mask[S] ", kChangeBits);
}

// Messages by type: what they must be long at least, whether that is all, and who prints the body.
struct MessageType {
  std::string_view name;
  std::uint16_t size = kHeader;
  bool fixed = false;
  void (*put)(Context&, Cursor) = nullptr;
};
constexpr MessageType kMessages10[] = {
    {"HELLO", 8, false, put_body},
    {"ERROR", 12, false, put_error10},
    {"ECHO_REQUEST", 8, false, put_body},
    {"ECHO_REPLY", 8, false, put_body},
    {"VENDOR", 12, false, put_vendor_message},
    {"FEATURES_REQUEST", 8, true},
    {"FEATURES_REPLY", 32, false, put_features_reply10},
    {"GET_CONFIG_REQUEST", 8, true},
    {"GET_CONFIG_REPLY", 12, true, put_config10},
    {"SET_CONFIG", 12, true, put_config10},
    {"PACKET_IN", 18, false, put_packet_in},
    {"FLOW_REMOVED", 88, true, put_flow_removed},
    {"PORT_STATUS", 64, true, put_port_status10},
    {"PACKET_OUT", 16, false, put_packet_out},
    {"FLOW_MOD", 72, false, put_flow_mod},
    {"PORT_MOD", 32, true, put_port_mod10},
    {"STATS_REQUEST", 12, false, put_statistics_request},
    {"STATS_REPLY", 12, false, put_statistics_reply},
    {"BARRIER_REQUEST", 8, true},
    {"BARRIER_REPLY", 8, true},
    {"QUEUE_GET_CONFIG_REQUEST", 12, true, put_queue_request10},
    {"QUEUE_GET_CONFIG_REPLY", 16, false, put_queues},
};
constexpr MessageType kMessages13[] = {
    {"HELLO", 8, false, put_hello13},
    {"ERROR", 12, false, put_error13},
    {"ECHO_REQUEST", 8, false, put_body},
    {"ECHO_REPLY", 8, false, put_body},
    {"EXPERIMENTER", 16, false, put_experimenter},
    {"FEATURES_REQUEST", 8, true},
    {"FEATURES_REPLY", 32, true, put_features_reply13},
    {"GET_CONFIG_REQUEST", 8, true},
    {"GET_CONFIG_REPLY", 12, true, put_config13},
    {"SET_CONFIG", 12, true, put_config13},
    {"PACKET_IN"},
    {"FLOW_REMOVED"},
    {"PORT_STATUS", 80, true, put_port_status13},
    {"PACKET_OUT"},
    {"FLOW_MOD"},
    {"GROUP_MOD"},
    {"PORT_MOD", 40, true, put_port_mod13},
    {"TABLE_MOD", 16, true, put_table_mod},
    {"MULTIPART_REQUEST"},
    {"MULTIPART_REPLY"},
    {"BARRIER_REQUEST", 8, true},
    {"BARRIER_REPLY", 8, true},
    {"QUEUE_GET_CONFIG_REQUEST", 16, true, put_queue_request13},
    {"QUEUE_GET_CONFIG_REPLY"},
    {"ROLE_REQUEST", 24, true, put_role},
    {"ROLE_REPLY", 24, true, put_role},
    {"GET_ASYNC_REQUEST", 8, true},
    {"GET_ASYNC_REPLY", 32, true, put_async},
    {"SET_ASYNC", 32, true, put_async},
    {"METER_MOD"},
};

const MessageType* find_message(std::uint8_t version, std::uint8_t type) {
  if (version == k10) return type < std::size(kMessages10) ? &kMessages10[type] : nullptr;
  if (version == k13) return type < std::size(kMessages13) ? &kMessages13[type] : nullptr;
  return nullptr;
}

}  // namespace

void print_openflow(Context& context, Cursor payload, const Transport&) {
  context.protocol("openflow");
  context.put(": OpenFlow");
  while (payload.length() > 0 && !context.truncated()) {
    const std::uint8_t version = payload.u8(0);
    context.put("\n\tversion ");
    put_name(context, kVersions, version, 2, "unknown");
    if (payload.length() < 2) return context.put(" (end of TCP payload)");
    const std::uint8_t type = payload.u8(1);
    const MessageType* known = find_message(version, type);
    context.put(", type ");
    if (known != nullptr) {
      context.put(known->name);
    } else {
      context.put("unknown (0x", Hex{type, 2}, ')');
    }
    if (payload.length() < 4) return context.put(" (end of TCP payload)");
    const std::uint16_t size = payload.be16(2);
    context.put(", length ", size, size < kHeader ? " (too short!)" : "");
    if (payload.length() < kHeader) return context.put(" (end of TCP payload)");
    const std::uint32_t transaction = payload.be32(4);
    context.put(", xid 0x", Hex{transaction, 8});
    if (size < kHeader) {
      context.put_invalid();
      return (void)payload.span(0, payload.length());
    }
    const Cursor body = payload.with_length(size).from(kHeader);
    if (known != nullptr && (size < known->size || (known->fixed && size != known->size))) {
      context.put_invalid();
      (void)body.span(0, body.length());
    } else if (known == nullptr || known->put == nullptr || !context.verbose()) {
      (void)body.span(0, body.length());
    } else {
      known->put(context, body);
      (void)body.span(0, body.length());
    }
    payload.skip(size);
  }
}

}  // namespace ringtap
