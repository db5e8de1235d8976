// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/hosts_comparer.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/mix.hpp"
#include "base/plain_text.hpp"
#include "compare/hosts_report.hpp"
#include "compare/place_names.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kTickNs = 100'000'000;
// Hosts begin and end that much apart at most, and a packet may be that long under way from one to the next.
constexpr std::uint64_t kApartNs = 250'000'000;
// Of a clock that nothing keeps right, and the most that a host is believed of its own.
constexpr std::uint64_t kAnyErrorNs = 3'600'000'000'000;
constexpr std::size_t kMostHosts = 4096;
constexpr TapSet kIngressTaps = {Tap::kXdp, Tap::kStackIn, Tap::kPacketIn, Tap::kTcIngress};
constexpr TapSet kEgressTaps = {Tap::kTcEgress, Tap::kPacketOut, Tap::kStackOut};
constexpr std::size_t kMostPaths = 4096;
// A longer datagram of UDP than these, with IPv4 or IPv6, was several frames or will be: the usual MTU.
constexpr std::uint32_t kFramePayload4 = 1500 - 20 - 8;
constexpr std::uint32_t kFramePayload6 = 1500 - 40 - 8;

// Segments and fragments as they leave, or a superframe. TCP has its own numbers for its bytes, and frames that GRO
// merged are known one by one.
bool is_in_pieces(const PacketHistory& history, std::span<const Observation> observations, const Places& places) {
  const NatProof& proof = history.proof;
  if (proof.protocol == IPPROTO_TCP || history.is_merged) return false;
  const std::uint32_t longest = proof.version == 6 ? kFramePayload6 : kFramePayload4;
  if (proof.protocol == IPPROTO_UDP && (proof.payload_len > longest || history.is_superframe)) return true;
  return std::any_of(observations.begin(), observations.end(), [&](const Observation& seen) {
    return seen.records > 1 && kEgressTaps.contains(places[seen.place].tap);
  });
}

// Seen at a device first on its way out, it was made here, if what comes in would have been seen as well: `sees_all`.
Entry entry_of(const Place& first, const PacketTracker& tracker, bool sees_all) {
  switch (origin_of(first)) {
    case kWire:
      return Entry::kReceived;
    case kHost:
      return Entry::kMade;
    default:
      break;
  }
  const bool would_be_seen = sees_all && tracker.taps_that_ran().contains_any(kIngressTaps);
  return kEgressTaps.contains(first.tap) && !first.other_netns && would_be_seen ? Entry::kMade : Entry::kUnknown;
}

}  // namespace

HostsComparer::HostsComparer(HostsCompareOptions options, std::unique_ptr<ByteWriter> out, std::unique_ptr<Sink> file)
    : options_(std::move(options)),
      out_(std::move(out)),
      file_(std::move(file)),
      journeys_({.clock = [this](std::uint16_t host) -> const HostClock& { return hosts_[host].facts.clock; }},
                [this](Journey journey) { on_journey(std::move(journey)); }) {}

std::uint16_t HostsComparer::host_of(std::string_view name) {
  const std::string shown = plain_line(name);
  const auto [found, is_new] = numbers_.try_emplace(shown, static_cast<std::uint16_t>(hosts_.size()));
  if (is_new) hosts_.push_back({.name = shown, .tracker = {}, .facts = {}});
  return found->second;
}

void HostsComparer::learn_facts() {
  if (!options_.facts) return;
  for (HostFacts& facts : options_.facts()) {
    const std::uint16_t host = host_of(facts.host);
    // What a host says of itself is one line of a table.
    facts.trouble = plain_line(facts.trouble);
    facts.clock.error_ns = std::min(facts.clock.error_ns, kAnyErrorNs);
    hosts_[host].facts = std::move(facts);
  }
  std::map<std::string_view, std::size_t> boots;
  for (const Host& host : hosts_) ++boots[host.facts.clock.boot];
  // A kernel of which a host's namespace is not known, so that another's records may be that host's, has none that
  // tells.
  std::set<std::string_view> told;
  for (const Host& host : hosts_) {
    if (host.facts.netns == 0) told.insert(host.facts.clock.boot);
  }
  for (Host& host : hosts_) {
    const std::string& boot = host.facts.clock.boot;
    host.shares_kernel = !boot.empty() && boots[boot] > 1;
    host.tells_of_others = host.shares_kernel && told.insert(boot).second;
    if (host.shares_kernel && host.facts.netns != 0) namespaces_.emplace(boot, host.facts.netns);
  }
  is_one_kernel_ = boots.size() == 1 && !boots.begin()->first.empty();
}

Result<> HostsComparer::on_interface(const Interface& interface) {
  const std::size_t slash = interface.name.find('/');
  if (slash == std::string::npos) {
    return Error("the packets are not those of several hosts: an interface is called " + plain_line(interface.name));
  }
  const std::uint16_t number = host_of(std::string_view(interface.name).substr(0, slash));
  if (hosts_.size() > kMostHosts) return Error("more than " + std::to_string(kMostHosts) + " hosts");
  Host& host = hosts_[number];
  const bool is_new = host.tracker == nullptr;
  if (is_new) {
    host.tracker = std::make_unique<PacketTracker>(
        PacketTracker::Settings{options_.correlator, options_.taps, {}}, texts_,
        [this, number](const PacketHistory& history, std::span<const Observation> observations,
                       const Outcome& outcome) { on_visit(number, history, observations, outcome); });
  }
  interfaces_.push_back({number, host.interfaces++});
  Interface own = interface;
  own.name.erase(0, slash + 1);
  host.tracker->add_interface(own);
  if (is_new) learn_facts();
  return file_ == nullptr ? ok() : file_->on_interface(interface);
}

// Every host of a kernel sees all its namespaces: one tells which are no host's.
void HostsComparer::leave_out(Host& host, const Trace& trace) {
  if (!host.tells_of_others || trace.netns == 0 || namespaces_.contains({host.facts.clock.boot, trace.netns})) return;
  auto found = host.left_to_nobody.find(trace.netns);
  if (found == host.left_to_nobody.end()) {
    const bool is_one_more = host.left_to_nobody.size() >= kMostNamespaces;
    found = host.left_to_nobody.try_emplace(is_one_more ? 0 : trace.netns).first;
  }
  ++found->second.records;
  if (found->first != 0 && found->second.name.empty()) found->second.name = plain_line(trace.netns_name);
}

Result<> HostsComparer::on_record(const RecordView& record) {
  const From& from = interfaces_[record.interface_id];
  Host& host = hosts_[from.host];
  ++records_;
  if (record.tap == Tap::kUnknown) ++host.unreadable;
  const bool is_of_another = host.shares_kernel && record.trace && record.trace->other_netns;
  if (is_of_another) leave_out(host, *record.trace);
  if (record.tap != Tap::kUnknown && options_.taps.contains(record.tap) && !is_of_another) {
    RecordView own = record;
    own.interface_id = from.interface_id;
    host.tracker->add(own);
  }
  now_ns_ = std::max(now_ns_, record.time_ns);
  if (now_ns_ >= expired_ns_ + kTickNs) expire(now_ns_);
  if (!written_) return std::exchange(written_, ok());
  return file_ == nullptr ? ok() : file_->on_record(record);
}

void HostsComparer::expire(std::uint64_t now_ns) {
  expired_ns_ = now_ns;
  learn_facts();
  std::uint64_t error_ns = 0;
  for (const Host& host : hosts_) {
    if (host.tracker == nullptr) continue;
    host.tracker->expire(now_ns);
    const HostClock& clock = host.facts.clock;
    error_ns = std::max(error_ns, clock.is_synchronised ? clock.error_ns : kAnyErrorNs);
  }
  if (is_one_kernel_) error_ns = 0;
  journeys_.expire(now_ns, Journeys::kHoldNs + 2 * error_ns);
}

Result<> HostsComparer::on_statistics(const InterfaceStatistics& statistics) {
  const From& from = interfaces_[statistics.interface_id];
  InterfaceStatistics own = statistics;
  own.interface_id = from.interface_id;
  hosts_[from.host].tracker->add_statistics(own);
  hosts_[from.host].tracker->note_end(statistics.end_ns);
  return file_ == nullptr ? ok() : file_->on_statistics(statistics);
}

Result<> HostsComparer::flush() {
  if (!written_) return std::exchange(written_, ok());
  if (auto flushed = out_->flush(); !flushed) return flushed;
  return file_ == nullptr ? ok() : file_->flush();
}

Result<> HostsComparer::finish() {
  learn_facts();
  is_over_ = true;
  for (const Host& host : hosts_) {
    if (host.tracker != nullptr) host.tracker->finish_all();
  }
  journeys_.finish_all();
  Result<> result = std::exchange(written_, ok());
  const std::string text = plain_text(report());
  if (result) result = out_->write(std::as_bytes(std::span(text)));
  Result<> closed = out_->close();
  if (result) result = std::move(closed);
  Result<> filed = file_ == nullptr ? ok() : file_->finish();
  return result ? std::move(filed) : std::move(result);
}

std::uint64_t HostsComparer::records_stored() const {
  return file_ == nullptr ? records_ : file_->records_stored();
}

std::vector<PlaceCount> HostsComparer::Host::counts_by_place() const {
  std::vector<PlaceCount> counts = tracker->counts_by_place();
  for (std::size_t place = 0; place < went_on.size(); ++place) {
    counts[place].last_seen -= went_on[place];
    counts[place].lost_here -= went_on[place];
  }
  return counts;
}

std::string HostsComparer::report() const {
  return options_.json ? hosts_report_json(*this) : hosts_report_text(*this);
}

void HostsComparer::on_visit(std::uint16_t number, const PacketHistory& history,
                             std::span<const Observation> observations, const Outcome& outcome) {
  Host& host = hosts_[number];
  const Places& places = host.tracker->places();
  const bool has_begun = host.facts.begin_ns != 0 && history.first_ns >= host.facts.begin_ns + kApartNs;
  if (history.first_content == 0) ++host.cut_packets;
  Visit visit;
  visit.host = number;
  visit.entry = entry_of(places[observations.front().place], *host.tracker,
                         options_.all_devices && has_begun && !host.is_partial());
  visit.in_pieces = is_in_pieces(history, observations, places);
  visit.is_copy = outcome.kind == OutcomeKind::kDropped && texts_[outcome.reason] == "OTHERHOST";
  const Place& last = places[last_place(observations, places)];
  visit.departs = outcome.kind == OutcomeKind::kSent ||
                  ((outcome.kind == OutcomeKind::kVanished || outcome.kind == OutcomeKind::kUnderWay) &&
                   kEgressTaps.contains(last.tap));
  visit.first_ns = history.first_ns;
  visit.last_ns = history.last_ns;
  visit.first_content = history.first_content;
  visit.last_content = history.last_content;
  visit.flow = history.flow;
  visit.last_flow = history.last_flow;
  visit.hop_limit = history.hop_limit;
  visit.last_hop_limit = history.last_hop_limit;
  visit.endpoints = history.endpoints;
  visit.proof = history.proof;
  visit.outcome = outcome;
  if (options_.each) visit.observations.assign(observations.begin(), observations.end());
  journeys_.add(std::move(visit), std::max(now_ns_, history.last_ns));
}

// Whether a host may not have begun when the packet was there: at the beginning of the host that saw it, by its own
// clock, or of another, where their clocks can be compared, or where it is not known when it began.
bool HostsComparer::may_precede(const Visit& visit) const {
  const HostFacts& own = hosts_[visit.host].facts;
  if (own.begin_ns == 0 || visit.first_ns < own.begin_ns + kApartNs) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const Host& other) {
    if (other.tracker == nullptr) return false;  // it did not take part, which is said of it
    const auto bound = clock_bound(own.clock, other.facts.clock);
    return other.facts.begin_ns == 0 || (bound && visit.first_ns < other.facts.begin_ns + *bound);
  });
}

// The same for the end. Until all is over, a host without an end runs.
bool HostsComparer::may_outlive(const Visit& visit) const {
  const HostFacts& own = hosts_[visit.host].facts;
  if (own.end_ns == 0 ? is_over_ : visit.last_ns + kApartNs > own.end_ns) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const Host& other) {
    if (other.tracker == nullptr) return false;
    const auto bound = clock_bound(own.clock, other.facts.clock);
    if (other.facts.end_ns == 0) return is_over_;
    return bound && visit.last_ns + *bound > other.facts.end_ns;
  });
}

// What another host received has left this one, even if no tap was there to see that.
void HostsComparer::settle(Journey& journey) {
  for (std::size_t i = 1; i < journey.steps.size(); ++i) {
    Visit& before = journey.steps[i - 1].visit;
    const bool is_received = journey.steps[i].follows && journey.steps[i].visit.entry == Entry::kReceived;
    if (!is_received || before.outcome.kind != OutcomeKind::kVanished || !before.departs) continue;
    before.outcome.kind = OutcomeKind::kSent;
    before.outcome.undecided = {};
    std::vector<std::uint64_t>& went_on = hosts_[before.host].went_on;
    went_on.resize(std::max<std::size_t>(went_on.size(), std::size_t{before.outcome.place} + 1));
    ++went_on[before.outcome.place];
  }
}

void HostsComparer::on_journey(Journey journey) {
  settle(journey);
  PathCount path;
  std::uint64_t key = 0;
  for (const Journey::Step& step : journey.steps) {
    const Visit& visit = step.visit;
    path.steps.push_back({visit.host, visit.outcome, step.follows, step.translated, visit.is_translated()});
    const PathCount::Step& told = path.steps.back();
    key = mix(mix(key, visit.outcome.key()), std::uint64_t{told.host} << 8 | (told.follows ? 1U : 0U) |
                                                 (told.translated ? 2U : 0U) | (told.translated_here ? 4U : 0U));
  }
  path.from_outside = journey.from_outside;
  path.may_be_made = journey.may_be_made;
  path.goes_on = journey.goes_on;
  path.untied = journey.untied;
  path.at_begin = path.from_outside && may_precede(journey.steps.front().visit);
  path.end = journey.end;
  path.at_end = path.goes_on && may_outlive(journey.steps[journey.end].visit);
  key = mix(mix(key, path.end), static_cast<std::uint64_t>(path.untied) << 8 | (path.from_outside ? 1U : 0U) |
                                    (path.goes_on ? 2U : 0U) | (path.at_begin ? 4U : 0U) | (path.at_end ? 8U : 0U) |
                                    (path.may_be_made ? 16U : 0U));
  ++packets_;
  if (options_.each) tell(journey);
  const std::size_t* const row = path_rows_.find(key);
  if (row == nullptr && paths_.size() >= kMostPaths) {
    ++other_paths_;
    return;
  }
  if (row == nullptr) paths_.push_back(std::move(path));
  ++paths_[row == nullptr ? path_rows_.add(key, paths_.size() - 1) : *row].packets;
}

void HostsComparer::tell(const Journey& journey) {
  line_.clear();
  if (options_.json) {
    append_journey_json(line_, journey, packets_, *this);
  } else {
    append_journey_text(line_, journey, packets_, *this);
  }
  line_ += '\n';
  if (written_) written_ = out_->write(std::as_bytes(std::span(line_)));
}

}  // namespace ringtap
