// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/packet_tracker.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "record/owner_text.hpp"

namespace ringtap {
namespace {

// A packet that was seen within this time before the end may still have been under way.
constexpr std::uint64_t kUnderWayNs = 100'000'000;
// With more, processes are not told apart any more.
constexpr std::size_t kMostTexts = 1U << 16;

FreedBy freed_by(const RecordView& record, Texts& texts) {
  FreedBy freed;
  if (!record.trace || (record.tap != Tap::kDrop && record.tap != Tap::kEnd)) return freed;
  freed.reason = texts.number_of(record.trace->reason);
  freed.function = texts.number_of(record.trace->function);
  freed.ends_nothing = ends_nothing(record.trace->reason, record.trace->function);
  freed.is_cut = is_cut(record.trace->function);
  freed.is_replaced = is_replaced(record.trace->function);
  freed.is_taken = record.tap == Tap::kEnd && is_taken_by_tc(record.trace->function);
  freed.bridge_port = record.trace->bridge_port;
  freed.rule = texts.number_of(record.trace->rule);
  freed.was_queued = was_queued(record.trace->function);
  freed.after_use = is_after_use(record.trace->reason, record.trace->function);
  return freed;
}

}  // namespace

PacketTracker::PacketTracker(Settings settings, Texts& texts, Finished finished)
    : settings_(std::move(settings)),
      texts_(texts),
      finished_(std::move(finished)),
      places_(settings_.device_name),
      correlator_(settings_.correlator, [this](const PacketHistory& history, std::span<const Observation> seen) {
        on_finished(history, seen);
      }) {}

void PacketTracker::add_interface(const Interface& interface) {
  places_.add_interface(interface);
  // "eth0:xdp" names an attached tap; a name without a colon means that there is only one tap.
  const std::size_t colon = interface.name.rfind(':');
  for (const TapTraits& tap : kTapTraits) {
    const bool named = colon != std::string::npos && interface.name.substr(colon + 1) == tap.family;
    if (named || family_count(settings_.taps) == 1) taps_attached_.insert(tap.tap);
  }
  if (taps_that_ran().contains(Tap::kEnd)) correlator_.set_sees_frees();
}

std::uint64_t PacketTracker::add(const RecordView& record) {
  if (!record.trace || !record.trace->other_netns) taps_seen_.insert(record.tap);
  lost_before_ += record.lost_before;
  const FreedBy freed = freed_by(record, texts_);
  ToldOwners owners;
  if (record.owners != nullptr && texts_.size() < kMostTexts) {
    owners.sender = texts_.number_of(owner_text(record.owners->sender));
    owners.receiver = texts_.number_of(owner_text(record.owners->receiver));
    owners.is_final = record.tap == Tap::kSocket || record.tap == Tap::kDrop;
  }
  return correlator_.add(record, packet_key(record), {places_.number_of(record), places_.device_key(record)}, freed,
                         owners);
}

void PacketTracker::add_statistics(const InterfaceStatistics& statistics) {
  lost_.resize(std::max<std::size_t>(lost_.size(), std::size_t{statistics.interface_id} + 1));
  lost_[statistics.interface_id] = statistics.dropped;
}

void PacketTracker::begin(std::uint64_t now_ns) {
  begin_ns_ = now_ns;
  correlator_.begin(now_ns);
}

void PacketTracker::end(std::uint64_t now_ns) {
  end_ns_ = now_ns;
  correlator_.end(now_ns);
}

std::vector<PlaceCount> PacketTracker::counts_by_place() const {
  std::vector<PlaceCount> counts = places_seen_;
  counts.resize(places_.size());
  return counts;
}

std::uint64_t PacketTracker::lost() const {
  return std::max(lost_before_, std::accumulate(lost_.begin(), lost_.end(), std::uint64_t{0}));
}

TapSet PacketTracker::taps_that_ran() const {
  TapSet ran = taps_attached_;
  ran.insert(taps_seen_);
  TapSet left_out = kAllTaps;
  left_out.erase(settings_.taps);
  ran.erase(left_out);
  return ran;
}

void PacketTracker::on_finished(const PacketHistory& history, std::span<const Observation> observations) {
  if ((history.number & kOutside) != 0) {
    if (history.first_ns < begin_ns_) ++before_begin_;
    return;
  }
  places_seen_.resize(places_.size());
  Outcome outcome = outcome_of(history, observations, places_, texts_, taps_that_ran());
  if (outcome.kind == OutcomeKind::kVanished && outcome.undecided.empty() && end_ns_ != 0 &&
      history.last_ns + kUnderWayNs >= end_ns_) {
    outcome.kind = OutcomeKind::kUnderWay;
  }
  for (const Observation& observation : observations) {
    PlaceCount& count = places_seen_[observation.place];
    ++count.packets;
    count.records += observation.records;
    count.bytes += observation.wire_bytes;
  }
  PlaceCount& last = places_seen_[last_place(observations, places_)];
  ++last.last_seen;
  if (!has_arrived(outcome.kind)) ++last.lost_here;
  finished_(history, observations, outcome);
}

}  // namespace ringtap
