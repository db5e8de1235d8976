// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a user can ask of the output of a run: which sinks it has, and how files are written. Plain values; whoever
// opens the sinks reads them.
#pragma once

#include <cstdint>
#include <string>

namespace ringtap {

enum class FileFormat { kPcap, kPcapng };

enum class TimePrecision { kMicroseconds, kNanoseconds };

// When a file set goes on to its next file; 0 anywhere: no limit.
struct Rotation {
  std::uint64_t bytes = 0;    // a record goes to another file when this one is larger
  std::uint64_t seconds = 0;  // … or was begun so long ago; the path is a pattern of strftime(3) then
  std::uint64_t files = 0;    // with `bytes` the names start over after so many, else the file set ends

  [[nodiscard]] bool rotates() const { return bytes > 0 || seconds > 0; }
};

struct OutputOptions {
  std::string path;  // of the capture file, "-" is standard output; empty: none
  FileFormat format = FileFormat::kPcap;
  TimePrecision precision = TimePrecision::kMicroseconds;  // of a pcap file
  Rotation rotation;
  std::string rotate_command;  // run on each file that another one follows; empty: none
  bool print = true;           // text on standard output
  bool count_only = false;     // count packets, print none
  bool flush_each_record = false;
};

}  // namespace ringtap
