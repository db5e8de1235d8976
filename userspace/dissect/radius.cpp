// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// RADIUS, RFC 2865 and 2866; dynamic authorization, RFC 5176.
#include "dissect/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 20;
constexpr Token kCodes[] = {{1, "Access-Request"},
                            {2, "Access-Accept"},
                            {3, "Access-Reject"},
                            {4, "Accounting-Request"},
                            {5, "Accounting-Response"},
                            {11, "Access-Challenge"},
                            {12, "Status-Server"},
                            {13, "Status-Client"},
                            {40, "Disconnect-Request"},
                            {41, "Disconnect-ACK"},
                            {42, "Disconnect-NAK"},
                            {43, "CoA-Request"},
                            {44, "CoA-ACK"},
                            {45, "CoA-NAK"}};

}  // namespace

void print_radius(Context& context, Cursor packet, const Transport&) {
  context.protocol("radius");
  if (!packet.has(kHeader)) return packet.truncated();
  const std::size_t declared = packet.be16(2);
  if (declared < kHeader) return packet.truncated();
  const std::size_t length = std::min(declared, packet.length());
  if (!context.verbose()) {
    context.put("RADIUS, ");
    put_token_decimal(context, kCodes, packet.u8(0), "Unknown Command");
    return context.put(", id: 0x", Hex{packet.u8(1), 2}, " length: ", length);
  }
  context.put("RADIUS, length: ", length, "\n\t");
  put_token_decimal(context, kCodes, packet.u8(0), "Unknown Command");
  context.put(", id: 0x", Hex{packet.u8(1), 2}, ", Authenticator: ");
  for (unsigned i = 0; i < 16; ++i) context.put(Hex{packet.u8(4 + i), 2});
}

}  // namespace ringtap
