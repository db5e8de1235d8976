// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/community_id.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/base64.hpp"
#include "base/mix.hpp"
#include "base/sha1.hpp"

namespace ringtap {
namespace {

// The ICMP type that answers another: those two make one flow.
std::optional<std::uint16_t> answering_type(std::uint8_t version, std::uint16_t type) {
  constexpr std::uint16_t kHomeRequest = 144, kHomeReply = 145;      // RFC 6275
  constexpr std::uint16_t kWhoAreYou = 139, kWhoAreYouAnswer = 140;  // RFC 4620
  constexpr std::uint16_t kRouterAdvertisement = 9, kRouterSolicitation = 10;
  using Pair = std::array<std::uint16_t, 2>;
  constexpr std::array kPairs4 = {Pair{ICMP_ECHO, ICMP_ECHOREPLY}, Pair{ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY},
                                  Pair{ICMP_INFO_REQUEST, ICMP_INFO_REPLY},
                                  Pair{kRouterSolicitation, kRouterAdvertisement},
                                  Pair{ICMP_ADDRESS, ICMP_ADDRESSREPLY}};
  constexpr std::array kPairs6 = {
      Pair{ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY}, Pair{MLD_LISTENER_QUERY, MLD_LISTENER_REPORT},
      Pair{ND_ROUTER_SOLICIT, ND_ROUTER_ADVERT},  Pair{ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT},
      Pair{kWhoAreYou, kWhoAreYouAnswer},         Pair{kHomeRequest, kHomeReply}};
  for (const Pair& pair : version == 4 ? std::span<const Pair>(kPairs4) : std::span<const Pair>(kPairs6)) {
    if (pair[0] == type) return pair[1];
    if (pair[1] == type) return pair[0];
  }
  return std::nullopt;
}

// What is hashed, in the order that both directions share.
struct Ordered {
  std::array<std::byte, 16> first;
  std::array<std::byte, 16> second;
  std::uint16_t first_port;
  std::uint16_t second_port;
  bool has_ports;
};

Ordered in_order(const Endpoints& ends) {
  const bool is_icmp =
      (ends.version == 4 && ends.protocol == IPPROTO_ICMP) || (ends.version == 6 && ends.protocol == IPPROTO_ICMPV6);
  Ordered ordered{.first = ends.source,
                  .second = ends.destination,
                  .first_port = ends.source_port,
                  .second_port = ends.destination_port,
                  .has_ports = is_icmp || ends.protocol == IPPROTO_TCP || ends.protocol == IPPROTO_UDP ||
                               ends.protocol == IPPROTO_SCTP};
  bool has_direction = false;
  if (is_icmp) {
    const auto answer = answering_type(ends.version, ends.source_port);
    has_direction = !answer;
    ordered.second_port = answer.value_or(ends.destination_port);
  }
  const bool in_order =
      ordered.first < ordered.second || (ordered.first == ordered.second && ordered.first_port < ordered.second_port);
  if (!has_direction && !in_order) {
    std::swap(ordered.first, ordered.second);
    std::swap(ordered.first_port, ordered.second_port);
  }
  return ordered;
}

}  // namespace

CommunityId::CommunityId(const Endpoints& endpoints) : text_{'1', ':'} {
  const Ordered ordered = in_order(endpoints);
  std::array<std::uint8_t, 2 + 16 + 16 + 2 + 4> bytes{};  // begins with the seed, which is 0
  std::size_t size = 2;
  const auto put_address = [&](const std::array<std::byte, 16>& address) {
    const std::size_t length = endpoints.version == 4 ? 4 : 16;
    for (std::size_t i = 0; i < length; ++i) bytes[size++] = std::to_integer<std::uint8_t>(address[i]);
  };
  put_address(ordered.first);
  put_address(ordered.second);
  bytes[size++] = endpoints.protocol;
  bytes[size++] = 0;
  if (ordered.has_ports) {
    for (const std::uint16_t port : {ordered.first_port, ordered.second_port}) {
      bytes[size++] = static_cast<std::uint8_t>(port >> 8);
      bytes[size++] = static_cast<std::uint8_t>(port);
    }
  }
  const Sha1Digest digest = sha1(std::span(bytes).first(size));
  write_base64(text_.data() + 2, std::as_bytes(std::span(digest)));
}

std::uint64_t flow_id(const Endpoints& endpoints) {
  const Ordered ordered = in_order(endpoints);
  std::uint64_t hash = mix(std::uint64_t{endpoints.version} << 8 | endpoints.protocol, 1);
  hash = mix_bytes(mix_bytes(hash, ordered.first), ordered.second);
  if (ordered.has_ports) hash = mix(hash, std::uint64_t{ordered.first_port} << 16 | ordered.second_port);
  return hash >> 11;
}

}  // namespace ringtap
