// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the command line asked for. Plain values; every tcpdump option means what it means there or is refused by name.
// Limits of a value are checked here, whether a thing exists is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

enum class Action { kCapture, kReadFile, kListDevices, kListLinkTypes, kShowFilter, kShowText, kCompare };
enum class XdpAttach { kAuto, kNative, kGeneric };
enum class FileFormat { kPcap, kPcapng };
enum class TimeText { kOfDay, kNone, kEpoch, kSincePrevious, kDate, kSinceFirst };
enum class DumpText { kNone, kHex, kHexAndAscii, kAscii };

struct Options {
  Action action = Action::kCapture;
  std::string text;  // kShowText: help or version, for standard output

  // what to capture
  std::vector<std::string> interfaces;  // names, numbers of -D, "any"; empty: the first of -D
  TapSet taps = kTcTaps;
  bool consume = false;
  bool force = false;
  XdpAttach xdp_attach = XdpAttach::kAuto;
  std::uint32_t snaplen = 0;  // -s, never 0 after parsing
  std::optional<std::uint64_t> buffer_bytes;
  int slice_layer = 0;  // --slice: 2, 3, 4; 0: nothing is cut off
  std::uint32_t slice_more = 0;
  std::uint32_t sample = 0;   // --sample: one of so many flows; 0: all
  std::uint64_t max_pps = 0;  // --max-pps; 0: no limit
  std::chrono::nanoseconds time_batch{0};
  bool promiscuous = true;
  std::vector<std::string> read_paths;  // -r: one; -V: those of the list; empty: not from files
  std::string expression;               // words of the command line, or -F's file
  bool optimise = true;                 // -O: false
  bool any_vlan = false;
  std::string link_type;  // -y; empty: that of the interfaces
  int show_classic = 0;   // -d, how often
  bool show_ebpf = false;

  // when to end
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::nanoseconds> duration;

  // where it goes
  std::string write_path;  // empty: text on standard output
  FileFormat format = FileFormat::kPcap;
  std::uint64_t rotate_bytes = 0;    // -C; 0: not by size
  std::uint64_t rotate_seconds = 0;  // -G; 0: not by time
  std::uint64_t rotate_files = 0;    // -W; 0: no limit
  std::string rotate_command;        // -z
  bool nanoseconds = false;
  bool print = true;  // text as well; false with -w unless --print
  bool count_only = false;
  bool packet_buffered = false;  // -U
  bool line_buffered = false;    // -l

  // how the text looks
  int no_names = 0;
  bool no_domain = false;
  int verbosity = 0;
  bool quiet = false;
  bool link_header = false;
  bool absolute_seq = false;
  bool no_checksums = false;
  bool as_dot = false;
  std::string forced_type;  // -T; empty: by port
  bool compat = false;
  bool numbered = false;
  TimeText time = TimeText::kOfDay;
  DumpText dump = DumpText::kNone;
  bool dump_link_header = false;

  bool strict_loss = false;
  std::string ready_file;
  std::string user;  // -Z; empty: stay what we are

  // `ringtap compare`; count is in packets then.
  bool each = false;
  bool json = false;
  bool nft_rule = false;
};

// Never touches the system but to read -F's file and -V's. Errors are of kind kUsage.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace ringtap
