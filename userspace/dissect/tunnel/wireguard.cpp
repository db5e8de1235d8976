// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// WireGuard, https://www.wireguard.com/papers/wireguard.pdf, 5.4: what is in the clear. tcpdump does not print it.
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kInitiation = 148;
constexpr std::size_t kResponse = 92;
constexpr std::size_t kCookieReply = 64;
constexpr std::size_t kData = 32;  // without a packet inside: keep-alive
constexpr std::size_t kDataHeader = 16;

}  // namespace

bool print_wireguard(Context& context, Cursor packet, const Transport&) {
  const std::size_t length = packet.length();
  if (packet.readable() < kDataHeader || packet.be24(1) != 0) return false;
  const auto index = [&packet](std::size_t offset) { return Hex{packet.le32(offset), 8}; };
  switch (packet.u8(0)) {
    case 1:
      if (length != kInitiation) return false;
      context.put("WireGuard, handshake initiation, sender 0x", index(4));
      break;
    case 2:
      if (length != kResponse) return false;
      context.put("WireGuard, handshake response, sender 0x", index(4), ", receiver 0x", index(8));
      break;
    case 3:
      if (length != kCookieReply) return false;
      context.put("WireGuard, cookie reply, receiver 0x", index(4));
      break;
    case 4:
      if (length < kData || length % 16 != 0) return false;
      context.put("WireGuard, ", length == kData ? "keepalive" : "data", ", receiver 0x", index(4), ", counter ",
                  packet.le64(8));
      break;
    default:
      return false;
  }
  context.put(", length ", length);
  return true;
}

}  // namespace ringtap
