// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which segments of a folder have to go, oldest first: those that exceed a size of all together or an age, or that the
// disk needs to keep some space free. Pure: time and space are given. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "recorder/segment_name.hpp"
#include "ringtap/recording.hpp"

namespace ringtap {

struct DiskSpace {
  std::uint64_t size = 0;
  std::uint64_t free = 0;  // for this user, bytes
};

struct KeptSegment {
  SegmentName name;
  std::uint64_t bytes = 0;  // with its index
  std::uint64_t end_ns = 0;
  bool is_part = false;  // it could not be completed, and takes space all the same
};

class Retention {
 public:
  explicit Retention(KeepLimits limits) : limits_(limits) {}

  // A segment that gets no more packets.
  void add(const KeptSegment& segment);
  // Taken out of the list: those that have to go before `coming` bytes more are written. For the sake of free space the
  // newest stays, and all do if that could not be reached.
  std::vector<KeptSegment> take_surplus(std::uint64_t now_ns, const DiskSpace& space, std::uint64_t coming);
  // Taken out of the list; nothing if there is none.
  std::optional<KeptSegment> take_oldest();

  [[nodiscard]] std::optional<std::uint64_t> oldest_ns() const {
    return segments_.empty() ? std::nullopt : std::optional(segments_.front().name.begin_ns);
  }
  void clear() {
    segments_.clear();
    bytes_ = 0;
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t count() const { return segments_.size(); }

 private:
  KeepLimits limits_;
  std::deque<KeptSegment> segments_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ringtap
