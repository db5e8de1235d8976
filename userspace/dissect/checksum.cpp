// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/checksum.hpp"

#include <bit>
#include <cstring>

namespace ringtap {
namespace {

// One's complement sums may be taken in any word size and byte order (RFC 1071 section 2), so eight bytes go at a time.
std::uint16_t sum16(std::span<const std::uint8_t> data) {
  std::uint64_t sum = 0;
  const std::uint8_t* p = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    sum += word;
    sum += sum < word;  // end-around carry
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, left);
    sum += word;
    sum += sum < word;
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  const auto folded = static_cast<std::uint16_t>(sum);
  if constexpr (std::endian::native == std::endian::little) {
    return static_cast<std::uint16_t>(folded << 8 | folded >> 8);
  } else {
    return folded;
  }
}

std::uint16_t complement(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t initial) {
  return complement(initial + sum16(data));
}

std::uint16_t transport_checksum(const IpHeader& ip, std::uint8_t protocol, std::span<const std::uint8_t> data,
                                 std::uint32_t length) {
  std::uint32_t sum = protocol + (length >> 16) + (length & 0xffff);
  sum += sum16({ip.source, ip.address_size()});
  sum += sum16({ip.final_destination, ip.address_size()});
  return internet_checksum(data, sum);
}

}  // namespace ringtap
