// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// First sequence numbers of TCP conversations, for relative numbers. A table per IP version that grows with the
// conversations seen and stays bounded: a capture that never ends forgets only what was silent while a generation of
// others came. And what SLIP's headers leave out of connections whose headers are compressed. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/hash_map.hpp"

namespace ringtap {

// The end that comes first is named first: relate() in tcp.cpp chooses.
template <std::size_t AddressSize>
struct TcpEnds {
  std::array<std::uint8_t, 2 * AddressSize> addresses;
  std::uint32_t ports;
  bool operator==(const TcpEnds&) const = default;
};

struct TcpFirstNumbers {
  std::uint32_t sequence = 0;  // of the end that is named first
  std::uint32_t acknowledged = 0;
};

template <std::size_t AddressSize>
using TcpConversations = RecentMap<TcpEnds<AddressSize>, TcpFirstNumbers, SeededHash>;

// By direction and number of the connection, RFC 1144: how much data its last packet had, which the next one's numbers
// may be ahead by.
struct SlipConnections {
  static constexpr std::size_t kMost = 256;
  std::array<std::array<std::uint32_t, kMost>, 2> data_sizes{};
  std::uint8_t last = kMost - 1;  // the connection of a header that does not name it
};

struct TcpState {
  static constexpr std::size_t kConversations = 1 << 18;  // of a generation
  TcpConversations<4> ipv4{kConversations};
  TcpConversations<16> ipv6{kConversations};
  SlipConnections slip;
};

}  // namespace ringtap
