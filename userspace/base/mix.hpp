// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// 64-bit hashes of small things. Identities of packets are these hashes alone: two of a million open packets agree by
// chance once in some ten million runs. Pure functions, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ringtap {

// One step of the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

inline std::uint64_t mix_bytes(std::uint64_t hash, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    hash = mix(hash, word);
    bytes = bytes.subspan(size);
  }
  return hash;
}

}  // namespace ringtap
