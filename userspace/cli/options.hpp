// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the command line asked for. Plain values; every tcpdump option means what it means there or is refused by name.
// Limits of a value are checked here, whether a thing exists is not.
#pragma once

#include <string>
#include <vector>

#include "ringtap/capture.hpp"
#include "ringtap/output.hpp"
#include "ringtap/result.hpp"
#include "ringtap/text_style.hpp"

namespace ringtap {

enum class Action {
  kCapture,
  kReadFile,
  kListDevices,
  kListLinkTypes,
  kShowFilter,
  kShowText,
  kShowVersion,
  kCompareLive,
  kCompareFile
};

struct Options {
  Action action = Action::kCapture;
  std::string text;  // kShowText: the help, for standard output

  CaptureSettings capture;              // interfaces as given: numbers of -D too; none: the first of -D
  std::vector<std::string> read_paths;  // -r: one; -V: those of the list; empty: not from files
  FilterOptions filter;                 // words of the command line, or -F's file
  std::string link_type;                // -y; empty: that of the interfaces
  int show_classic = 0;                 // -d, how often
  bool show_ebpf = false;
  RunLimits limits;  // for a comparison the count is in packets
  OutputOptions output;
  TextOptions text_style;
  bool strict_loss = false;
  std::string ready_file;
  std::string user;  // -Z; empty: stay what we are

  CompareStyle compare;
  bool nft_rule = false;
};

// Never touches the system but to read -F's file and -V's. Errors are of kind kUsage.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace ringtap
