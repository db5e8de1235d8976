// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the kernel side of a host has counted since its taps were attached, over all interfaces and taps, in the words
// of the accounting: a capture that an agent starts reads the counters four times a second. Values; any thread.
#pragma once

#include <cstdint>

namespace ringtap {

inline constexpr std::uint64_t kCountersIntervalNs = 250'000'000;

struct HostCounters {
  std::uint64_t seen = 0;
  std::uint64_t matched = 0;  // by the filter
  std::uint64_t ring = 0;     // of those, lost
  std::uint64_t at_ns = 0;    // since the epoch; 0: not known

  bool operator==(const HostCounters&) const = default;
};

// From one reading to a later one; of an agent that is wrong or lies, nothing comes out that is below zero.
constexpr HostCounters counted_between(const HostCounters& before, const HostCounters& after) {
  const auto minus = [](std::uint64_t one, std::uint64_t other) { return one > other ? one - other : 0; };
  return {.seen = minus(after.seen, before.seen),
          .matched = minus(after.matched, before.matched),
          .ring = minus(after.ring, before.ring),
          .at_ns = after.at_ns};
}

}  // namespace ringtap
