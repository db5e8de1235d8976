// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How packets are printed as text; the letters are tcpdump's options. Plain values, set before the printer is made and
// not changed while it runs.
#pragma once

#include <cstdint>
#include <string>

#include "ringtap/json_style.hpp"

namespace ringtap {

// The protocol that -T assigns to payloads; dissect/options.hpp finds one by its name.
struct ForcedType;

// For the dissection of one packet.
struct DissectOptions {
  int no_names = 0;              // -n, how often: hosts and ports stay numbers
  bool no_domain = false;        // -N: names without their domain
  int verbosity = 0;             // -v, how often
  bool quiet = false;            // -q
  bool link_header = false;      // -e
  bool absolute_seq = false;     // -S
  bool no_checksums = false;     // -K
  bool as_dot = false;           // -b
  bool ip_one_line = false;      // -g: with -v, no line break after the IPv4 header
  bool raw_nfs_handles = false;  // -u: NFS file handles in hex
  bool mesh_headers = false;     // -H: data frames of 802.11 may begin with one of 802.11s
  bool suppress_dump = false;    // bytes of unknown protocols are not dumped, because -x or -X shows them anyway
  bool compat = false;           // --compat: what tcpdump 4.99.3 prints, even where it is wrong for today's networks
  std::string tcp_secret;        // -M, for the MD5 signatures of TCP segments; empty: not known
  const ForcedType* forced = nullptr;  // -T, from find_forced_type(); nullptr: by port
};

enum class TimeStyle {
  kClock,          // 23:13:20.000005
  kNone,           // -t
  kEpoch,          // -tt: 1700000000.000005
  kSincePrevious,  // -ttt
  kDate,           // -tttt: 2023-11-14 23:13:20.000005
  kSinceFirst,     // -ttttt
};

// At most one of these; if several are given, tcpdump uses the first of -X, -x, -A.
enum class DumpStyle {
  kNone,
  kHex,          // -x
  kHexAndAscii,  // -X
  kAscii,        // -A
};

// --color. kAuto: on a terminal that obeys escapes, unless NO_COLOR is set.
enum class ColorChoice : std::uint8_t { kAuto, kAlways, kNever };

struct TextOptions {
  DissectOptions dissect;
  TimeStyle time = TimeStyle::kClock;
  bool nanoseconds = false;  // --nano: nine digits
  DumpStyle dump = DumpStyle::kNone;
  bool dump_link_header = false;  // -xx, -XX, -AA
  bool number = false;            // -#
  bool lengths = false;           // --lengths: "caplen 60 len 1514 "
  std::uint64_t print_every = 1;  // --print-sampling: packets number N, 2N, …
  bool show_interface = false;    // "eth0  In  " on every line; else once two have names, and for the
                                  // taps that have more to tell than the packet. Never with compat or a cooked header
  bool line_buffered = false;     // -l
  JsonStyle json;                 // --json: objects in place of lines
  ColorChoice color = ColorChoice::kAuto;
};

// For the report of a comparison.
struct CompareStyle {
  bool each = false;      // also a line for each packet
  bool json = false;      // one object per line instead of text
  bool show_time = true;  // of day, with each; -t leaves it out
  int verbosity = 0;      // 1: also what could not be matched
};

}  // namespace ringtap
