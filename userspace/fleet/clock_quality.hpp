// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How good this host's clock is, by adjtimex(2), as the kernel knows it from whoever keeps the clock right, and which
// kernel's it is. No state; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace ringtap {

inline constexpr const char* kSynchronised = "synchronised";
inline constexpr const char* kUnsynchronised = "unsynchronised";

struct ClockQuality {
  std::string source;          // kSynchronised, kUnsynchronised
  std::uint64_t error_ns = 0;  // the bound that the kernel keeps (maxerror); grows while nobody corrects the clock
};
ClockQuality clock_quality();
// Of the kernel that runs, and so of its clock: hosts (containers) with one boot id share it. "unknown" if it cannot be
// read.
std::string boot_id();

}  // namespace ringtap
