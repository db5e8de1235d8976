// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/journeys.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/mix.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMostCursors = 1U << 16;
constexpr std::size_t kMostPieces = 1U << 16;
// Among identical packets the first one, unless another was seen that much closer in time.
constexpr std::uint64_t kCloserByNs = 10'000'000;
// A stream is looked through by blocks of its sequence numbers, none smaller than a superframe of TCP.
constexpr std::uint32_t kBlockBits = 19;
constexpr std::uint32_t kBlocks = std::uint32_t{1} << (32 - kBlockBits);
constexpr int kBlockSteps = 4096;  // among packets of one block
constexpr std::uint64_t kStreams = 5;

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

// It went no further than this host.
bool ends(const Visit& visit) {
  if (visit.entry == Entry::kMade || visit.departs) return false;
  switch (visit.outcome.kind) {
    case OutcomeKind::kDelivered:
    case OutcomeKind::kRequested:
    case OutcomeKind::kDropped:
    case OutcomeKind::kXdpDropped:
    case OutcomeKind::kConsumed:
      return true;
    case OutcomeKind::kSent:
    case OutcomeKind::kCut:
    case OutcomeKind::kReassembled:
    case OutcomeKind::kUnwrapped:
    case OutcomeKind::kUnderWay:
    case OutcomeKind::kVanished:
    case OutcomeKind::kEvicted:
      break;
  }
  return false;
}

// Where on the path of a packet this was; none: not known. One with several receivers ends at each of them.
std::optional<int> rank_of(const Visit& visit) {
  if (visit.entry == Entry::kMade) return 0;
  if (visit.entry == Entry::kUnknown || visit.is_copy || has_several_receivers(visit.endpoints)) return std::nullopt;
  return visit.departs ? std::optional(1) : ends(visit) ? std::optional(2) : std::nullopt;
}

// What left the one host had gone through more routers than when the other received it.
bool contradicts(const Visit& left, const Visit& received) {
  return left.last_hop_limit != 0 && left.last_hop_limit < received.hop_limit;
}

// Both of one flow, whose contents are known there and differ: two packets, not one that NAT has changed.
bool is_another(const Visit& one, const Visit& other) {
  const auto knows_last = [](const Visit& visit) { return visit.first_content != visit.last_content; };
  return one.flow == other.flow || (knows_last(one) && one.last_flow == other.flow) ||
         (knows_last(other) && other.last_flow == one.flow);
}

bool share_flow(const Visit& one, const Visit& other) {
  return one.flow == other.flow || one.last_flow == other.flow || one.flow == other.last_flow;
}

std::uint64_t stream_block(std::uint64_t flow, std::uint32_t block) {
  return mix(mix(flow, kStreams), block);
}

bool is_piece(const Visit& visit) {
  return visit.in_pieces || visit.proof.fragment != 0 || visit.outcome.kind == OutcomeKind::kReassembled ||
         visit.outcome.kind == OutcomeKind::kCut;
}

// Hosts on the way, then the one where it ended, then those that have received copies.
void put_in_order(Journey& journey) {
  auto& steps = journey.steps;
  const auto kind_of = [](const Visit& visit) {
    return visit.entry == Entry::kMade       ? 0
           : visit.is_copy                   ? 4
           : !ends(visit)                    ? 1
           : has_arrived(visit.outcome.kind) ? 2
                                             : 3;
  };
  std::stable_sort(steps.begin(), steps.end(), [&](const auto& one, const auto& other) {
    const auto key = [&](const Visit& visit) {
      return std::tuple(kind_of(visit), -int{visit.hop_limit}, visit.first_ns, visit.host);
    };
    return key(one.visit) < key(other.visit);
  });
  const auto first_end =
      std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return kind_of(step.visit) > 1; });
  const bool was_under_way = first_end != steps.begin();
  const auto decides = [&](const Journey::Step& step) {
    if (step.visit.is_copy || !was_under_way) return !step.visit.is_copy;
    const Visit& before = std::prev(first_end)->visit;
    return has_arrived(step.visit.outcome.kind) || !before.departs || !contradicts(before, step.visit);
  };
  const auto end = std::find_if(first_end, steps.end(), decides);
  if (end != steps.end()) std::rotate(first_end, end, std::next(end));
  const bool is_on_way = end == steps.end() && was_under_way;
  journey.end = static_cast<std::size_t>(first_end - steps.begin()) - (is_on_way ? 1 : 0);
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

// The first packet with this content that the host has not seen yet. A cursor remembers the last one in a row that it
// has, so that a hundred thousand identical packets are not searched for each visit.
std::uint32_t Journeys::by_content(const Visit& visit) {
  std::uint32_t best = kNone;
  std::uint64_t best_distance = 0;
  const auto consider = [&](std::uint32_t at) {
    for (int i = 0; at != kNone && i < kLookAhead; ++i, at = chains_.next(at)) {
      const std::uint32_t journey = journey_of(at);
      if (has_visited(journey, visit.host)) continue;
      const std::uint64_t apart = distance(open_[journey].visits.front().first_ns, visit.first_ns);
      if (best != kNone && apart + kCloserByNs >= best_distance) continue;
      best = journey;
      best_distance = apart;
    }
  };
  for (const std::uint64_t content : {visit.first_content, visit.last_content}) {
    if (content == 0 || best != kNone) continue;
    std::uint32_t at = chains_.first(content);
    const std::uint64_t key = mix(content, visit.host);
    if (const Cursor* cursor = cursors_.find(key)) {
      const bool is_valid = chains_.contains(cursor->node) && chains_.hash_of(cursor->node) == content &&
                            open_[journey_of(cursor->node)].number == cursor->number;
      if (is_valid) at = cursor->node;
    }
    std::uint32_t seen = kNone;
    int steps = 0;
    for (; at != kNone && has_visited(journey_of(at), visit.host); at = chains_.next(at), ++steps) seen = at;
    if (steps > kStepsWithoutCursor) {
      if (cursors_.size() >= kMostCursors) cursors_.clear();
      cursors_[key] = {open_[journey_of(seen)].number, seen};
    }
    if (at == kNone) continue;
    consider(at);
    // The newest ones are the closest in time if the oldest was lost long ago.
    std::uint32_t newest = chains_.last(content);
    for (int i = 1; i < kLookAhead && newest != at; ++i) newest = chains_.previous(newest);
    if (newest != at) consider(newest);
  }
  return best;
}

// One side has sent it and the other received it, and no other packet fits.
std::uint32_t Journeys::by_proof(const Visit& visit, Untied& doubt) {
  const std::uint64_t proof = proof_hash(visit.proof);
  if (proof == 0) return kNone;
  std::uint32_t found = kNone;
  std::uint32_t at = chains_.first(proof);
  int steps = 0;
  for (; at != kNone && steps < kLookAhead; ++steps, at = chains_.next(at)) {
    const std::uint32_t journey = journey_of(at);
    if (has_visited(journey, visit.host)) continue;
    const auto& visits = open_[journey].visits;
    if (std::any_of(visits.begin(), visits.end(), [&](const Visit& other) { return is_another(visit, other); }))
      continue;
    const bool fits = std::any_of(visits.begin(), visits.end(), [&](const Visit& other) {
      return (other.departs && visit.entry == Entry::kReceived) || (visit.departs && other.entry == Entry::kReceived);
    });
    if (!fits) continue;
    if (found != kNone) {
      doubt = Untied::kAmbiguous;
      mark(journey, doubt);
      mark(found, doubt);
    }
    found = journey;
  }
  if (at != kNone) doubt = Untied::kGivenUp;
  return doubt == Untied::kNo ? found : kNone;
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
  waiting_.push_back(journey);
  if (const std::uint64_t proof = proof_hash(visit.proof); proof != 0) chains_.append(node(journey, kProof), proof);
  return journey;
}

void Journeys::mark(std::uint32_t journey, Untied why) {
  if (open_[journey].doubt == Untied::kNo) open_[journey].doubt = why;
}

// In one of `count` chains from `kind` on.
void Journeys::chain(std::uint32_t journey, std::uint32_t kind, std::uint32_t count, std::uint64_t hash) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t at = node(journey, kind + i);
    if (!chains_.contains(at)) return chains_.append(at, hash);
    if (chains_.hash_of(at) == hash) return;
  }
  mark(journey, Untied::kGivenUp);
}

// By what other hosts may have seen of the same packet it is found.
void Journeys::note(std::uint32_t journey, const Visit& visit, std::uint64_t now_ns) {
  for (const std::uint64_t content : {visit.first_content, visit.last_content}) {
    if (content != 0) chain(journey, kContent, kContents, content);
  }
  const std::uint32_t block = visit.proof.sequence >> kBlockBits;
  for (const std::uint64_t flow : {visit.flow, visit.last_flow}) {
    if (is_stream_data(visit)) chain(journey, kFlow, kFlows, stream_block(flow, block));
    if (visit.in_pieces) note_pieces(flow, visit.host, now_ns);
  }
}

void Journeys::note_pieces(std::uint64_t flow, std::uint16_t host, std::uint64_t now_ns) {
  if (pieces_.size() >= kMostPieces && pieces_.find(flow) == nullptr) {
    pieces_.erase_if([&](const Pieces& pieces) { return pieces.last_ns + 2 * hold_ns_ < now_ns; });
    if (pieces_.size() >= kMostPieces) {
      given_up_ns_ = now_ns;
      return;
    }
  }
  Pieces& pieces = pieces_[flow];
  pieces.at_several = pieces.at_several || (pieces.last_ns != 0 && pieces.host != host);
  pieces.host = host;
  pieces.last_ns = now_ns;
}

void Journeys::add(Visit visit, std::uint64_t now_ns) {
  Untied why = Untied::kNo;
  std::uint32_t journey = by_content(visit);
  if (journey == kNone) journey = by_proof(visit, why);
  if (journey == kNone) {
    if (open_.size() - free_.size() >= settings_.most) expire(now_ns, hold_ns_);
    while (!waiting_.empty() && open_.size() - free_.size() >= settings_.most) {
      given_up_ns_ = now_ns;
      finish_oldest(true);
    }
    journey = start(visit, now_ns);
    mark(journey, why);
  }
  note(journey, visit, now_ns);
  open_[journey].visits.push_back(std::move(visit));
}

void Journeys::expire(std::uint64_t now_ns, std::uint64_t hold_ns) {
  hold_ns_ = hold_ns;
  while (!waiting_.empty() && open_[waiting_.front()].begun_ns + hold_ns < now_ns) finish_oldest(false);
}

void Journeys::finish_all() {
  while (!waiting_.empty()) finish_oldest(false);
}

// Whether another host saw some of the same bytes in other pieces: segmented, merged, or both. Datagrams have no
// numbers, so that any of their flow may be a part of what was seen in pieces.
void Journeys::find_divided(std::uint32_t journey) {
  const Open& own = open_[journey];
  std::vector<std::uint64_t> flows;
  for (const Visit& visit : own.visits) {
    for (const std::uint64_t flow : {visit.flow, visit.last_flow}) {
      if (std::find(flows.begin(), flows.end(), flow) == flows.end()) flows.push_back(flow);
    }
  }
  for (const std::uint64_t flow : flows) {
    const Pieces* const pieces = pieces_.find(flow);
    const bool is_elsewhere = pieces != nullptr && pieces->last_ns + hold_ns_ >= own.begun_ns &&
                              (pieces->at_several || !has_visited(journey, pieces->host));
    if (is_elsewhere) mark(journey, Untied::kDivided);
    if (is_stream_data(own.visits.front())) find_divided_stream(journey, flow);
  }
}

void Journeys::find_divided_stream(std::uint32_t journey, std::uint64_t flow) {
  const NatProof& own = open_[journey].visits.front().proof;
  const std::uint32_t from = (own.sequence - (std::uint32_t{1} << kBlockBits)) >> kBlockBits;
  const std::uint32_t to = (own.sequence + own.payload_len - 1) >> kBlockBits;
  if (own.payload_len > std::uint32_t{1} << kBlockBits) return mark(journey, Untied::kGivenUp);
  for (std::uint32_t block = from;; block = (block + 1) % kBlocks) {
    std::uint32_t at = chains_.first(stream_block(flow, block));
    int steps = 0;
    for (; at != kNone && steps < kBlockSteps; ++steps, at = chains_.next(at)) {
      const std::uint32_t other = journey_of(at);
      if (other == journey || !overlaps(own, open_[other].visits.front().proof)) continue;
      const auto& visits = open_[journey].visits;
      const bool is_elsewhere = std::none_of(visits.begin(), visits.end(),
                                             [&](const Visit& visit) { return has_visited(other, visit.host); });
      if (!is_elsewhere) continue;
      mark(journey, Untied::kDivided);
      mark(other, Untied::kDivided);
    }
    if (at != kNone) mark(journey, Untied::kGivenUp);
    if (block == to) return;
  }
}

bool Journeys::is_before(const Visit& one, const Visit& other) const {
  // Two that end the packet have received a copy each.
  if (ends(one)) return false;
  const auto first = rank_of(one);
  const auto second = rank_of(other);
  // Who has made it saw it first.
  if ((first == 0) != (second == 0)) return first == 0;
  if (first && second && *first != *second && !contradicts(one, other)) return *first < *second;
  if (one.hop_limit != 0 && other.hop_limit != 0 && one.hop_limit != other.hop_limit) {
    return one.hop_limit > other.hop_limit;
  }
  const auto bound = clock_bound(settings_.clock(one.host), settings_.clock(other.host));
  return bound && other.first_ns > one.first_ns + *bound;
}

void Journeys::finish_oldest(bool given_up) {
  const std::uint32_t index = waiting_.front();
  waiting_.pop_front();
  Journey journey;
  const Open& own = open_[index];
  for (const Visit& visit : own.visits) journey.steps.push_back({.visit = visit});
  put_in_order(journey);
  for (std::size_t i = 1; i < journey.steps.size(); ++i) {
    Journey::Step& step = journey.steps[i];
    step.follows = i <= journey.end && is_before(journey.steps[i - 1].visit, step.visit);
    step.translated = std::none_of(journey.steps.begin(), journey.steps.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const Journey::Step& earlier) { return share_flow(step.visit, earlier.visit); });
  }
  const auto any = [&](auto matches) {
    return std::any_of(journey.steps.begin(), journey.steps.end(),
                       [&](const Journey::Step& step) { return matches(step.visit); });
  };
  journey.from_outside = any([](const Visit& visit) { return visit.entry == Entry::kReceived; }) &&
                         !any([](const Visit& visit) { return visit.entry == Entry::kMade; });
  journey.may_be_made = journey.from_outside && journey.steps.front().visit.entry == Entry::kUnknown;
  journey.goes_on = journey.steps[journey.end].visit.departs;
  if (journey.from_outside || journey.goes_on) {
    // What it belongs to may have been forgotten.
    const bool is_near = given_up_ns_ != 0 && distance(given_up_ns_, own.begun_ns) <= hold_ns_;
    if (!given_up && !is_near) find_divided(index);
    const bool is_unknown = any([](const Visit& visit) { return visit.first_content == 0; });
    journey.untied = given_up || is_near ? Untied::kGivenUp
                     : is_unknown        ? Untied::kCutShort
                     : any(is_piece)     ? Untied::kDivided
                                         : own.doubt;
  }
  for (std::uint32_t kind = 0; kind < kNodes; ++kind) chains_.remove(node(index, kind));
  open_[index].visits.clear();
  free_.push_back(index);
  finished_(std::move(journey));
}

}  // namespace ringtap
