// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The network service header of a service function chain, RFC 8300.
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kWord = 4;
constexpr std::size_t kBase = 2;  // words: the base header and the service path header
constexpr Token kFlags[] = {{0x2000, "O"}};
enum NextProtocol : std::uint8_t { kIpv4 = 1, kIpv6 = 2, kEthernet = 3 };
constexpr Token kNextProtocols[] = {{kIpv4, "IPv4"}, {kIpv6, "IPv6"},        {kEthernet, "Ethernet"}, {4, "NSH"},
                                    {5, "MPLS"},     {0xfe, "Experiment 1"}, {0xff, "Experiment 2"}};
enum MetadataType : std::uint8_t { kReserved = 0, kFixed = 1, kVariable = 2, kExperimental = 15 };
constexpr Token kMetadataTypes[] = {
    {kReserved, "reserved"}, {kFixed, "1"}, {kVariable, "2"}, {kExperimental, "experimental"}};
constexpr std::size_t kFixedWords = 4;

void put_or_unknown(Context& context, std::string_view label, std::span<const Token> table, std::uint8_t value) {
  const std::string_view name = token(table, value);
  context.put(label);
  context.put_name(name, "unknown (0x", Hex{value, 2}, ')');
  context.put(", ");
}

// Metadata of type 1: four words. False when its length says otherwise.
bool put_fixed(Context& context, const Cursor& metadata, std::size_t words) {
  if (words != kFixedWords) {
    context.put(" (invalid length for the MD type)");
    context.put_invalid();
    return false;
  }
  for (unsigned i = 0; i < words && !context.truncated(); ++i) {
    const std::uint32_t value = metadata.be32(i * kWord);
    context.put("\n        Context[", Padded{i, 2}, "]: 0x", Hex{value, 8});
  }
  return true;
}

// Metadata of type 2: class, type, length, value, padded to words. False when one does not fit.
bool put_variable(Context& context, Cursor metadata, std::size_t words) {
  while (words > 0 && !context.truncated()) {
    const std::uint16_t metadata_class = metadata.be16(0);
    const std::uint8_t type = metadata.u8(2);
    const std::uint8_t length = metadata.u8(3);
    metadata.skip(kWord);
    --words;
    context.put("\n        TLV Class ", metadata_class, ", Type ", type, ", Len ", length);
    const std::size_t size = (length + kWord - 1) / kWord;
    if (size > words) {
      context.put(" (length too big)");
      context.put_invalid();
      return false;
    }
    if (length > 0) context.put("\n            Value: ");
    for (unsigned i = 0; i < length && !context.truncated(); ++i) {
      const std::uint8_t byte = metadata.u8(i);
      context.put(i == 0 ? "0x" : ":", Hex{byte, 2});
    }
    (void)metadata.span(0, size * kWord);
    metadata.skip(size * kWord);
    words -= size;
  }
  return true;
}

}  // namespace

void print_nsh(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("nsh");
  const std::size_t length = packet.length();
  const auto invalid = [&] { context.put_invalid(); };
  if (length < kBase * kWord) {
    context.put(" (packet length ", length, " < ", kBase * kWord, ')');
    return invalid();
  }
  const std::uint32_t first_word = packet.be32(0);
  const std::uint16_t first = static_cast<std::uint16_t>(first_word >> 16);
  if (context.truncated()) return;
  const std::uint8_t version = static_cast<std::uint8_t>(first >> 14);
  const std::size_t words = first & 0x3f;
  context.put("NSH, ");
  if (context.verbose(2)) context.put("ver ", version, ", ");
  if (version != 0) return;
  const std::uint8_t metadata_type = packet.u8(2) & 0xf;
  const std::uint8_t next = packet.u8(3);
  context.put("flags [");
  context.put_flags(kFlags, first & 0x2000);
  context.put("], ");
  if (context.verbose(3)) {
    context.put("TTL ", static_cast<std::uint32_t>(first >> 6 & 0x3f), ", length ", words, ", ");
    put_or_unknown(context, "md type ", kMetadataTypes, metadata_type);
  }
  if (context.verbose(2)) put_or_unknown(context, "next-protocol ", kNextProtocols, next);
  if (words * kWord > length) {
    context.put(" (too many headers for packet length ", length, ')');
    return invalid();
  }
  const std::uint32_t path = packet.be24(4);
  context.put("service-path-id 0x", Hex{path, 6}, ", ");
  context.put("service-index 0x", Hex{packet.u8(7)});
  if (words < kBase) {
    context.put(" (less than two headers)");
    return invalid();
  }
  const Cursor metadata = packet.from(kBase * kWord);
  if (context.verbose(3)) {
    if (metadata_type == kFixed && !put_fixed(context, metadata, words - kBase)) return;
    if (metadata_type == kVariable && !put_variable(context, metadata, words - kBase)) return;
  }
  if (!packet.has(words * kWord)) (void)packet.span(0, words * kWord);
  context.put(context.verbose() ? "\n    " : ": ");
  const Cursor payload = packet.from(words * kWord);
  switch (next) {
    case kIpv4:
      return print_ipv4_packet(context, payload);
    case kIpv6:
      return print_ipv6_packet(context, payload);
    case kEthernet:
      print_ethernet_frame(context, payload);
      return;
    default:
      context.put("ERROR: unknown-next-protocol");
      return;
  }
}

}  // namespace ringtap
