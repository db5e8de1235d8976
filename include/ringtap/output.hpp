// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The settings of a run's output: which sinks it has, and how files are written. Plain values, read by the code that
// opens the sinks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "ringtap/recording.hpp"

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

// What of a file that is read may have no place in the one that is written.
enum class FilePart : std::uint8_t {
  kComments,
  kNames,
  kSecrets,
  kCustom,
  kUncopied,
  kOptions,
  kDirections,
  kLosses,
};
inline constexpr std::size_t kFileParts = 8;

// Filled in by the writers of a run that reads files.
struct Conversion {
  std::array<std::uint64_t, kFileParts> left_out{};
  bool needs_pcapng = false;  // a packet came that a pcap file cannot take after those before it

  void leave_out(FilePart part, std::uint64_t count = 1) { left_out[static_cast<std::size_t>(part)] += count; }
};

// Where a run's counts are told to Prometheus.
struct MetricsOptions {
  std::string address;        // "127.0.0.1:9415", "unix:PATH"; empty: nobody is answered
  std::string path;           // of a file that is written again and again; empty: none
  bool counts_drops = false;  // records of the drop tap, by their reason

  [[nodiscard]] bool has_any() const { return !address.empty() || !path.empty(); }
};

// Of a run that sums packets up.
struct SummaryStyle {
  bool drops_only = false;
  bool json = false;      // one object per row instead of tables
  std::size_t rows = 20;  // of each table, at the end
};

struct OutputOptions {
  std::string path;  // of the capture file; "-" is standard output; empty: no file
  FileFormat format = FileFormat::kPcap;
  bool format_follows_packets =
      false;  // of files: pcapng if packets of several link types pass, whatever `format` says
  TimePrecision precision = TimePrecision::kMicroseconds;  // of a pcap file
  Rotation rotation;
  std::string rotate_command;  // run on each file when the next one is started; empty: none
  bool print = true;           // text on standard output
  bool count_only = false;     // count packets, print none
  bool flush_each_record = false;
  bool sync = false;             // a file is on the disk before it counts as written
  bool file_per_thread = false;  // of several that read rings, instead of one file for all
  // What goes to standard output goes through this memory, see file/shared_pipe.hpp; -1: it does not.
  int memory_fd = -1;
  RecordSettings record;  // without a folder: nothing is recorded
  MetricsOptions metrics;
  std::string html_path;  // of a comparison's page; empty: none
  std::optional<SummaryStyle> summary;
};

}  // namespace ringtap
