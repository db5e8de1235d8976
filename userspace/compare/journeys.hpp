// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ties what several hosts saw of one packet, by what no hop changes (PacketKey::content), or, where a router that is
// not watched has translated addresses, by what NAT leaves alone, if only one packet fits. The order of hosts follows
// from who made the packet, where it ended, TTL, and clocks only where they differ by more than both their error
// bounds. Memory is limited: at most `most` packets wait for what other hosts have to tell. Wherever a limit ends a
// search, what was searched for is unknown, never absent. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/chains.hpp"
#include "compare/outcome.hpp"
#include "compare/packet_history.hpp"

namespace ringtap {

// Whether a host received a packet, or made it.
enum class Entry : std::uint8_t { kUnknown, kMade, kReceived };

// What one host saw of a packet.
struct Visit {
  std::uint16_t host = 0;
  Entry entry = Entry::kUnknown;
  bool departs = false;    // it left the host
  bool in_pieces = false;  // it was several frames on a wire, or is longer than a frame: no stream of TCP
  bool is_copy = false;    // of a packet that was for another host (OTHERHOST): its end says nothing
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t first_content = 0;  // as in PacketHistory
  std::uint64_t last_content = 0;
  std::uint64_t flow = 0;
  std::uint64_t last_flow = 0;
  std::uint8_t hop_limit = 0;
  std::uint8_t last_hop_limit = 0;
  Endpoints endpoints;
  NatProof proof;
  Outcome outcome;
  std::vector<Observation> observations;  // only if each packet is to be told

  [[nodiscard]] bool is_translated() const { return flow != last_flow; }  // by this host
};

struct HostClock {
  std::string boot;  // of the kernel: hosts of one kernel have one clock
  bool is_synchronised = false;
  std::uint64_t error_ns = 0;
};
// By how much the times of two hosts may be wrong against each other; none: by any amount.
std::optional<std::uint64_t> clock_bound(const HostClock& one, const HostClock& other);

// Why what happened before or afterwards is not known.
enum class Untied : std::uint8_t { kNo, kDivided, kCutShort, kAmbiguous, kGivenUp };

struct Journey {
  struct Step {
    Visit visit;
    bool follows = false;     // certainly after the step before
    bool translated = false;  // between the step before and this, addresses or ports were changed
  };
  std::vector<Step> steps;
  std::size_t end = 0;        // the step that decides what became of it; those after it are copies
  bool from_outside = false;  // no host is known to have made it
  bool may_be_made = false;   // … but the first one may have
  bool goes_on = false;       // it left the host of that step
  Untied untied = Untied::kNo;
};

class Journeys {
 public:
  static constexpr std::uint64_t kHoldNs = 10'000'000'000;  // longer than a packet takes to be finished anywhere

  struct Settings {
    std::size_t most = std::size_t{1} << 18;
    std::function<const HostClock&(std::uint16_t host)> clock;
  };
  using Finished = std::function<void(Journey)>;
  Journeys(Settings settings, Finished finished) : settings_(std::move(settings)), finished_(std::move(finished)) {}

  void add(Visit visit, std::uint64_t now_ns);
  // Those that have waited for `hold_ns`.
  void expire(std::uint64_t now_ns, std::uint64_t hold_ns);
  void finish_all();

 private:
  // The chains that a journey can be in; its node there is journey * kNodes + kind. Several of a kind: NAT twice on the
  // way, and back.
  static constexpr std::uint32_t kContents = 4;
  static constexpr std::uint32_t kFlows = 3;
  enum Node : std::uint32_t { kContent, kProof = kContents, kFlow, kNodes = kFlow + kFlows };
  static constexpr std::uint32_t kNone = Chains::kNone;
  struct Open {
    std::vector<Visit> visits;
    std::uint64_t begun_ns = 0;
    std::uint64_t number = 0;
    Untied doubt = Untied::kNo;
  };
  struct Cursor {
    std::uint64_t number = 0;  // of the journey
    std::uint32_t node = kNone;
  };
  // Packets of a flow that were seen in pieces.
  struct Pieces {
    std::uint64_t last_ns = 0;
    std::uint16_t host = 0;
    bool at_several = false;  // hosts
  };

  static std::uint32_t node(std::uint32_t journey, std::uint32_t kind) { return journey * kNodes + kind; }
  static std::uint32_t journey_of(std::uint32_t node) { return node / kNodes; }
  std::uint32_t by_content(const Visit& visit);
  std::uint32_t by_proof(const Visit& visit, Untied& doubt);
  std::uint32_t start(const Visit& visit, std::uint64_t now_ns);
  void chain(std::uint32_t journey, std::uint32_t kind, std::uint32_t count, std::uint64_t hash);
  void note(std::uint32_t journey, const Visit& visit, std::uint64_t now_ns);
  void note_pieces(std::uint64_t flow, std::uint16_t host, std::uint64_t now_ns);
  void mark(std::uint32_t journey, Untied why);
  void find_divided(std::uint32_t journey);
  void find_divided_stream(std::uint32_t journey, std::uint64_t flow);
  void finish_oldest(bool given_up);
  [[nodiscard]] bool has_visited(std::uint32_t journey, std::uint16_t host) const;
  [[nodiscard]] bool is_before(const Visit& one, const Visit& other) const;

  Settings settings_;
  Finished finished_;
  std::vector<Open> open_;
  std::vector<std::uint32_t> free_;
  std::deque<std::uint32_t> waiting_;  // by age
  Chains chains_;
  HashMap<std::uint64_t, Cursor> cursors_;  // by content and host: up to there the host has seen all
  HashMap<std::uint64_t, Pieces> pieces_;   // by flow
  std::uint64_t number_ = 0;
  std::uint64_t hold_ns_ = kHoldNs;
  std::uint64_t given_up_ns_ = 0;  // when something was forgotten for lack of room; 0: never
};

}  // namespace ringtap
