// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The header of ISAKMP, RFC 2408, which IKEv1, RFC 2409, and IKEv2, RFC 7296, share.
#include "dissect/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 28;
constexpr Token kExchanges[] = {{0, "none"},        {1, "base"},        {2, "ident"},         {3, "auth"},
                                {4, "agg"},         {5, "inf"},         {32, "oakley-quick"}, {33, "oakley-newgroup"},
                                {34, "ikev2_init"}, {35, "ikev2_auth"}, {36, "child_sa"},     {37, "inf2"}};

void put_exchange(Context& context, std::uint8_t type) {
  if (const std::string_view name = token(kExchanges, type); !name.empty()) {
    context.put(name);
  } else {
    context.put('#', type);
  }
}

// "I" from who sent the first packet with this cookie, "R" to them, "?" where that was not seen.
char direction(IkeState& state, const IpHeader& ip, std::uint64_t initiator, std::uint64_t responder) {
  const std::size_t size = ip.address_size();
  IkeState::Exchange here{.cookie = initiator, .addresses = {}, .version = ip.version};
  std::copy(ip.source, ip.source + size, here.addresses.begin());
  std::copy(ip.destination, ip.destination + size, here.addresses.begin() + static_cast<std::ptrdiff_t>(size));
  if (initiator == 0) return '?';
  const IkeState::Exchange* known = state.find(initiator);
  if (known == nullptr) {
    if (responder != 0) return '?';
    state.add(here);
    return 'I';
  }
  if (known->version != here.version) return '?';
  const auto same = [&](std::size_t a, std::size_t b) {
    return std::equal(known->addresses.begin() + static_cast<std::ptrdiff_t>(a),
                      known->addresses.begin() + static_cast<std::ptrdiff_t>(a + size),
                      here.addresses.begin() + static_cast<std::ptrdiff_t>(b));
  };
  if (same(0, 0)) return 'I';
  if (same(size, 0)) return 'R';
  return '?';
}

void put_v1(Context& context, const Cursor& packet, const IpHeader& ip) {
  const std::uint8_t flags = packet.u8(19);
  context.put(packet.be32(20) == 0 ? " phase 1 " : " phase 2/others ",
              direction(context.ike_state, ip, packet.be64(0), packet.be64(8)), ' ');
  put_exchange(context, packet.u8(18));
  if (flags != 0) context.put('[', (flags & 1) != 0 ? "E" : "", (flags & 2) != 0 ? "C" : "", ']');
}

void put_v2(Context& context, const Cursor& packet) {
  const std::uint8_t flags = packet.u8(19);
  context.put(packet.be32(20) == 0 ? " parent_sa " : " child_sa  ");
  put_exchange(context, packet.u8(18));
  if (flags != 0)
    context.put('[', (flags & 0x08) != 0 ? "I" : "", (flags & 0x10) != 0 ? "V" : "", (flags & 0x20) != 0 ? "R" : "",
                ']');
}

}  // namespace

void print_isakmp(Context& context, Cursor packet, const Transport& transport) {
  context.protocol("isakmp");
  if (!packet.has(kHeader)) return packet.truncated();
  const std::uint8_t version = packet.u8(17);
  context.put("isakmp");
  if (context.verbose()) {
    context.put(' ', static_cast<std::uint32_t>(version >> 4), '.', static_cast<std::uint32_t>(version & 0xf));
    context.put(" msgid ", Hex{packet.be32(20), 8});
  }
  context.put(':');
  switch (version >> 4) {
    case 1:
      put_v1(context, packet, transport.ip);
      break;
    case 2:
      put_v2(context, packet);
      break;
    default:
      return;
  }
  if (context.verbose()) context.put(':');
}

}  // namespace ringtap
