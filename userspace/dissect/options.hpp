// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a user can ask of the text of a packet; named after what it does, with tcpdump's letter. Plain values, set
// before the Dissector is made and not changed while it runs.
#pragma once

namespace ringtap {

struct DissectOptions {
  int no_names = 0;            // -n, how often: hosts and ports stay numbers
  bool no_domain = false;      // -N: names without their domain
  int verbosity = 0;           // -v, how often
  bool quiet = false;          // -q
  bool link_header = false;    // -e
  bool absolute_seq = false;   // -S
  bool no_checksums = false;   // -K
  bool suppress_dump = false;  // bytes of unknown protocols are not dumped, because -x or -X shows them anyway
  bool compat = false;         // --compat: tcpdump 4.99.3's line also where it is wrong for today's networks
};

}  // namespace ringtap
