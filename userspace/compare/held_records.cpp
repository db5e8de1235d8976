// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/held_records.hpp"

#include <algorithm>
#include <limits>

#include "base/now.hpp"

namespace ringtap {

void HeldRecords::set_rule(std::uint64_t packet_id, const std::string& rule) {
  const auto drop = std::find_if(records_.rbegin(), records_.rend(), [&](const OwnedRecord& record) {
    return record.view().packet_id == packet_id && record.view().tap == Tap::kDrop && record.view().trace;
  });
  if (drop != records_.rend()) drop->set_rule(rule);
}

Result<> HeldRecords::on_record(const RecordView& record) {
  records_.emplace_back(record);
  bytes_ += records_.back().size();
  return release_until(record.time_ns - std::min(record.time_ns, delay_ns_), kMostBytes);
}

Result<> HeldRecords::release_until(std::uint64_t time_ns, std::size_t most_bytes) {
  while (!records_.empty() && (records_.front().view().time_ns <= time_ns || bytes_ > most_bytes)) {
    const OwnedRecord record = std::move(records_.front());
    records_.pop_front();
    bytes_ -= record.size();
    if (auto result = file_->on_record(record.view()); !result) return result;
  }
  return ok();
}

Result<> HeldRecords::flush() {
  if (auto released = release_until(epoch_now_ns() - delay_ns_, kMostBytes); !released) return released;
  return file_->flush();
}

Result<> HeldRecords::finish() {
  Result<> released = release_until(std::numeric_limits<std::uint64_t>::max(), 0);
  Result<> finished = file_->finish();
  return released ? std::move(finished) : std::move(released);
}

}  // namespace ringtap
