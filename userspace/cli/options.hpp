// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The parsed command line. Plain values; every tcpdump option means what it means there, or is refused with a reason.
// Ranges of values are checked here, but not whether files, users or interfaces exist.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ringtap/capture.hpp"
#include "ringtap/fleet.hpp"
#include "ringtap/output.hpp"
#include "ringtap/result.hpp"
#include "ringtap/text_style.hpp"

namespace ringtap {

enum class Action {
  kCapture,
  kReadFile,
  kListDevices,
  kListLinkTypes,
  kListTimeStampTypes,
  kShowFilter,
  kShowText,
  kShowVersion,
  kCompareLive,
  kCompareFile,
  kQuery,
  kTrigger,
  kExtcap,
  kDoctor,
  kAgent,
  kFleet
};

// What Wireshark asks (extcap(4)); a capture for it has these, too.
struct ExtcapOptions {
  enum class Question : std::uint8_t { kNone, kInterfaces, kArguments, kLinkTypes, kFilterCheck };
  Question question = Question::kNone;
  std::string interface;  // as it was listed: "ringtap:eth0:xdp"
  bool captures = false;
  std::string control_in;  // pipes of a toolbar; empty: there is none
  std::string control_out;
};

struct Options {
  Action action = Action::kCapture;
  std::string text;                // kShowText: the help, for standard output
  std::vector<std::string> notes;  // what is worth telling the user before anything else

  CaptureSettings capture;              // interfaces as given, names or numbers of -D; none: the first of -D
  std::vector<std::string> read_paths;  // of -r, of the list of -V, or found by a query; empty: a live capture
  std::string folder;                   // of a query or a trigger
  FileSelection selection;              // of their packets
  std::vector<std::string> command;     // with --who: it is started, and its packets are captured
  FilterOptions filter;                 // from the command line, or from the file of -F
  std::string link_type;                // -y; empty: that of the interfaces
  int show_classic = 0;                 // -d, how often
  bool show_ebpf = false;
  RunLimits limits;  // in a comparison `count` means packets, not records
  OutputOptions output;
  TextOptions text_style;
  bool strict_loss = false;
  bool follow = false;  // packets that matched, also where they do not match any more, and their end
  bool gate = false;    // nothing is kept before a line comes on standard input; its end ends the run
  std::string ready_file;
  std::string user;     // -Z; empty: root becomes a user of no rights
  bool sandbox = true;  // give up what the run does not need

  CompareStyle compare;
  bool nft_rule = false;
  ExtcapOptions extcap;
  FleetConnection servers;
  AgentOptions agent;
  FleetOptions fleet;
};

// Does not touch the system except to read the files of -F and -V. Errors are of kind kUsage.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace ringtap
