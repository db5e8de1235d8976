// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ties what several hosts saw of one packet, by what no hop changes (PacketKey::content), or, where a router that is
// not watched has translated addresses, by what NAT leaves alone, if only one packet fits. The order of hosts follows
// from who made the packet, where it ended, TTL, and clocks only where they differ by more than both their error
// bounds. Memory is limited: at most `most` packets wait for what other hosts have to tell. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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
  bool departs = false;  // it left the host
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t first_content = 0;  // as in PacketHistory
  std::uint64_t last_content = 0;
  std::uint64_t flow = 0;
  std::uint8_t hop_limit = 0;
  Endpoints endpoints;
  NatProof proof;
  Outcome outcome;
  std::vector<Observation> observations;  // only if each packet is to be told
};

struct HostClock {
  std::string boot;  // of the kernel: hosts of one kernel have one clock
  bool is_synchronised = false;
  std::uint64_t error_ns = 0;
};
// By how much the times of two hosts may be wrong against each other; none: by any amount.
std::optional<std::uint64_t> clock_bound(const HostClock& one, const HostClock& other);

// Why what happened before or afterwards is not known.
enum class Untied : std::uint8_t { kNo, kDivided, kCutShort, kGivenUp };

struct Journey {
  struct Step {
    Visit visit;
    bool follows = false;     // certainly after the step before
    bool translated = false;  // between the step before and this, addresses or ports were changed
  };
  std::vector<Step> steps;
  bool from_outside = false;  // no host is known to have made it
  bool goes_on = false;       // it left the last host
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
  // The chains that a journey can be in; its node there is journey * kNodes + kind.
  enum Node : std::uint32_t { kContent, kProof = 4, kFlow, kNodes };
  static constexpr std::uint32_t kNone = Chains::kNone;
  struct Open {
    std::vector<Visit> visits;
    std::uint64_t begun_ns = 0;
    std::uint64_t number = 0;
    bool is_divided = false;
  };
  struct Waiting {
    std::uint32_t journey;
    std::uint64_t number;
  };

  static std::uint32_t node(std::uint32_t journey, std::uint32_t kind) { return journey * kNodes + kind; }
  static std::uint32_t journey_of(std::uint32_t node) { return node / kNodes; }
  std::uint32_t by_content(const Visit& visit);
  std::uint32_t by_proof(const Visit& visit);
  std::uint32_t start(const Visit& visit, std::uint64_t now_ns);
  void note_content(std::uint32_t journey, std::uint64_t content);
  bool find_divided(std::uint32_t journey);
  void finish(std::uint32_t journey, bool given_up);
  [[nodiscard]] bool has_visited(std::uint32_t journey, std::uint16_t host) const;
  [[nodiscard]] bool is_before(const Visit& one, const Visit& other) const;

  Settings settings_;
  Finished finished_;
  std::vector<Open> open_;
  std::vector<std::uint32_t> free_;
  std::deque<Waiting> waiting_;  // by age
  Chains chains_;
  std::uint64_t number_ = 0;
};

}  // namespace ringtap
