// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The MD5 digest, RFC 1321, for signatures of TCP segments (RFC 2385); nothing here is a secret worth protecting from
// whoever can run this program. A value that takes bytes until finish(); any thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtap {

class Md5 {
 public:
  using Digest = std::array<std::uint8_t, 16>;

  void update(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const std::size_t at = length_ % block_.size();
      const std::size_t count = std::min(bytes.size(), block_.size() - at);
      std::copy_n(bytes.begin(), count, block_.begin() + static_cast<std::ptrdiff_t>(at));
      length_ += count;
      bytes = bytes.subspan(count);
      if (at + count == block_.size()) mix_block();
    }
  }
  // To be called once.
  Digest finish() {
    const std::uint64_t bits = length_ * 8;
    constexpr std::array<std::uint8_t, 1> kEnd = {0x80};
    constexpr std::array<std::uint8_t, 1> kZero = {0};
    update(kEnd);
    while (length_ % block_.size() != block_.size() - sizeof(bits)) update(kZero);
    std::array<std::uint8_t, sizeof(bits)> size{};
    for (std::size_t i = 0; i < size.size(); ++i) size[i] = static_cast<std::uint8_t>(bits >> 8 * i);
    update(size);
    Digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> 8 * (i % 4));
    return digest;
  }

 private:
  // floor(2^32 * |sin(i + 1)|), section 3.4.
  static constexpr std::array<std::uint32_t, 64> kSines = {
      0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
      0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
      0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
      0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
      0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
      0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
      0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
      0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
  static constexpr std::array<std::array<int, 4>, 4> kShifts = {
      {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

  void mix_block() {
    std::array<std::uint32_t, 16> words{};
    for (std::size_t i = 0; i < block_.size(); ++i) words[i / 4] |= std::uint32_t{block_[i]} << 8 * (i % 4);
    auto [a, b, c, d] = state_;
    for (std::size_t i = 0; i < kSines.size(); ++i) {
      const std::size_t round = i / 16;
      std::uint32_t mixed = 0;
      std::size_t word = i;
      switch (round) {
        case 0:
          mixed = (b & c) | (~b & d);
          break;
        case 1:
          mixed = (b & d) | (c & ~d);
          word = 5 * i + 1;
          break;
        case 2:
          mixed = b ^ c ^ d;
          word = 3 * i + 5;
          break;
        default:
          mixed = c ^ (b | ~d);
          word = 7 * i;
          break;
      }
      mixed += a + kSines[i] + words[word % words.size()];
      a = d;
      d = c;
      c = b;
      b += std::rotl(mixed, kShifts[round][i % 4]);
    }
    state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d};
  }

  std::array<std::uint32_t, 4> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<std::uint8_t, 64> block_{};
  std::uint64_t length_ = 0;
};

}  // namespace ringtap
