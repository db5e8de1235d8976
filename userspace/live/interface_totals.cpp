// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/interface_totals.hpp"

#include <algorithm>

namespace ringtap {

std::vector<InterfaceStatistics> InterfaceTotals::of(const SourceAccount& account, const SlotTable& slots,
                                                     std::uint64_t start_ns, std::uint64_t end_ns) const {
  std::vector<InterfaceStatistics> totals(slots.interfaces().size());
  for (std::uint32_t id = 0; id < totals.size(); ++id) {
    totals[id].interface_id = id;
    totals[id].start_ns = start_ns;
    totals[id].end_ns = end_ns;
  }
  for (const TapAccount& tap : account.taps) {
    if (tap.interface_id >= totals.size()) continue;
    InterfaceStatistics& total = totals[tap.interface_id];
    total.received += tap.seen;
    total.filter_accepted += tap.seen - tap.filtered;
    total.dropped += tap.dropped();
    total.delivered += tap.delivered;
  }
  for (std::uint32_t id = 0; id < totals.size(); ++id) {
    if (const auto closed = closed_.find(id); closed != closed_.end()) {
      totals[id] = closed->second;
      continue;
    }
    InterfaceStatistics& total = totals[id];
    for (auto earlier = slots.predecessor_of(id); earlier != kNoInterface; earlier = slots.predecessor_of(earlier)) {
      const InterfaceStatistics& counted = closed_.at(earlier);
      total.received -= counted.received;
      total.filter_accepted -= counted.filter_accepted;
      total.dropped -= counted.dropped;
      total.delivered -= counted.delivered;
      total.start_ns = std::max(total.start_ns, counted.end_ns);
    }
  }
  return totals;
}

void InterfaceTotals::close(const Slot& slot, const SourceAccount& account, const SlotTable& slots,
                            std::uint64_t start_ns, std::uint64_t end_ns) {
  SourceAccount arrived = account;
  for (TapAccount& tap : arrived.taps) {
    tap.seen = tap.filtered + tap.left_out_total() + tap.dropped() + tap.delivered;
  }
  const auto totals = of(arrived, slots, start_ns, end_ns);
  for (const std::uint32_t id : slot.interface_ids) {
    if (id != kNoInterface) closed_[id] = totals[id];
  }
}

}  // namespace ringtap
