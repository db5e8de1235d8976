// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/comparer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "compare/html_report.hpp"
#include "compare/report.hpp"

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
      tracker_({options_.correlator, options_.taps, options_.device_name}, texts_,
               [this](const PacketHistory& history, std::span<const Observation> observations, const Outcome& outcome) {
                 on_finished(history, observations, outcome);
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
  tracker_.add_interface(interface);
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
  until_ns_ = std::max(until_ns_, record.time_ns);
  const std::uint64_t number = tracker_.add(record);
  if (!written_) return std::exchange(written_, ok());
  if ((number & kOutside) != 0 || (number == 0 && tracker_.is_outside(record.time_ns))) {
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
  tracker_.add_statistics(statistics);
  if (!options_.live) {
    end_ns_ = std::max(end_ns_, statistics.end_ns);
    tracker_.note_end(end_ns_);
  }
  if (file_ == nullptr) return ok();
  InterfaceStatistics counted = statistics;
  if (begin_ns_ != 0) counted.start_ns = begin_ns_;
  if (end_ns_ != 0) counted.end_ns = end_ns_;
  return file_->on_statistics(counted);
}

void Comparer::begin(std::uint64_t now_ns) {
  begin_ns_ = now_ns;
  tracker_.begin(now_ns);
}

void Comparer::end(std::uint64_t now_ns) {
  end_ns_ = now_ns;
  tracker_.end(now_ns);
}

// Packets age by the time up to which records have been handed over, never by the clock: on a busy machine what became
// of them may wait in the rings for long.
void Comparer::on_time(std::uint64_t until_ns) {
  until_ns_ = until_ns;
  tracker_.expire(until_ns);
  if (file_ != nullptr) file_->on_time(until_ns);
}

Result<> Comparer::flush() {
  match_rules(until_ns_);
  if (!written_) return std::exchange(written_, ok());
  if (auto flushed = out_->flush(); !flushed) return flushed;
  return file_ == nullptr ? ok() : file_->flush();
}

Result<> Comparer::finish() {
  match_rules(std::numeric_limits<std::uint64_t>::max());
  tracker_.finish_all();
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
  const std::string html = is_refused_ ? "" : report_html(totals(), *flow_, places(), texts_, options_);
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
  const std::uint64_t packet = tracker_.set_rule(pending.key, pending.rule, dropped);
  if (packet != 0 && (packet & kOutside) == 0 && held_ != nullptr) held_->set_rule(packet, texts_[pending.rule]);
  return packet != 0;
}

bool Comparer::is_done() const {
  return tracker_.counts().packets >= options_.correlator.follow && tracker_.open_packets() == 0;
}

std::string Comparer::report() const {
  const CompareTotals so_far = totals();
  return options_.json ? report_json(so_far, places(), texts_, options_)
                       : report_text(so_far, places(), texts_, options_);
}

CompareTotals Comparer::totals() const {
  CompareTotals totals = totals_;
  totals.rows = tracker_.counts_by_place();
  totals.counts = tracker_.counts();
  totals.before_begin = tracker_.before_begin();
  totals.lost = tracker_.lost();
  totals.taps_seen = tracker_.taps_seen();
  totals.taps_attached = tracker_.taps_attached();
  return totals;
}

void Comparer::on_finished(const PacketHistory& history, std::span<const Observation> observations,
                           const Outcome& outcome) {
  const Places& places = tracker_.places();
  ++totals_.packets;
  std::uint32_t groups = 0;
  for (const Observation& observation : observations) {
    const int group = group_of(places[observation.place]);
    // A socket that dropped it afterwards did not hand it to the application.
    if (group == CompareTotals::kApplication && outcome.kind != OutcomeKind::kDelivered) continue;
    if (group >= 0) groups |= 1U << static_cast<unsigned>(group);
  }
  for (std::size_t group = 0; group < totals_.groups.size(); ++group) totals_.groups[group] += groups >> group & 1;
  const std::uint32_t number = count(outcome);
  if (flow_ != nullptr) flow_->add(history, observations, number, places);
  if (recent_ != nullptr) {
    FinishedPacket& kept = tone_of(outcome.kind) == Tone::kArrived ? recent_->last : recent_->last_lost;
    kept.history = history;
    kept.observations.assign(observations.begin(), observations.end());
    kept.outcome = outcome;
  }
  if (!options_.each) return;
  line_.clear();
  if (options_.json) {
    append_packet_json(line_, history, observations, outcome, places, texts_);
  } else {
    append_packet_text(line_, history, observations, outcome, places, texts_, options_.show_time);
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
  append_packet_text(text, packet.history, packet.observations, packet.outcome, places(), texts_, options_.show_time);
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
