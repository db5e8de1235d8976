// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/journeys.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/mix.hpp"

namespace ringtap {
namespace {

constexpr int kLookAhead = 64;    // among identical packets
constexpr int kFlowSteps = 1024;  // among packets of one flow
// Among identical packets the first one, unless another was seen that much closer in time.
constexpr std::uint64_t kIdleNs = 10'000'000;
constexpr std::uint32_t kContents = 4;  // of one journey: NAT twice on the way, and back

std::uint64_t distance(std::uint64_t one, std::uint64_t other) {
  return one > other ? one - other : other - one;
}

// What NAT leaves alone, where it is enough to tell packets apart; 0: it is not.
std::uint64_t proof_hash(const NatProof& proof) {
  if (proof.version == 0 || proof.fragment != 0) return 0;
  const bool is_tcp = proof.protocol == IPPROTO_TCP && proof.sequence != 0;
  if (!is_tcp && (proof.ip_id == 0 || proof.payload_hash == 0)) return 0;
  const std::uint64_t kind = std::uint64_t{proof.version} << 8 | proof.protocol;
  const std::uint64_t hash = mix(mix(kind, std::uint64_t{proof.sequence} << 32 | proof.payload_len), proof.ip_id);
  return mix(hash, proof.payload_hash) | 1;
}

// Bytes of a TCP stream.
bool is_stream_data(const Visit& visit) {
  return visit.proof.protocol == IPPROTO_TCP && visit.proof.payload_len > 0 && visit.proof.fragment == 0;
}

bool overlaps(const NatProof& one, const NatProof& other) {
  return other.sequence - one.sequence < one.payload_len || one.sequence - other.sequence < other.payload_len;
}

bool has_several_receivers(const Endpoints& endpoints) {
  const auto first = std::to_integer<unsigned>(endpoints.destination[0]);
  return endpoints.version == 4 ? first >= 224 : endpoints.version == 6 ? first == 0xff : true;
}

// Where on the path of a packet this was; none: not known. One with several receivers ends at each of them.
std::optional<int> rank_of(const Visit& visit) {
  if (visit.entry == Entry::kMade) return 0;
  if (visit.entry == Entry::kUnknown || has_several_receivers(visit.endpoints)) return std::nullopt;
  if (visit.departs) return 1;
  switch (visit.outcome.kind) {
    case OutcomeKind::kDelivered:
    case OutcomeKind::kRequested:
    case OutcomeKind::kDropped:
    case OutcomeKind::kXdpDropped:
    case OutcomeKind::kConsumed:
      return 2;
    case OutcomeKind::kSent:
    case OutcomeKind::kCut:
    case OutcomeKind::kReassembled:
    case OutcomeKind::kUnwrapped:
    case OutcomeKind::kUnderWay:
    case OutcomeKind::kVanished:
    case OutcomeKind::kEvicted:
      break;
  }
  return std::nullopt;
}

bool has_content(const Visit& visit, std::uint64_t content) {
  return content != 0 && (visit.first_content == content || visit.last_content == content);
}

bool is_piece(const Visit& visit) {
  return visit.proof.fragment != 0 || visit.outcome.kind == OutcomeKind::kReassembled ||
         visit.outcome.kind == OutcomeKind::kCut;
}

}  // namespace

std::optional<std::uint64_t> clock_bound(const HostClock& one, const HostClock& other) {
  if (!one.boot.empty() && one.boot == other.boot) return 0;
  if (!one.is_synchronised || !other.is_synchronised) return std::nullopt;
  return one.error_ns + other.error_ns;
}

bool Journeys::has_visited(std::uint32_t journey, std::uint16_t host) const {
  const auto& visits = open_[journey].visits;
  return std::any_of(visits.begin(), visits.end(), [&](const Visit& visit) { return visit.host == host; });
}

std::uint32_t Journeys::by_content(const Visit& visit) {
  std::uint32_t best = kNone;
  std::uint64_t best_distance = 0;
  for (const std::uint64_t content : {visit.first_content, visit.last_content}) {
    if (content == 0 || best != kNone) continue;
    std::uint32_t at = chains_.first(content);
    for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
      const std::uint32_t journey = journey_of(at);
      if (has_visited(journey, visit.host)) continue;
      const std::uint64_t apart = distance(open_[journey].visits.front().first_ns, visit.first_ns);
      if (best != kNone && apart + kIdleNs >= best_distance) continue;
      best = journey;
      best_distance = apart;
    }
  }
  return best;
}

// One side has sent it and the other received it, and no other packet fits.
std::uint32_t Journeys::by_proof(const Visit& visit) {
  const std::uint64_t proof = proof_hash(visit.proof);
  if (proof == 0) return kNone;
  std::uint32_t found = kNone;
  std::uint32_t at = chains_.first(proof);
  for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
    const std::uint32_t journey = journey_of(at);
    if (has_visited(journey, visit.host)) continue;
    const auto& visits = open_[journey].visits;
    const bool fits = std::any_of(visits.begin(), visits.end(), [&](const Visit& other) {
      return (other.departs && visit.entry == Entry::kReceived) || (visit.departs && other.entry == Entry::kReceived);
    });
    if (!fits) continue;
    if (found != kNone) return kNone;
    found = journey;
  }
  return found;
}

std::uint32_t Journeys::start(const Visit& visit, std::uint64_t now_ns) {
  std::uint32_t journey = 0;
  if (free_.empty()) {
    journey = static_cast<std::uint32_t>(open_.size());
    open_.emplace_back();
  } else {
    journey = free_.back();
    free_.pop_back();
  }
  open_[journey] = {.visits = {}, .begun_ns = now_ns, .number = ++number_};
  waiting_.push_back({journey, number_});
  if (const std::uint64_t proof = proof_hash(visit.proof); proof != 0) chains_.append(node(journey, kProof), proof);
  if (is_stream_data(visit)) chains_.append(node(journey, kFlow), mix(visit.flow, kFlow));
  return journey;
}

void Journeys::note_content(std::uint32_t journey, std::uint64_t content) {
  if (content == 0) return;
  for (std::uint32_t kind = kContent; kind < kContent + kContents; ++kind) {
    const std::uint32_t at = node(journey, kind);
    if (!chains_.contains(at)) return chains_.append(at, content);
    if (chains_.hash_of(at) == content) return;
  }
}

void Journeys::add(Visit visit, std::uint64_t now_ns) {
  std::uint32_t journey = by_content(visit);
  if (journey == kNone) journey = by_proof(visit);
  if (journey == kNone) {
    while (!waiting_.empty() && open_.size() - free_.size() >= settings_.most) {
      const Waiting oldest = waiting_.front();
      waiting_.pop_front();
      finish(oldest.journey, true);
    }
    journey = start(visit, now_ns);
  }
  note_content(journey, visit.first_content);
  note_content(journey, visit.last_content);
  open_[journey].visits.push_back(std::move(visit));
}

void Journeys::expire(std::uint64_t now_ns, std::uint64_t hold_ns) {
  while (!waiting_.empty() && open_[waiting_.front().journey].begun_ns + hold_ns < now_ns) {
    const Waiting oldest = waiting_.front();
    waiting_.pop_front();
    finish(oldest.journey, false);
  }
}

void Journeys::finish_all() {
  while (!waiting_.empty()) {
    const Waiting oldest = waiting_.front();
    waiting_.pop_front();
    finish(oldest.journey, false);
  }
}

// Whether another host saw some of the same bytes of the stream in other pieces: segmented, merged, or both.
bool Journeys::find_divided(std::uint32_t journey) {
  Open& own = open_[journey];
  if (!chains_.contains(node(journey, kFlow))) return false;
  std::uint32_t at = chains_.first(chains_.hash_of(node(journey, kFlow)));
  for (int i = 0; at != kNone && i < kFlowSteps; ++i, at = chains_.next(at)) {
    Open& other = open_[journey_of(at)];
    if (&other == &own || !overlaps(own.visits.front().proof, other.visits.front().proof)) continue;
    const bool is_elsewhere = std::none_of(own.visits.begin(), own.visits.end(),
                                           [&](const Visit& visit) { return has_visited(journey_of(at), visit.host); });
    if (!is_elsewhere) continue;
    own.is_divided = other.is_divided = true;
  }
  return own.is_divided;
}

bool Journeys::is_before(const Visit& one, const Visit& other) const {
  const auto first = rank_of(one);
  const auto second = rank_of(other);
  // Who has made it saw it first.
  if (first && second && *first != *second) return *first < *second;
  if ((first == 0) != (second == 0)) return first == 0;
  if (one.hop_limit != 0 && other.hop_limit != 0 && one.hop_limit != other.hop_limit) {
    return one.hop_limit > other.hop_limit;
  }
  const auto bound = clock_bound(settings_.clock(one.host), settings_.clock(other.host));
  return bound && other.first_ns > one.first_ns + *bound;
}

void Journeys::finish(std::uint32_t index, bool given_up) {
  Journey journey;
  for (Visit& visit : open_[index].visits) journey.steps.push_back({.visit = visit});
  std::stable_sort(journey.steps.begin(), journey.steps.end(), [](const auto& one, const auto& other) {
    const auto key = [](const Visit& visit) {
      return std::tuple(rank_of(visit).value_or(1), -int{visit.hop_limit}, visit.first_ns, visit.host);
    };
    return key(one.visit) < key(other.visit);
  });
  for (std::size_t i = 1; i < journey.steps.size(); ++i) {
    const Visit& before = journey.steps[i - 1].visit;
    Journey::Step& step = journey.steps[i];
    step.follows = is_before(before, step.visit);
    step.translated = std::none_of(journey.steps.begin(), journey.steps.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const Journey::Step& earlier) {
                                     return has_content(step.visit, earlier.visit.first_content) ||
                                            has_content(step.visit, earlier.visit.last_content);
                                   });
  }
  const auto any = [&](auto matches) {
    return std::any_of(journey.steps.begin(), journey.steps.end(),
                       [&](const Journey::Step& step) { return matches(step.visit); });
  };
  journey.from_outside = any([](const Visit& visit) { return visit.entry == Entry::kReceived; }) &&
                         !any([](const Visit& visit) { return visit.entry == Entry::kMade; });
  journey.goes_on = journey.steps.back().visit.departs;
  if (journey.from_outside || journey.goes_on) {
    const bool is_unknown = any([](const Visit& visit) { return visit.first_content == 0; });
    journey.untied = given_up                               ? Untied::kGivenUp
                     : is_unknown                           ? Untied::kCutShort
                     : any(is_piece) || find_divided(index) ? Untied::kDivided
                                                            : Untied::kNo;
  }
  for (std::uint32_t kind = 0; kind < kNodes; ++kind) chains_.remove(node(index, kind));
  open_[index].visits.clear();
  free_.push_back(index);
  finished_(std::move(journey));
}

}  // namespace ringtap
