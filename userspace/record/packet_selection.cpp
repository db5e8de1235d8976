// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/packet_selection.hpp"

#include <algorithm>
#include <ctime>

#include "base/now.hpp"
#include "record/link_header.hpp"
#include "record/owner_match.hpp"

namespace ringtap {
namespace {

std::uint64_t midnight_before(std::uint64_t time_ns, int days_later) {
  const auto seconds = static_cast<std::time_t>(time_ns / kNsPerSecond);
  std::tm day{};
  localtime_r(&seconds, &day);
  day.tm_hour = day.tm_min = day.tm_sec = 0;
  day.tm_mday += days_later;
  day.tm_isdst = -1;
  return static_cast<std::uint64_t>(std::mktime(&day)) * kNsPerSecond;
}

// Not before 1970.
std::uint64_t before(std::uint64_t now_ns, std::uint64_t ns) {
  return now_ns - std::min(now_ns, ns);
}

std::uint64_t moment(const FileTime& time, std::uint64_t first_ns, int days_later) {
  switch (time.base) {
    case FileTime::Base::kEpoch:
      return time.ns;
    case FileTime::Base::kDay:
      return midnight_before(first_ns, days_later) + time.ns;
    case FileTime::Base::kFirstPacket:
      return first_ns + time.ns;
    case FileTime::Base::kBeforeNow:
      return before(epoch_now_ns(), time.ns);
  }
  return 0;
}

}  // namespace

FileSelection resolved(const FileSelection& wanted, std::uint64_t now_ns) {
  FileSelection at = wanted;
  const auto resolve = [&](std::optional<FileTime>& time, std::uint64_t not_before) {
    if (!time || time->base == FileTime::Base::kFirstPacket) return;
    std::uint64_t ns = time->ns;
    if (time->base == FileTime::Base::kBeforeNow) ns = before(now_ns, time->ns);
    if (time->base == FileTime::Base::kDay) {
      const std::uint64_t from = not_before > 0 ? not_before : now_ns;
      ns = midnight_before(from, 0) + time->ns;
      if (not_before > 0 && ns < not_before) ns = midnight_before(from, 1) + time->ns;
      if (not_before == 0 && ns > now_ns) ns = midnight_before(from, -1) + time->ns;
    }
    time = FileTime{FileTime::Base::kEpoch, ns};
  };
  resolve(at.from, 0);
  resolve(at.to, at.from && at.from->base == FileTime::Base::kEpoch ? at.from->ns : 0);
  return at;
}

Direction direction_of(const RecordView& record) {
  if (record.direction != Direction::kUnknown) return record.direction;
  const auto packet_type = sll_packet_type(record);
  if (!packet_type) return Direction::kUnknown;
  return *packet_type == PacketType::kOutgoing ? Direction::kOut : Direction::kIn;
}

void PacketSelection::fix_times(std::uint64_t first_ns) {
  has_times_ = true;
  if (wanted_.from) from_ns_ = moment(*wanted_.from, first_ns, 0);
  if (!wanted_.to) return;
  to_ns_ = moment(*wanted_.to, first_ns, 0);
  // From 23:50 to 00:10 goes past midnight.
  if (to_ns_ < from_ns_ && wanted_.to->base == FileTime::Base::kDay) to_ns_ = moment(*wanted_.to, first_ns, 1);
}

bool PacketSelection::matches(const RecordView& record) {
  if (!has_times_) fix_times(record.time_ns);
  if (record.time_ns < from_ns_ || record.time_ns > to_ns_) return false;
  if (wanted_.direction != Direction::kUnknown) {
    const Direction direction = direction_of(record);
    if (direction == Direction::kUnknown) ++without_direction_;
    if (direction != wanted_.direction) return false;
  }
  if (!wanted_.of.selects()) return true;
  const OwnerMatch match = match_owners(wanted_.of, record.owners);
  if (match == OwnerMatch::kUnknown) ++without_owner_;
  return match == OwnerMatch::kYes;
}

}  // namespace ringtap
