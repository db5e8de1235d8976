// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Link management, RFC 4204; the names of generalized MPLS, RFC 3471; the service objects of OIF UNI 1.0.
#include <algorithm>
#include <iterator>
#include <limits>

#include "dissect/fields.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/routing/gmpls.hpp"
#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeader = 8;
constexpr std::size_t kObjectHeader = 4;

constexpr Token kMessages[] = {
    {1, "Config"},
    {2, "Config ACK"},
    {3, "Config NACK"},
    {4, "Hello"},
    {5, "Begin Verify"},
    {6, "Begin Verify ACK"},
    {7, "Begin Verify NACK"},
    {8, "End Verify"},
    {9, "End Verify ACK"},
    {10, "Test"},
    {11, "Test Status Success"},
    {12, "Test Status Failure"},
    {13, "Test Status ACK"},
    {14, "Link Summary"},
    {15, "Link Summary ACK"},
    {16, "Link Summary NACK"},
    {17, "Channel Status"},
    {18, "Channel Status ACK"},
    {19, "Channel Status Request"},
    {20, "Channel Status Response"},
    {50, "Service Config"},
    {51, "Service Config ACK"},
    {52, "Service Config NACK"},
};
constexpr Token kMessageFlags[] = {{1, "Control Channel Down"}, {2, "LMP restart"}};

enum Class : std::uint8_t {
  kControlChannel = 1,
  kNode = 2,
  kLink = 3,
  kInterface = 4,
  kMessageId = 5,
  kConfiguration = 6,
  kHello = 7,
  kVerifyBegin = 8,
  kVerifyBeginAck = 9,
  kVerify = 10,
  kTeLink = 11,
  kDataLink = 12,
  kChannelStatus = 13,
  kChannelRequest = 14,
  kErrorCode = 20,
  kService = 51,
};
constexpr Token kClasses[] = {
    {kControlChannel, "Control Channel ID"},
    {kNode, "Node ID"},
    {kLink, "Link ID"},
    {kInterface, "Interface ID"},
    {kMessageId, "Message ID"},
    {kConfiguration, "Configuration"},
    {kHello, "Hello"},
    {kVerifyBegin, "Verify Begin"},
    {kVerifyBeginAck, "Verify Begin ACK"},
    {kVerify, "Verify ID"},
    {kTeLink, "TE Link"},
    {kDataLink, "Data Link"},
    {kChannelStatus, "Channel Status"},
    {kChannelRequest, "Channel Status Request"},
    {kErrorCode, "Error Code"},
    {kService, "Service Config"},
};

constexpr Token kTeFlags[] = {{1, "Fault Management Supported"}, {2, "Link Verification Supported"}};
constexpr Token kDataFlags[] = {{1, "Data Link Port"}, {2, "Allocated for user traffic"}, {4, "Failed link"}};
constexpr Token kVerifyFlags[] = {{1, "Verify all links"}, {2, "Data link type"}};
constexpr Token kChannelStates[] = {{1, "Signal Okay"}, {2, "Signal Degraded"}, {3, "Signal Fail"}};
constexpr Token kVerifyErrors[] = {
    {0x01, "Link Verification Procedure Not supported"},
    {0x02, "Unwilling to verify"},
    {0x04, "Unsupported verification transport mechanism"},
    {0x08, "Link-Id configuration error"},
    {0x10, "Unknown object c-type"},
};
constexpr Token kSummaryErrors[] = {
    {0x01, "Unacceptable non-negotiable LINK-SUMMARY parameters"},
    {0x02, "Renegotiate LINK-SUMMARY parameters"},
    {0x04, "Invalid TE-LINK Object"},
    {0x08, "Invalid DATA-LINK Object"},
    {0x10, "Unknown TE-LINK Object c-type"},
    {0x20, "Unknown DATA-LINK Object c-type"},
};
constexpr Token kSignallings[] = {{1, "RSVP Supported"}, {2, "LDP Supported"}};
constexpr Token kPathTransparency[] = {{1, "Path/VC Overhead Transparency Supported"},
                                       {2, "Line/MS Overhead Transparency Supported"},
                                       {4, "Section/RS Overhead Transparency Supported"}};
constexpr Token kConcatenations[] = {{1, "Contiguous Concatenation Types Supported"}};
constexpr Token kNetworkTransparency[] = {{1, "Standard SOH/RSOH Transparency Supported"},
                                          {2, "Standard LOH/MSOH Transparency Supported"}};
constexpr Token kMonitoring[] = {{1, "Transparent Tandem Connection Monitoring Supported"}};
constexpr Token kDiversity[] = {
    {1, "Node Diversity Supported"}, {2, "Link Diversity Supported"}, {4, "SRLG Diversity Supported"}};
enum LinkType : std::uint8_t { kSdh = 5, kSonet = 6 };
constexpr Token kServiceLinks[] = {{kSdh, "SDH ITU-T G.707"}, {kSonet, "SONET ANSI T1.105"}};
constexpr Token kSdhSignals[] = {{5, "VC-3"},  {6, "VC-4"},    {7, "STM-0"},   {8, "STM-1"},
                                 {9, "STM-4"}, {10, "STM-16"}, {11, "STM-64"}, {12, "STM-256"}};
constexpr Token kSonetSignals[] = {{5, "STS-1 SPE"}, {6, "STS-3c SPE"}, {7, "STS-1"},    {8, "STM-3"},
                                   {9, "STM-12"},    {10, "STM-48"},    {11, "STM-192"}, {12, "STM-768"}};

enum Subobject : std::uint8_t { kSwitching = 1, kWavelength = 2 };
constexpr Token kSubobjects[] = {{kSwitching, "Interface Switching Type"}, {kWavelength, "Wavelength"}};

// Types of objects with addresses: local and remote ones of a link, or one of both.
enum LinkEnd : std::uint8_t {
  kLocal4 = 1,
  kRemote4 = 2,
  kLocal6 = 3,
  kRemote6 = 4,
  kLocalNumber = 5,
  kRemoteNumber = 6,
};
constexpr Token kLinkEnds[] = {
    {kLocal4, "IPv4 Local"},   {kRemote4, "IPv4 Remote"},          {kLocal6, "IPv6 Local"},
    {kRemote6, "IPv6 Remote"}, {kLocalNumber, "Unnumbered Local"}, {kRemoteNumber, "Unnumbered Remote"}};
enum Addressing : std::uint8_t { kIpv4 = 1, kIpv6 = 2, kUnnumbered = 3 };
constexpr Token kAddressings[] = {{kIpv4, "IPv4"}, {kIpv6, "IPv6"}, {kUnnumbered, "Unnumbered"}};
constexpr Token kSides[] = {{1, "Local"}, {2, "Remote"}};
constexpr Token kNumbers[] = {{1, "1"}, {2, "2"}, {3, "3"}, {4, "4"}};

// What a class calls its types.
std::span<const Token> types_of(std::uint8_t object_class) {
  const std::span<const Token> numbers = kNumbers;
  switch (object_class) {
    case kControlChannel:
    case kNode:
      return kSides;
    case kLink:
    case kInterface:
      return kLinkEnds;
    case kMessageId:
    case kErrorCode:
      return numbers.first(2);
    case kConfiguration:
    case kHello:
    case kVerifyBegin:
    case kVerifyBeginAck:
    case kVerify:
      return numbers.first(1);
    case kTeLink:
    case kDataLink:
    case kChannelStatus:
    case kChannelRequest:
      return kAddressings;
    case kService:
      return numbers;
    default:
      return {};
  }
}

// An object's value, and what the caller has to do after it.
struct Object {
  std::uint8_t object_class;
  std::uint8_t type;
  Cursor value;
};
enum class Outcome { kPrinted, kUnknown, kWrongLength };

// `before`, an address or a number, and its first four bytes.
void put_id(Context& context, std::string_view before, const Cursor& value, std::size_t at, std::uint8_t addressing) {
  const std::uint32_t number = value.be32(at);
  const std::uint8_t* const address = value.block(at, addressing == kIpv6 ? 16 : 4);
  if (context.truncated()) return;
  context.put(before);
  if (addressing == kIpv4) {
    context.host4(address);
  } else if (addressing == kIpv6) {
    context.host6(address);
  } else {
    context.put(number);
  }
  context.put(" (0x", Hex{number, 8}, ')');
}

constexpr std::size_t id_size(std::uint8_t addressing) {
  return addressing == kIpv6 ? 16 : 4;
}

// Parts of a data link, up to one that is not known. True if the bytes are to be shown.
bool put_subobjects(Context& context, Cursor rest) {
  while (rest.length() > 0 && !context.truncated()) {
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    if (context.truncated()) return false;
    context.put("\n\t    Subobject, Type: ", named(kSubobjects, type, "Unknown"), ", Length: ", size);
    if (size < 4) {
      context.put(" (too short)");
      return false;
    }
    if (size % 4 != 0) {
      context.put(" (not a multiple of 4)");
      return false;
    }
    if (rest.length() < size) {
      context.put(" (goes past the end of the object)");
      return false;
    }
    if (type == kSwitching) {
      const std::uint8_t switching = rest.u8(2);
      const std::uint8_t encoding = rest.u8(3);
      context.put("\n\t      Switching Type: ", Named{gmpls_switching_name(switching, "Unknown"), switching});
      context.put("\n\t      Encoding Type: ", Named{gmpls_encoding_name(encoding, "Unknown"), encoding});
      const std::uint32_t least = rest.be32(4);
      context.put("\n\t      Min Reservable Bandwidth: ");
      put_mbps(context, least);
      const std::uint32_t most = rest.be32(8);
      context.put("\n\t      Max Reservable Bandwidth: ");
      put_mbps(context, most);
    } else if (type == kWavelength) {
      context.put("\n\t      Wavelength: ", rest.be32(4));
    } else {
      return true;
    }
    rest.skip(size);
  }
  return false;
}

// Two ends of a link; the parts of a data link follow.
Outcome put_link(Context& context, const Object& object) {
  const bool data = object.object_class == kDataLink;
  if (object.type < kIpv4 || object.type > kUnnumbered) return Outcome::kUnknown;
  const std::size_t size = id_size(object.type);
  const std::size_t fixed = 4 + 2 * size;
  const Cursor& value = object.value;
  if (data ? value.length() < fixed : value.length() != fixed) return Outcome::kWrongLength;
  context.put("\n\t    Flags: [");
  context.put_flags(data ? std::span<const Token>(kDataFlags) : kTeFlags, value.u8(0));
  context.put(']');
  put_id(context, data ? "\n\t    Local Interface ID: " : "\n\t    Local Link-ID: ", value, 4, object.type);
  put_id(context, data ? "\n\t    Remote Interface ID: " : "\n\t    Remote Link-ID: ", value, 4 + size, object.type);
  return data && put_subobjects(context, value.from(fixed)) ? Outcome::kUnknown : Outcome::kPrinted;
}

Outcome put_channels(Context& context, const Object& object) {
  if (object.type < kIpv4 || object.type > kUnnumbered) return Outcome::kUnknown;
  const bool status = object.object_class == kChannelStatus;
  const std::size_t id = id_size(object.type);
  const std::size_t size = status ? id + 4 : id;
  for (Cursor rest = object.value; rest.length() >= size && !context.truncated(); rest.skip(size)) {
    put_id(context, "\n\t    Interface ID: ", rest, 0, object.type);
    if (!status) continue;
    const std::uint32_t word = rest.be32(id);
    const bool active = word >> 31 != 0;
    const bool transmit = (word >> 30 & 1) != 0;
    const std::uint32_t state = word & 0x3ffffff;  // tcpdump 4.99.3 leaves four of the 30 bits out
    context.put("\n\t\t    Active: ", active ? "Allocated (1)" : "Non-allocated (0)",
                "\n\t\t    Direction: ", transmit ? "Transmit (1)" : "Receive (0)",
                "\n\t\t    Channel Status: ", named(kChannelStates, state, "Unknown"));
  }
  return Outcome::kPrinted;
}

Outcome put_verify_begin(Context& context, const Object& object) {
  constexpr std::size_t kSize = 20;
  if (object.type != 1) return Outcome::kUnknown;
  const Cursor& value = object.value;
  if (value.length() != kSize) return Outcome::kWrongLength;
  // The bit of RFC 4204 13.8 is 0x8000; tcpdump 4.99.3 looks at those of the number 8000.
  constexpr std::uint16_t kPayloadTest = 8000;
  const std::uint16_t mechanism = value.be16(10);
  context.put("\n\t    Flags: ");
  context.put_flags(kVerifyFlags, value.be16(0));
  context.put("\n\t    Verify Interval: ", value.be16(2), "\n\t    Data links: ", value.be32(4),
              "\n\t    Encoding type: ", gmpls_encoding_name(value.u8(8), "Unknown"),
              "\n\t    Verify Transport Mechanism: ", mechanism, " (0x", Hex{mechanism},
              (mechanism & kPayloadTest) != 0 ? ") (Payload test messages capable)" : ")",
              "\n\t    Transmission Rate: ");
  put_mbps(context, value.be32(12));
  context.put("\n\t    Wavelength: ", value.be32(16));
  return Outcome::kPrinted;
}

Outcome put_service(Context& context, const Object& object) {
  constexpr std::uint8_t kSizes[] = {4, 16, 8, 4};
  if (object.type < 1 || object.type > std::size(kSizes)) return Outcome::kUnknown;
  const Cursor& value = object.value;
  if (value.length() != kSizes[object.type - 1]) return Outcome::kWrongLength;
  switch (object.type) {
    case 1:
      context.put("\n\t Flags: ");
      context.put_flags(kSignallings, value.u8(0));
      context.put("\n\t  UNI Version: ", value.u8(1));
      break;
    case 2: {
      const std::uint8_t link = value.u8(0);
      const std::uint8_t signal = value.u8(1);
      context.put("\n\t Link Type: ", named(kServiceLinks, link, "Unknown"));
      if (link == kSdh) context.put("\n\t Signal Type: ", named(kSdhSignals, signal, "Unknown"));
      if (link == kSonet) context.put("\n\t Signal Type: ", named(kSonetSignals, signal, "Unknown"));
      context.put("\n\t Transparency: ");
      context.put_flags(kPathTransparency, value.u8(2));
      context.put("\n\t Contiguous Concatenation Types: ");
      context.put_flags(kConcatenations, value.u8(3));
      context.put("\n\t Minimum NCC: ", value.be16(4), "\n\t Maximum NCC: ", value.be16(6),
                  "\n\t Minimum NVC:", value.be16(8), "\n\t Maximum NVC:", value.be16(10));
      put_id(context, "\n\t    Local Interface ID: ", value, 12, kIpv4);
      break;
    }
    case 3:
      context.put("\n\t Transparency Flags: ");
      context.put_flags(kNetworkTransparency, value.be32(0));
      context.put("\n\t TCM Monitoring Flags: ");
      context.put_flags(kMonitoring, value.u8(7));
      break;
    default:
      context.put("\n\t Diversity: Flags: ");
      context.put_flags(kDiversity, value.u8(3));
      break;
  }
  return Outcome::kPrinted;
}

// Objects with one or two numbers.
Outcome put_numbers(Context& context, const Object& object) {
  Cursor value = object.value;
  struct Row {
    std::uint8_t object_class;
    std::uint8_t type;
    std::uint8_t size;
    std::string_view format;
  };
  constexpr Row kRows[] = {
      {kConfiguration, 1, 4, "\n\t    Hello Interval: %2\n\t    Hello Dead Interval: %2"},
      {kHello, 1, 8, "\n\t    Tx Seq: %4, Rx Seq: %4"},
      {kVerifyBeginAck, 1, 4, "\n\t    Verify Dead Interval: %2\n\t    Verify Transport Response: %2"},
      {kVerify, 1, 4, "\n\t    Verify ID: %4"},
  };
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& known) {
    return known.object_class == object.object_class && known.type == object.type;
  });
  if (row == std::end(kRows)) return Outcome::kUnknown;
  if (value.length() != row->size) return Outcome::kWrongLength;
  put_fields(context, value, row->format);
  return Outcome::kPrinted;
}

Outcome put_identifier(Context& context, const Object& object) {
  if (token(types_of(object.object_class), object.type).empty()) return Outcome::kUnknown;
  std::uint8_t addressing = kUnnumbered;
  std::string_view before = "\n\t    Link ID: ";
  switch (object.object_class) {
    case kControlChannel:
      before = "\n\t    Control Channel ID: ";
      break;
    case kNode:
      before = "\n\t    Node ID: ";
      addressing = kIpv4;
      break;
    case kMessageId:
      before = object.type == 1 ? "\n\t    Message ID: " : "\n\t    Message ID Ack: ";
      break;
    default:
      if (object.type <= kRemote4) {
        before = "\n\t    IPv4 Link ID: ";
        addressing = kIpv4;
      } else if (object.type <= kRemote6) {
        before = "\n\t    IPv6 Link ID: ";
        addressing = kIpv6;
      }
      break;
  }
  if (object.value.length() != id_size(addressing)) return Outcome::kWrongLength;
  put_id(context, before, object.value, 0, addressing);
  return Outcome::kPrinted;
}

Outcome put_value(Context& context, const Object& object) {
  switch (object.object_class) {
    case kControlChannel:
    case kNode:
    case kLink:
    case kInterface:
    case kMessageId:
      return put_identifier(context, object);
    case kVerifyBegin:
      return put_verify_begin(context, object);
    case kTeLink:
    case kDataLink:
      return put_link(context, object);
    case kChannelStatus:
    case kChannelRequest:
      return put_channels(context, object);
    case kErrorCode: {
      if (object.type != 1 && object.type != 2) return Outcome::kUnknown;
      if (object.value.length() != 4) return Outcome::kWrongLength;
      context.put("\n\t    Error Code: ");
      const std::span<const Token> verify = kVerifyErrors;
      context.put_flags(object.type == 1 ? verify : kSummaryErrors, object.value.be32(0));
      return Outcome::kPrinted;
    }
    case kService:
      return put_service(context, object);
    default:
      return put_numbers(context, object);
  }
}

}  // namespace

void print_lmp(Context& context, Cursor message, const Transport&) {
  context.protocol("lmp");
  (void)message.block(0, kHeader);
  if (context.truncated()) return;
  const unsigned version = message.u8(0) >> 4;
  if (version != kVersion) return context.put("LMP version ", version, " packet not supported");
  const std::uint8_t type = message.u8(3);
  const std::string_view name = token(kMessages, type);
  if (!context.verbose()) {
    context.put("LMPv", version, ' ');
    context.put_name(name, "unknown (", type, ')');
    return context.put(" Message, length: ", message.length());
  }
  const std::size_t size = message.be16(4);
  context.put("\n\tLMPv", version, ", msg-type: ");
  context.put_name(name, "unknown, type: ", type);
  context.put(", Flags: [");
  context.put_flags(kMessageFlags, message.u8(2));
  context.put("], length: ", size);
  if (size < kHeader) return context.put(" (too short)");
  if (size > message.length()) context.put(" (too long)");
  // Of a datagram that has no room for a header, tcpdump 4.99.3 reads objects up to the end of the packet.
  const bool bounded = message.length() >= kHeader;
  message = message.with_length(bounded ? std::min(size, message.length()) : std::numeric_limits<std::size_t>::max());
  message.skip(kHeader);
  while (message.length() > 0 && !context.truncated()) {
    (void)message.block(0, kObjectHeader);
    if (context.truncated()) return;
    const std::size_t object_size = message.be16(2);
    const std::uint8_t object_class = message.u8(1);
    const std::uint8_t object_type = message.u8(0) & 0x7f;
    context.put("\n\t  ", token(kClasses, object_class, "Unknown"), " Object (", object_class,
                "), Class-Type: ", Named{token(types_of(object_class), object_type, "Unknown"), object_type},
                " Flags: [", (message.u8(0) & 0x80) != 0 ? "" : "non-", "negotiable], length: ", object_size);
    if (object_size < kObjectHeader) return context.put(" (too short)");
    if (object_size % 4 != 0) return context.put(" (not a multiple of 4)");
    (void)message.span(0, object_size);
    if (context.truncated()) return;
    const Object object{object_class, object_type,
                        message.from(kObjectHeader).with_length(object_size - kObjectHeader)};
    const Outcome outcome = put_value(context, object);
    if (outcome == Outcome::kWrongLength) context.put(" (not correct for object)");
    if (outcome == Outcome::kUnknown || context.verbose(2)) {
      dump_layer(context, object.value, 0, object.value.length(), "\n\t    ");
    }
    if (object_size > message.length()) {
      context.put(" [remaining objects length ", message.length(), " < ", object_size, ']');
      return context.put_invalid();
    }
    message.skip(object_size);
  }
}

}  // namespace ringtap
