// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The CPUs' stages, in which records may wait for more (struct ringtap_stage). `Programs` is TapPrograms, or a
// replacement in a test. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "ringtap/abi.h"

namespace ringtap {

inline bool is_empty(const ringtap_stage& stage) {
  return __atomic_load_n(&stage.used, __ATOMIC_RELAXED) == 0;
}

template <class Programs>
bool are_stages_empty(const Programs& programs, std::span<const unsigned> cpus) {
  return std::all_of(cpus.begin(), cpus.end(), [&](unsigned cpu) { return is_empty(programs.stage(cpu)); });
}

// Flushes staged records that are due to the rings. Returns the time up to which a merge may go: not past a record that
// could not be flushed because another one is being built there. With the taps `stopped` none is being built.
template <class Programs>
std::uint64_t collect_stages(const Programs& programs, std::span<const unsigned> cpus, std::uint64_t due_ns,
                             bool stopped) {
  std::uint64_t watermark = due_ns;
  for (const unsigned cpu : cpus) {
    const ringtap_stage& stage = programs.stage(cpu);
    const auto is_due = [&] { return !is_empty(stage) && stage.first_ns <= due_ns; };
    if (!is_due()) continue;
    // Runs on its own CPU, whose counters count what finds no room. On an offline CPU there is no program to disturb.
    if (!programs.flush_stage(cpu, true)) programs.flush_stage(cpu, false);
    if (!stopped && is_due()) watermark = std::min(watermark, std::uint64_t{stage.first_ns} - 1);
  }
  return watermark;
}

}  // namespace ringtap
