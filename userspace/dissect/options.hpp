// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a user can ask of the text of a packet; named after what it does, with tcpdump's letter. Plain values, set
// before the Dissector is made and not changed while it runs.
#pragma once

#include <string_view>

namespace ringtap {

// What -T makes of the payloads of UDP and TCP; tables.cpp.
struct ForcedType;
// In any case of letters; nullptr for a name that is not tcpdump's.
const ForcedType* find_forced_type(std::string_view name);
[[nodiscard]] bool has_printer(const ForcedType& type);

struct DissectOptions {
  int no_names = 0;                    // -n, how often: hosts and ports stay numbers
  bool no_domain = false;              // -N: names without their domain
  int verbosity = 0;                   // -v, how often
  bool quiet = false;                  // -q
  bool link_header = false;            // -e
  bool absolute_seq = false;           // -S
  bool no_checksums = false;           // -K
  bool as_dot = false;                 // -b
  bool suppress_dump = false;          // bytes of unknown protocols are not dumped, because -x or -X shows them anyway
  bool compat = false;                 // --compat: tcpdump 4.99.3's line also where it is wrong for today's networks
  const ForcedType* forced = nullptr;  // -T, from find_forced_type(); nullptr: by port
};

}  // namespace ringtap
