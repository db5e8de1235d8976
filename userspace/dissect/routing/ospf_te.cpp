// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Traffic engineering in OSPF's opaque LSAs, RFC 3630; for GMPLS, RFC 4203; DiffServ-aware,
// RFC 4124 to 4127.
#include <algorithm>
#include <bit>
#include <charconv>

#include "dissect/hexdump.hpp"
#include "dissect/routing/gmpls.hpp"
#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 4;  // type and length
constexpr std::size_t kPriorities = 8;

enum Tlv : std::uint16_t { kRouterAddress = 1, kLink = 2 };
constexpr Token kTlvs[] = {{kRouterAddress, "Router Address"}, {kLink, "Link"}};

enum SubTlv : std::uint16_t {
  kLinkType = 1,
  kLinkId = 2,
  kLocalAddress = 3,
  kRemoteAddress = 4,
  kMetric = 5,
  kMaximumBandwidth = 6,
  kReservableBandwidth = 7,
  kUnreservedBandwidth = 8,
  kGroup = 9,
  kLocalRemoteId = 11,
  kProtection = 14,
  kSwitching = 15,
  kRiskGroup = 16,
  kConstraints = 17,
};
constexpr Token kSubTlvs[] = {
    {kLinkType, "Link Type"},
    {kLinkId, "Link ID"},
    {kLocalAddress, "Local Interface IP address"},
    {kRemoteAddress, "Remote Interface IP address"},
    {kMetric, "Traffic Engineering Metric"},
    {kMaximumBandwidth, "Maximum Bandwidth"},
    {kReservableBandwidth, "Maximum Reservable Bandwidth"},
    {kUnreservedBandwidth, "Unreserved Bandwidth"},
    {kGroup, "Administrative Group"},
    {kLocalRemoteId, "Link Local/Remote Identifier"},
    {kProtection, "Link Protection Type"},
    {kSwitching, "Interface Switching Capability"},
    {kRiskGroup, "Shared Risk Link Group"},
    {kConstraints, "Bandwidth Constraints"},
};
constexpr Token kLinkTypes[] = {{1, "Point-to-point"}, {2, "Multi-Access"}};
constexpr Token kProtections[] = {
    {0x01, "Extra Traffic"}, {0x02, "Unprotected"}, {0x04, "Shared"},   {0x08, "Dedicated 1:1"},
    {0x10, "Dedicated 1+1"}, {0x20, "Enhanced"},    {0x40, "Reserved"}, {0x80, "Reserved"},
};
constexpr Token kModels[] = {{0, "Russian dolls"}, {1, "Maximum allocation"}};

void put_address(Context& context, const Cursor& value, std::size_t at) {
  const std::uint8_t* address = value.block(at, 4);
  if (!context.truncated()) context.host4(address);
}

void put_address_and_number(Context& context, const Cursor& value, std::size_t at) {
  context.put(", ");
  put_address(context, value, at);
  context.put(" (0x", Hex{value.be32(at), 8}, ')');
}

bool has_length(Context& context, std::size_t size, std::size_t length) {
  if (size == length) return true;
  context.put(" != ", length);
  return false;
}

bool put_constraints(Context& context, const Cursor& value, std::size_t size) {
  const std::uint8_t model = value.u8(0);
  context.put("\n\t\tBandwidth Constraints Model ID: ", token(kModels, model, "unknown"), " (", model, ')');
  if (size % 4 != 0) {
    context.put("\n\t\tlength ", size, " != N x 4");
    return false;
  }
  constexpr std::size_t kMost = (1 + kPriorities) * 4;
  if (size > kMost) {
    context.put("\n\t\tlength ", size, " > ", kMost);
    return false;
  }
  for (std::size_t i = 0; 4 * (i + 2) <= size; ++i) {
    context.put("\n\t\t  Bandwidth constraint CT", i, ": ");
    put_mbps(context, value.be32(4 * (i + 1)));
  }
  return true;
}

// False if it is not as long as it has to be, which is said.
bool put_sub_tlv(Context& context, std::uint16_t type, const Cursor& value, std::size_t size) {
  switch (type) {
    case kLinkType: {
      if (!has_length(context, size, 1)) return false;
      const std::uint8_t link = value.u8(0);
      context.put(", ", token(kLinkTypes, link, "unknown"), " (", link, ')');
      return true;
    }
    case kLinkId:
    case kLocalRemoteId:
      if (size != 4 && size != 8) {
        context.put(" != 4 && != 8");
        return false;
      }
      put_address_and_number(context, value, 0);
      if (size == 8) put_address_and_number(context, value, 4);
      return true;
    case kLocalAddress:
    case kRemoteAddress:
      if (!has_length(context, size, 4)) return false;
      context.put(", ");
      put_address(context, value, 0);
      return true;
    case kMetric:
      if (!has_length(context, size, 4)) return false;
      context.put(", Metric ", value.be32(0));
      return true;
    case kMaximumBandwidth:
    case kReservableBandwidth:
      if (!has_length(context, size, 4)) return false;
      context.put(", ");
      put_mbps(context, value.be32(0));
      return true;
    case kUnreservedBandwidth:
      if (!has_length(context, size, 4 * kPriorities)) return false;
      for (std::size_t i = 0; i < kPriorities; ++i) {
        context.put("\n\t\tTE-Class ", i, ": ");
        put_mbps(context, value.be32(4 * i));
      }
      return true;
    case kGroup:
      if (!has_length(context, size, 4)) return false;
      context.put(", 0x", Hex{value.be32(0), 8});
      return true;
    case kProtection:
      if (!has_length(context, size, 4)) return false;
      context.put(", ");
      context.put_flags(kProtections, value.u8(0));
      return true;
    case kSwitching: {
      constexpr std::size_t kLeast = 4 + 4 * kPriorities;
      if (size < kLeast) {
        context.put(" < ", kLeast);
        return false;
      }
      context.put("\n\t\tInterface Switching Capability: ", gmpls_switching_name(value.u8(0), "Unknown"),
                  "\n\t\tLSP Encoding: ", gmpls_encoding_name(value.u8(1), "Unknown"), "\n\t\tMax LSP Bandwidth:");
      for (std::size_t i = 0; i < kPriorities; ++i) {
        context.put("\n\t\t  priority level ", i, ": ");
        put_mbps(context, value.be32(4 + 4 * i));
      }
      return true;
    }
    case kRiskGroup:
      if (size % 4 != 0) {
        context.put(" != N x 4");
        return false;
      }
      context.put("\n\t\t  Shared risk group: ");
      for (std::size_t at = 0; at < size; at += 4) context.put(at == 0 ? "" : ", ", value.be32(at));
      return true;
    case kConstraints:
      if (size < 4) {
        context.put(" < 4");
        return false;
      }
      return put_constraints(context, value, size);
    default:
      if (!context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t\t");
      return true;
  }
}

// False if what follows cannot be read.
bool put_link(Context& context, Cursor link) {
  while (link.length() > 0 && !context.truncated()) {
    const std::size_t left = link.length();
    if (left < kHeader) {
      context.put("\n\t    Remaining TLV length ", left, " < ", kHeader);
      return false;
    }
    const std::uint16_t type = link.be16(0);
    const std::size_t size = link.be16(2);
    if (context.truncated()) return false;
    if (type == 0 || size == 0) {
      context.put_invalid();
      return false;
    }
    context.put("\n\t      ", token(kSubTlvs, type, "unknown"), " subTLV (", type, "), length: ", size);
    if (left < size + kHeader) {
      context.put("\n\t    Remaining TLV length ", left, " < ", size + kHeader);
      return false;
    }
    link.skip(kHeader);
    if (!link.has(size)) return false;
    if (!put_sub_tlv(context, type, link.first(size), size)) {
      context.put_invalid();
      return false;
    }
    link.skip(std::min((size + 3) & ~std::size_t{3}, link.length()));
  }
  return true;
}

}  // namespace

void put_mbps(Context& context, std::uint32_t raw) {
  const float mbps = std::bit_cast<float>(raw) * 8 / 1000000;  // rounded, and without bound, as tcpdump's is
  char text[64];                                               // the largest float has 39 digits before the point
  const char* const end = std::to_chars(text, text + sizeof text, double{mbps}, std::chars_format::fixed, 3).ptr;
  context.put(std::string_view(text, static_cast<std::size_t>(end - text)), " Mbps");
}

bool put_ospf_te(Context& context, Cursor body) {
  bool has_link = false;
  while (body.length() >= kHeader && !context.truncated()) {
    if (!body.has(kHeader)) return false;
    const std::uint16_t type = body.be16(0);
    const std::size_t size = body.be16(2);
    context.put("\n\t    ", token(kTlvs, type, "unknown"), " TLV (", type, "), length: ", size);
    body.skip(kHeader);
    if (size > body.length()) {
      context.put("\n\t    Bogus length ", size, " > ", body.length());
      return false;
    }
    if (type == 0 || size == 0) return false;
    const Cursor value = body.first(size);
    if (type == kRouterAddress) {
      if (size < 4) {
        context.put("\n\t    TLV length ", size, " < 4");
        return false;
      }
      const std::uint8_t* address = value.block(0, 4);
      context.put(", ");
      context.host4(address);
    } else if (type == kLink) {
      if (!put_link(context, value)) return false;
      has_link = true;
    } else if (!context.verbose(2)) {
      dump_hex(context.out, value.bytes(), "\n\t      ");
    }
    body.skip(std::min((size + 3) & ~std::size_t{3}, body.length()));
  }
  return !has_link && body.length() == 0;
}

}  // namespace ringtap
