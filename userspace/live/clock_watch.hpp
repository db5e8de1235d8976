// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Keeps a capture's Clock exact: measures its offset again every kPeriodNs and whenever the time is set.
// One thread; owns a timer descriptor.
#pragma once

#include <cstdint>

#include "record/clock.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class ClockWatch {
 public:
  static constexpr std::uint64_t kPeriodNs = 1'000'000'000;

  Result<> open();
  [[nodiscard]] int fd() const { return changes_.get(); }  // readable: the time was set
  // True if it was measured.
  bool look(std::uint64_t now_ns);

  [[nodiscard]] Clock& clock() { return clock_; }

 private:
  Clock clock_;
  UniqueFd changes_;
  std::uint64_t last_ns_ = 0;
};

}  // namespace ringtap
