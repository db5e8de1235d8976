// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The accounting of a capture. Two identities hold at the end of every run and are printed with -v:
//   seen = filtered + left out + every drop + delivered (kernel side, per interface, tap and CPU)
//   delivered = written + every discard                 (user side, in total)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace ringtap {

// Frames that passed the filter and were left out on purpose (--sample, --max-pps; --pid and the like); order and names
// follow abi.h.
enum class LeftOut : std::uint8_t { kSampledOut, kRateLimited, kOtherOwner, kUnknownOwner };
inline constexpr std::array<const char*, 4> kLeftOutNames = {"sampled_out", "rate_limited", "other_owner",
                                                             "unknown_owner"};

// Frames that passed the filter and were lost before user space saw them; order and names follow abi.h.
enum class Drop : std::uint8_t { kRingFull, kNoRing, kCopyFailed, kRecursion };
inline constexpr std::array<const char*, 4> kDropNames = {"ring_full", "no_ring", "copy_failed", "recursion"};

// Records that reached user space but no sink.
enum class Discard : std::uint8_t {
  kFilter,     // rejected by the part of the filter that runs in user space
  kAfterStop,  // captured after the last one that -c asked for, before the taps were detached
  kOutput,     // the sink failed
  kSkipped,    // --skip; in a comparison, of packets that were under way as the taps were attached or detached
};
inline constexpr std::array<const char*, 4> kDiscardNames = {"filter", "after_stop", "output", "skipped"};

// The counts of one tap on one CPU at one interface.
struct TapAccount {
  std::string interface;
  std::string tap;
  std::uint32_t interface_id = 0;
  std::uint32_t cpu = 0;
  std::uint64_t seen = 0;
  std::uint64_t filtered = 0;
  std::uint64_t filtered_tagged = 0;  // of those filtered, the frames with a VLAN tag
  std::array<std::uint64_t, kLeftOutNames.size()> left_out{};
  std::array<std::uint64_t, kDropNames.size()> drops{};
  std::uint64_t delivered = 0;

  [[nodiscard]] std::uint64_t left_out_total() const {
    return std::accumulate(left_out.begin(), left_out.end(), std::uint64_t{0});
  }
  [[nodiscard]] std::uint64_t dropped() const { return std::accumulate(drops.begin(), drops.end(), std::uint64_t{0}); }
  // Exact only once the taps are detached and the rings are empty.
  [[nodiscard]] bool balances() const { return seen == filtered + left_out_total() + dropped() + delivered; }

  TapAccount& operator+=(const TapAccount& other) {
    seen += other.seen;
    filtered += other.filtered;
    filtered_tagged += other.filtered_tagged;
    for (std::size_t i = 0; i < left_out.size(); ++i) left_out[i] += other.left_out[i];
    for (std::size_t i = 0; i < drops.size(); ++i) drops[i] += other.drops[i];
    delivered += other.delivered;
    return *this;
  }
};

// The accounting of a source. `malformed` and `late` cannot be attributed to a tap.
struct SourceAccount {
  std::vector<TapAccount> taps;         // those with traffic
  std::uint64_t refused = 0;            // delivered, and rejected by the part of the filter that runs in user space
  std::uint64_t refused_tagged = 0;     // of those refused, the frames with a VLAN tag
  std::uint64_t malformed = 0;          // ring samples that are not valid records; 0 unless there is a bug
  std::uint64_t time_batch_missed = 0;  // records whose time stamp may be further off than --time-batch allows
  std::optional<std::uint64_t> unattributed;  // --who: records of which no end is known
  std::uint64_t late = 0;                     // records delivered after a newer one, out of time order

  [[nodiscard]] TapAccount total() const {
    TapAccount sum;
    for (const TapAccount& tap : taps) sum += tap;
    return sum;
  }
};

}  // namespace ringtap
