// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The accounting of a capture: counts records as they come out of the rings and combines these with the kernel side's
// counters. Rejected records are counted by RecordFilter. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "live/slot_table.hpp"
#include "ringtap/abi.h"
#include "ringtap/accounting.hpp"
#include "ringtap/result.hpp"
#include "taps/tap_family.hpp"

namespace ringtap {

class CaptureAccount {
 public:
  // For this many slots, including slot 0.
  CaptureAccount(std::size_t slots, std::size_t cpus) : cpus_(cpus), delivered_(slots * RINGTAP_TAP_COUNT * cpus) {}

  // Counts a record. False if its slot does not exist: it is not a valid record.
  bool add(const ringtap_event& header) {
    if (header.cpu >= cpus_) return false;
    if (header.tap < RINGTAP_TAP_COUNT) ++delivered_[row_of(header.slot, header.tap) + header.cpu];
    if (header.monotonic_ns < newest_ns_) ++late_;
    newest_ns_ = std::max(newest_ns_, std::uint64_t{header.monotonic_ns});
    return true;
  }
  // Records so far, of each CPU.
  [[nodiscard]] std::vector<std::uint64_t> delivered_by_cpu() const;
  void add_malformed() { ++malformed_; }
  // What another thread has counted, too.
  void add(const CaptureAccount& other);

  // The kernel side's counters of a slot and tap, one element for each CPU.
  using Counters = std::function<Result<std::vector<ringtap_counters>>(std::uint32_t slot, ringtap_tap tap)>;
  // Everything counted so far, in the order of slots and taps. `rows` holds what the families of taps have counted
  // themselves.
  Result<SourceAccount> account(const SlotTable& slots, const Counters& counters, std::vector<TapCounts> rows) const;

 private:
  [[nodiscard]] std::size_t row_of(std::size_t slot, std::size_t tap) const {
    return (slot * RINGTAP_TAP_COUNT + tap) * cpus_;
  }

  std::size_t cpus_;
  std::vector<std::uint64_t> delivered_;  // [(slot * taps + tap) * cpus + cpu]
  std::uint64_t newest_ns_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace ringtap
