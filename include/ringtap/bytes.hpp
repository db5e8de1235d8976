// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Big-endian numbers in a packet's bytes. The caller ensures that the bytes are there; alignment does not matter. Pure
// functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ringtap {

template <class Byte>
concept ByteLike = std::is_same_v<Byte, std::byte> || std::is_same_v<Byte, std::uint8_t>;

template <ByteLike Byte>
constexpr std::uint16_t load_be16(const Byte* p) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(p[0]) << 8 | static_cast<unsigned>(p[1]));
}
template <ByteLike Byte>
constexpr std::uint32_t load_be24(const Byte* p) {
  return static_cast<std::uint32_t>(p[0]) << 16 | load_be16(p + 1);
}
template <ByteLike Byte>
constexpr std::uint32_t load_be32(const Byte* p) {
  return std::uint32_t{load_be16(p)} << 16 | load_be16(p + 2);
}
template <ByteLike Byte>
constexpr std::uint64_t load_be64(const Byte* p) {
  return std::uint64_t{load_be32(p)} << 32 | load_be32(p + 4);
}

}  // namespace ringtap
