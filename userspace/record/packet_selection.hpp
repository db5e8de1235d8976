// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which packets of files are read, by direction, time and processes. Moments that depend on the first packet are fixed
// by the first one that it is asked about. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// A packet without a direction in the header of LINUX_SLL or LINUX_SLL2 is unknown.
Direction direction_of(const RecordView& record);

// For packets of weeks rather than of one file: a time of day is the last one before `now_ns`, or after --from that of
// --to; what is left depends on the first packet alone.
FileSelection resolved(const FileSelection& wanted, std::uint64_t now_ns);

class PacketSelection {
 public:
  explicit PacketSelection(const FileSelection& wanted) : wanted_(wanted) {}

  bool matches(const RecordView& record);
  // Packets that were left out because the file does not tell their direction.
  [[nodiscard]] std::uint64_t without_direction() const { return without_direction_; }
  // … because it does not tell whose they are.
  [[nodiscard]] std::uint64_t without_owner() const { return without_owner_; }

 private:
  void fix_times(std::uint64_t first_ns);

  FileSelection wanted_;
  bool has_times_ = false;
  std::uint64_t from_ns_ = 0;
  std::uint64_t to_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t without_direction_ = 0;
  std::uint64_t without_owner_ = 0;
};

}  // namespace ringtap
