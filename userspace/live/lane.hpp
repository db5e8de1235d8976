// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The way of records from the rings of some CPUs to a sink: merged into time order, and each completed with what only
// user space knows (interface, time, number, owners, framing). Owns all that this changes from one record to the next
// (but for the filter where user space runs it, live_filter.hpp), so that two lanes never write to the same memory. A
// capture has one lane, which the thread of the session runs, or with --threads one for each thread. What the lanes
// share changes only while none of them runs. One thread each.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "live/capture_account.hpp"
#include "live/captured_netns.hpp"
#include "live/framing.hpp"
#include "live/kernel_side.hpp"
#include "live/packet_ids.hpp"
#include "live/slot_table.hpp"
#include "loader/kernel_names.hpp"
#include "net/device_names.hpp"
#include "record/clock.hpp"
#include "record/record_filter.hpp"
#include "ringtap/sink.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// On cache lines of its own.
class alignas(64) Lane {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t kMostPerDrain = 4096;  // records; the caller looks at other things in between

  // What all lanes of a capture read; borrowed.
  struct Shared {
    const LiveOptions& options;
    KernelSide& kernel;
    SlotTable& slots;
    TraceNames& names;
    DeviceNames& device_names;
    CapturedNetnsSet& namespaces;
  };
  // Makes the interface that a tap of a slot lacks; with several lanes it sees to it that the others stand still.
  using MakeInterface = std::function<void(Slot& slot, Tap tap)>;

  // The packets of the lane with this index get the numbers index + 1, index + 1 + lanes, and so on.
  Lane(const Shared& shared, RingShare rings, LinkType framed, std::size_t max_slots, std::uint32_t index = 0,
       std::uint32_t lanes = 1);

  struct Bounds {
    std::uint64_t max_records = kNever;
    std::uint64_t due_ns = 0;        // records up to this time are taken
    std::uint64_t hold_ns = kNever;  // … except for later ones than this
    bool stopped = false;            // the taps are detached
  };
  struct Drained {
    std::uint64_t handled = 0;   // records that were looked at
    std::uint64_t records = 0;   // … and handed over
    bool left = false;           // others are left, which become ready with time
    std::uint64_t until_ns = 0;  // everything up to this time has been handed over; 0: not known
    Result<> result;             // the first Error of the sink, whose record counts as handed over
  };
  // `heads`: streams of others than rings that have a record; changed.
  Drained drain(Sink& sink, const Bounds& bounds, std::vector<EventStream*>& heads);
  // Tells the sink of interfaces that it does not know yet.
  Result<> announce(Sink& sink);

  void set_clock(const Clock& clock) { clock_.take_offset(clock); }
  // As records have it; kNever stays what it is.
  [[nodiscard]] std::uint64_t epoch_ns(std::uint64_t until_ns) {
    return until_ns == kNever ? kNever : clock_.to_epoch_ns(until_ns);
  }
  void set_make_interface(MakeInterface make) { make_interface_ = std::move(make); }
  void add(std::size_t ring, unsigned cpu) { rings_.add(ring, cpu); }

  [[nodiscard]] const RingShare& rings() const { return rings_; }
  [[nodiscard]] const CaptureAccount& totals() const { return totals_; }
  [[nodiscard]] const RecordFilter& filter() const { return filter_; }

 private:
  Result<> deliver(Sink& sink, const EventView& event, std::uint64_t& count);

  Shared shared_;
  RingShare rings_;
  CaptureAccount totals_;
  Framing framing_;
  RecordFilter filter_;  // runs in user space: for all records, or for those flagged RECHECK
  PacketIds packet_ids_;
  Clock clock_;
  MakeInterface make_interface_;
  std::uint32_t announced_ = 0;  // interfaces that the sink knows
};

// As many as LiveOptions::threads says, but no more than there are rings; one at least.
std::vector<Lane> make_lanes(const Lane::Shared& shared, LinkType framed, std::size_t max_slots, const Clock& clock);

}  // namespace ringtap
