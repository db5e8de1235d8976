// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ES-IS, ISO 9542. Whether a field was captured is checked before whether the header's length has room for it.
#include "dissect/hexdump.hpp"
#include "dissect/routing/osi.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 9;

enum Type : std::uint8_t { kEndSystem = 2, kIntermediateSystem = 4, kRedirect = 6 };
constexpr Token kTypes[] = {{kEndSystem, "ESH"}, {kIntermediateSystem, "ISH"}, {kRedirect, "redirect"}};

constexpr std::uint8_t kProtocols = 129;
constexpr std::uint8_t kConfigurationTime = 198;
constexpr Token kOptionNames[] = {
    {kProtocols, "Protocols supported"},
    {195, "QoS Maintenance"},
    {197, "Security"},
    {kConfigurationTime, "ES Configuration Time"},
    {205, "Priority"},
    {225, "Addressk Mask"},
    {226, "SNPA Mask"},
};

// What is left of a header: its bytes, and how many of them its size counts.
struct Rest {
  Cursor bytes;
  std::size_t left;
};

// Takes the length byte of the next address, after which that many bytes are captured and within the header. False if
// they are not: printing ends there. `counted`: how many bytes of the header the length byte is counted as.
bool take_size(Context& context, Rest& rest, std::size_t& size, std::string_view complaint, std::size_t counted = 1) {
  size = rest.bytes.u8(0);
  if (context.truncated()) return false;
  if (rest.left < 1) return context.put(complaint), false;
  rest.bytes.skip(1);
  rest.left -= counted;
  (void)rest.bytes.span(0, size);
  if (context.truncated()) return false;
  if (rest.left < size) return context.put(complaint), false;
  return true;
}

void skip(Rest& rest, std::size_t size) {
  rest.bytes.skip(size);
  rest.left -= size;
}

bool put_system(Context& context, Rest& rest, std::string_view complaint) {
  std::size_t size = 0;
  if (!take_size(context, rest, size, complaint)) return false;
  context.put("\n\t  NET (length: ", size, "): ");
  put_nsap(context, rest.bytes, 0, size);
  skip(rest, size);
  return true;
}

bool put_systems(Context& context, Rest& rest) {
  const std::uint8_t count = rest.bytes.u8(0);
  if (context.truncated()) return false;
  skip(rest, 1);
  context.put("\n\t  Number of Source Addresses: ", count);
  for (std::uint8_t i = 0; i < count; ++i) {
    if (!put_system(context, rest, ", bad esh/li")) return false;
  }
  return true;
}

bool put_redirect(Context& context, Rest& rest) {
  constexpr std::string_view kComplaint = ", bad redirect/li";
  std::size_t size = 0;
  if (!take_size(context, rest, size, kComplaint)) return false;
  context.put("\n\t  ");
  put_nsap(context, rest.bytes, 0, size);
  skip(rest, size);
  if (!take_size(context, rest, size, kComplaint)) return false;
  const Cursor station = rest.bytes.first(size);
  skip(rest, size);
  // tcpdump 4.99.3 does not count the size of this address.
  if (!take_size(context, rest, size, kComplaint, 0)) return false;
  context.put("\n\t  SNPA (length: ", station.length(), "): ");
  if (station.length() == 0) {
    context.put("<empty>");
  } else {
    context.out.separated_hex(station.data(), station.length(), ':');
  }
  if (size > 0) {
    context.put("\n\t  NET (length: ", size, ") ");
    put_nsap(context, rest.bytes, 0, size);
  }
  skip(rest, size);
  return true;
}

void put_options(Context& context, Rest& rest) {
  context.protocol("esis");  // read without a check before
  while (rest.left > 0 && !context.truncated()) {
    if (rest.left < 2) return context.put(", bad opts/li");
    const std::uint8_t type = rest.bytes.u8(0);
    const std::size_t size = rest.bytes.u8(1);
    if (context.truncated()) return;
    skip(rest, 2);
    if (size > rest.left) return context.put(", opt (", type, ") too long");
    context.put("\n\t  ", token(kOptionNames, type, "Unknown"), " Option #", type, ", length ", size, ", value: ");
    const Cursor value = rest.bytes.first(size);
    if (type == kProtocols) {
      put_osi_protocols(context, value);
      // tcpdump 4.99.3 has used up their length here: it neither dumps them nor steps over them.
      rest.left -= size;
      continue;
    }
    if (type != kConfigurationTime) {
      dump_captured(context, value, "\n\t  ");
    } else if (size != 2) {
      context.put("(bad length)");
    } else if (!value.has(2)) {
      return value.truncated();
    } else {
      context.put(value.be16(0), 's');
    }
    if (context.verbose(2)) dump_captured(context, value, "\n\t  ");
    skip(rest, size);
  }
}

bool put_body(Context& context, Rest& rest, std::uint8_t type) {
  switch (type) {
    case kEndSystem:
      return put_systems(context, rest);
    case kIntermediateSystem:
      return put_system(context, rest, ", bad ish/li");
    case kRedirect:
      return put_redirect(context, rest);
    default:
      if (!context.verbose(2)) dump_captured(context, rest.bytes, "\n\t  ");
      return false;
  }
}

}  // namespace

void put_es_is(Context& context, Cursor pdu) {
  context.protocol("esis", true);
  const bool named = !context.options.link_header;
  if (named) context.put("ES-IS");
  if (pdu.length() <= 2) return context.put(context.options.quiet ? "bad pkt!" : "no header at all!");
  if (!pdu.has(kHeader)) return pdu.truncated();
  const std::uint8_t version = pdu.u8(2);
  if (version != 1) return context.put(" version ", version, " packet not supported");
  if (!check_osi_header(context, pdu, kHeader + 2)) return;
  const std::size_t size = pdu.u8(1);
  const std::uint8_t type = pdu.u8(4) & 0x1f;
  const std::string_view name = token(kTypes, type);
  const std::size_t length = pdu.length();
  if (!context.verbose()) {
    if (named) context.put(", ");
    context.put_name(name, "unknown type (", type, ')');
    return context.put(", length ", length);
  }
  if (named) context.put(", ");
  context.put("length ", length, "\n\t");
  context.put_name(name, "unknown type: ", type);
  const std::uint16_t checksum = pdu.be16(7);
  context.put(" (", type, "), v: ", version, ", checksum: 0x", Hex{checksum, 4}, ' ');
  put_osi_checksum(context, checksum, pdu, 7, size);
  context.put(", holding time: ", pdu.be16(5), "s, length indicator: ", size);
  if (context.verbose(2)) dump_captured(context, pdu.first(kHeader), "\n\t");
  Rest rest{pdu.from(kHeader), size - kHeader};
  if (put_body(context, rest, type)) put_options(context, rest);
}

}  // namespace ringtap
