// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Connectivity fault management, IEEE 802.1ag (now 802.1Q clause 20 and 21); MA names of ITU-T Y.1731.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kTlvHeader = 3;

enum Opcode : std::uint8_t {
  kContinuityCheck = 1,
  kLoopbackReply = 2,
  kLoopbackMessage = 3,
  kLinktraceReply = 4,
  kLinktraceMessage = 5
};
constexpr Token kOpcodes[] = {{kContinuityCheck, "Continuity Check Message"},
                              {kLoopbackReply, "Loopback Reply"},
                              {kLoopbackMessage, "Loopback Message"},
                              {kLinktraceReply, "Linktrace Reply"},
                              {kLinktraceMessage, "Linktrace Message"}};
// 802.1Q 21.6.1.3: how often, and after how long without one a peer counts as lost; thousandths of a second.
struct Interval {
  std::uint32_t every, shortest, longest;
};
constexpr Interval kIntervals[] = {{3, 11, 12},
                                   {10, 32, 35},
                                   {100, 325, 350},
                                   {1000, 3250, 3500},
                                   {10000, 32500, 35000},
                                   {60000, 195000, 210000},
                                   {600000, 1950000, 2100000}};
constexpr std::uint8_t kRemoteDefect = 0x80;
constexpr Token kMessageFlags[] = {{0x80, "Use Forwarding-DB only"}};
constexpr Token kReplyFlags[] = {{0x80, "UseFDB Only"}, {0x40, "FwdYes"}, {0x20, "Terminal MEP"}};
constexpr Token kReplyActions[] = {{1, "Exact Match"}, {2, "Filtering DB"}, {3, "MIP CCM DB"}};

enum DomainName : std::uint8_t { kNoName = 1, kDns = 2, kStation = 3, kDomainText = 4 };
constexpr Token kDomainNames[] = {{0, "IEEE 802.1"},
                                  {kNoName, "No MD Name present"},
                                  {kDns, "DNS string"},
                                  {kStation, "MAC + 16Bit Integer"},
                                  {kDomainText, "Character string"}};
enum AssociationName : std::uint8_t { kAssociationText = 2 };
constexpr Token kAssociationNames[] = {{0, "IEEE 802.1"},
                                       {1, "Primary VID"},
                                       {kAssociationText, "Character string"},
                                       {3, "16Bit Integer"},
                                       {4, "RFC2685 VPN-ID"}};
constexpr std::size_t kNames = 48;  // both names together

enum Tlv : std::uint8_t { kEnd = 0, kSenderId = 1, kPortStatus = 2, kInterfaceStatus = 3, kOrganization = 31 };
constexpr Token kTlvs[] = {
    {kEnd, "End"}, {kSenderId, "Sender ID"}, {kPortStatus, "Port status"}, {kInterfaceStatus, "Interface status"},
    {4, "Data"},   {5, "Reply Ingress"},     {6, "Reply Egress"},          {kOrganization, "Organization Specific"}};
constexpr Token kPortStates[] = {{1, "Blocked"}, {2, "Up"}};
constexpr Token kInterfaceStates[] = {{1, "Up"},      {2, "Down"},        {3, "Testing"},
                                      {5, "Dormant"}, {6, "not present"}, {7, "lower Layer down"}};
enum Chassis : std::uint8_t {
  kComponent = 1,
  kAlias = 2,
  kPort = 3,
  kMac = 4,
  kNetworkAddress = 5,
  kInterfaceName = 6,
  kLocal = 7
};
constexpr Token kChassis[] = {{0, "Reserved"},
                              {kComponent, "Chassis component"},
                              {kAlias, "Interface alias"},
                              {kPort, "Port component"},
                              {kMac, "MAC address"},
                              {kNetworkAddress, "Network address"},
                              {kInterfaceName, "Interface name"},
                              {kLocal, "Locally assigned"}};

void put_seconds(Context& context, std::string_view before, std::uint32_t thousandths) {
  context.put(before, thousandths / 1000, '.', Padded{thousandths % 1000, 3}, 's');
}

// False where the rest of the message cannot be believed.
bool put_continuity_check(Context& context, const Cursor& message, std::uint8_t flags) {
  (void)message.span(0, 70);
  if (context.truncated()) return false;
  const unsigned interval = flags & 7;
  context.put(", Flags [CCM Interval ", interval, (flags & kRemoteDefect) != 0 ? ", RDI" : "", ']');
  if (interval != 0) {
    const Interval& times = kIntervals[interval - 1];
    put_seconds(context, "\n\t  CCM Interval ", times.every);
    put_seconds(context, ", min CCM Lifetime ", times.shortest);
    put_seconds(context, ", max CCM Lifetime ", times.longest);
  }
  context.put("\n\t  Sequence Number 0x", Hex{message.be32(0), 8}, ", MA-End-Point-ID 0x", Hex{message.be16(4), 4});
  std::size_t at = 6;
  std::size_t left = kNames;
  const auto too_large = [&] {
    context.put(" (too large, must be <= ", left, ')');
    return false;
  };
  const std::uint8_t format = message.u8(at);
  context.put("\n\t  MD Name Format ");
  context.put(named(kDomainNames, format, "Unknown"));
  ++at;
  --left;
  if (format != kNoName) {
    const std::uint8_t length = message.u8(at);
    ++at;
    left -= 3;  // its own length, and the format and length of the other name
    context.put(", MD Name length ", length);
    if (length >= left) return too_large();  // tcpdump 4.99.3 takes one byte less than it says
    context.put("\n\t  MD Name: ");
    if (format == kDns || format == kDomainText) {
      put_text(context, message, at, length);
    } else if (format == kStation) {
      if (length == 6) {
        context.put("\n\t  MAC ");
        context.station(message.block(at, 6));
      } else {
        context.put("\n\t  MAC (length invalid)");
      }
    } else {
      dump_layer(context, message, at, length, "\n\t    ");
    }
    at += length;
    left -= length;
  } else {
    left -= 2;
  }
  const std::uint8_t association = message.u8(at);
  const std::uint8_t length = message.u8(at + 1);
  context.put("\n\t  MA Name-Format ");
  context.put(named(kAssociationNames, association, "Unknown"));
  context.put(", MA name length ", length);
  if (length > left) return too_large();
  context.put("\n\t  MA Name: ");
  if (association == kAssociationText) {
    put_text(context, message, at + 2, length);
  } else {
    dump_layer(context, message, at + 2, length, "\n\t    ");
  }
  return true;
}

void put_chassis(Context& context, const Cursor& value, std::uint8_t type, std::size_t length) {
  switch (type) {
    case kMac:
      if (length != 6) return context.put(" (invalid MAC address length)");
      context.put("\n\t  MAC ");
      return context.station(value.block(1, 6));
    case kNetworkAddress: {
      const std::uint8_t family = value.u8(1);
      const std::string_view name = address_family_name(family);
      context.put("\n\t  Network Address Type ", Named{name_or(name, "Unknown"), family});
      if (family != 1 && family != 2) return;
      const std::size_t size = family == 1 ? 4 : 16;
      if (length != 1 + size) {
        return context.put("(invalid ", name, " address length ", length - 1, ')');
      }
      if (family == 1) return put_host4(context, ", ", value.block(2, 4));
      return put_host6(context, ", ", value.block(2, 16));
    }
    case kComponent:
    case kAlias:
    case kPort:
    case kInterfaceName:
    case kLocal:
      put_text(context, value, 1, length);
      return;
    default:
      return;
  }
}

// The rest of a TLV's value that was not understood, and whether more can follow it.
enum class Dump { kNever, kOnRequest, kAlways };
struct Rest {
  std::size_t length;
  Dump dump;
  bool more = true;
};

// `value` and `left`, the bytes of the message after the TLV's header, move on with what was read.
Rest put_sender(Context& context, Cursor& value, std::size_t& left, std::size_t length) {
  if (length < 1) {
    context.put(" (too short, must be >= 1)");
    return {length, Dump::kNever};
  }
  const auto too_short = [&] { context.put("\n\t  (TLV too short)"); };
  const auto consume = [&](std::size_t count) {
    value.skip(count);
    left -= std::min(left, count);
  };
  const std::uint8_t chassis_length = value.u8(0);
  consume(1);
  --length;
  if (chassis_length != 0) {
    if (length < 1) {
      too_short();
      return {length, Dump::kNever};
    }
    const std::uint8_t type = value.u8(0);
    --length;
    context.put("\n\t  Chassis-ID Type ");
    context.put(named(kChassis, type, "Unknown"));
    context.put(", Chassis-ID length ", chassis_length);
    if (length < chassis_length) {
      too_short();
      return {length, Dump::kNever};
    }
    put_chassis(context, value, type, chassis_length);
    consume(1u + chassis_length);
    length -= chassis_length;
  }
  if (length == 0) return {0, Dump::kAlways};
  const std::uint8_t domain_length = value.u8(0);
  consume(1);
  --length;
  context.put("\n\t  Management Address Domain Length ", domain_length);
  if (domain_length == 0) return {length, Dump::kAlways};
  if (length < domain_length) {
    too_short();
    return {length, Dump::kNever};
  }
  dump_layer(context, value, 0, domain_length, "\n\t  Management Address Domain: ");
  consume(domain_length);
  length -= domain_length;
  if (length == 0) {
    context.put(" (Management Address Length is missing)");
    return {0, Dump::kNever};
  }
  const std::uint8_t address_length = value.u8(0);
  consume(1);
  --length;
  context.put("\n\t  Management Address Length ", address_length);
  if (address_length == 0) return {length, Dump::kOnRequest};
  if (length < address_length) {
    too_short();
    return {length, Dump::kNever, false};
  }
  dump_layer(context, value, 0, address_length, "\n\t  Management Address: ");
  consume(address_length);
  return {length - address_length, Dump::kOnRequest};
}

void put_tlvs(Context& context, Cursor tlvs, std::size_t left) {
  while (left > 0 && !context.truncated()) {
    context.protocol("cfm");  // only reads of these types are not checked before
    const std::uint8_t type = tlvs.u8(0);
    context.protocol("cfm", true);
    context.put("\n\t", token(kTlvs, type, "Unknown"), " TLV (0x", Hex{type, 2}, ')');
    if (type == kEnd) return;
    if (left < kTlvHeader) return context.put("\n\t\t packet is too short");
    const std::size_t length = tlvs.be16(1);
    context.put(", length ", length);
    Cursor value = tlvs.from(kTlvHeader);
    left -= kTlvHeader;
    if (length > left) return context.put("\n\t\t packet is too short");
    (void)value.span(0, length);
    const auto needs = [&](std::size_t least) {
      if (length < least) context.put(" (too short, must be >= ", least, ')');
      return length >= least;
    };
    const Cursor whole = value;
    Rest rest{length, Dump::kAlways};
    switch (type) {
      case kPortStatus:
      case kInterfaceStatus:
        if (!needs(1)) return;
        context.put(", Status: ");
        context.put(named(type == kPortStatus ? std::span<const Token>(kPortStates) : kInterfaceStates, value.u8(0),
                          "Unknown"));
        rest.dump = Dump::kOnRequest;
        break;
      case kOrganization: {
        if (!needs(4)) return;
        const std::uint32_t vendor = value.be24(0);
        const std::uint8_t subtype = value.u8(3);
        context.put(", Vendor: ", Named{organization_name(vendor), vendor}, ", Sub-Type ", subtype);
        break;
      }
      case kSenderId:
        rest = put_sender(context, value, left, length);
        break;
      default:
        break;
    }
    if (!rest.more) return;
    const bool dump = rest.dump == Dump::kAlways || (rest.dump == Dump::kOnRequest && context.verbose(2));
    if (dump) dump_layer(context, whole, 0, rest.length, "\n\t  ");
    tlvs = value.from(rest.length);
    left -= std::min(left, rest.length);
  }
}

// What the first TLV has to leave room for.
constexpr std::size_t fixed_size(std::uint8_t opcode) {
  switch (opcode) {
    case kContinuityCheck:
      return 70;
    case kLinktraceReply:
      return 6;
    case kLinktraceMessage:
      return 17;
    default:
      return 0;
  }
}

}  // namespace

void print_cfm(Context& context, Cursor frame, const LinkHeader&) {
  context.protocol("cfm", true);
  const std::size_t length = frame.length();
  if (length < kHeader) return context.put("\n\t\t packet is too short");
  (void)frame.be32(0);
  if (context.truncated()) return;
  const std::uint8_t version = frame.u8(0) & 0x1f;
  if (version != 0) return context.put("CFMv", version, " not supported, length ", length);
  const std::uint8_t opcode = frame.u8(1);
  const std::uint8_t flags = frame.u8(2);
  const std::uint8_t first = frame.u8(3);
  context.put("CFMv0 ");
  context.put_name(token(kOpcodes, opcode), "unknown (", opcode, ')');
  context.put(", MD Level ", static_cast<std::uint32_t>(frame.u8(0) >> 5), ", length ", length);
  if (!context.verbose()) return;
  context.put("\n\tFirst TLV offset ", first);
  const std::size_t body = length - kHeader;
  if (first > body) return context.put(" (too large, must be <= ", body, ')');
  const std::size_t tlvs_size = body - first;
  const Cursor message = frame.from(kHeader);
  if (first < fixed_size(opcode)) {
    // tcpdump 4.99.3 does not give the offset here.
    const unsigned said = opcode == kContinuityCheck ? 1 : (opcode == kLinktraceReply ? 5 : 4);
    return context.put(" (too small ", said, ", must be >= ", fixed_size(opcode), ')');
  }
  switch (opcode) {
    case kContinuityCheck:
      if (!put_continuity_check(context, message, flags)) return;
      break;
    case kLinktraceMessage:
      (void)message.block(0, 17);
      context.put(", Flags [");
      context.put_flags(kMessageFlags, flags);
      context.put(']');
      context.put("\n\t  Transaction-ID 0x", Hex{message.be32(0), 8}, ", ttl ", message.u8(4), "\n\t  Original-MAC ");
      context.station(message.block(5, 6));
      context.put(", Target-MAC ");
      context.station(message.block(11, 6));
      break;
    case kLinktraceReply:
      (void)message.block(0, 6);
      context.put(", Flags [");
      context.put_flags(kReplyFlags, flags);
      context.put(']');
      context.put("\n\t  Transaction-ID 0x", Hex{message.be32(0), 8}, ", ttl ", message.u8(4), "\n\t  Replay-Action ");
      context.put(named(kReplyActions, message.u8(5), "Unknown"));
      break;
    default:
      dump_layer(context, message, 0, tlvs_size, "\n\t  ");
      break;
  }
  put_tlvs(context, message.from(first), tlvs_size);
}

}  // namespace ringtap
