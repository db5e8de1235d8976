// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The SHA-1 digest, RFC 3174, of at most 55 bytes, which is one block: for the Community ID of a flow. It identifies
// and protects nothing. Pure function, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtap/bytes.hpp"

namespace ringtap {

using Sha1Digest = std::array<std::uint8_t, 20>;
inline constexpr std::size_t kMostSha1Bytes = 55;

[[nodiscard]] inline Sha1Digest sha1(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 64> block{};
  const std::size_t size = std::min(bytes.size(), kMostSha1Bytes);
  std::copy_n(bytes.begin(), size, block.begin());
  block[size] = 0x80;
  block[62] = static_cast<std::uint8_t>(size * 8 >> 8);
  block[63] = static_cast<std::uint8_t>(size * 8);

  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < 16; ++i) words[i] = load_be32(block.data() + i * 4);
  for (std::size_t i = 16; i < words.size(); ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  constexpr std::array<std::uint32_t, 5> kStart = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  // By names of their own: clang 14 captures no structured binding.
  std::uint32_t a = kStart[0];
  std::uint32_t b = kStart[1];
  std::uint32_t c = kStart[2];
  std::uint32_t d = kStart[3];
  std::uint32_t e = kStart[4];
  const auto step = [&](std::size_t i, std::uint32_t f, std::uint32_t constant) {
    const std::uint32_t next = std::rotl(a, 5) + f + e + constant + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (std::size_t i = 0; i < 20; ++i) step(i, (b & c) | (~b & d), 0x5a827999);
  for (std::size_t i = 20; i < 40; ++i) step(i, b ^ c ^ d, 0x6ed9eba1);
  for (std::size_t i = 40; i < 60; ++i) step(i, (b & c) | (b & d) | (c & d), 0x8f1bbcdc);
  for (std::size_t i = 60; i < 80; ++i) step(i, b ^ c ^ d, 0xca62c1d6);

  Sha1Digest digest{};
  const std::array<std::uint32_t, 5> sums = {kStart[0] + a, kStart[1] + b, kStart[2] + c, kStart[3] + d, kStart[4] + e};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(sums[i / 4] >> (24 - i % 4 * 8));
  return digest;
}

}  // namespace ringtap
