// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The connectionless network protocol of OSI, ISO 8473-1.
#include <algorithm>
#include <iterator>

#include "dissect/hexdump.hpp"
#include "dissect/nlpid.hpp"
#include "dissect/routing/osi.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kFixed = 9;
constexpr std::size_t kSegmentation = 6;

constexpr std::uint8_t kErrorReport = 1;
constexpr std::uint8_t kEchoResponse = 31;
constexpr Token kTypes[] = {
    {kErrorReport, "Error Report"}, {28, "Data"}, {29, "MD"}, {30, "Echo Request"}, {kEchoResponse, "Echo Response"}};
constexpr std::uint8_t kSegmented = 0x80;
constexpr Token kFlags[] = {
    {kSegmented, "Segmentation permitted"}, {0x40, "more Segments"}, {0x20, "request Error Report"}};

enum Option : std::uint8_t {
  kDiscardReason = 193,
  kQuality = 195,
  kSecurity = 197,
  kSourceRouting = 200,
  kRouteRecording = 203,
  kPadding = 204,
  kPriority = 205,
};
constexpr Token kOptionNames[] = {
    {kDiscardReason, "Discard Reason"},
    {kQuality, "QoS Maintenance"},
    {kSecurity, "Security"},
    {kSourceRouting, "Source Routing"},
    {kRouteRecording, "Route Recording"},
    {kPadding, "Padding"},
    {kPriority, "Priority"},
};
constexpr std::uint32_t kGloballyUnique = 3;
constexpr Token kScopes[] = {{0, "Reserved"},
                             {1, "Source Address Specific"},
                             {2, "Destination Address Specific"},
                             {kGloballyUnique, "Globally unique"}};
constexpr Token kQualities[] = {
    {0x20, "reserved"},       {0x10, "sequencing vs. delay"}, {0x08, "congested"},
    {0x04, "delay vs. cost"}, {0x02, "error vs. delay"},      {0x01, "error vs. cost"},
};
constexpr Token kListEnds[] = {{0, "partial"}, {1, "complete"}};

constexpr Token kErrorClasses[] = {
    {0, "General"}, {8, "Address"}, {9, "Source Routeing"}, {10, "Lifetime"}, {11, "PDU Discarded"}, {12, "Reassembly"},
};
constexpr Token kErrors[] = {
    {0x00, "Reason not specified"},
    {0x01, "Protocol procedure error"},
    {0x02, "Incorrect checksum"},
    {0x03, "PDU discarded due to congestion"},
    {0x04, "Header syntax error (cannot be parsed)"},
    {0x05, "Segmentation needed but not permitted"},
    {0x06, "Incomplete PDU received"},
    {0x07, "Duplicate option"},
    {0x80, "Destination address unreachable"},
    {0x81, "Destination address unknown"},
    {0x90, "Unspecified source routeing error"},
    {0x91, "Syntax error in source routeing field"},
    {0x92, "Unknown address in source routeing field"},
    {0x93, "Path not acceptable"},
    {0xa0, "Lifetime expired while data unit in transit"},
    {0xa1, "Lifetime expired during reassembly"},
    {0xb0, "Unsupported option not specified"},
    {0xb1, "Unsupported protocol version"},
    {0xb2, "Unsupported security option"},
    {0xb3, "Unsupported source routeing option"},
    {0xb4, "Unsupported recording of route option"},
    {0xc0, "Reassembly interference"},
};

// Addresses of a route. tcpdump 4.99.3 prints the first of them as often as its size goes into the list.
void put_route(Context& context, const Cursor& value, std::string_view name) {
  context.put(token(kListEnds, value.u8(0), "Unknown"), ' ', name);
  const std::size_t offset = value.u8(1);
  if (offset == 0) return context.put(" Bad NSAP offset (0)");
  if (offset - 1 > value.length()) return context.put(" Bad NSAP offset (past end of option)");
  const Cursor first = value.from(offset - 1);
  if (first.length() == 0) return;
  const std::size_t size = first.u8(0);
  if (size == 0) return;
  for (std::size_t left = first.length(); left > 0; left -= size + 1) {
    if (left < size + 1) return context.put("\n\t    NSAP address goes past end of option");
    context.put("\n\t    NSAP address (length ", size, "): ");
    put_nsap(context, first, 1, size);
  }
}

// An option by its type. One shorter than `least` is refused; without a printer it is dumped.
struct OptionRow {
  std::uint8_t type;
  std::size_t least;
  void (*put)(Context&, const Cursor&);
};
constexpr OptionRow kOptions[] = {
    {kDiscardReason, 1,
     [](Context& context, const Cursor& value) {
       const std::uint32_t error = value.u8(0);
       context.put("\n\t    Class: ", token(kErrorClasses, error >> 4, "Unknown"), " Error (0x", Hex{error >> 4}, "), ",
                   token(kErrors, error, "Unknown"), " (0x", Hex{error & 0xf}, ')');
     }},
    {kQuality, 1,
     [](Context& context, const Cursor& value) {
       const std::uint32_t quality = value.u8(0);
       context.put("\n\t    Format Code: ", token(kScopes, quality >> 6));
       if (quality >> 6 != kGloballyUnique) return;
       context.put("\n\t    QoS Flags [");
       context.put_flags(kQualities, quality);
       context.put(']');
     }},
    {kSecurity, 2,
     [](Context& context, const Cursor& value) {
       context.put("\n\t    Format Code: ", token(kScopes, value.u8(0) >> 6), ", Security-Level ", value.u8(1));
     }},
    {kSourceRouting, 2, [](Context& context, const Cursor& value) { put_route(context, value, "source routing"); }},
    {kRouteRecording, 2,
     [](Context& context, const Cursor& value) { put_route(context, value, "recording of route in progress"); }},
    {kPadding, 0, [](Context& context, const Cursor&) { context.put("padding data"); }},
    {kPriority, 1, [](Context& context, const Cursor& value) { context.put("0x", Hex{value.u8(0) & 0xfu}); }},
};

// What is wrong with the packet.
template <class... Parts>
bool refuse(Context& context, const Parts&... parts) {
  context.put(parts...);
  return false;
}

// False where an option cannot be one.
bool put_options(Context& context, Cursor rest) {
  context.protocol("clnp");  // types and sizes are read without a check before
  while (rest.length() > 0 && !context.truncated()) {
    if (rest.length() < 2) return refuse(context, ", bad opts/li");
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    if (context.truncated()) break;
    rest.skip(2);
    if (size > rest.length()) return refuse(context, ", opt (", type, ") too long");
    if (!rest.has(size)) {
      rest.truncated();
      break;
    }
    context.put("\n\t  ", token(kOptionNames, type, "Unknown"), " Option #", type, ", length ", size, ", value: ");
    const Cursor value = rest.first(size);
    const auto* row = std::find_if(std::begin(kOptions), std::end(kOptions),
                                   [type](const OptionRow& known) { return known.type == type; });
    if (row == std::end(kOptions)) {
      dump_captured(context, value, "\n\t  ");
    } else if (size < row->least) {
      return refuse(context, ", bad opt len");
    } else {
      row->put(context, value);
    }
    if (context.verbose(2)) dump_captured(context, value, "\n\t  ");
    rest.skip(size);
  }
  return true;
}

// What follows the header.
void put_data(Context& context, const Cursor& data, std::uint8_t type) {
  const bool answer = type == kErrorReport || type == kEchoResponse;
  if (answer && data.u8(0) == Nlpid::kClnp && context.depth < kMaxDepth) {
    if (context.truncated()) return;
    context.put("\n\t-----original packet-----\n\t");
    ++context.depth;
    (void)put_clnp(context, data);
    --context.depth;
    return;
  }
  if (context.truncated() || data.length() == 0) return;
  context.put("\n\t  undecoded non-header data, length ", data.length());
  dump_captured(context, data, "\n\t  ");
}

}  // namespace

bool put_clnp(Context& context, Cursor pdu) {
  context.protocol("clnp");
  const bool named = !context.options.link_header;
  const auto cut_off = [](const Cursor& cursor) {
    cursor.truncated();
    return true;
  };
  if (!pdu.has(kFixed)) return cut_off(pdu);
  if (named) context.put("CLNP");
  const std::size_t size = pdu.u8(1);
  const std::uint8_t version = pdu.u8(2);
  if (version != 1) return refuse(context, "version ", version, " packet not supported");
  if (!check_osi_header(context, pdu, kFixed)) return false;
  // The addresses: each after its size.
  constexpr std::string_view kNoAddresses = "li < size of fixed part of CLNP header and addresses";
  Cursor rest = pdu.with_length(size).from(kFixed);
  Cursor destination = rest;
  Cursor source = rest;
  for (Cursor* const address : {&destination, &source}) {
    if (rest.length() < 1) return refuse(context, kNoAddresses);
    *address = rest.from(1).with_length(rest.u8(0));
    if (context.truncated()) return true;
    rest.skip(1);
    if (rest.length() < address->length()) return refuse(context, kNoAddresses);
    if (!rest.has(address->length())) return cut_off(rest);
    rest.skip(address->length());
  }
  context.protocol("clnp", true);  // all checked before it is read from here on

  const std::uint8_t flags = pdu.u8(4);
  const std::uint8_t type = flags & 0x1f;
  if (named) context.put(", ");
  const auto put_type = [&] { context.put_name(token(kTypes, type), "unknown (", type, ')'); };
  if (!context.verbose()) {
    put_nsap(context, source, 0, source.length());
    context.put(" > ");
    put_nsap(context, destination, 0, destination.length());
    context.put(", ");
    put_type();
    context.put(", length ", pdu.length());
    return true;
  }
  context.put("length ", pdu.length(), "\n\t");
  put_type();
  const std::uint32_t lifetime = pdu.u8(3);
  const std::uint16_t checksum = pdu.be16(7);
  context.put(" PDU, hlen: ", size, ", v: ", version, ", lifetime: ", lifetime / 2, (lifetime & 1) != 0 ? ".5s" : ".0s",
              ", Segment PDU length: ", pdu.be16(5), ", checksum: 0x", Hex{checksum, 4}, ' ');
  put_osi_checksum(context, checksum, pdu, 7, size);
  context.put("\n\tFlags [");
  context.put_flags(kFlags, flags & 0xe0u);
  context.put("]\n\tsource address (length ", source.length(), "): ");
  put_nsap(context, source, 0, source.length());
  context.put("\n\tdest   address (length ", destination.length(), "): ");
  put_nsap(context, destination, 0, destination.length());
  if ((flags & kSegmented) != 0) {
    if (rest.length() < kSegmentation) {
      return refuse(context, "li < size of fixed part of CLNP header, addresses, and segment part");
    }
    (void)rest.block(0, kSegmentation);
    if (context.truncated()) return true;
    context.put("\n\tData Unit ID: 0x", Hex{rest.be16(0), 4}, ", Segment Offset: ", rest.be16(2),
                ", Total PDU Length: ", rest.be16(4));
    rest.skip(kSegmentation);
  }
  if (!put_options(context, rest)) return false;
  if (!context.truncated()) put_data(context, pdu.from(size), type);
  return true;
}

}  // namespace ringtap
