// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The settings of a run's output: which sinks it has, and how files are written. Plain values, read by the code that
// opens the sinks.
#pragma once

#include <cstdint>
#include <string>

namespace ringtap {

enum class FileFormat { kPcap, kPcapng };

enum class TimePrecision { kMicroseconds, kNanoseconds };

// When a file set starts its next file; 0: no limit.
struct Rotation {
  std::uint64_t bytes = 0;    // a file that is larger than this gets no further record
  std::uint64_t seconds = 0;  // … nor one that is older than this; the path is then a strftime(3) pattern
  std::uint64_t files = 0;    // after this many files: with `bytes` the first one is overwritten, else the run ends

  [[nodiscard]] bool rotates() const { return bytes > 0 || seconds > 0; }
};

struct OutputOptions {
  std::string path;  // of the capture file; "-" is standard output; empty: no file
  FileFormat format = FileFormat::kPcap;
  TimePrecision precision = TimePrecision::kMicroseconds;  // of a pcap file
  Rotation rotation;
  std::string rotate_command;  // run on each file when the next one is started; empty: none
  bool print = true;           // text on standard output
  bool count_only = false;     // count packets, print none
  bool flush_each_record = false;
};

}  // namespace ringtap
