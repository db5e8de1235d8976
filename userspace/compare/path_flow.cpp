// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/path_flow.hpp"

#include <algorithm>
#include <limits>

#include "compare/outcome.hpp"

namespace ringtap {

void PathFlow::add(const PacketHistory& history, std::span<const Observation> observations, std::uint32_t outcome,
                   const Places& places) {
  constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t at = kNowhere;
  const auto begin = [&](std::uint16_t place) {
    begins_.resize(std::max<std::size_t>(begins_.size(), std::size_t{place} + 1));
    ++begins_[place];
    at = place;
  };
  for (const Observation& observation : observations) {
    const Tap tap = places[observation.place].tap;
    if (tap == Tap::kDrop || tap == Tap::kEnd) continue;  // what happened there is the outcome
    if (at == kNowhere) {
      begin(observation.place);
      continue;
    }
    std::uint32_t& number = link_numbers_[std::uint64_t{at} << 16U | observation.place];
    if (number == 0) {
      links_.push_back({static_cast<std::uint16_t>(at), observation.place, 0});
      number = static_cast<std::uint32_t>(links_.size());
    }
    ++links_[number - 1].packets;
    at = observation.place;
  }
  if (at == kNowhere) begin(last_place(observations, places));
  std::uint32_t& number = end_numbers_[std::uint64_t{outcome} << 16U | at];
  if (number == 0) {
    ends_.push_back({static_cast<std::uint16_t>(at), outcome, 0});
    number = static_cast<std::uint32_t>(ends_.size());
  }
  ++ends_[number - 1].packets;
  if (first_ns_ == 0 || history.first_ns < first_ns_) first_ns_ = history.first_ns;
  last_ns_ = std::max(last_ns_, history.last_ns);
  keep(history, observations, outcome);
}

void PathFlow::keep(const PacketHistory& history, std::span<const Observation> observations, std::uint32_t outcome) {
  kept_.resize(std::max<std::size_t>(kept_.size(), std::size_t{outcome} + 1));
  // The first of an outcome is kept whatever was kept of the others.
  if (kept_[outcome] >= kSamplesOfOutcome || (kept_[outcome] > 0 && samples_.size() >= kMostSamples)) return;
  ++kept_[outcome];
  samples_.push_back({history, {observations.begin(), observations.end()}, outcome});
}

}  // namespace ringtap
