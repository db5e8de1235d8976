// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Label distribution, RFC 5036; IPv6 transport addresses, RFC 7552; fault tolerance, RFC 3479 and 3478; pseudowires,
// RFC 4447 with VCCV, RFC 5085.
#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kPduHeader = 10;
constexpr std::size_t kIdentifier = 6;  // of the label space, which the length of a PDU counts
constexpr std::size_t kMessageHeader = 8;
constexpr std::size_t kTlvHeader = 4;

enum Message : std::uint16_t {
  kNotification = 0x0001,
  kHello = 0x0100,
  kInitialization = 0x0200,
  kKeepalive = 0x0201,
  kAddress = 0x0300,
  kAddressWithdraw = 0x0301,
  kLabelMapping = 0x0400,
  kLabelRequest = 0x0401,
  kLabelWithdraw = 0x0402,
  kLabelRelease = 0x0403,
  kLabelAbort = 0x0404
};
constexpr Token kMessages[] = {{kNotification, "Notification"},
                               {kHello, "Hello"},
                               {kInitialization, "Initialization"},
                               {kKeepalive, "Keepalive"},
                               {kAddress, "Address"},
                               {kAddressWithdraw, "Address Withdraw"},
                               {kLabelMapping, "Label Mapping"},
                               {kLabelRequest, "Label Request"},
                               {kLabelWithdraw, "Label Withdraw"},
                               {kLabelRelease, "Label Release"},
                               {kLabelAbort, "Label Abort Request"}};

enum Tlv : std::uint16_t {
  kFec = 0x0100,
  kAddressList = 0x0101,
  kHopCount = 0x0103,
  kPathVector = 0x0104,
  kGenericLabel = 0x0200,
  kStatus = 0x0300,
  kHelloParameters = 0x0400,
  kTransport4 = 0x0401,
  kSequence = 0x0402,
  kTransport6 = 0x0403,
  kSession = 0x0500,
  kFaultTolerant = 0x0503
};
constexpr Token kTlvs[] = {{kFec, "FEC"},
                           {kAddressList, "Address List"},
                           {kHopCount, "Hop Count"},
                           {kPathVector, "Path Vector"},
                           {kGenericLabel, "Generic Label"},
                           {0x0201, "ATM Label"},
                           {0x0202, "Frame-Relay Label"},
                           {kStatus, "Status"},
                           {0x0301, "Extended Status"},
                           {0x0302, "Returned PDU"},
                           {0x0303, "Returned Message"},
                           {kHelloParameters, "Common Hello Parameters"},
                           {kTransport4, "IPv4 Transport Address"},
                           {kSequence, "Configuration Sequence Number"},
                           {kTransport6, "IPv6 Transport Address"},
                           {kSession, "Common Session Parameters"},
                           {0x0501, "ATM Session Parameters"},
                           {0x0502, "Frame-Relay Session Parameters"},
                           {kFaultTolerant, "Fault-Tolerant Session Parameters"},
                           {0x0600, "Label Request Message ID"}};

enum Fec : std::uint8_t { kWildcard = 1, kPrefix = 2, kHostAddress = 3, kMartini = 0x80 };
constexpr Token kFecs[] = {
    {kWildcard, "Wildcard"}, {kPrefix, "Prefix"}, {kHostAddress, "Host address"}, {kMartini, "Martini VC"}};
constexpr std::uint16_t kFamilyIpv4 = 1;
constexpr std::uint16_t kFamilyIpv6 = 2;

enum InterfaceParameter : std::uint8_t { kMtu = 1, kDescription = 3, kVccv = 0x0c };
constexpr Token kInterfaceParameters[] = {{kMtu, "MTU"}, {kDescription, "Description"}, {kVccv, "VCCV"}};
constexpr Token kControlChannels[] = {
    {1, "PWE3 control word"}, {2, "MPLS Router Alert Label"}, {4, "MPLS inner label TTL = 1"}};
constexpr Token kVerifications[] = {{1, "ICMP Ping"}, {2, "LSP Ping"}, {4, "BFD"}};

void put_too_short(Context& context, std::size_t length, std::size_t least) {
  context.put(" [tlv length ", length, " < ", least, ']');
  context.put_invalid();
}

// The bits of an address that count, in whole bytes.
template <std::size_t N>
void put_prefix(Context& context, const Cursor& prefix, std::string_view name, std::size_t left) {
  // A prefix that its TLV does not hold is one that cannot be read.
  const auto missing = [&] { (void)prefix.span(prefix.captured(), 1); };
  if (left < 1) return missing();
  const std::uint8_t bits = prefix.u8(0);
  const std::size_t size = (bits + 7u) / 8;
  std::uint8_t address[N] = {};
  if (size > N) {
    return context.put(": ", name, " prefix (invalid length)");
  }
  if (left < 1 + size) missing();
  const auto bytes = prefix.span(1, size);
  std::copy(bytes.begin(), bytes.end(), address);
  if (bits % 8 != 0 && size > 0) address[size - 1] &= static_cast<std::uint8_t>(0xff00 >> bits % 8);
  context.put(": ", name, " prefix ");
  if constexpr (N == 4) {
    context.out.ipv4(address);
  } else {
    context.out.ipv6(address);
  }
  context.put('/', bits);
}

void put_pseudowire(Context& context, Cursor element, std::size_t left) {
  constexpr std::size_t kFixed = 7;
  if (left < kFixed) return put_too_short(context, left, kFixed);
  const std::uint16_t type = element.be16(0);
  std::size_t size = element.u8(2);
  if (size != 0) {
    if (left < kFixed + 4) return put_too_short(context, left, kFixed + 4);
    (void)element.be32(kFixed);
  }
  const std::uint32_t group = element.be32(3);
  context.put(": ", pseudowire_name(type & 0x7fff, "Unknown"), (type & 0x8000) != 0 ? ", " : ", no ", "control word",
              ", group-ID ", group);
  if (size == 0) return context.put(", VC-info-length: 0");
  element.skip(kFixed);
  left -= kFixed;
  const std::uint32_t circuit = element.take_be32();
  left -= 4;
  context.put(", VC-ID ", circuit, ", VC-info-length: ", size);
  if (size < 4) return context.put(" (invalid, < 4");
  size -= 4;
  if (left < size) return put_too_short(context, left, size);
  while (size > 2 && !context.truncated()) {
    const std::uint8_t parameter = element.u8(0);
    const std::uint8_t length = element.u8(1);
    if (length < 2 || length > size) return;
    const Cursor value = element.from(2);
    context.put("\n\t\tInterface Parameter: ", named_hex(kInterfaceParameters, parameter, "Unknown"), ", len ", length);
    switch (parameter) {
      case kMtu:
        context.put(": ", value.be16(0));
        break;
      case kDescription:
        context.put(": ");
        put_escaped(context, value, 0, length - 2u);
        break;
      case kVccv:
        context.put("\n\t\t  Control Channels (0x", Hex{value.u8(0), 2}, ") = [");
        context.put_flags(kControlChannels, value.u8(0));
        context.put(']');
        context.put("\n\t\t  CV Types (0x", Hex{value.u8(1), 2}, ") = [");
        context.put_flags(kVerifications, value.u8(1));
        context.put(']');
        break;
      default:
        dump_layer(context, value, 0, length - 2u, "\n\t\t  ");
        break;
    }
    element.skip(length);
    size -= length;
  }
}

void put_fec(Context& context, const Cursor& value, std::size_t length) {
  if (length < 1) return put_too_short(context, length, 1);
  const std::uint8_t type = value.u8(0);
  const std::size_t left = length - 1;
  context.put("\n\t      ", token(kFecs, type, "Unknown"), " FEC (0x", Hex{type, 2}, ')');
  if (type == kMartini) return put_pseudowire(context, value.from(1), left);
  if (type != kPrefix) return;
  if (left < 2) return put_too_short(context, left, 2);
  const std::uint16_t family = value.be16(1);
  switch (family) {
    case kFamilyIpv4:
      put_prefix<4>(context, value.from(3), "IPv4", left - 2);
      break;
    case kFamilyIpv6:
      put_prefix<16>(context, value.from(3), "IPv6", left - 2);
      break;
    default:
      context.put(": Address family ", family, " prefix");
      break;
  }
}

void put_address_list(Context& context, Cursor value, std::size_t length) {
  if (length < 2) return put_too_short(context, length, 2);
  const std::uint16_t family = value.take_be16();
  length -= 2;
  const std::string_view name = address_family_name(family);
  context.put("\n\t      Address Family: ");
  context.put_name(name, "Unknown (", family, ')');
  context.put(", addresses");
  const std::size_t size = family == kFamilyIpv4 ? 4 : 16;
  if (family != kFamilyIpv4 && family != kFamilyIpv6) return;
  for (; length >= size && !context.truncated(); length -= size) {
    const std::uint8_t* address = value.block(0, size);
    context.put(' ');
    if (size == 4) {
      context.host4(address);
    } else {
      context.host6(address);
    }
    value.skip(size);
  }
}

void put_status(Context& context, const Cursor& value) {
  const std::uint32_t status = value.be32(0);
  context.put("\n\t      Status: 0x", Hex{status & 0x3fffffff, 2}, ", Flags: [",
              (status & 0x80000000) != 0 ? "Fatal error" : "Advisory Notification",
              (status & 0x40000000) != 0 ? " and do" : " and don't", " forward]");
  const std::uint32_t message = value.be32(4);
  if (message != 0) context.put(", causing Message ID: 0x", Hex{message, 8});
}

void put_fault_tolerant(Context& context, const Cursor& value) {
  const std::uint16_t flags = value.be16(0);
  context.put("\n\t      Flags: [", (flags & 0x8000) != 0 ? "" : "No ", "Reconnect, ", (flags & 8) != 0 ? "" : "Don't ",
              "Save State, ", (flags & 4) != 0 ? "" : "No ", "All-Label Protection, ",
              (flags & 2) != 0 ? "Sequence Numbered Label" : "All Labels", " Checkpoint, ",
              (flags & 1) != 0 ? "" : "Don't ", "Re-Learn State]");
  const std::uint32_t reconnect = value.be32(4);
  if (reconnect != 0) context.put(", Reconnect Timeout: ", reconnect, "ms");
  const std::uint32_t recovery = value.be32(8);
  if (recovery != 0) context.put(", Recovery Time: ", recovery, "ms");
}

void put_tlv(Context& context, std::uint16_t type, const Cursor& value, std::size_t length) {
  const auto needs = [&](std::size_t least) {
    if (length < least) put_too_short(context, length, least);
    return length >= least;
  };
  switch (type) {
    case kFec:
      return put_fec(context, value, length);
    case kAddressList:
      return put_address_list(context, value, length);
    case kGenericLabel:
      if (needs(4)) context.put("\n\t      Label: ", value.be32(0) & 0xfffff);
      return;
    case kStatus:
      if (needs(8)) put_status(context, value);
      return;
    case kHelloParameters:
      if (!needs(4)) return;
      context.put("\n\t      Hold Time: ", value.be16(0), "s, Flags: [",
                  (value.be16(2) & 0x8000) != 0 ? "Targeted Hello" : "Link Hello",
                  (value.be16(2) & 0x4000) != 0 ? ", Request for targeted Hellos" : "", ']');
      return;
    case kTransport4:
      if (needs(4)) put_host4(context, "\n\t      IPv4 Transport Address: ", value.block(0, 4));
      return;
    case kTransport6:
      if (needs(16)) put_host6(context, "\n\t      IPv6 Transport Address: ", value.block(0, 16));
      return;
    case kSequence:
      if (needs(4)) context.put("\n\t      Sequence Number: ", value.be32(0));
      return;
    case kSession: {
      if (!needs(8)) return;
      // The flags are in the fifth byte (RFC 5036 3.5.3); tcpdump 4.99.3 looks for them in the seventh.
      const std::uint16_t flags = value.be16(6);
      context.put("\n\t      Version: ", value.be16(0), ", Keepalive: ", value.be16(2), "s, Flags: [Downstream ",
                  (flags & 0x8000) != 0 ? "On Demand" : "Unsolicited", ", Loop Detection ",
                  (flags & 0x4000) != 0 ? "Enabled" : "Disabled", ']');
      return;
    }
    case kFaultTolerant:
      if (needs(12)) put_fault_tolerant(context, value);
      return;
    default:
      if (!context.verbose(2)) dump_layer(context, value, 0, length, "\n\t      ");
      return;
  }
}

void put_tlvs(Context& context, Cursor tlvs, std::size_t left) {
  while (left >= kTlvHeader && !context.truncated()) {
    const std::uint16_t type = tlvs.be16(0);
    const std::size_t length = tlvs.be16(2);
    left -= kTlvHeader;
    if (length > left) return context.put("\n\t\t TLV contents go past end of message");
    context.put("\n\t    ", token(kTlvs, type & 0x3fff, "Unknown"), " TLV (0x", Hex{type & 0x3fffu, 4},
                "), length: ", length, ", Flags: [", (type & 0x8000) != 0 ? "continue processing" : "ignore", " and ",
                (type & 0x4000) != 0 ? "do" : "don't", " forward if unknown]");
    put_tlv(context, type & 0x3fff, tlvs.from(kTlvHeader), length);
    tlvs.skip(kTlvHeader + length);
    left -= length;
  }
}

constexpr bool has_tlvs(std::uint16_t type) {
  switch (type) {
    case kNotification:
    case kHello:
    case kInitialization:
    case kKeepalive:
    case kAddress:
    case kAddressWithdraw:
    case kLabelMapping:
    case kLabelWithdraw:
      return true;
    default:
      return false;
  }
}

// How many bytes the PDU took; 0 where nothing can follow.
std::size_t put_pdu(Context& context, const Cursor& pdu) {
  (void)pdu.block(0, kPduHeader);
  const std::uint16_t version = pdu.be16(0);
  if (context.truncated()) return 0;
  const char* const before = context.verbose() ? "\n\t" : "";
  if (version != kVersion) {
    context.put(before, "LDP version ", version, " packet not supported");
    return 0;
  }
  const std::size_t length = pdu.be16(2);
  if (length < kIdentifier) {
    context.put(before, "LDP, pdu-length: ", length, " (too short, < ", kIdentifier, ')');
    return 0;
  }
  context.put(before, "LDP, Label-Space-ID: ");
  context.host4(pdu.block(4, 4));
  context.put(':', pdu.be16(8), ", pdu-length: ", length);
  if (!context.verbose()) return 0;
  Cursor rest = pdu.from(kPduHeader);
  std::size_t left = length - kIdentifier;
  while (left > 0 && !context.truncated()) {
    (void)rest.block(0, kMessageHeader);
    const std::uint16_t type = rest.be16(0);
    const std::size_t size = rest.be16(2);
    if (context.truncated()) return 0;
    context.put("\n\t  ", token(kMessages, type & 0x7fff, "Unknown"), " Message (0x", Hex{type & 0x7fffu, 4},
                "), length: ", size);
    if (size < 4) {
      context.put(" (too short, < 4)");
      return 0;
    }
    context.put(", Message ID: 0x", Hex{rest.be32(4), 8}, ", Flags: [",
                (type & 0x8000) != 0 ? "continue processing" : "ignore", " if unknown]");
    const Cursor body = rest.from(kMessageHeader);
    // tcpdump 4.99.3 takes the length, which begins after itself, from here, and from the body where it dumps.
    if (!rest.has(size)) (void)rest.span(0, size);
    const bool known = has_tlvs(type & 0x7fff);
    if (known) put_tlvs(context, body, size - 4);
    if (!known || context.verbose(2)) dump_layer(context, body, 0, size, "\n\t  ");
    rest.skip(size + 4);
    left -= std::min(left, size + 4);
  }
  return length + 4;
}

}  // namespace

void print_ldp(Context& context, Cursor payload, const Transport&) {
  context.protocol("ldp");
  while (payload.length() > kPduHeader + kMessageHeader && !context.truncated()) {
    const std::size_t taken = put_pdu(context, payload);
    if (taken == 0) return;
    if (payload.length() < taken) {
      context.put(" [remaining length ", payload.length(), " < ", taken, ']');
      return context.put_invalid();
    }
    payload.skip(taken);
  }
}

}  // namespace ringtap
