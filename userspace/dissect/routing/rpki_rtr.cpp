// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// RPKI to router, RFC 6810 (version 0). A version that is not known is named and no more, as in tcpdump 4.99.3.
#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;

enum Type : std::uint8_t {
  kSerialNotify = 0,
  kSerialQuery = 1,
  kResetQuery = 2,
  kCacheResponse = 3,
  kIpv4Prefix = 4,
  kIpv6Prefix = 6,
  kEndOfData = 7,
  kCacheReset = 8,
  kErrorReport = 10
};
constexpr Token kTypes[] = {
    {kSerialNotify, "Serial Notify"},   {kSerialQuery, "Serial Query"}, {kResetQuery, "Reset Query"},
    {kCacheResponse, "Cache Response"}, {kIpv4Prefix, "IPV4 Prefix"},   {kIpv6Prefix, "IPV6 Prefix"},
    {kEndOfData, "End of Data"},        {kCacheReset, "Cache Reset"},   {kErrorReport, "Error Report"}};
constexpr Token kErrors[] = {{0, "Corrupt Data"},
                             {1, "Internal Error"},
                             {2, "No Data Available"},
                             {3, "Invalid Request"},
                             {4, "Unsupported Protocol Version"},
                             {5, "Unsupported PDU Type"},
                             {6, "Withdrawal of Unknown Record"},
                             {7, "Duplicate Announcement Received"}};

std::size_t put_pdu(Context& context, const Cursor& pdu, std::size_t left, bool encapsulated);

// False when it is not what its lengths say.
bool put_error_report(Context& context, Cursor rest, std::size_t left, std::uint16_t code, bool encapsulated,
                      std::string_view indent) {
  if (left < 4) return false;
  const std::uint32_t inner = rest.take_be32();
  left -= 4;
  context.put(indent, "Error code: ");
  context.put(named(kErrors, code, "Unknown"));
  context.put(", Encapsulated PDU length: ", inner);
  if (inner > left) return false;
  if (inner > 0) {
    if (!encapsulated) {
      context.put(indent, "  -----encapsulated PDU-----");
      put_pdu(context, rest, inner, true);
    }
    rest.skip(inner);
    left -= inner;
  }
  if (left < 4) return false;
  const std::uint32_t text = rest.take_be32();
  left -= 4;
  if (text > left) return false;
  if (text > 0) {
    context.put(indent, "Error text: ");
    put_escaped(context, rest, 0, text);
  }
  return true;
}

// How many bytes the PDU took; all that is left where it cannot be read.
std::size_t put_pdu(Context& context, const Cursor& pdu, std::size_t left, bool encapsulated) {
  const auto invalid = [&] {
    context.put_invalid();
    (void)pdu.span(0, left);
    return left;
  };
  const std::uint8_t version = pdu.u8(0);
  if (context.truncated()) return left;
  if (version != 0) {
    context.put("\n\tRPKI-RTRv", version, " (unknown)");
    return left;
  }
  if (left < kHeader) {
    context.put('(', left, " bytes is too few to decode)");
    return invalid();
  }
  (void)pdu.block(0, kHeader);
  const std::uint8_t type = pdu.u8(1);
  const std::uint16_t session = pdu.be16(2);
  const std::size_t length = pdu.be32(4);
  context.put("\n\tRPKI-RTRv0, ", token(kTypes, type, "Unknown"), " PDU (", type, "), length: ", length);
  if (length < kHeader || length > left) return invalid();
  // An encapsulated PDU begins further in.
  const std::string_view indent = encapsulated ? "\n\t    " : "\n\t  ";
  bool known = true;
  switch (type) {
    case kSerialNotify:
    case kSerialQuery:
    case kEndOfData: {
      if (length != kHeader + 4) return invalid();
      const std::uint32_t serial = pdu.be32(8);
      context.put(indent, "Session ID: 0x", Hex{session, 4}, ", Serial: ", serial);
      break;
    }
    case kResetQuery:
    case kCacheReset:
      if (length != kHeader) return invalid();
      break;
    case kCacheResponse:
      if (length != kHeader) return invalid();
      context.put(indent, "Session ID: 0x", Hex{session, 4});
      break;
    case kIpv4Prefix: {
      if (length != 20) return invalid();
      (void)pdu.block(0, 20);
      context.put(indent, "IPv4 Prefix ");
      context.host4(pdu.block(12, 4));
      context.put('/', pdu.u8(9), '-', pdu.u8(10), ", origin-as ", pdu.be32(16), ", flags 0x", Hex{pdu.u8(8), 2});
      break;
    }
    case kIpv6Prefix: {
      if (length != 32) return invalid();
      (void)pdu.block(0, 32);
      context.put(indent, "IPv6 Prefix ");
      context.host6(pdu.block(12, 16));
      context.put('/', pdu.u8(9), '-', pdu.u8(10), ", origin-as ", pdu.be32(28), ", flags 0x", Hex{pdu.u8(8), 2});
      break;
    }
    case kErrorReport:
      if (!put_error_report(context, pdu.from(kHeader), length - kHeader, session, encapsulated, indent))
        return invalid();
      break;
    default:
      (void)pdu.span(0, length);
      dump_layer(context, pdu, 0, length, "\n\t  ");
      known = false;
      break;
  }
  if (known && context.verbose(2)) dump_layer(context, pdu, 0, length, "\n\t  ");
  return length;
}

}  // namespace

void print_rpki_rtr(Context& context, Cursor payload, const Transport&) {
  context.protocol("rpki_rtr");
  if (!context.verbose()) return context.put(", RPKI-RTR");
  for (std::size_t left = payload.length(); left > 0 && !context.truncated();) {
    const std::size_t taken = put_pdu(context, payload, left, false);
    payload.skip(taken);
    left -= taken;
  }
}

}  // namespace ringtap
