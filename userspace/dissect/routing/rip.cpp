// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Routing Information Protocol: version 1, RFC 1058; version 2, RFC 2453, with the authentication of RFC 4822; RIPng,
// RFC 2080.
#include <bit>

#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kEntry = 20;

enum Command : std::uint8_t { kRequest = 1, kResponse = 2 };
constexpr Token kCommands[] = {{kRequest, "Request"}, {kResponse, "Response"}, {3, "Trace on"}, {4, "Trace off"},
                               {5, "Poll"},           {6, "Poll Entry"}};
constexpr std::uint16_t kUnspecified = 0;
constexpr std::uint16_t kIpv4 = 2;
constexpr std::uint16_t kAuthentication = 0xffff;
constexpr Token kFamilies[] = {{kUnspecified, "0"}, {kIpv4, "IPv4"}};

int mask_bits(std::uint32_t mask) {
  const int bits = std::countl_one(mask);
  return bits == 32 || (mask << bits) == 0 ? bits : -1;
}

void put_entry_v1(Context& context, const Cursor& entry) {
  const std::uint16_t family = entry.be16(0);
  const bool known = family == kUnspecified || family == kIpv4;
  const bool reserved = entry.be16(2) != 0 || entry.be32(8) != 0 || entry.be32(12) != 0;
  if (known && reserved) return dump_hex(context.out, entry.first(kEntry).bytes(), "\n\t  ");
  if (!known) {
    context.put("\n\t AFI Unknown (", family, "), ");
    return dump_hex(context.out, entry.first(kEntry).from(4).bytes(), "\n\t  ");
  }
  context.put("\n\t  ");
  if (family == kUnspecified) context.put("AFI 0, ");
  context.host4(entry.block(4, 4));
  context.put(", metric: ", entry.be32(16));
}

enum class Entry { kWhole, kCut, kLast };  // kLast: nothing after it is one

Entry put_entry_v2(Context& context, const Cursor& entry) {
  if (entry.length() < 4) return Entry::kCut;
  const std::uint16_t family = entry.be16(0);
  if (family == kAuthentication) {
    const std::uint16_t kind = entry.be16(2);
    if (kind == 1) {
      const std::span<const std::uint8_t> tail = entry.from(4).bytes();
      context.put("\n\t  Auth trailer:");
      dump_hex(context.out, tail, "\n\t  ");
      return Entry::kLast;
    }
    if (kind == 2) {
      context.put("\n\t  Simple Text Authentication data: ");
      const bool ended = put_text(context, entry.first(kEntry).from(4).bytes());
      context.protocol("rip");  // reads that fail
      if (!ended) (void)entry.span(0, kEntry);
      return Entry::kWhole;
    }
    if (kind == 3) {
      if (entry.length() < kEntry) return Entry::kCut;
      context.put("\n\t  Auth header:");
      context.put(" Packet Len ", entry.be16(4), ", Key-ID ", entry.u8(6), ", Auth Data Len ", entry.u8(7), ", SeqNo ",
                  entry.be32(8), ", MBZ ", entry.be32(12), ", MBZ ", entry.be32(16));
      return Entry::kWhole;
    }
    context.put("\n\t  Unknown (", kind, ") Authentication data:");
    dump_hex(context.out, entry.from(4).bytes(), "\n\t  ");
    return Entry::kLast;
  }
  if (family != kIpv4 && family != kUnspecified) {
    context.put("\n\t  AFI Unknown (", family, ')');
    const std::span<const std::uint8_t> rest = entry.first(std::min(kEntry, entry.length())).from(4).bytes();
    dump_hex(context.out, rest, "\n\t  ");
    return Entry::kWhole;
  }
  if (entry.length() < kEntry) return Entry::kCut;
  context.put("\n\t  AFI ", token(kFamilies, family), ", ");
  put_padded_host4(context, entry.block(4, 4));
  const int bits = mask_bits(entry.be32(8));
  context.put('/', Signed{bits});
  if (bits >= 0 && bits < 10) context.put(' ');
  context.put(", tag 0x", Hex{entry.be16(2), 4}, ", metric: ", entry.be32(16), ", next-hop: ");
  if (entry.be32(12) == 0) {
    context.put("self");
  } else {
    context.host4(entry.block(12, 4));
  }
  return Entry::kWhole;
}

// The entries of as much as was captured. False if the last one is cut.
bool put_entries(Context& context, Cursor rest, std::uint8_t version) {
  for (; rest.length() > 0 && !context.truncated(); rest.skip(kEntry)) {
    if (version == 1) {
      if (rest.length() < kEntry) return false;
      put_entry_v1(context, rest);
      continue;
    }
    const Entry entry = put_entry_v2(context, rest);
    if (entry != Entry::kWhole) return entry == Entry::kLast;
    if (rest.length() < kEntry) {
      context.put(" [remaining entries length ", rest.length(), " < ", kEntry, ']');
      context.put_invalid();
    }
  }
  return true;
}

}  // namespace

void print_rip(Context& context, Cursor message, const Transport&) {
  context.protocol("rip", true);
  const std::size_t length = message.length();
  if (!message.has(kHeader) || length < kHeader) return message.truncated();
  const std::uint8_t command = message.u8(0);
  const std::uint8_t version = message.u8(1);
  const auto dump_all = [&](std::string_view indent) { dump_captured(context, message, indent); };
  context.put(context.verbose() ? "\n\t" : "", "RIPv", version);
  // Version 0 was no more than its number.
  if (version == 0) return dump_all("\n\t");
  const std::string_view name = token(kCommands, command);
  context.put(", ");
  context.put_name(name, "unknown command (", command, ')');
  context.put(", length: ", length);
  if (!context.verbose()) return;
  if (command != kRequest && command != kResponse) {
    if (name.empty()) dump_all("\n\t");
    return;
  }
  if (version == 1 || version == 2) {
    const std::size_t routes = length / kEntry;
    context.put(", routes: ", routes);
    if (version == 2) context.put(" or less");
    if (!put_entries(context, message.first(message.readable()).from(kHeader), version)) context.put_truncated();
  } else {
    context.put(", unknown version");
  }
  if (context.verbose(2) && !context.truncated()) dump_all("\n\t");
}

void print_ripng(Context& context, Cursor message, const Transport&) {
  context.protocol("ripng");
  const std::size_t length = message.length();
  if (length < kHeader) return context.put_invalid();
  const std::uint8_t command = message.u8(0);
  const std::uint8_t version = message.u8(1);
  if (context.truncated()) return;
  if (version != 1) {
    context.put(" [vers ", version, ']');
    return context.put_invalid();
  }
  const std::size_t body = length - kHeader;
  const std::size_t entries = body / kEntry;
  const auto put_entry = [&](const Cursor& entry, bool metric) {
    (void)entry.block(0, kEntry - 1);
    if (context.truncated()) return;
    context.host6(entry.block(0, 16));
    context.put('/', entry.u8(18));
    if (entry.be16(16) != 0) context.put(" [", entry.be16(16), ']');
    if (metric) context.put(" (", entry.u8(19), ')');
  };
  Cursor rest = message.from(kHeader);
  switch (command) {
    case kRequest:
      // RFC 2080 2.4.1: one entry of zeros with an infinite metric asks for everything.
      if (entries == 1) (void)rest.block(0, kEntry);
      if (entries == 1 && rest.be32(0) == 0 && rest.be64(4) == 0 && rest.be32(12) == 0 && rest.be16(16) == 0 &&
          rest.u8(18) == 0 && rest.u8(19) == 16 && body == kEntry) {
        context.put(" ripng-req dump");
        break;
      }
      [[fallthrough]];
    case kResponse:
      context.put(command == kRequest ? " ripng-req " : " ripng-resp ", entries);
      if (entries * kEntry != body) context.put('[', length, ']');
      context.put(':');
      for (; rest.length() >= kEntry && !context.truncated(); rest.skip(kEntry)) {
        context.put(context.verbose(2) ? "\n\t" : " ");
        put_entry(rest, command == kResponse);
      }
      if (rest.length() > 0) context.put_invalid();
      break;
    default:
      context.put(" ripng-", command, " ?? ", length);
      context.put_invalid();
      break;
  }
}

}  // namespace ringtap
