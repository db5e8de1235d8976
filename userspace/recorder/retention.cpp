// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/retention.hpp"

#include <algorithm>
#include <iterator>

namespace ringtap {

void Retention::add(const KeptSegment& segment) {
  // Nearly always the last one.
  auto place = segments_.end();
  while (place != segments_.begin() && segment.name < std::prev(place)->name) --place;
  segments_.insert(place, segment);
  bytes_ += segment.bytes;
}

std::optional<KeptSegment> Retention::take_oldest() {
  if (segments_.empty()) return std::nullopt;
  const KeptSegment oldest = segments_.front();
  segments_.pop_front();
  bytes_ -= oldest.bytes;
  return oldest;
}

std::vector<KeptSegment> Retention::take_surplus(std::uint64_t now_ns, const DiskSpace& space, std::uint64_t coming) {
  std::vector<KeptSegment> surplus;
  const std::uint64_t to_stay_free = std::max(limits_.free_bytes, space.size / 100 * limits_.free_percent);
  std::uint64_t free = space.free;
  // Where others fill the disk, removing everything that was recorded would not help.
  const bool can_help = to_stay_free > 0 && free + bytes_ >= to_stay_free;
  while (!segments_.empty()) {
    const KeptSegment& oldest = segments_.front();
    const bool is_large = limits_.bytes > 0 && bytes_ + coming > limits_.bytes;
    const bool is_old = limits_.age_ns > 0 && now_ns > oldest.end_ns && now_ns - oldest.end_ns > limits_.age_ns;
    const bool is_full = can_help && free < to_stay_free && segments_.size() > 1;
    if (!is_large && !is_old && !is_full) return surplus;
    free += oldest.bytes;
    surplus.push_back(*take_oldest());
  }
  return surplus;
}

}  // namespace ringtap
