// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the page of a comparison is made from, beyond the totals: how many packets went from each place to the next,
// where those of each outcome were seen last, and of each outcome the first few packets with all their observations.
// Grows with the places and the outcomes; keeps at most kMostSamples packets. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/packet_history.hpp"
#include "compare/places.hpp"

namespace ringtap {

class PathFlow {
 public:
  static constexpr std::size_t kSamplesOfOutcome = 20;
  static constexpr std::size_t kMostSamples = 400;

  struct Link {  // from a place to the next one
    std::uint16_t from = 0;
    std::uint16_t to = 0;
    std::uint64_t packets = 0;
  };
  struct End {  // packets of an outcome that were seen last at this place
    std::uint16_t place = 0;
    std::uint32_t outcome = 0;  // its number in CompareTotals::outcomes
    std::uint64_t packets = 0;
  };
  struct Sample {
    PacketHistory history;
    std::vector<Observation> observations;
    std::uint32_t outcome = 0;
  };

  // A finished packet.
  void add(const PacketHistory& history, std::span<const Observation> observations, std::uint32_t outcome,
           const Places& places);

  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const std::vector<End>& ends() const { return ends_; }
  // By place: the packets that were seen there first.
  [[nodiscard]] const std::vector<std::uint64_t>& begins() const { return begins_; }
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  // Of all packets; 0 without any.
  [[nodiscard]] std::uint64_t first_ns() const { return first_ns_; }
  [[nodiscard]] std::uint64_t last_ns() const { return last_ns_; }

 private:
  void keep(const PacketHistory& history, std::span<const Observation> observations, std::uint32_t outcome);

  std::vector<Link> links_;
  std::vector<End> ends_;
  HashMap<std::uint64_t, std::uint32_t> link_numbers_;  // from 1, by both places
  HashMap<std::uint64_t, std::uint32_t> end_numbers_;   // from 1, by place and outcome
  std::vector<std::uint64_t> begins_;
  std::vector<Sample> samples_;
  std::vector<std::size_t> kept_;  // by outcome
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace ringtap
