// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Resource reservation: RFC 2205 with the traffic of RFC 2210; refresh reduction, RFC 2961; label switched paths,
// RFC 3209, 3473, 4090, 4124, 4875 and 5063; authentication, RFC 2747; the user-network interface of OIF UNI 1.0.
#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>

#include "dissect/fields.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/routing/gmpls.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeader = 8;
constexpr std::size_t kObjectHeader = 4;

constexpr std::uint8_t kBundle = 12;
constexpr Token kMessages[] = {
    {1, "Path"},     {2, "Resv"},     {3, "PathErr"},      {4, "ResvErr"},          {5, "PathTear"},
    {6, "ResvTear"}, {7, "ResvConf"}, {kBundle, "Bundle"}, {13, "Acknowledgement"}, {14, "Hello (Old)"},
    {15, "Refresh"}, {20, "Hello"},
};
constexpr Token kMessageFlags[] = {{1, "Refresh reduction capable"}};

enum Class : std::uint8_t {
  kSession = 1,
  kHop = 3,
  kIntegrity = 4,
  kTimeValues = 5,
  kErrorSpec = 6,
  kStyle = 8,
  kFlowspec = 9,
  kFilterSpec = 10,
  kSenderTemplate = 11,
  kSenderTspec = 12,
  kAdspec = 13,
  kConfirm = 15,
  kLabel = 16,
  kLabelRequest = 19,
  kEro = 20,
  kRro = 21,
  kHello = 22,
  kMessageId = 23,
  kMessageIdAck = 24,
  kMessageIdList = 25,
  kRecoveryLabel = 34,
  kUpstreamLabel = 35,
  kLabelSet = 36,
  kSubLsp = 50,
  kDetour = 63,
  kClassType = 66,
  kClassTypeOld = 125,
  kSuggestedLabel = 129,
  kRestartCapability = 131,
  kCapability = 134,
  kNotifyRequest = 195,
  kAdminStatus = 196,
  kProperties = 204,
  kFastReroute = 205,
  kSessionAttribute = 207,
  kUni = 229,
};
constexpr Token kClasses[] = {
    {kSession, "Session"},
    {kHop, "RSVP Hop"},
    {kIntegrity, "Integrity"},
    {kTimeValues, "Time Values"},
    {kErrorSpec, "Error Spec"},
    {7, "Scope"},
    {kStyle, "Style"},
    {kFlowspec, "Flowspec"},
    {kFilterSpec, "FilterSpec"},
    {kSenderTemplate, "Sender Template"},
    {kSenderTspec, "Sender TSpec"},
    {kAdspec, "Adspec"},
    {14, "Policy Data"},
    {kConfirm, "Confirm"},
    {kLabel, "Label"},
    {kLabelRequest, "Label Request"},
    {kEro, "ERO"},
    {kRro, "RRO"},
    {kHello, "Hello"},
    {kMessageId, "Message ID"},
    {kMessageIdAck, "Message ID Ack"},
    {kMessageIdList, "Message ID List"},
    {kRecoveryLabel, "Recovery Label"},
    {kUpstreamLabel, "Upstream Label"},
    {kLabelSet, "Label Set"},
    {37, "Protection"},
    {kSubLsp, "Sub-LSP to LSP"},
    {kDetour, "Detour"},
    {kClassType, "Class Type"},
    {kClassTypeOld, "Class Type (old)"},
    {kSuggestedLabel, "Suggested Label"},
    {130, "Acceptable Label Set"},
    {kRestartCapability, "Restart Capability"},
    {kCapability, "Capability"},
    {kNotifyRequest, "Notify Request"},
    {kAdminStatus, "Administrative Status"},
    {kProperties, "Properties"},
    {kFastReroute, "Fast Re-Route"},
    {kSessionAttribute, "Session Attribute"},
    {kUni, "Generalized UNI"},
    {230, "Call-ID"},
    {236, "Call Capability"},
};

// Class and type in one number.
constexpr std::uint32_t object_type(std::uint8_t object_class, std::uint8_t type) {
  return static_cast<std::uint32_t>(object_class << 8 | type);
}
constexpr Token kTypes[] = {
    {object_type(kSession, 1), "IPv4"},
    {object_type(kSession, 2), "IPv6"},
    {object_type(kSession, 7), "Tunnel IPv4"},
    {object_type(kSession, 11), "UNI IPv4"},
    {object_type(kSession, 13), "IPv4 P2MP LSP Tunnel"},
    {object_type(kSession, 14), "IPv6 P2MP LSP Tunnel"},
    {object_type(kHop, 1), "IPv4"},
    {object_type(kHop, 2), "IPv6"},
    {object_type(kHop, 3), "IPv4 plus opt. TLVs"},
    {object_type(kHop, 4), "IPv6 plus opt. TLVs"},
    {object_type(kTimeValues, 1), "1"},
    {object_type(kErrorSpec, 1), "IPv4"},
    {object_type(kErrorSpec, 2), "IPv6"},
    {object_type(kErrorSpec, 3), "IPv4 plus opt. TLVs"},
    {object_type(kErrorSpec, 4), "IPv6 plus opt. TLVs"},
    {object_type(kStyle, 1), "1"},
    {object_type(kFlowspec, 1), "obsolete"},
    {object_type(kFlowspec, 2), "IntServ"},
    {object_type(kFilterSpec, 1), "IPv4"},
    {object_type(kFilterSpec, 2), "IPv6"},
    {object_type(kFilterSpec, 3), "IPv6 Flow-label"},
    {object_type(kFilterSpec, 7), "Tunnel IPv4"},
    {object_type(kFilterSpec, 12), "IPv4 P2MP LSP Tunnel"},
    {object_type(kFilterSpec, 13), "IPv6 P2MP LSP Tunnel"},
    {object_type(kSenderTemplate, 1), "IPv4"},
    {object_type(kSenderTemplate, 2), "IPv6"},
    {object_type(kSenderTemplate, 7), "Tunnel IPv4"},
    {object_type(kSenderTemplate, 12), "IPv4 P2MP LSP Tunnel"},
    {object_type(kSenderTemplate, 13), "IPv6 P2MP LSP Tunnel"},
    {object_type(kSenderTspec, 2), "IntServ"},
    {object_type(kAdspec, 2), "IntServ"},
    {object_type(kConfirm, 1), "IPv4"},
    {object_type(kConfirm, 2), "IPv6"},
    {object_type(kLabel, 1), "Label"},
    {object_type(kLabel, 2), "Generalized Label"},
    {object_type(kLabel, 3), "Waveband Switching"},
    {object_type(kLabelRequest, 1), "without label range"},
    {object_type(kLabelRequest, 2), "with ATM label range"},
    {object_type(kLabelRequest, 3), "with FR label range"},
    {object_type(kLabelRequest, 4), "Generalized Label"},
    {object_type(kEro, 1), "IPv4"},
    {object_type(kRro, 1), "IPv4"},
    {object_type(kHello, 1), "Hello Request"},
    {object_type(kHello, 2), "Hello Ack"},
    {object_type(kMessageId, 1), "1"},
    {object_type(kMessageIdAck, 1), "Message id ack"},
    {object_type(kMessageIdAck, 2), "Message id nack"},
    {object_type(kMessageIdList, 1), "1"},
    {object_type(kRecoveryLabel, 1), "Label"},
    {object_type(kRecoveryLabel, 2), "Generalized Label"},
    {object_type(kRecoveryLabel, 3), "Waveband Switching"},
    {object_type(kUpstreamLabel, 1), "Label"},
    {object_type(kUpstreamLabel, 2), "Generalized Label"},
    {object_type(kUpstreamLabel, 3), "Waveband Switching"},
    {object_type(kLabelSet, 1), "1"},
    {object_type(kSubLsp, 1), "IPv4 sub-LSP"},
    {object_type(kSubLsp, 2), "IPv6 sub-LSP"},
    {object_type(kDetour, 7), "Tunnel IPv4"},
    {object_type(kClassType, 1), "1"},
    {object_type(kClassTypeOld, 1), "1"},
    {object_type(kSuggestedLabel, 1), "Label"},
    {object_type(kSuggestedLabel, 2), "Generalized Label"},
    {object_type(kSuggestedLabel, 3), "Waveband Switching"},
    {object_type(kRestartCapability, 1), "IPv4"},
    {object_type(kCapability, 1), "1"},
    {object_type(kNotifyRequest, 1), "IPv4"},
    {object_type(kNotifyRequest, 2), "IPv6"},
    {object_type(kAdminStatus, 1), "1"},
    {object_type(kProperties, 1), "1"},
    {object_type(kFastReroute, 1), "1"},
    {object_type(kFastReroute, 7), "Tunnel IPv4"},
    {object_type(kSessionAttribute, 7), "Tunnel IPv4"},
    {object_type(kUni, 1), "1"},
};

constexpr Token kServices[] = {{1, "Default/Global Information"}, {2, "Guaranteed Service"}, {5, "Controlled Load"}};
enum Parameter : std::uint8_t {
  kHopCount = 4,
  kBandwidthEstimate = 6,
  kLatency = 8,
  kComposedMtu = 10,
  kTokenBucket = 127,
  kGuaranteedRspec = 130,
  kEndToEndC = 133,
  kEndToEndD = 134,
  kSinceReshapingC = 135,
  kSinceReshapingD = 136,
};
constexpr Token kParameters[] = {
    {kHopCount, "IS hop cnt"},
    {kBandwidthEstimate, "Path b/w estimate"},
    {kLatency, "Minimum path latency"},
    {kComposedMtu, "Composed MTU"},
    {kTokenBucket, "Token Bucket TSpec"},
    {kGuaranteedRspec, "Guaranteed Service RSpec"},
    {kEndToEndC, "End-to-end composed value for C"},
    {kEndToEndD, "End-to-end composed value for D"},
    {kSinceReshapingC, "Since-last-reshaping point composed C"},
    {kSinceReshapingD, "Since-last-reshaping point composed D"},
};

enum Hop : std::uint8_t { kHopIpv4 = 1, kHopLabel = 3 };
constexpr Token kHops[] = {
    {0, "Reserved"},      {kHopIpv4, "IPv4 prefix"},        {2, "IPv6 prefix"},
    {kHopLabel, "Label"}, {32, "Autonomous system number"}, {64, "MPLS label switched path termination"},
};
constexpr Token kHopFlags[] = {{1, "Local protection available"},
                               {2, "Local protection in use"},
                               {4, "Bandwidth protection"},
                               {8, "Node protection"}};
constexpr Token kLabelFlags[] = {{1, "Global"}};

enum Error : std::uint8_t { kRoutingProblem = 24, kNotifyError = 25, kDiffservError = 28, kDiffservErrorOld = 125 };
constexpr Token kErrors[] = {{kRoutingProblem, "Routing Problem"},
                             {kNotifyError, "Notify Error"},
                             {kDiffservError, "Diffserv TE Error"},
                             {kDiffservErrorOld, "Diffserv TE Error (Old)"}};
constexpr Token kRoutingProblems[] = {
    {1, "Bad EXPLICIT_ROUTE object"},
    {2, "Bad strict node"},
    {3, "Bad loose node"},
    {4, "Bad initial subobject"},
    {5, "No route available toward destination"},
    {6, "Unacceptable label value"},
    {7, "RRO indicated routing loops"},
    {8, "non-RSVP-capable router in the path"},
    {9, "MPLS label allocation failure"},
    {10, "Unsupported L3PID"},
};
constexpr Token kDiffservErrors[] = {
    {1, "Unexpected CT object"},
    {2, "Unsupported CT"},
    {3, "Invalid CT value"},
    {4, "CT/setup priority do not form a configured TE-Class"},
    {5, "CT/holding priority do not form a configured TE-Class"},
    {6, "CT/setup priority and CT/holding priority do not form a configured TE-Class"},
    {7, "Inconsistency between signaled PSC and signaled CT"},
    {8, "Inconsistency between signaled PHBs and signaled CT"},
};

constexpr Token kStyles[] = {{0x0a, "Fixed Filter"}, {0x11, "Wildcard Filter"}, {0x12, "Shared Explicit"}};
constexpr Token kSessionFlags[] = {
    {0x01, "Local Protection"},     {0x02, "Label Recording"}, {0x04, "SE Style"},
    {0x08, "Bandwidth protection"}, {0x10, "Node protection"},
};
constexpr Token kIntegrityFlags[] = {{0x80, "Handshake"}};
constexpr Token kAdminFlags[] = {
    {0x80000000, "Reflect"}, {0x4, "Testing"}, {0x2, "Admin-down"}, {0x1, "Delete-in-progress"}};
constexpr Token kCapabilityFlags[] = {
    {4, "RecoveryPath Transmit Enabled"}, {2, "RecoveryPath Desired"}, {1, "RecoveryPath Srefresh Capable"}};
enum LabelSetAction : std::uint8_t { kInclusiveRange = 2, kExclusiveRange = 3 };
constexpr Token kLabelSetActions[] = {{0, "Inclusive list"},
                                      {1, "Exclusive list"},
                                      {kInclusiveRange, "Inclusive range"},
                                      {kExclusiveRange, "Exclusive range"}};
constexpr Token kPropertyTypes[] = {{1, "Cos"}, {2, "Metric 1"}, {4, "Metric 2"}, {8, "CCC Status"}, {16, "Path Type"}};

enum Uni : std::uint8_t { kSourceTna = 1, kDestinationTna = 2, kDiversity = 3, kEgressLabel = 4, kServiceLevel = 5 };
constexpr Token kUnis[] = {{kSourceTna, "Source TNA address"},
                           {kDestinationTna, "Destination TNA address"},
                           {kDiversity, "Diversity"},
                           {kEgressLabel, "Egress label"},
                           {kServiceLevel, "Service level"}};
constexpr std::uint16_t kFamilyIpv4 = 1;
constexpr std::uint16_t kFamilyIpv6 = 2;

// What an object's printer leaves to do.
enum class Outcome {
  kPrinted,
  kUnknown,   // its bytes are to be shown
  kTooShort,  // nothing after it can be read
  kStop,      // as above, and it was said
};

// An object, with the beginning of its lines: objects in a bundle are further to the right.
struct Object {
  std::string_view line;
  std::uint8_t object_class;
  std::uint8_t type;
  Cursor value;
};

// Objects that are runs of fields; "|" begins another line.
struct Layout {
  std::uint8_t object_class;
  std::uint8_t type;
  std::uint8_t least;
  std::string_view format;
  std::uint16_t most = 0xffff;  // the bytes of a longer one are shown as well
};
constexpr std::string_view kHop4 = "Previous/Next Interface: %a, Logical Interface Handle: 0x%h4";
constexpr std::string_view kHop6 = "Previous/Next Interface: %A, Logical Interface Handle: 0x%h4";
constexpr std::string_view kGeneralizedLabel = "Generalized Label: %4";
constexpr std::string_view kWaveband = "Waveband ID: %4|Start Label: %4, Stop Label: %4";
constexpr std::string_view kTunnel = "IPv4 Tunnel EndPoint: %a%-2, Tunnel ID: 0x%h2, Extended Tunnel ID: %a";
constexpr std::string_view kP2mpSender4 =
    "IPv4 Tunnel Sender Address: %a%-2, LSP ID: 0x%h2|Sub-Group Originator ID: %a, Sub-Group ID: 0x%h2";
constexpr std::string_view kP2mpSender6 =
    "IPv6 Tunnel Sender Address: %A%-2, LSP ID: 0x%h2|Sub-Group Originator ID: %A%-2, Sub-Group ID: 0x%h2";
constexpr Layout kLayouts[] = {
    {kSession, 1, 8, "IPv4 DestAddress: %a, Protocol ID: 0x%h1|Flags: [0x%h1], DestPort %2"},
    {kSession, 2, 20, "IPv6 DestAddress: %A, Protocol ID: 0x%h1|Flags: [0x%h1], DestPort %2"},
    {kSession, 7, 12, kTunnel},
    {kSession, 8, 36, "IPv6 Tunnel EndPoint: %A%-2, Tunnel ID: 0x%h2, Extended Tunnel ID: %A"},
    {kSession, 11, 12, kTunnel},
    {kSession, 13, 12, "IPv4 P2MP LSP ID: %a%-2, Tunnel ID: 0x%h2, Extended Tunnel ID: %a"},
    {kSession, 14, 26, "IPv6 P2MP LSP ID: 0x%h4%-2, Tunnel ID: 0x%h2, Extended Tunnel ID: %A"},
    {kHop, 1, 8, kHop4, 8},
    {kHop, 2, 20, kHop6, 0},
    {kHop, 3, 8, kHop4, 8},
    {kHop, 4, 20, kHop6, 0},
    {kTimeValues, 1, 4, "Refresh Period: %4ms"},
    {kFilterSpec, 1, 8, "Source Address: %a%-2, Source Port: %2"},
    {kFilterSpec, 2, 20, "Source Address: %A%-2, Source Port: %2"},
    {kFilterSpec, 7, 8, "Source Address: %a%-2, LSP-ID: 0x%h2"},
    {kFilterSpec, 8, 20, "Source Address: %a%-9%-5, LSP-ID: 0x%h2"},
    {kFilterSpec, 12, 16, kP2mpSender4},
    {kFilterSpec, 13, 40, kP2mpSender6},
    {kSenderTemplate, 1, 8, "Source Address: %a%-2, Source Port: %2"},
    {kSenderTemplate, 2, 20, "Source Address: %A%-2, Source Port: %2"},
    {kSenderTemplate, 7, 8, "IPv4 Tunnel Sender Address: %a%-2, LSP-ID: 0x%h2"},
    {kSenderTemplate, 12, 16, kP2mpSender4},
    {kSenderTemplate, 13, 40, kP2mpSender6},
    {kConfirm, 1, 4, "IPv4 Receiver Address: %a"},
    {kConfirm, 2, 16, "IPv6 Receiver Address: %A"},
    {kLabel, 2, 4, kGeneralizedLabel},
    {kLabel, 3, 12, kWaveband},
    {kHello, 1, 8, "Source Instance: 0x%h4, Destination Instance: 0x%h4"},
    {kHello, 2, 8, "Source Instance: 0x%h4, Destination Instance: 0x%h4"},
    {kRecoveryLabel, 2, 4, kGeneralizedLabel},
    {kRecoveryLabel, 3, 12, kWaveband},
    {kUpstreamLabel, 2, 4, kGeneralizedLabel},
    {kUpstreamLabel, 3, 12, kWaveband},
    {kSubLsp, 1, 4, "Sub-LSP destination address: %a"},
    {kSubLsp, 2, 16, "Sub-LSP destination address: %A"},
    {kSuggestedLabel, 2, 4, kGeneralizedLabel},
    {kSuggestedLabel, 3, 12, kWaveband},
    {kRestartCapability, 1, 8, "Restart  Time: %4ms, Recovery Time: %4ms"},
    {kNotifyRequest, 1, 4, "IPv4 Notify Node Address: %a"},
    {kNotifyRequest, 2, 16, "IPv6 Notify Node Address: %A"},
};

void put_layout(Context& context, const Object& object, std::string_view format) {
  Cursor value = object.value;
  while (!format.empty()) {
    const std::size_t end = std::min(format.find('|'), format.size());
    context.put(object.line, "  ");
    put_fields(context, value, format.substr(0, end));
    format.remove_prefix(std::min(end + 1, format.size()));
  }
}

// As %.10g prints it.
void put_float(Context& context, float value) {
  char text[32];
  const char* const end = std::to_chars(text, std::end(text), double{value}, std::chars_format::general, 10).ptr;
  context.put(std::string_view(text, static_cast<std::size_t>(end - text)));
}
// An IEEE 754 number of bytes a second, rounded to one of 32 bits as tcpdump does.
void put_rate(Context& context, std::string_view before, std::uint32_t bytes) {
  context.put(before);
  put_float(context, std::bit_cast<float>(bytes) / 125000);
  context.put(" Mbps");
}

void put_parameter(Context& context, std::uint8_t parameter, const Cursor& value, std::size_t size) {
  switch (parameter) {
    case kHopCount:
      if (size == 4) context.put("\n\t\tIS hop count: ", value.be32(0));
      break;
    case kBandwidthEstimate:
      if (size == 4) put_rate(context, "\n\t\tPath b/w estimate: ", value.be32(0));
      break;
    case kLatency:
      if (size != 4) break;
      context.put("\n\t\tMinimum path latency: ");
      if (value.be32(0) == 0xffffffff) {
        context.put("don't care");
      } else {
        context.put(value.be32(0));
      }
      break;
    case kComposedMtu:
      if (size == 4) context.put("\n\t\tComposed MTU: ", value.be32(0), " bytes");
      break;
    case kTokenBucket:
      if (size != 20) break;
      put_rate(context, "\n\t\tToken Bucket Rate: ", value.be32(0));
      context.put("\n\t\tToken Bucket Size: ");
      put_float(context, std::bit_cast<float>(value.be32(4)));
      context.put(" bytes");
      put_rate(context, "\n\t\tPeak Data Rate: ", value.be32(8));
      context.put("\n\t\tMinimum Policed Unit: ", value.be32(12), " bytes");
      context.put("\n\t\tMaximum Packet Size: ", value.be32(16), " bytes");
      break;
    case kGuaranteedRspec:
      if (size != 8) break;
      put_rate(context, "\n\t\tRate: ", value.be32(0));
      context.put("\n\t\tSlack Term: ", value.be32(4));
      break;
    case kEndToEndC:
    case kEndToEndD:
    case kSinceReshapingC:
    case kSinceReshapingD:
      if (size == 4) context.put("\n\t\tValue: ", value.be32(0));
      break;
    default:
      if (!context.verbose(2)) dump_layer(context, value, 0, size, "\n\t\t");
      break;
  }
}

// RFC 2210 3: words of 32 bits; a service and then its parameters.
Outcome put_traffic(Context& context, const Object& object) {
  constexpr std::size_t kPart = 4;
  Cursor rest = object.value;
  if (rest.length() < kPart) return Outcome::kTooShort;
  context.put(object.line, "  Msg-Version: ", rest.u8(0) >> 4 & 0xfu, ", length: ", std::size_t{4} * rest.be16(2));
  rest.skip(kPart);
  while (rest.length() >= kPart && !context.truncated()) {
    const std::uint8_t service = rest.u8(0);
    std::size_t service_left = std::size_t{4} * rest.be16(2);
    context.put(object.line, "  Service Type: ", named(kServices, service, "unknown"), ", break bit ",
                (rest.u8(1) & 0x80) != 0 ? "" : "not ", "set, Service length: ", service_left);
    rest.skip(kPart);
    while (service_left >= kPart && rest.length() >= kPart && !context.truncated()) {
      const std::uint8_t parameter = rest.u8(0);
      const std::size_t size = std::size_t{4} * rest.be16(2);
      context.put("\n\t      Parameter ID: ", named(kParameters, parameter, "unknown"), ", length: ", size,
                  ", Flags: [0x", Hex{rest.u8(1), 2}, ']');
      // tcpdump 4.99.3 goes on here, as if a service began.
      if (size > rest.length() - kPart) break;
      put_parameter(context, parameter, rest.from(kPart), size);
      rest.skip(kPart + size);
      service_left -= kPart + size;  // a service that its parameter is too long for has no end
    }
  }
  return Outcome::kPrinted;
}

// The hops of an explicit or a recorded route.
Outcome put_route(Context& context, const Object& object) {
  Cursor rest = object.value;
  const auto has_length = [&](std::size_t size) {
    constexpr std::size_t kRight = 8;
    if (size == kRight) return true;
    context.put(" ERROR: length != ", kRight);
    context.put_invalid();
    return false;
  };
  while (rest.length() >= 4) {
    (void)rest.span(0, 4);
    if (context.truncated()) break;
    const std::uint8_t type = rest.u8(0) & 0x7f;
    const std::size_t size = rest.u8(1);
    const std::string_view name = token(kHops, type);
    context.put(object.line, "  Subobject Type: ");
    context.put_name(name, "Unknown ", type);
    context.put(", length ", size);
    if (size == 0) {
      context.put(object.line, "  ERROR: zero length ERO subtype");
      return Outcome::kPrinted;
    }
    if (size > rest.length()) {
      context.put(object.line, "  ERROR: ERO subobject length > object length");
      return Outcome::kPrinted;
    }
    if (type == kHopIpv4) {
      if (!has_length(size)) return Outcome::kStop;
      if (rest.u8(6) != 32) {
        context.put(" ERROR: Prefix length ", rest.u8(6), " != 32");
        context.put_invalid();
        return Outcome::kStop;
      }
      context.put((rest.u8(0) & 0x80) != 0 ? ", Loose, " : ", Strict, ");
      context.host4(rest.block(2, 4));
      context.put("/32, Flags: [");
      context.put_flags(kHopFlags, rest.u8(7));
      context.put(']');
    } else if (type == kHopLabel) {
      if (!has_length(size)) return Outcome::kStop;
      const std::uint8_t flags = rest.u8(2);
      context.put(", Flags: [");
      context.put_flags(kLabelFlags, flags);
      context.put(flags == 0 ? "] (" : "] (0x", Hex{flags}, "), Class-Type: ",
                  Named{token(kTypes, object_type(object.object_class, rest.u8(3)), "Unknown"), rest.u8(3)}, ", ",
                  rest.be32(4));
    }
    rest.skip(size);
  }
  return Outcome::kPrinted;
}

Outcome put_error_spec(Context& context, const Object& object) {
  const bool ipv6 = object.type == 2 || object.type == 4;
  if (object.type < 1 || object.type > 4) return Outcome::kUnknown;
  const std::size_t address = ipv6 ? 16 : 4;
  const Cursor& value = object.value;
  if (value.length() < address + 4) return Outcome::kTooShort;
  context.put(object.line, "  Error Node Address: ");
  if (ipv6) {
    context.host6(value.block(0, address));
  } else {
    context.host4(value.block(0, address));
  }
  const std::uint8_t code = value.u8(address + 1);
  const std::uint16_t error = value.be16(address + 2);
  context.put(", Flags: [0x", Hex{value.u8(address), 2}, ']', object.line,
              "  Error Code: ", named(kErrors, code, "unknown"));
  switch (code) {
    case kRoutingProblem:
      context.put(", Error Value: ", named(kRoutingProblems, error, "unknown"));
      break;
    case kDiffservError:
    case kDiffservErrorOld:
      // tcpdump 4.99.3 says it of IPv4 only.
      if (!ipv6) context.put(", Error Value: ", named(kDiffservErrors, error, "unknown"));
      break;
    default:
      if (!ipv6) context.put(", Unknown Error Value (", error, ')');
      break;
  }
  return Outcome::kPrinted;
}

Outcome put_label_request(Context& context, const Object& object) {
  Cursor value = object.value;
  const auto put_protocol = [&](std::uint16_t protocol) {
    const std::string_view name = ethertype_name(protocol);
    context.put(object.line, "  L3 Protocol ID: ");
    if (name == "Unknown") {
      context.put("Unknown Protocol (0x", Hex{protocol, 4}, ')');
    } else {
      context.put(name);
    }
  };
  constexpr std::size_t kRange = 12;
  switch (object.type) {
    case 1:
      for (; value.length() >= 4; value.skip(4)) put_protocol(value.be16(2));
      return Outcome::kPrinted;
    case 2:
      if (value.length() < kRange) return Outcome::kTooShort;
      put_protocol(value.be16(2));
      context.put((value.be16(4) & 0x8000) != 0 ? ",no merge capability" : ", merge capability");
      context.put(object.line, "  Minimum VPI/VCI: ", value.be16(4) & 0xfffu, '/', value.be16(6) & 0xfffu);
      context.put(object.line, "  Maximum VPI/VCI: ", value.be16(8) & 0xfffu, '/', value.be16(10) & 0xfffu);
      return Outcome::kPrinted;
    case 3: {
      if (value.length() < kRange) return Outcome::kTooShort;
      constexpr std::uint32_t kDlci = 0x7fffff;
      put_protocol(value.be16(2));
      const std::uint32_t bits = value.be32(4) >> 23 & 3;
      context.put(object.line, "  Minimum/Maximum DLCI: ", value.be32(4) & kDlci, '/', value.be32(8) & kDlci, ", ",
                  bits == 0 ? "10" : "", bits == 2 ? "23" : "", " bit DLCI");
      return Outcome::kPrinted;
    }
    case 4: {
      if (value.length() < 4) return Outcome::kTooShort;
      const std::uint8_t encoding = value.u8(0);
      const std::uint8_t switching = value.u8(1);
      context.put(object.line, "  LSP Encoding Type: ", Named{gmpls_encoding_name(encoding, "Unknown"), encoding});
      context.put(object.line, "  Switching Type: ", Named{gmpls_switching_name(switching, "Unknown"), switching},
                  ", Payload ID: ", NamedHex{gmpls_payload_name(value.be16(2), "Unknown"), value.be16(2), 4});
      return Outcome::kPrinted;
    }
    default:
      return Outcome::kUnknown;
  }
}

Outcome put_label_set(Context& context, const Object& object) {
  if (object.type != 1) return Outcome::kUnknown;
  Cursor value = object.value;
  if (value.length() < 4) return Outcome::kTooShort;
  const std::uint8_t action = value.u8(0);
  context.put(object.line, "  Action: ", named(kLabelSetActions, action, "Unknown"),
              ", Label type: ", value.u8(3) & 0x7fu);
  value.skip(4);
  if (action == kInclusiveRange || action == kExclusiveRange) {
    if (value.length() < 8) return Outcome::kTooShort;
    context.put(object.line, "  Start range: ", value.be32(0), ", End range: ", value.be32(4));
    return Outcome::kPrinted;
  }
  for (std::size_t channel = 1; value.length() >= 4; ++channel, value.skip(4)) {
    context.put(object.line, "  Subchannel #", channel, ": ", value.be32(0));
  }
  return Outcome::kPrinted;
}

Outcome put_message_ids(Context& context, const Object& object) {
  Cursor value = object.value;
  const bool known = object.type == 1 || object.type == 2;
  if (!known) return Outcome::kUnknown;
  if (value.length() < 4) return Outcome::kTooShort;
  context.put(object.line, "  Flags [0x", Hex{value.u8(0), 2}, "], epoch: ", value.be24(1));
  for (value.skip(4); value.length() >= 4; value.skip(4)) {
    context.put(object.line, "    Message-ID 0x", Hex{value.be32(0), 8}, " (", value.be32(0), ')');
  }
  return Outcome::kPrinted;
}

Outcome put_properties(Context& context, const Object& object) {
  if (object.type != 1) return Outcome::kUnknown;
  Cursor value = object.value;
  if (value.length() < 4) return Outcome::kTooShort;
  const std::size_t padding = value.be16(2);
  context.put(object.line, "  TLV count: ", value.be16(0), ", padding bytes: ", padding);
  value.skip(4);
  while (value.length() >= padding + 2 && !context.truncated()) {
    const std::uint8_t type = value.u8(0);
    const std::size_t size = value.u8(1);
    context.put(object.line, "    ", token(kPropertyTypes, type, "unknown"), " TLV (0x", Hex{type, 2},
                "), length: ", size);
    if (value.length() < size) return Outcome::kTooShort;
    if (size < 2) {
      context.put(object.line, "ERROR: property TLV is too short");
      return Outcome::kStop;
    }
    dump_layer(context, value, 2, size - 2, "\n\t\t");
    value.skip(size);
  }
  return Outcome::kPrinted;
}

Outcome put_reroute(Context& context, const Object& object) {
  const bool standard = object.type == 1;
  if (!standard && object.type != 7) return Outcome::kUnknown;
  const Cursor& value = object.value;
  if (value.length() < (standard ? 20 : 16)) return Outcome::kTooShort;
  context.put(object.line, "  Setup Priority: ", value.u8(0), ", Holding Priority: ", value.u8(1),
              ", Hop-limit: ", value.u8(2));
  context.put(", Bandwidth: ");
  put_float(context, std::bit_cast<float>(value.be32(4)) * 8 / 1000000);  // overflows, unlike a division by 125000
  context.put(" Mbps");
  const Hex any{value.be32(8), 8};
  const Hex none{value.be32(12), 8};
  if (standard) {
    context.put(object.line, "  Include-any: 0x", any, ", Exclude-any: 0x", none, ", Include-all: 0x",
                Hex{value.be32(16), 8});
  } else {
    context.put(object.line, "  Include Colors: 0x", any, ", Exclude Colors: 0x", none);
  }
  return Outcome::kPrinted;
}

Outcome put_session_attribute(Context& context, const Object& object) {
  constexpr std::size_t kFixed = 4;
  if (object.type != 7) return Outcome::kUnknown;
  const Cursor& value = object.value;
  if (value.length() < kFixed) return Outcome::kTooShort;
  const std::size_t name = value.u8(3);
  if (value.length() < kFixed + name) return Outcome::kTooShort;
  const std::uint8_t flags = value.u8(2);
  context.put(object.line, "  Session Name: ");
  context.out.escaped(value.span(kFixed, name));
  context.put(object.line, "  Setup Priority: ", value.u8(0), ", Holding Priority: ", value.u8(1), ", Flags: [");
  context.put_flags(kSessionFlags, flags);
  context.put(flags == 0 ? "] (" : "] (0x", Hex{flags}, ')');
  return Outcome::kPrinted;
}

Outcome put_uni(Context& context, const Object& object) {
  constexpr std::size_t kSubHeader = 4;
  if (object.type != 1) return Outcome::kUnknown;
  Cursor rest = object.value;
  const auto too_short = [&] {
    context.put(object.line, "ERROR: sub-object is too short");
    return Outcome::kStop;
  };
  if (rest.length() < kSubHeader) return Outcome::kTooShort;
  Outcome outcome = Outcome::kPrinted;
  while (rest.length() > 0 && !context.truncated()) {
    if (rest.length() < kSubHeader) {
      context.put_invalid();
      return Outcome::kStop;
    }
    const std::size_t size = rest.be16(0);
    const std::uint8_t type = rest.u8(2);
    const std::uint8_t family = rest.u8(3);
    const std::string_view name = address_family_name(family);
    context.put(object.line, "  Subobject Type: ", named(kUnis, type, "Unknown"),
                ", AF: ", Named{name_or(name, "Unknown"), family}, ", length: ", size);
    if (size == 0 || size < kSubHeader || size > rest.length()) {
      context.put_invalid();
      return Outcome::kStop;
    }
    const Cursor value = rest.from(kSubHeader);
    const std::size_t left = size - kSubHeader;
    switch (type) {
      case kSourceTna:
      case kDestinationTna:
        if (family == kFamilyIpv4) {
          if (left < 4) return too_short();
          context.put(object.line, "    UNI IPv4 TNA address: ");
          context.host4(value.block(0, 4));
        } else if (family == kFamilyIpv6) {
          if (left < 16) return too_short();
          context.put(object.line, "    UNI IPv6 TNA address: ");
          context.host6(value.block(0, 16));
        }
        break;
      case kEgressLabel:
        if (left < 12) return too_short();
        context.put(object.line, "    U-bit: ", unsigned{value.u8(0)} >> 7, ", Label type: ", value.u8(3),
                    ", Logical port id: ", value.be32(4), ", Label: ", value.be32(8));
        break;
      case kServiceLevel:
        if (left < 4) return too_short();
        context.put(object.line, "    Service level: ", value.u8(0));
        break;
      default:
        outcome = Outcome::kUnknown;
        break;
    }
    rest.skip(size);
  }
  return outcome;
}

Outcome put_integrity(Context& context, const Object& object) {
  constexpr std::size_t kSize = 32;
  if (object.type != 1) return Outcome::kUnknown;
  const Cursor& value = object.value;
  if (value.length() < kSize) return Outcome::kTooShort;
  context.put(object.line, "  Key-ID 0x", Hex{value.be16(2), 4}, Hex{value.be32(4), 8}, ", Sequence 0x",
              Hex{value.be64(8), 16}, ", Flags [");
  context.put_flags(kIntegrityFlags, value.u8(0));
  // -M is of TCP only.
  context.put(']', object.line, "  MD5-sum 0x", Hex{value.be64(16), 16}, Hex{value.be64(24), 16}, "  (unchecked)");
  return Outcome::kPrinted;
}

// Objects of one word, which some flags or numbers are in.
Outcome put_word(Context& context, const Object& object) {
  if (object.type != 1) return Outcome::kUnknown;
  if (object.value.length() < 4) return Outcome::kTooShort;
  const std::uint32_t word = object.value.be32(0);
  switch (object.object_class) {
    case kStyle:
      context.put(object.line, "  Reservation Style: ", token(kStyles, word & 0xffffff, "Unknown"), ", Flags: [0x",
                  Hex{word >> 24, 2}, ']');
      break;
    case kAdminStatus:
      context.put(object.line, "  Flags [");
      context.put_flags(kAdminFlags, word);
      context.put(']');
      break;
    case kCapability:
      if ((word & ~7u) != 0) context.put(object.line, "  [reserved=0x", Hex{word & ~7u, 8}, " must be zero]");
      context.put(object.line, "  Flags: [");
      context.put_flags(kCapabilityFlags, word);
      context.put(']');
      break;
    default:
      context.put(object.line, "  CT: ", word & 7u);
      break;
  }
  return Outcome::kPrinted;
}

Outcome put_value(Context& context, const Object& object) {
  const auto* layout = std::find_if(std::begin(kLayouts), std::end(kLayouts), [&](const Layout& row) {
    return row.object_class == object.object_class && row.type == object.type;
  });
  if (layout != std::end(kLayouts)) {
    if (object.value.length() < layout->least) return Outcome::kTooShort;
    put_layout(context, object, layout->format);
    return object.value.length() > layout->most ? Outcome::kUnknown : Outcome::kPrinted;
  }
  switch (object.object_class) {
    case kIntegrity:
      return put_integrity(context, object);
    case kErrorSpec:
      return put_error_spec(context, object);
    case kFlowspec:
    case kSenderTspec:
    case kAdspec:
      return object.type == 2 ? put_traffic(context, object) : Outcome::kUnknown;
    case kFilterSpec: {
      if (object.type != 3) return Outcome::kUnknown;
      if (object.value.length() < 20) return Outcome::kTooShort;
      context.put(object.line, "  Source Address: ");
      context.host6(object.value.block(0, 16));
      context.put(", Flow Label: ", object.value.be24(17));
      return Outcome::kPrinted;
    }
    case kLabel:
    case kRecoveryLabel:
    case kUpstreamLabel:
    case kSuggestedLabel:
      if (object.type != 1) return Outcome::kUnknown;
      for (Cursor rest = object.value; rest.length() >= 4; rest.skip(4)) {
        context.put(object.line, "  Label: ", rest.be32(0));
      }
      return Outcome::kPrinted;
    case kLabelRequest:
      return put_label_request(context, object);
    case kEro:
    case kRro:
      return object.type == 1 ? put_route(context, object) : Outcome::kUnknown;
    case kMessageId:
    case kMessageIdAck:
    case kMessageIdList:
      return put_message_ids(context, object);
    case kLabelSet:
      return put_label_set(context, object);
    case kDetour:
      if (object.type != 7) return Outcome::kUnknown;
      for (Cursor rest = object.value; rest.length() >= 8; rest.skip(8)) {
        context.put(object.line, "  PLR-ID: ");
        context.host4(rest.block(0, 4));
        context.put(", Avoid-Node-ID: ");
        context.host4(rest.block(4, 4));
      }
      return Outcome::kPrinted;
    case kStyle:
    case kClassType:
    case kClassTypeOld:
    case kCapability:
    case kAdminStatus:
      return put_word(context, object);
    case kProperties:
      return put_properties(context, object);
    case kFastReroute:
      return put_reroute(context, object);
    case kSessionAttribute:
      return put_session_attribute(context, object);
    case kUni:
      return put_uni(context, object);
    default:
      return Outcome::kUnknown;
  }
}

std::string_view if_unknown(std::uint8_t object_class) {
  switch (object_class & 0xc0) {
    case 0x80:
      return "ignore silently";
    case 0xc0:
      return "ignore and forward";
    default:
      return "reject";
  }
}

// Whether what follows can be read.
bool put_objects(Context& context, Cursor objects, std::string_view line) {
  while (objects.length() >= kObjectHeader) {
    (void)objects.span(0, kObjectHeader);
    const std::size_t size = objects.be16(0);
    const std::uint8_t object_class = objects.u8(2);
    const std::uint8_t type = objects.u8(3);
    if (context.truncated()) return false;
    if (size % 4 != 0) {
      context.put(line, "ERROR: object header size ", size, " not a multiple of 4");
      return false;
    }
    if (size < kObjectHeader) {
      context.put(line, "ERROR: object header too short ", size, " < ", kObjectHeader);
      return false;
    }
    context.put(line, token(kClasses, object_class, "Unknown"), " Object (", object_class, ") Flags: [",
                if_unknown(object_class),
                " if unknown], Class-Type: ", Named{token(kTypes, object_type(object_class, type), "Unknown"), type},
                ", length: ", size);
    if (size > objects.length()) {
      context.put(line, "ERROR: object goes past end of objects TLV");
      return false;
    }
    (void)objects.span(0, size);
    if (context.truncated()) return false;
    const Object object{line, object_class, type, objects.from(kObjectHeader).first(size - kObjectHeader)};
    const Outcome outcome = put_value(context, object);
    if (outcome == Outcome::kTooShort) context.put(line, "ERROR: object is too short");
    if (outcome == Outcome::kTooShort || outcome == Outcome::kStop) return false;
    if (outcome == Outcome::kUnknown || context.verbose(2)) {
      dump_layer(context, object.value, 0, object.value.length(), "\n\t    ");
    }
    objects.skip(size);
  }
  return true;
}

void put_header(Context& context, const Cursor& message, std::string_view line) {
  const std::uint8_t type = message.u8(1);
  const std::string_view name = token(kMessages, type);
  context.put(line, "RSVPv", unsigned{message.u8(0)} >> 4, ' ');
  context.put_name(name, "unknown, type: ", type);
  context.put(" Message (", type, "), Flags: [");
  context.put_flags(kMessageFlags, message.u8(0) & 0xf);
  context.put("], length: ", message.be16(6), ", ttl: ", message.u8(4), ", checksum: 0x", Hex{message.be16(2), 4});
}

bool has_version(Context& context, const Cursor& message) {
  const unsigned version = message.u8(0) >> 4u;
  if (version == kVersion) return true;
  context.put("ERROR: RSVP version ", version, " packet not supported");
  return false;
}

bool has_header_size(Context& context, std::size_t size) {
  if (size >= kHeader) return true;
  context.put("ERROR: common header too short ", size, " < ", kHeader);
  return false;
}

// A message of messages, each with its objects.
void put_bundle(Context& context, Cursor bundle) {
  while (bundle.length() > 0) {
    (void)bundle.span(0, kHeader);
    if (context.truncated() || !has_version(context, bundle)) return;
    const std::size_t size = bundle.be16(6);
    put_header(context, bundle, "\n\t  ");
    if (!has_header_size(context, size)) return;
    if (size > bundle.length()) {
      return context.put("ERROR: common header too large ", size, " > ", bundle.length());
    }
    if (!put_objects(context, bundle.from(kHeader).first(size - kHeader), "\n\t    ")) return;
    bundle.skip(size);
  }
}

}  // namespace

void print_rsvp(Context& context, Cursor message, const IpHeader&) {
  context.protocol("rsvp", true);
  (void)message.span(0, kHeader);
  if (context.truncated() || !has_version(context, message)) return;
  const std::uint8_t type = message.u8(1);
  if (!context.verbose()) {
    const std::string_view name = token(kMessages, type);
    context.put("RSVPv", unsigned{kVersion}, ' ');
    context.put_name(name, "unknown (", type, ')');
    return context.put(" Message, length: ", message.length());
  }
  const std::size_t size = message.be16(6);
  put_header(context, message, "\n\t");
  if (!has_header_size(context, size)) return;
  const Cursor body = message.from(kHeader).first(size - kHeader);
  if (type == kBundle) {
    // A message in it may be longer than the length of all, which is checked then.
    put_bundle(context, message.from(kHeader).with_length(size - kHeader));
  } else if (token(kMessages, type).empty()) {
    dump_layer(context, body, 0, body.length(), "\n\t    ");
  } else {
    (void)put_objects(context, body, "\n\t  ");
  }
}

}  // namespace ringtap
