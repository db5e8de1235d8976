// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The Internet checksum, RFC 1071, over bytes alone or with a pseudo-header. Pure functions of borrowed bytes: any
// thread, any length.
#pragma once

#include <cstdint>
#include <span>

#include "dissect/context.hpp"

namespace ringtap {

// The complement of the sum: 0 over data whose checksum is right.
std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t initial = 0);
// The same over the pseudo-header of RFC 9293 3.1 or RFC 8200 8.1 and `data`; `length` is what the pseudo-header says.
std::uint16_t transport_checksum(const IpHeader& ip, std::uint8_t protocol, std::span<const std::uint8_t> data,
                                 std::uint32_t length);

// What the checksum field should have held: `sum` was computed with `found` in it.
inline std::uint16_t expected_checksum(std::uint16_t found, std::uint16_t sum) {
  // A sum that is off by d needs a field that is larger by d, in one's complement.
  const std::uint32_t total = static_cast<std::uint32_t>(found) + sum;
  return static_cast<std::uint16_t>((total & 0xffff) + (total >> 16));
}

}  // namespace ringtap
