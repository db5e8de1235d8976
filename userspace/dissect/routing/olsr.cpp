// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Optimized link state routing, RFC 3626, and what olsrd adds to it: link qualities, names, smart gateways.
#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>

#include "dissect/hexdump.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kName = "olsr";
constexpr std::size_t kPacketHeader = 4;

enum Message : std::uint8_t {
  kHello = 1,
  kTopology = 2,
  kInterfaces = 3,
  kNetworks = 4,
  kPowerInfo = 128,
  kNameService = 130,
  kHelloQuality = 201,
  kTopologyQuality = 202,
};
constexpr Token kMessages[] = {{kHello, "Hello"},           {kTopology, "TC"},          {kInterfaces, "MID"},
                               {kNetworks, "HNA"},          {kPowerInfo, "Powerinfo"},  {kNameService, "Nameservice"},
                               {kHelloQuality, "Hello-LQ"}, {kTopologyQuality, "TC-LQ"}};
constexpr Token kLinkTypes[] = {{0, "Unspecified"}, {1, "Asymmetric"}, {2, "Symmetric"}, {3, "Lost"}};
constexpr Token kNeighborTypes[] = {{0, "Not-Neighbor"}, {1, "Symmetric"}, {2, "Symmetric-MPR"}};

// What a prefix of olsrd's smart gateways, without an address, says instead of a mask.
struct GatewayFlag {
  std::uint8_t bit;
  std::string_view name;
};
constexpr GatewayFlag kGatewayFlags[] = {
    {0x01, " LINKSPEED"}, {0x02, " IPV4"}, {0x04, " IPV4-NAT"}, {0x08, " IPV6"}, {0x10, " IPv6-PREFIX"}};

void put_thousandths(Context& context, std::uint64_t value) {
  context.put(value / 1000, '.', Padded{value % 1000, 3});
}

// RFC 3626 18.3: a mantissa of four bits and an exponent, of sixteenths of a second. Thousandths are rounded to even,
// as printf does: the value is exact in binary.
void put_seconds(Context& context, std::uint8_t encoded) {
  const std::uint64_t units = std::uint64_t{16u + (encoded >> 4u)} << (encoded & 0xfu);  // of 1/256 s
  const std::uint64_t scaled = units * 1000;
  std::uint64_t rounded = scaled / 256;
  const std::uint64_t rest = scaled % 256;
  if (rest > 128 || (rest == 128 && rounded % 2 == 1)) ++rounded;
  put_thousandths(context, rounded);
}

// A byte as a share of 255, with two decimals.
void put_quality(Context& context, std::uint8_t quality) {
  char text[16];
  const char* const end =
      std::to_chars(text, std::end(text), static_cast<double>(quality) / 2.55, std::chars_format::fixed, 2).ptr;
  context.put(std::string_view(text, static_cast<std::size_t>(end - text)), '%');
}

struct Family {
  bool ipv6;
  [[nodiscard]] std::size_t size() const { return ipv6 ? 16 : 4; }
};

void put_address(Context& context, const Cursor& bytes, std::size_t at, Family family) {
  if (family.ipv6) {
    context.host6(bytes.block(at, 16));
  } else {
    context.host4(bytes.block(at, 4));
  }
}

// tcpdump 4.99.3 lists neighbors as IPv4 addresses in packets of IPv6 as well.
void put_neighbors(Context& context, Cursor neighbors) {
  constexpr std::size_t kAddress = 4;
  context.put("\n\t      neighbor\n\t\t");
  context.protocol(kName);
  for (; neighbors.length() >= kAddress; neighbors.skip(kAddress)) {
    const std::uint8_t* address = neighbors.block(0, kAddress);
    if (context.truncated()) return;
    context.host4(address);
    context.put(' ');
  }
}

void put_neighbor_qualities(Context& context, Cursor neighbors, Family family) {
  const std::size_t size = family.size() + 4;
  for (; neighbors.length() >= size; neighbors.skip(size)) {
    (void)neighbors.block(0, size);
    if (context.truncated()) return;
    context.put("\n\t      neighbor ");
    put_address(context, neighbors, 0, family);
    context.put(", link-quality ");
    put_quality(context, neighbors.u8(family.size()));
    context.put(", neighbor-link-quality ");
    put_quality(context, neighbors.u8(family.size() + 1));
  }
}

void put_hello(Context& context, Cursor body, Family family, bool quality) {
  constexpr std::size_t kFixed = 4;
  constexpr std::size_t kLink = 4;
  if (body.length() < kFixed) return body.truncated();
  (void)body.block(0, kFixed);
  if (context.truncated()) return;
  context.put("\n\t  hello-time ");
  put_seconds(context, body.u8(2));
  context.put("s, MPR willingness ", body.u8(3));
  body.skip(kFixed);
  while (body.length() >= kLink && !context.truncated()) {
    (void)body.block(0, kLink);
    if (context.truncated()) return;
    const std::size_t size = body.be16(2);
    const std::uint8_t link = body.u8(0) & 3;
    const std::uint8_t neighbor = body.u8(0) >> 2;
    const bool valid = size >= kLink && size <= body.length();
    context.put("\n\t    link-type ", token(kLinkTypes, link, "Unknown"), ", neighbor-type ",
                token(kNeighborTypes, neighbor, "Unknown"), ", len ", size);
    if (!valid) return context.put_invalid();
    (void)body.span(0, size);
    if (context.truncated()) return;
    const Cursor neighbors = body.from(kLink).with_length(size - kLink);
    if (quality) {
      put_neighbor_qualities(context, neighbors, family);
    } else {
      put_neighbors(context, neighbors);
      context.protocol(kName, true);
    }
    body.skip(size);
  }
}

void put_topology(Context& context, const Cursor& body, Family family, bool quality) {
  constexpr std::size_t kFixed = 4;
  if (body.length() < kFixed) return body.truncated();
  (void)body.block(0, kFixed);
  if (context.truncated()) return;
  context.put("\n\t    advertised neighbor seq 0x", Hex{body.be16(0), 4});
  if (quality) {
    put_neighbor_qualities(context, body.from(kFixed), family);
  } else {
    put_neighbors(context, body.from(kFixed));
  }
}

void put_interfaces(Context& context, Cursor body, Family family) {
  for (; body.length() >= family.size(); body.skip(family.size())) {
    (void)body.block(0, family.size());
    if (context.truncated()) return;
    context.put("\n\t  interface address ");
    put_address(context, body, 0, family);
  }
}

// How many leading bits are set, or no number for another mask: tcpdump 4.99.3 prints -1 as an unsigned number.
std::uint32_t mask_bits(std::uint32_t mask) {
  const auto bits = static_cast<std::uint32_t>(std::countl_one(mask));
  return bits < 32 && mask << bits != 0 ? 0xffffffff : bits;
}

std::uint32_t gateway_speed(std::uint8_t encoded) {
  if (encoded == 0) return 0;
  std::uint32_t speed = (encoded >> 3u) + 1u;
  for (unsigned tens = encoded & 7u; tens > 0; --tens) speed *= 10;
  return speed;
}

void put_networks4(Context& context, Cursor body) {
  constexpr std::size_t kNetwork = 8;
  for (std::size_t column = 0; body.length() >= kNetwork; body.skip(kNetwork)) {
    (void)body.block(0, kNetwork);
    if (context.truncated()) return;
    const std::string_view separator = column == 0 ? "\n\t    " : ", ";
    const std::uint8_t* const mask = body.block(4, 4);
    if (body.be32(0) == 0 && mask[0] == 0 && mask[1] != 0) {
      context.put(separator, "Smart-Gateway:");
      for (const GatewayFlag& flag : kGatewayFlags) {
        if ((mask[1] & flag.bit) != 0) context.put(flag.name);
      }
      const bool speed = (mask[1] & 1) != 0;
      context.put(' ', speed ? gateway_speed(mask[2]) : 0, '/', speed ? gateway_speed(mask[3]) : 0);
    } else {
      context.put(separator);
      put_address(context, body, 0, Family{false});
      context.put('/', mask_bits(body.be32(4)));
    }
    column = (column + 1) % 4;
  }
}

void put_networks6(Context& context, Cursor body) {
  constexpr std::size_t kNetwork = 32;
  for (; body.length() >= kNetwork; body.skip(kNetwork)) {
    (void)body.block(0, kNetwork);
    if (context.truncated()) return;
    const std::uint8_t* const mask = body.block(16, 16);
    const auto* const partial = std::find_if(mask, mask + 16, [](std::uint8_t byte) { return byte != 0xff; });
    auto bits = static_cast<unsigned>(partial - mask) * 8;
    if (bits < 128) {
      const auto leading = static_cast<unsigned>(std::countl_one(*partial));
      // A byte with other bits behind them counts for nothing.
      if (static_cast<std::uint8_t>(*partial << leading) == 0) bits += leading;
    }
    // tcpdump 4.99.3 does not count them.
    context.put("\n\t    #0: ");
    put_address(context, body, 0, Family{true});
    context.put('/', bits);
  }
}

void put_networks(Context& context, const Cursor& body, Family family) {
  context.put("\n\t  Advertised networks (total ", body.length() / (2 * family.size()), ')');
  if (family.ipv6) {
    put_networks6(context, body);
  } else {
    put_networks4(context, body);
  }
}

void put_names(Context& context, Cursor body, Family family) {
  constexpr std::size_t kFixed = 4;
  constexpr std::size_t kEntry = 4;  // its type and the length of the name; the address and the name follow
  if (body.length() < kFixed) return body.truncated();
  context.protocol(kName);
  (void)body.block(0, kFixed);
  if (context.truncated()) return;
  const std::uint16_t entries = body.be16(2);
  const std::uint16_t version = body.be16(0);
  const std::size_t least = entries * (kEntry + family.size());
  const bool valid = entries != 0 && least <= body.length();
  body.skip(kFixed);
  context.put("\n\t  Version ", version, ", Entries ", entries);
  if (!valid) return context.put_invalid();
  for (std::uint16_t number = 0; number < entries; ++number) {
    if (body.length() < kEntry) return;
    (void)body.block(0, kEntry);
    if (context.truncated()) return;
    const std::uint16_t type = body.be16(0);
    const std::size_t size = body.be16(2);
    body.skip(kEntry);
    context.put("\n\t    #", number, ": type ");
    if (type == 0) {
      context.put("000000");  // as %#06x prints it
    } else {
      context.put("0x", Hex{type, 4});
    }
    context.put(", length ", size);
    if (size == 0 || body.length() < family.size() + size) return context.put_invalid();
    const std::size_t padded = (size + 3) / 4 * 4;
    context.protocol(kName, true);
    (void)body.span(0, family.size() + padded);
    if (context.truncated()) return;
    context.put(", address ");
    put_address(context, body, 0, family);
    context.put(", name \"");
    context.out.escaped(body.span(family.size(), size));
    context.put('"');
    body.skip(family.size() + padded);
    context.protocol(kName);
  }
}

void put_body(Context& context, std::uint8_t type, const Cursor& body, Family family) {
  switch (type) {
    case kHello:
    case kHelloQuality:
      return put_hello(context, body, family, type == kHelloQuality);
    case kTopology:
    case kTopologyQuality:
      return put_topology(context, body, family, type == kTopologyQuality);
    case kInterfaces:
      return put_interfaces(context, body, family);
    case kNetworks:
      return put_networks(context, body, family);
    case kNameService:
      return put_names(context, body, family);
    default:
      return dump_layer(context, body, 0, body.length(), "\n\t    ");
  }
}

}  // namespace

void print_olsr(Context& context, Cursor packet, const Transport& transport) {
  const Family family{transport.ip.version == 6};
  const std::size_t header = 8 + family.size();
  context.protocol(kName, true);
  context.put(family.ipv6 ? "OLSRv6" : "OLSRv4");
  if (packet.length() < kPacketHeader) return packet.truncated();
  (void)packet.block(0, kPacketHeader);
  if (context.truncated()) return;
  const std::size_t size = std::min<std::size_t>(packet.be16(0), packet.length());
  context.put(", seq 0x", Hex{packet.be16(2), 4}, ", length ", size);
  if (size == 0 || !context.verbose()) return;
  packet = packet.with_length(size);
  packet.skip(kPacketHeader);
  while (packet.length() > 0 && !context.truncated()) {
    (void)packet.block(0, header);
    if (context.truncated()) return;
    const std::uint8_t type = packet.u8(0);
    const std::size_t message = packet.be16(2);
    if (message == 0 || type == 0) return;
    const std::size_t rest = 4 + family.size();
    const bool valid = message >= header && message <= size;
    context.put("\n\t", token(kMessages, type, "Unknown"), " Message (0x", Hex{type, 2}, "), originator ");
    put_address(context, packet, 4, family);
    context.put(", ttl ", packet.u8(rest), ", hop ", packet.u8(rest + 1), "\n\t  vtime ");
    put_seconds(context, packet.u8(1));
    context.put("s, msg-seq 0x", Hex{packet.be16(rest + 2), 4}, ", length ", message);
    if (!valid) return context.put_invalid();
    put_body(context, type, packet.from(header).first(message - header), family);
    context.protocol(kName, true);
    packet.skip(message);
  }
}

}  // namespace ringtap
