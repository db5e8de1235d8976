// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Follows the packets of one host: the records of all its taps go in, and each packet comes out once, with its outcome,
// when it is finished. Counts packets and records by place. Owns its places; borrows the texts, which several trackers
// may share. Memory as that of its Correlator. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compare/correlator.hpp"
#include "compare/outcome.hpp"
#include "compare/places.hpp"
#include "ringtap/record.hpp"
#include "ringtap/tap.hpp"

namespace ringtap {

// What was seen at one place.
struct PlaceCount {
  std::uint64_t packets = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t last_seen = 0;  // packets that were not seen at any later place
  std::uint64_t lost_here = 0;  // of these, those that were neither delivered nor sent
};

class PacketTracker {
 public:
  struct Settings {
    CorrelatorOptions correlator;
    TapSet taps = kAllTaps;  // that were asked for
    Places::NameOf device_name;
  };
  // Everything is borrowed until it returns. Not called for packets that are outside, see begin().
  using Finished = std::function<void(const PacketHistory&, std::span<const Observation>, const Outcome&)>;

  PacketTracker(Settings settings, Texts& texts, Finished finished);
  PacketTracker(const PacketTracker&) = delete;
  PacketTracker& operator=(const PacketTracker&) = delete;

  void add_interface(const Interface& interface);
  // As Correlator::add.
  std::uint64_t add(const RecordView& record);
  void add_statistics(const InterfaceStatistics& statistics);
  std::uint64_t set_rule(const PacketKey& key, std::uint32_t rule, bool dropped) {
    return correlator_.set_rule(key, rule, dropped);
  }

  // As Correlator::begin and end; packets that are not finished at the end are under way.
  void begin(std::uint64_t now_ns);
  void end(std::uint64_t now_ns);
  // The end as a file tells it: packets that were seen just before may still have been under way.
  void note_end(std::uint64_t time_ns) { end_ns_ = std::max(end_ns_, time_ns); }
  void expire(std::uint64_t now_ns) { correlator_.expire(now_ns); }
  void finish_all() { correlator_.finish_all(); }

  [[nodiscard]] const Places& places() const { return places_; }
  [[nodiscard]] std::vector<PlaceCount> counts_by_place() const;
  [[nodiscard]] const CorrelatorCounts& counts() const { return correlator_.counts(); }
  [[nodiscard]] std::uint32_t open_packets() const { return correlator_.open_packets(); }
  [[nodiscard]] bool is_outside(std::uint64_t time_ns) const { return correlator_.is_outside(time_ns); }
  [[nodiscard]] std::uint64_t before_begin() const { return before_begin_; }
  // Records that the kernel side lost.
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] TapSet taps_seen() const { return taps_seen_; }
  [[nodiscard]] TapSet taps_attached() const { return taps_attached_; }
  // The taps that could have seen a packet, as far as is known.
  [[nodiscard]] TapSet taps_that_ran() const;

 private:
  void on_finished(const PacketHistory& history, std::span<const Observation> observations);

  Settings settings_;
  Texts& texts_;
  Finished finished_;
  Places places_;
  Correlator correlator_;
  std::vector<PlaceCount> places_seen_;  // by place number
  TapSet taps_seen_;
  TapSet taps_attached_;             // from the names of the interfaces; without taps that the kernel lacks
  std::vector<std::uint64_t> lost_;  // by interface
  std::uint64_t lost_before_ = 0;
  std::uint64_t before_begin_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;  // 0: not known
};

}  // namespace ringtap
