// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/held_records.hpp"

#include <algorithm>
#include <limits>

namespace ringtap {

void HeldRecords::set_rule(std::uint64_t packet_id, const std::string& rule) {
  const std::uint64_t* const number = drops_.find(packet_id);
  if (number != nullptr) records_[*number - released_].set_rule(rule);
}

Result<> HeldRecords::on_record(const RecordView& record) {
  if (record.tap == Tap::kDrop && record.trace && record.packet_id) {
    drops_[*record.packet_id] = released_ + records_.size();
  }
  records_.emplace_back(record);
  bytes_ += records_.back().size();
  return release_until(record.time_ns - std::min(record.time_ns, delay_ns_), kMostBytes);
}

Result<> HeldRecords::on_statistics(const InterfaceStatistics& statistics) {
  const auto same = [&](const InterfaceStatistics& one) { return one.interface_id == statistics.interface_id; };
  const auto known = std::find_if(statistics_.begin(), statistics_.end(), same);
  if (known == statistics_.end()) {
    statistics_.push_back(statistics);
  } else {
    *known = statistics;
  }
  return ok();
}

Result<> HeldRecords::release_until(std::uint64_t time_ns, std::size_t most_bytes) {
  while (!records_.empty() && (records_.front().view().time_ns <= time_ns || bytes_ > most_bytes)) {
    const OwnedRecord record = std::move(records_.front());
    records_.pop_front();
    bytes_ -= record.size();
    const std::uint64_t number = released_++;
    if (record.view().packet_id) {
      const std::uint64_t* const drop = drops_.find(*record.view().packet_id);
      if (drop != nullptr && *drop == number) drops_.erase(*record.view().packet_id);
    }
    if (auto result = file_->on_record(record.view()); !result) return result;
  }
  return ok();
}

Result<> HeldRecords::flush() {
  if (auto released = release_until(until_ns_ - std::min(until_ns_, delay_ns_), kMostBytes); !released) return released;
  return file_->flush();
}

Result<> HeldRecords::finish() {
  Result<> released = release_until(std::numeric_limits<std::uint64_t>::max(), 0);
  for (const InterfaceStatistics& statistics : statistics_) {
    if (released) released = file_->on_statistics(statistics);
  }
  Result<> finished = file_->finish();
  return released ? std::move(finished) : std::move(released);
}

}  // namespace ringtap
