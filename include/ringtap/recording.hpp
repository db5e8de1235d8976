// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The settings of a recording: a folder of segments that never grows beyond its limits. Plain values: the command line
// fills them in, recorder/ reads them. Sizes are bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ringtap {

// How much of the past a folder keeps.
struct KeepLimits {
  std::uint64_t bytes = 0;       // of all segments with their indexes, 0: no limit
  std::uint64_t age_ns = 0;      // since the segment's end, 0: no limit
  std::uint64_t free_bytes = 0;  // that the file system keeps free
  unsigned free_percent = 0;     // the same, of its size

  [[nodiscard]] bool has_any() const { return bytes > 0 || age_ns > 0 || free_bytes > 0 || free_percent > 0; }
};

// What makes a recorder write what it holds in memory; without `memory_bytes` everything is written.
struct EventSettings {
  std::uint64_t memory_bytes = 0;
  std::uint64_t before_ns = 30'000'000'000;
  std::uint64_t after_ns = 10'000'000'000;
  std::uint64_t every_ns = 0;          // an event begins at the earliest this long after the one before
  std::string expression;              // a packet that matches, pcap-filter(7); empty: none does
  std::string drop_reason;             // a drop with this reason of the kernel, or "any"; empty: none
  std::uint64_t drops_per_second = 0;  // … only if there are more than this in a second
  bool loss = false;                   // packets that the capture itself lost
  std::optional<std::uint64_t> pps;    // more packets than this in a second
};

struct RecordSettings {
  std::string folder;
  KeepLimits keep;
  std::uint64_t segment_bytes = std::uint64_t{256} << 20;  // a segment that is larger gets no further frame
  std::uint64_t segment_ns = 60'000'000'000;               // … nor one that is older
  std::optional<int> zstd_level;                           // none: segments are not compressed
  unsigned compressors = 1;                                // threads
  EventSettings event;
  std::uint64_t stats_ns = 0;  // how often a line of counts is printed; 0: never
};

// What a recording has done so far.
struct RecordingCounts {
  std::uint64_t packets = 0;                       // in the segments
  std::uint64_t packets_lost = 0;                  // that could not be written
  std::uint64_t bytes = 0;                         // of packets' frames, before they were compressed
  std::uint64_t stored = 0;                        // in the segments
  std::optional<std::uint64_t> frames_stored_raw;  // that there was no time to compress; none: none shall be
  std::uint64_t segments = 0;                      // begun
  std::uint64_t removed = 0;                       // of those kept
  std::uint64_t kept_bytes = 0;                    // all complete segments
  std::uint64_t waits = 0;                         // how often the capture had to wait for the disk
  std::optional<std::uint64_t> oldest_ns;
  std::optional<std::uint64_t> free;  // on the disk
};

}  // namespace ringtap
