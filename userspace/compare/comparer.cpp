// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/comparer.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "compare/html_report.hpp"
#include "compare/report.hpp"
#include "record/owner_text.hpp"

namespace ringtap {
namespace {

int group_of(const Place& place) {
  if (place.other_netns) return -1;
  switch (place.tap) {
    case Tap::kXdp:
      return CompareTotals::kXdp;
    case Tap::kPacketIn:
      return CompareTotals::kPacketIn;
    case Tap::kSocket:
      return CompareTotals::kApplication;
    case Tap::kNetfilter:
      return place.hook == NetfilterHook::kOutput && !place.last ? CompareTotals::kOutput : -1;
    case Tap::kPacketOut:
      return CompareTotals::kPacketOut;
    case Tap::kStackOut:
      return CompareTotals::kDriver;
    case Tap::kUnknown:
    case Tap::kTcIngress:
    case Tap::kTcEgress:
    case Tap::kStackIn:
    case Tap::kDrop:
    case Tap::kEnd:
      return -1;
  }
  return -1;
}

// A packet that was seen within this time before the end may still have been under way.
constexpr std::uint64_t kUnderWayNs = 100'000'000;
// With more, processes are not told apart any more.
constexpr std::size_t kMostTexts = 1U << 16;
constexpr std::size_t kMaxPendingRules = 1U << 16;
constexpr std::uint64_t kRulePatienceNs = 1'000'000'000;  // less than the age of a packet

}  // namespace

std::string rule_text(const RuleVerdict& verdict) {
  std::string text;
  for (const std::string_view word : {verdict.family, verdict.table, verdict.chain}) text.append(word).append(" ");
  text += verdict.policy ? "policy" : "handle " + std::to_string(verdict.rule_handle);
  if (!verdict.rule_text.empty()) text.append(": ").append(verdict.rule_text);
  return text;
}

Comparer::Comparer(CompareOptions options, std::unique_ptr<ByteWriter> out, std::unique_ptr<Sink> file)
    : options_(std::move(options)),
      out_(std::move(out)),
      file_(std::move(file)),
      places_(options_.device_name),
      correlator_(options_.correlator, [this](const PacketHistory& history, std::span<const Observation> observations) {
        on_finished(history, observations);
      }) {
  if (options_.rule_delay_ns == 0 || file_ == nullptr) return;
  auto held = std::make_unique<HeldRecords>(std::move(file_), options_.rule_delay_ns);
  held_ = held.get();
  file_ = std::move(held);
}

void Comparer::make_page(std::unique_ptr<ByteWriter> page) {
  page_ = std::move(page);
  flow_ = std::make_unique<PathFlow>();
}

Result<> Comparer::on_interface(const Interface& interface) {
  places_.add_interface(interface);
  // "eth0:xdp" names an attached tap; a name without a colon means that there is only one tap.
  const std::size_t colon = interface.name.rfind(':');
  for (const TapTraits& tap : kTapTraits) {
    const bool named = colon != std::string::npos && interface.name.substr(colon + 1) == tap.family;
    if (named || family_count(options_.taps) == 1) totals_.taps_attached.insert(tap.tap);
  }
  if (taps_that_ran().contains(Tap::kEnd)) correlator_.set_sees_frees();
  return file_ == nullptr ? ok() : file_->on_interface(interface);
}

Result<> Comparer::on_record(const RecordView& record) {
  if (record.tap == Tap::kUnknown) {
    is_refused_ = true;
    return Error("the file does not say at which tap its packets were seen")
        .hint("compare -r reads what ringtap compare -w wrote, and other pcapng files of ringtap");
  }
  if (!options_.taps.contains(record.tap)) return ok();
  ++records_;
  if (!record.trace || !record.trace->other_netns) totals_.taps_seen.insert(record.tap);
  lost_before_ += record.lost_before;
  FreedBy freed;
  if (record.trace && (record.tap == Tap::kDrop || record.tap == Tap::kEnd)) {
    freed.reason = texts_.number_of(record.trace->reason);
    freed.function = texts_.number_of(record.trace->function);
    freed.ends_nothing = ends_nothing(record.trace->reason, record.trace->function);
    freed.is_cut = is_cut(record.trace->function);
    freed.is_replaced = is_replaced(record.trace->function);
    freed.is_taken = record.tap == Tap::kEnd && is_taken_by_tc(record.trace->function);
    freed.bridge_port = record.trace->bridge_port;
    freed.rule = texts_.number_of(record.trace->rule);
    freed.was_queued = was_queued(record.trace->function);
    freed.after_use = is_after_use(record.trace->reason, record.trace->function);
  }
  ToldOwners owners;
  if (record.owners != nullptr && texts_.size() < kMostTexts) {
    owners.sender = texts_.number_of(owner_text(record.owners->sender));
    owners.receiver = texts_.number_of(owner_text(record.owners->receiver));
    owners.is_final = record.tap == Tap::kSocket || record.tap == Tap::kDrop;
  }
  const std::uint64_t number = correlator_.add(record, packet_key(record), places_.number_of(record), freed, owners);
  if (!written_) return std::exchange(written_, ok());
  if ((number & kOutside) != 0 || (number == 0 && correlator_.is_outside(record.time_ns))) {
    ++left_out_;
    return ok();
  }
  if (file_ == nullptr) return ok();
  RecordView numbered = record;
  numbered.packet_id.reset();
  if (number != 0) numbered.packet_id = number;
  return file_->on_record(numbered);
}

Result<> Comparer::on_statistics(const InterfaceStatistics& statistics) {
  lost_.resize(std::max<std::size_t>(lost_.size(), std::size_t{statistics.interface_id} + 1));
  lost_[statistics.interface_id] = statistics.dropped;
  if (!options_.live) end_ns_ = std::max(end_ns_, statistics.end_ns);
  if (file_ == nullptr) return ok();
  InterfaceStatistics counted = statistics;
  if (begin_ns_ != 0) counted.start_ns = begin_ns_;
  if (end_ns_ != 0) counted.end_ns = end_ns_;
  return file_->on_statistics(counted);
}

void Comparer::begin(std::uint64_t now_ns) {
  begin_ns_ = now_ns;
  correlator_.begin(now_ns);
}

void Comparer::end(std::uint64_t now_ns) {
  end_ns_ = now_ns;
  correlator_.end(now_ns);
}

Result<> Comparer::flush() {
  if (options_.live) {
    match_rules(epoch_now_ns());
    correlator_.expire(epoch_now_ns());
  }
  if (!written_) return std::exchange(written_, ok());
  if (auto flushed = out_->flush(); !flushed) return flushed;
  return file_ == nullptr ? ok() : file_->flush();
}

Result<> Comparer::finish() {
  match_rules(std::numeric_limits<std::uint64_t>::max());
  correlator_.finish_all();
  Result<> result = std::exchange(written_, ok());
  const std::string text = is_refused_ ? "" : plain_text(report());
  if (result) result = out_->write(std::as_bytes(std::span(text)));
  Result<> closed = out_->close();
  if (result) result = std::move(closed);
  Result<> filed = file_ == nullptr ? ok() : file_->finish();
  if (result) result = std::move(filed);
  Result<> paged = write_page();
  return result ? std::move(paged) : std::move(result);
}

Result<> Comparer::write_page() {
  if (page_ == nullptr) return ok();
  const std::string html = is_refused_ ? "" : report_html(totals(), *flow_, places_, texts_, options_);
  Result<> written = page_->write(std::as_bytes(std::span(html)));
  Result<> closed = page_->close();
  return written ? std::move(closed) : std::move(written);
}

std::uint64_t Comparer::records_stored() const {
  return file_ == nullptr ? records_ - left_out_ : file_->records_stored();
}

void Comparer::on_rule(const RuleVerdict& verdict) {
  if (verdict.action == RuleAction::kAccept || verdict.network_header_on.empty()) return;
  RecordView record;
  record.link_type = LinkType::kRaw;
  record.data = verdict.network_header_on;
  record.wire_len = static_cast<std::uint32_t>(verdict.network_header_on.size());
  if (rules_.size() == kMaxPendingRules) {
    rules_.pop_front();
    ++totals_.unmatched_rules;
  }
  rules_.push_back({packet_key(record), texts_.number_of(rule_text(verdict)), verdict.time_ns});
}

// A rule is assigned to a packet that was seen dropped. If there is none for a while (without the drop tap), to any.
void Comparer::match_rules(std::uint64_t now_ns) {
  std::erase_if(rules_, [&](const PendingRule& pending) {
    if (match_rule(pending, true)) return true;
    if (pending.time_ns + kRulePatienceNs > now_ns) return false;
    if (!match_rule(pending, false)) ++totals_.unmatched_rules;
    return true;
  });
}

bool Comparer::match_rule(const PendingRule& pending, bool dropped) {
  const std::uint64_t packet = correlator_.set_rule(pending.key, pending.rule, dropped);
  if (packet != 0 && (packet & kOutside) == 0 && held_ != nullptr) held_->set_rule(packet, texts_[pending.rule]);
  return packet != 0;
}

TapSet Comparer::taps_that_ran() const {
  TapSet ran = totals_.taps_attached;
  ran.insert(totals_.taps_seen);
  TapSet left_out = kAllTaps;
  left_out.erase(options_.taps);
  ran.erase(left_out);
  return ran;
}

bool Comparer::is_done() const {
  return correlator_.counts().packets >= options_.correlator.follow && correlator_.open_packets() == 0;
}

std::string Comparer::report() const {
  const CompareTotals so_far = totals();
  return options_.json ? report_json(so_far, places_, texts_, options_)
                       : report_text(so_far, places_, texts_, options_);
}

CompareTotals Comparer::totals() const {
  CompareTotals totals = totals_;
  totals.counts = correlator_.counts();
  totals.lost = std::max(lost_before_, std::accumulate(lost_.begin(), lost_.end(), std::uint64_t{0}));
  totals.rows.resize(places_.size());
  return totals;
}

void Comparer::on_finished(const PacketHistory& history, std::span<const Observation> observations) {
  if ((history.number & kOutside) != 0) {
    if (history.first_ns < begin_ns_) ++totals_.before_begin;
    return;
  }
  ++totals_.packets;
  totals_.rows.resize(places_.size());
  Outcome outcome = outcome_of(history, observations, places_, texts_, taps_that_ran());
  if (outcome.kind == OutcomeKind::kVanished && outcome.undecided.empty() && end_ns_ != 0 &&
      history.last_ns + kUnderWayNs >= end_ns_) {
    outcome.kind = OutcomeKind::kUnderWay;
  }
  std::uint32_t groups = 0;
  for (const Observation& observation : observations) {
    CompareTotals::Row& row = totals_.rows[observation.place];
    ++row.packets;
    row.records += observation.records;
    row.bytes += observation.wire_bytes;
    const int group = group_of(places_[observation.place]);
    // A socket that dropped it afterwards did not hand it to the application.
    if (group == CompareTotals::kApplication && outcome.kind != OutcomeKind::kDelivered) continue;
    if (group >= 0) groups |= 1U << static_cast<unsigned>(group);
  }
  for (std::size_t group = 0; group < totals_.groups.size(); ++group) totals_.groups[group] += groups >> group & 1;
  CompareTotals::Row& last = totals_.rows[last_place(observations, places_)];
  ++last.last_seen;
  if (!has_arrived(outcome.kind)) ++last.lost_here;
  const std::uint32_t number = count(outcome);
  if (flow_ != nullptr) flow_->add(history, observations, number, places_);
  if (recent_ != nullptr) {
    FinishedPacket& kept = tone_of(outcome.kind) == Tone::kArrived ? recent_->last : recent_->last_lost;
    kept.history = history;
    kept.observations.assign(observations.begin(), observations.end());
    kept.outcome = outcome;
  }
  if (!options_.each) return;
  line_.clear();
  if (options_.json) {
    append_packet_json(line_, history, observations, outcome, places_, texts_);
  } else {
    append_packet_text(line_, history, observations, outcome, places_, texts_, options_.show_time);
  }
  line_ += '\n';
  if (written_) written_ = out_->write(std::as_bytes(std::span(line_)));
}

std::string Comparer::recent_packet(bool lost) const {
  if (recent_ == nullptr) return "";
  const bool lost_is_newer = recent_->last_lost.history.number > recent_->last.history.number;
  const FinishedPacket& packet = lost || lost_is_newer ? recent_->last_lost : recent_->last;
  std::string text;
  if (packet.observations.empty()) return text;
  append_packet_text(text, packet.history, packet.observations, packet.outcome, places_, texts_, options_.show_time);
  return text;
}

std::uint32_t Comparer::count(const Outcome& outcome) {
  std::size_t& row = outcome_rows_[outcome.key()];
  if (row == 0) {
    totals_.outcomes.push_back({outcome, 0});
    row = totals_.outcomes.size();
  }
  ++totals_.outcomes[row - 1].packets;
  return static_cast<std::uint32_t>(row - 1);
}

}  // namespace ringtap
