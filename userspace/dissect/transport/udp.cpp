// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// UDP, RFC 768.
#include "dissect/checksum.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::uint8_t kProtocol = 17;

void put_checksum(Context& context, const Cursor& datagram, const IpHeader& ip, std::size_t length) {
  if (!context.verbose() || context.options.no_checksums || ip.fragment) return;
  // An IPv4 datagram need not have one, so it is looked at only on request; under IPv6 it must have one.
  if (ip.version == 4 && !context.verbose(2)) return;
  const std::uint16_t found = datagram.be16(6);
  if (found == 0 && ip.version == 4) return context.put("[no cksum] ");
  if (!datagram.has(length)) return;
  const std::uint16_t sum =
      transport_checksum(ip, kProtocol, datagram.bytes().first(length), static_cast<std::uint32_t>(length));
  if (sum == 0 && found != 0) return context.put("[udp sum ok] ");
  context.put("[bad udp cksum 0x", Hex{found, 4}, " -> 0x", Hex{expected_checksum(found, sum), 4}, "!] ");
}

}  // namespace

void print_udp(Context& context, Cursor datagram, const IpHeader& ip) {
  context.protocol("udp");
  if (!datagram.has(4)) {
    // After an extension header the addresses have been printed with it.
    if (ip.protocol == kProtocol) put_addresses(context, ip);
    return datagram.truncated();
  }
  if (datagram.has(kHeader) && print_datagram_by_force(context, datagram, ip)) return;
  const std::uint16_t source = datagram.be16(0);
  const std::uint16_t destination = datagram.be16(2);
  put_endpoints(context, ip, kProtocol, &Context::udp_port, source, destination);
  const std::size_t length = datagram.length();
  if (length < kHeader) return context.put("truncated-udp ", length);
  if (!datagram.has(6)) return datagram.truncated();
  std::size_t declared = datagram.be16(4);
  if (declared == 0 && length > 0xffff) declared = length;  // a jumbogram, RFC 2675 4
  if (declared < kHeader) return context.put("truncated-udplength ", declared);
  const std::size_t body = declared - kHeader;
  const std::size_t available = std::min(body, length - kHeader);
  const Cursor payload = datagram.from(kHeader).with_length(available);
  if (!datagram.has(kHeader)) return datagram.truncated();
  if (print_udp_by_force(context, payload, {ip, source, destination})) return;
  if (!context.options.quiet) {
    if (print_nfs_over_udp(context, payload, {ip, source, destination})) return;
    put_checksum(context, datagram, ip, available + kHeader);
    if (print_udp_port(context, payload, {ip, source, destination})) return;
  }
  if (body > length - kHeader && !ip.fragment) {
    context.put("UDP, bad length ", body, " > ", length - kHeader);
  } else {
    context.put("UDP, length ", body);
  }
}

}  // namespace ringtap
