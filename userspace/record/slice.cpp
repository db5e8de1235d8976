// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/slice.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <span>

#include "record/link_header.hpp"
#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kSearched = 256;
constexpr int kMostExtensions = 8;

class Head {
 public:
  explicit Head(Bytes bytes) : bytes_(bytes.first(std::min(bytes.size(), kSearched))) {}
  [[nodiscard]] bool has(std::size_t at, std::size_t size) const { return at + size <= bytes_.size(); }
  [[nodiscard]] unsigned u8(std::size_t at) const { return std::to_integer<unsigned>(bytes_[at]); }
  [[nodiscard]] unsigned u16(std::size_t at) const { return load_be16(bytes_.data() + at); }

 private:
  Bytes bytes_;
};

struct Network {
  std::size_t end = 0;
  unsigned protocol = 0;
  bool has_transport = false;  // not in a later fragment
};

Network end_of_arp(const Head& head, std::size_t at) {
  return {head.has(at, 8) ? at + 8 + 2 * (head.u8(at + 4) + head.u8(at + 5)) : at};
}

Network end_of_ipv4(const Head& head, std::size_t at) {
  if (!head.has(at, 20)) return {at};
  const std::size_t length = (head.u8(at) & 0xf) * std::size_t{4};
  if (length < 20) return {at};
  return {at + length, head.u8(at + 9), (head.u16(at + 6) & 0x1fff) == 0};
}

Network end_of_ipv6(const Head& head, std::size_t at) {
  if (!head.has(at, 40)) return {at};
  Network network{at + 40, head.u8(at + 6), true};
  for (int i = 0; i < kMostExtensions && head.has(network.end, 8); ++i) {
    std::size_t length = 8;
    switch (network.protocol) {
      case IPPROTO_HOPOPTS:
      case IPPROTO_ROUTING:
      case IPPROTO_DSTOPTS:
        length = (head.u8(network.end + 1) + 1) * std::size_t{8};
        break;
      case IPPROTO_AH:
        length = (head.u8(network.end + 1) + 2) * std::size_t{4};
        break;
      case IPPROTO_FRAGMENT:
        if ((head.u16(network.end + 2) & 0xfff8) != 0) network.has_transport = false;
        break;
      default:
        return network;
    }
    network.protocol = head.u8(network.end);
    network.end += length;
  }
  return network;
}

// 0: unknown, or not completely there.
std::size_t transport_length(const Head& head, std::size_t at, unsigned protocol) {
  switch (protocol) {
    case IPPROTO_TCP: {
      const std::size_t length = head.has(at, 13) ? (head.u8(at + 12) >> 4) * std::size_t{4} : 0;
      return length < 20 ? 0 : length;
    }
    case IPPROTO_DCCP:
      return head.has(at, 5) ? head.u8(at + 4) * std::size_t{4} : 0;
    case IPPROTO_GRE: {
      if (!head.has(at, 2)) return 0;
      const unsigned flags = head.u8(at);  // C, K, S: a word each
      return 4 + ((flags & 0x80) != 0 ? 4U : 0U) + ((flags & 0x20) != 0 ? 4U : 0U) + ((flags & 0x10) != 0 ? 4U : 0U);
    }
    case IPPROTO_SCTP:
      return 12;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
    case IPPROTO_ESP:
      return 8;
    default:
      return 0;
  }
}

}  // namespace

std::size_t header_length(const RecordView& record, int layer) {
  const NetworkStart start = network_start(record);
  if (layer == 2) return std::min(start.at, kSearched);
  const Head head(record.data);
  Network network{start.at};
  if (start.ether_type == kEthertypeArp) network = end_of_arp(head, start.at);
  if (start.ether_type == kEthertypeIpv4) network = end_of_ipv4(head, start.at);
  if (start.ether_type == kEthertypeIpv6) network = end_of_ipv6(head, start.at);
  if (layer == 4 && network.has_transport) network.end += transport_length(head, network.end, network.protocol);
  return std::min(network.end, kSearched);
}

void Cut::apply_to(RecordView& record) const {
  std::size_t kept = std::min<std::size_t>(record.data.size(), snaplen);
  if (layer != 0) kept = std::min(kept, header_length(record, layer) + more);
  record.data = record.data.first(kept);
}

}  // namespace ringtap
