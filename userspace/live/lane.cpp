// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/lane.hpp"

#include <algorithm>
#include <utility>

#include "record/merge.hpp"

namespace ringtap {

Lane::Lane(const Shared& shared, RingShare rings, LinkType framed, std::size_t max_slots, std::uint32_t index,
           std::uint32_t lanes)
    : shared_(shared),
      rings_(std::move(rings)),
      totals_(max_slots + 1, shared.kernel.possible_cpus()),
      framing_(framed, shared.options.snaplen),
      filter_(shared.options.filter.matcher ? RecordFilter(shared.options.filter.matcher()) : RecordFilter()),
      packet_ids_(index, lanes),
      make_interface_([&slots = shared.slots](Slot& slot, Tap tap) { slots.interface_of(slot, tap); }) {}

std::vector<Lane> make_lanes(const Lane::Shared& shared, LinkType framed, std::size_t max_slots, const Clock& clock) {
  const std::size_t rings = std::max<std::size_t>(shared.kernel.ring_count(), 1);
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(shared.options.threads, rings));
  std::vector<RingShare> shares = shared.kernel.shares(count);
  std::vector<Lane> lanes;
  for (std::uint32_t i = 0; i < count; ++i) {
    lanes.emplace_back(shared, std::move(shares[i]), framed, max_slots, i, count).set_clock(clock);
  }
  return lanes;
}

Result<> Lane::announce(Sink& sink) {
  for (const auto& interfaces = shared_.slots.interfaces(); announced_ < interfaces.size(); ++announced_) {
    if (auto result = sink.on_interface(interfaces[announced_]); !result) return result;
  }
  return ok();
}

Result<> Lane::deliver(Sink& sink, const EventView& event, std::uint64_t& count) {
  const ringtap_event& header = *event.header;
  if (header.slot >= shared_.slots.size() || !totals_.add(header)) {
    totals_.add_malformed();
    return ok();
  }
  Slot& slot = shared_.slots.of(header);
  RecordView record = to_record(event);
  record.link_type = Framing::native(record, slot);
  const std::size_t stream = header.slot * kEventTaps + header.tap;
  const LiveOptions& options = shared_.options;
  const bool undecided = shared_.kernel.filters_in_user_space() || (header.flags & RINGTAP_EVENT_RECHECK) != 0;
  if (undecided && !filter_.matches(record)) {
    filter_.refuse(record, stream);
    return ok();
  }
  record.triggers = (header.flags & RINGTAP_EVENT_TRIGGER) != 0;
  if (undecided && options.filter.triggers) record.triggers = options.filter.triggers(record);
  ++count;
  record.lost_before += filter_.take_lost(stream);
  record.time_ns = clock_.to_epoch_ns(header.monotonic_ns);
  if (!options.follow) record.packet_id = packet_ids_.of(record);  // a comparison numbers packets itself
  while (!SlotTable::has_interface(slot, record.tap)) make_interface_(slot, record.tap);
  record.interface_id = shared_.slots.interface_of(slot, record.tap);
  if (record.trace && event.trace->location != 0) shared_.names.complete(record, *event.trace);
  const bool has_slot = header.slot != RINGTAP_SLOT_UNKNOWN;
  if (record.trace) {
    name_place(record, has_slot ? &slot.device : nullptr, shared_.device_names, shared_.namespaces, options);
  }
  shared_.kernel.owners().set(record, event);
  framing_.frame(record, slot, header.flags);
  if (announced_ < shared_.slots.interfaces().size()) {
    if (auto result = announce(sink); !result) return result;
  }
  return sink.on_record(record);
}

Lane::Drained Lane::drain(Sink& sink, const Bounds& bounds, std::vector<EventStream*>& heads) {
  Drained drained;
  const std::uint64_t watermark = shared_.kernel.collect(rings_, bounds.due_ns, bounds.stopped, heads);
  if (bounds.max_records > 0) {
    bool is_whole = true;
    const std::uint64_t until = std::min(watermark, bounds.hold_ns);
    merge_until(heads, until, [&](EventStream& stream) {
      drained.result = deliver(sink, stream.head(), drained.records);
      ++drained.handled;
      return is_whole = static_cast<bool>(drained.result) && drained.records < bounds.max_records &&
                        drained.handled < kMostPerDrain;
    });
    if (is_whole) drained.until_ns = until;
  }
  drained.left = shared_.kernel.release(rings_);
  return drained;
}

}  // namespace ringtap
