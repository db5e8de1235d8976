// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/capture_account.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace ringtap {
namespace {

TapAccount line_of(const SlotTable& slots, std::uint32_t slot, Tap tap) {
  TapAccount line;
  line.interface = slots[slot].device.name;
  line.tap = tap_name(tap);
  line.interface_id = slots[slot].interface_ids[event_tap_of(tap)];
  return line;
}

TapAccount line_of(const SlotTable& slots, const TapCounts& counts) {
  TapAccount line = line_of(slots, counts.slot, counts.tap);
  // It is not known at which device they were lost, but a file must record the loss somewhere.
  if (counts.slot == 0)
    line.interface_id = slots.size() > 1 ? slots[1].interface_ids[event_tap_of(counts.tap)] : kNoInterface;
  line.delivered = counts.delivered;
  line.drops[static_cast<std::size_t>(counts.reason)] = counts.dropped;
  line.seen = line.delivered + line.dropped();
  return line;
}

}  // namespace

std::vector<std::uint64_t> CaptureAccount::delivered_by_cpu() const {
  std::vector<std::uint64_t> delivered(cpus_);
  for (std::size_t i = 0; i < delivered_.size(); ++i) delivered[i % cpus_] += delivered_[i];
  return delivered;
}

void CaptureAccount::add(const CaptureAccount& other) {
  std::transform(delivered_.begin(), delivered_.end(), other.delivered_.begin(), delivered_.begin(), std::plus<>());
  late_ += other.late_;
  malformed_ += other.malformed_;
}

Result<SourceAccount> CaptureAccount::account(const SlotTable& slots, const Counters& counters,
                                              std::vector<TapCounts> rows) const {
  SourceAccount account;
  account.late = late_;
  account.malformed = malformed_;
  std::stable_sort(rows.begin(), rows.end(), [](const TapCounts& a, const TapCounts& b) {
    return std::tie(a.slot, a.tap) < std::tie(b.slot, b.tap);
  });
  auto row = rows.begin();
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
    for (; row != rows.end() && row->slot == slot; ++row) account.taps.push_back(line_of(slots, *row));
    for (std::uint32_t tap = 0; tap < RINGTAP_TAP_COUNT; ++tap) {
      auto counted = counters(slot, static_cast<ringtap_tap>(tap));
      if (!counted) return counted.take_error();
      for (std::uint32_t cpu = 0; cpu < counted->size(); ++cpu) {
        const auto& value = (*counted)[cpu].value;
        if (value[RINGTAP_CNT_SEEN] == 0) continue;
        TapAccount& line = account.taps.emplace_back(line_of(slots, slot, tap_of(static_cast<ringtap_tap>(tap))));
        line.cpu = cpu;
        line.seen = value[RINGTAP_CNT_SEEN];
        line.filtered = value[RINGTAP_CNT_FILTERED];
        line.filtered_tagged = (*counted)[cpu].filtered_tagged;
        static_assert(RINGTAP_CNT_FIRST_DROP - RINGTAP_CNT_SAMPLED_OUT == kLeftOutNames.size());
        std::copy(value + RINGTAP_CNT_SAMPLED_OUT, value + RINGTAP_CNT_FIRST_DROP, line.left_out.begin());
        static_assert(RINGTAP_CNT_END_DROP - RINGTAP_CNT_FIRST_DROP == kDropNames.size());
        std::copy(value + RINGTAP_CNT_FIRST_DROP, value + RINGTAP_CNT_END_DROP, line.drops.begin());
        line.delivered = delivered_[row_of(slot, tap) + cpu];
      }
    }
  }
  return account;
}

}  // namespace ringtap
