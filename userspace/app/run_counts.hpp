// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a live run has counted so far, gathered once a second for everything that tells it: the line of --stats,
// metrics, the status of a service. Copies; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "app/session.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/recording.hpp"

namespace ringtap {

struct RunCounts {
  std::uint64_t at_ns = 0;  // the monotonic clock
  SourceAccount source;
  SessionTotals session;
  std::uint64_t bytes_written = 0;                // to files, before they are compressed
  std::map<std::string, std::uint64_t> drops;     // packets that the kernel dropped, by its reason
  std::map<std::string, std::uint64_t> outcomes;  // of a comparison: packets by what became of them
  std::optional<RecordingCounts> recording;

  // Packets that matched the filter and are in no output: lost in the kernel side or on the way to the disk.
  [[nodiscard]] std::uint64_t lost() const {
    return source.total().dropped() + (recording ? recording->packets_lost : 0);
  }
};

// --stats: "stats: packets=… pps=… …"; rates are those since `before`. Of a recording.
std::string stats_text(const RunCounts& now, const RunCounts& before);

// For people: "1204 packets/s, 0.9 MB/s, 12 lost".
std::string status_text(const RunCounts& now, const RunCounts& before);

}  // namespace ringtap
