// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The settings of a capture over many hosts: the servers between them, what the one who collects asks for, and what an
// agent allows. Plain values: the command line fills them in, fleet/ reads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtap/tap.hpp"

namespace ringtap {

struct FleetConnection {
  std::string url = "nats://127.0.0.1:4222";  // several with commas
  std::string authorities_file;               // of TLS; empty: no TLS, unless the URL says tls://
  std::string certificate_file;               // of this client; empty: none
  std::string key_file;                       // … its key
  std::string seed_file;                      // an NKEY's seed; empty: none
};

// What an agent may be asked for.
struct AgentLimits {
  std::optional<TapSet> taps;                                // none: all
  std::uint64_t max_pps = 0;                                 // packets per second of a session; 0: no limit
  std::uint32_t snaplen = 0;                                 // bytes of a packet; 0: no limit
  std::uint64_t max_sessions = 4;                            // at a time
  std::chrono::nanoseconds longest = std::chrono::hours(1);  // that a session captures
};

struct AgentOptions {
  std::string host_id;  // empty: the host's name
  AgentLimits limits;
  std::uint64_t queue_bytes = std::uint64_t{64} << 20;  // of batches that wait for the servers
  std::string spill_folder;                             // for those that find no room there; empty: none
  std::uint64_t spill_bytes = std::uint64_t{1} << 30;   // of its disk, for each session
};

enum class FleetVerb : std::uint8_t { kNone, kStatus, kCapture, kCompare, kStart, kStop, kCollect, kKey };

struct FleetOptions {
  FleetVerb verb = FleetVerb::kNone;
  std::string session;                       // of stop and collect
  std::string key_file;                      // that is made
  std::string hosts = "*";                   // a pattern like that of a shell
  std::uint64_t required = 0;                // this many hosts have to take part; 0: one
  bool require_all = false;                  // every host that the pattern matches has to
  std::chrono::nanoseconds window{0};        // how long a host that is behind is waited for; 0: as long as it takes
  std::vector<std::string> capture_options;  // as they were given: "--snapshot-length=96"; agents check them
  std::uint64_t stream_bytes = std::uint64_t{4} << 30;  // the most that a session keeps at the servers
};

}  // namespace ringtap
