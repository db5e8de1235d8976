// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A set of keys with a value each, in the form in which eBPF code searches it: a hash table with open addressing that
// needs few probes; or a set of ranges, searched by halving. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace ringtap {

struct LookupTable {
  bool ranges = false;
  // A slot is the key and its value. The search begins at slot (key * multiplier) >> (64 - bits) and takes at most
  // `probes` slots; there are 2^bits + probes - 1, so it does not wrap.
  // Ranges: 2^bits keys in ascending order, the first of them 0; then for each the value from there to the next one.
  std::vector<std::uint64_t> words;
  unsigned bits = 0;
  std::uint64_t multiplier = 0;
  unsigned probes = 0;

  friend bool operator==(const LookupTable&, const LookupTable&) = default;
};

constexpr std::uint64_t kNoKey = ~std::uint64_t{0};  // in a slot that is not used
constexpr std::size_t kLookupSlotBytes = 16;

// `entries` have different keys, none of them kNoKey, and values other than 0, which stands for "not found". Nothing
// if no table of a sensible size would do.
std::optional<LookupTable> make_lookup_table(const std::vector<std::pair<std::uint64_t, std::uint32_t>>& entries);

// Keys from first to last, which may overlap, have the value 1. Keys are below 2^63.
LookupTable make_range_table(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges);

}  // namespace ringtap
