// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The totals of each interface, as sinks get them. The counters are those of devices and go on when a device is
// renamed: what was counted for it before stays with the interfaces that it had then. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "live/slot_table.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

class InterfaceTotals {
 public:
  // Of all interfaces so far, from `start_ns` to `end_ns` since the epoch.
  [[nodiscard]] std::vector<InterfaceStatistics> of(const SourceAccount& account, const SlotTable& slots,
                                                    std::uint64_t start_ns, std::uint64_t end_ns) const;
  // To be called before SlotTable::rename(). Packets that are still in a ring belong to the successors.
  void close(const Slot& slot, const SourceAccount& account, const SlotTable& slots, std::uint64_t start_ns,
             std::uint64_t end_ns);

 private:
  std::map<std::uint32_t, InterfaceStatistics> closed_;  // by interface
};

}  // namespace ringtap
