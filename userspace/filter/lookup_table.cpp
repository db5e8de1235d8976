// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/lookup_table.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace ringtap {
namespace {

// A probe costs one comparison on the packet's way, a larger table only memory. 4 probes are nearly always enough at
// an eighth of the slots in use.
constexpr unsigned kGoodProbes = 4;
constexpr unsigned kMaxProbes = 16;
constexpr unsigned kMaxSpareBits = 4;

// Odd constants without structure; which one spreads a set of keys best is found by trying.
constexpr std::array<std::uint64_t, 8> kMultipliers = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
                                                       0xd6e8feb86659fd93, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9,
                                                       0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53};

// The probes that a search needs, or nothing if that is more than `limit`.
std::optional<unsigned> probes_needed(const std::vector<std::pair<std::uint64_t, std::uint32_t>>& entries,
                                      unsigned bits, std::uint64_t multiplier, unsigned limit,
                                      std::vector<std::uint64_t>& words) {
  words.assign(2 * ((std::size_t{1} << bits) + limit - 1), 0);
  for (std::size_t n = 0; n < words.size(); n += 2) words[n] = kNoKey;
  unsigned most = 1;
  for (const auto& [key, value] : entries) {
    std::uint64_t slot = key * multiplier >> (64 - bits);
    unsigned probe = 1;
    for (; words[2 * slot] != kNoKey; ++slot)
      if (++probe > limit) return std::nullopt;
    words[2 * slot] = key;
    words[2 * slot + 1] = value;
    most = std::max(most, probe);
  }
  return most;
}

}  // namespace

std::optional<LookupTable> make_lookup_table(const std::vector<std::pair<std::uint64_t, std::uint32_t>>& entries) {
  const auto least = static_cast<unsigned>(std::bit_width(entries.size()));
  for (const unsigned limit : {kGoodProbes, kMaxProbes}) {
    for (unsigned bits = std::max(least, 2U); bits <= least + kMaxSpareBits; ++bits) {
      for (const std::uint64_t multiplier : kMultipliers) {
        LookupTable table{.bits = bits, .multiplier = multiplier};
        const auto probes = probes_needed(entries, bits, multiplier, limit, table.words);
        if (!probes) continue;
        table.probes = *probes;
        table.words.resize(2 * ((std::size_t{1} << bits) + *probes - 1));
        return table;
      }
    }
  }
  return std::nullopt;
}

LookupTable make_range_table(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> starts{{0, 0}};  // and the value from there
  for (const auto& [first, last] : ranges) {
    // The last start ends the range before, whose end may be behind this one's.
    const bool joins = starts.size() > 1 && first <= starts.back().first;
    if (joins) {
      starts.back().first = std::max(starts.back().first, last + 1);
      continue;
    }
    if (first == 0) starts.pop_back();
    starts.emplace_back(first, 1);
    starts.emplace_back(last + 1, 0);
  }
  LookupTable table{.ranges = true};
  table.bits = std::max(1U, static_cast<unsigned>(std::bit_width(starts.size() - 1)));
  const std::size_t count = std::size_t{1} << table.bits;
  table.words.assign(2 * count, 0);
  for (std::size_t n = 0; n < count; ++n) {
    table.words[n] = n < starts.size() ? starts[n].first : kNoKey >> 1;
    table.words[count + n] = n < starts.size() ? starts[n].second : 0;
  }
  return table;
}

}  // namespace ringtap
