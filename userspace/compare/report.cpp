// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "compare/report_parts.hpp"

namespace ringtap {
namespace {

std::vector<CompareTotals::OutcomeCount> by_count(const CompareTotals& totals) {
  auto outcomes = totals.outcomes;
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const auto& a, const auto& b) { return a.packets > b.packets; });
  return outcomes;
}

std::string outcomes_text(const CompareTotals& totals, const Places& places, const Texts& texts) {
  std::vector<TableRow> rows = {{"packets", "outcome"}};
  for (const auto& [outcome, packets] : by_count(totals)) {
    rows.push_back({std::to_string(packets), outcome_text(outcome, places, texts)});
    if (outcome.rule != kNoText) rows.push_back({"", "by rule " + texts[outcome.rule]});
    if (std::string owners = owners_text(outcome, texts); !owners.empty()) rows.push_back({"", std::move(owners)});
  }
  return table_text(rows, {true, false});
}

std::uint64_t count_of(const CompareTotals& totals, OutcomeKind kind) {
  std::uint64_t sum = 0;
  for (const auto& [outcome, packets] : totals.outcomes)
    sum += outcome.kind == kind && outcome.undecided.empty() && !outcome.records_lost ? packets : 0;
  return sum;
}

// How many packets were seen by each of those that a user would ask.
std::string seen_text(const CompareTotals& totals, const CompareOptions& options) {
  using T = CompareTotals;
  static constexpr std::array<std::pair<std::string_view, Tap>, T::kGroups> kNames = {
      {{"XDP", Tap::kXdp},
       {"AF_PACKET", Tap::kPacketIn},
       {"the application", Tap::kSocket},
       {"OUTPUT", Tap::kNetfilter},
       {"AF_PACKET", Tap::kPacketOut},
       {"the driver", Tap::kStackOut}}};
  constexpr TapSet kInbound = {Tap::kXdp, Tap::kStackIn, Tap::kPacketIn, Tap::kTcIngress, Tap::kSocket};
  const bool comes_out = totals.groups[T::kOutput] + totals.groups[T::kPacketOut] + totals.groups[T::kDriver] > 0;
  const bool comes_in = totals.taps_seen.contains_any(kInbound) || !comes_out;
  TapSet known = totals.taps_attached;
  if (!options.live) {
    known = totals.taps_seen;
    known.insert(Tap::kSocket);
  }
  std::string text;
  for (std::size_t group = 0; group < T::kGroups; ++group) {
    const bool out = group >= T::kOutput;
    const auto& [name, tap] = kNames[group];
    if (!(out ? comes_out : comes_in) || !known.contains(tap) || !options.taps.contains(tap)) continue;
    // A forwarded packet is neither for nor from an application.
    if (group == T::kApplication && totals.groups[group] == 0 && comes_out) continue;
    if (group == T::kOutput && totals.groups[group] == 0) continue;
    // AF_PACKET sees what the driver gets, but libpcap ignores it on loopback.
    if (group == T::kPacketOut && totals.groups[group] == 0 && totals.groups[T::kDriver] > 0) continue;
    text += text.empty() ? std::string(name) + " saw " : ", " + std::string(name) + " ";
    if (tap == Tap::kPacketOut && comes_in) text += "on the way out ";
    text += std::to_string(totals.groups[group]);
  }
  return text;
}

}  // namespace

std::string notes_text(const CompareTotals& totals, const CompareOptions& options) {
  std::string text;
  const auto note = [&](std::uint64_t count, const std::string& what) {
    if (count != 0) text += "note: " + what + "\n";
  };
  const CorrelatorCounts& counts = totals.counts;
  TapSet missing;
  for (const auto& [outcome, packets] : totals.outcomes) missing.insert(outcome.undecided);
  text += undecided_text(missing);
  note(count_of(totals, OutcomeKind::kVanished),
       "vanished: not dropped, and not seen at any later tap (another XDP program, or a tunnel)");
  note(totals.before_begin,
       plural(totals.before_begin, "packet") + " already under way when the taps were attached: not counted above");
  note(count_of(totals, OutcomeKind::kUnderWay),
       "still under way: the run ended before it was known what became of the packet");
  note(totals.lost, plural(totals.lost, "record") + " lost in the kernel: the counts are lower bounds");
  note(counts.evicted, plural(counts.evicted, "packet") + " given up early, with more than " +
                           std::to_string(options.correlator.max_packets) + " followed at once");
  note(counts.ambiguous,
       plural(counts.ambiguous, "record") + " cut too short to tell which packet it is: use a larger -s");
  note(counts.over_limit, plural(counts.over_limit, "record") + " of packets that came after the number given with -c");
  note(totals.unmatched_rules,
       plural(totals.unmatched_rules, "nftables verdict") + " that matched no packet seen here");
  if (options.verbosity > 0) {
    note(counts.other_netns,
         plural(counts.other_netns, "record") + " from other network namespaces that belong to no packet seen here");
    note(counts.unknown_end,
         plural(counts.unknown_end, "record") + " at the end tap of packets that were not seen before");
    note(counts.reused_skb, plural(counts.reused_skb, "record") + " of other packets in a reused sk_buff");
    note(1, plural(counts.records, "record") + ", " + std::to_string(counts.matched) + " matched to " +
                plural(counts.packets, "packet"));
  }
  return text;
}

std::string clock_text(std::uint64_t time_ns) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%06llu", local.tm_hour, local.tm_min, local.tm_sec,
                static_cast<unsigned long long>(time_ns % 1'000'000'000 / 1000));
  return text.data();
}

std::uint64_t after_first(const Observation& observation, const PacketHistory& history) {
  return observation.time_ns - std::min(observation.time_ns, history.first_ns);
}

std::uint64_t gap_before(std::span<const Observation> observations, std::size_t i) {
  if (i == 0) return 0;
  const std::uint64_t before = observations[i - 1].time_ns;
  return observations[i].time_ns - std::min(before, observations[i].time_ns);  // frames that GRO merged come first
}

std::string place_line(const Place& place, const Places& places) {
  std::string text(tap_word(place.tap));
  for (const std::string& word : {places.device(place), Places::hook(place)}) text += (word.empty() ? "" : " ") + word;
  return text;
}

std::string answer_text(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options) {
  if (totals.packets == 0) {
    return "no packet was seen" + (options.listened_at.empty() ? "" : "; looked at " + options.listened_at) +
           " (hint: does the filter match the packets you mean, with their VLAN tags? did they reach this host and "
           "device?)";
  }
  const auto outcomes = by_count(totals);
  constexpr std::size_t kMost = 4;
  std::string became;
  for (std::size_t i = 0; i < outcomes.size() && i < kMost; ++i) {
    became += i == 0 ? "" : ", ";
    if (outcomes.size() > 1) became += std::to_string(outcomes[i].packets) + " ";
    became += outcome_text(outcomes[i].outcome, places, texts);
    if (const std::string owners = owners_text(outcomes[i].outcome, texts); !owners.empty()) {
      became += " [" + owners + "]";
    }
  }
  if (outcomes.size() > kMost) became += ", and " + plural(outcomes.size() - kMost, "other outcome");
  const std::string seen = seen_text(totals, options);
  return (seen.empty() ? plural(totals.packets, "packet") : seen) + ": " + became;
}

std::string report_text(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options) {
  std::string text = answer_text(totals, places, texts, options) + "\n";
  if (totals.packets != 0)
    text += "\n" + places_text({{{{}, &places, totals.rows}}}) + "\n" + outcomes_text(totals, places, texts);
  const std::string notes = notes_text(totals, options);
  return text + (notes.empty() || totals.packets == 0 ? "" : "\n") + notes;
}

std::string report_json(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options) {
  std::string text;
  for (const std::uint16_t number : places.in_order()) {
    const auto& row = totals.rows[number];
    if (row.packets == 0) continue;
    {
      JsonObject object(text);
      object.text("type", "place");
      describe_place(object, places[number], places);
      object.number("packets", row.packets);
      object.number("records", row.records);
      object.number("bytes", row.bytes);
      object.number("last_seen", row.last_seen);
    }
    text += '\n';
  }
  for (const auto& [outcome, packets] : by_count(totals)) {
    {
      JsonObject object(text);
      object.text("type", "outcome");
      object.number("packets", packets);
      describe_outcome(object, outcome, places, texts);
    }
    text += '\n';
  }
  {
    JsonObject object(text);
    object.text("type", "summary");
    object.number("packets", totals.packets);
    object.number("records", totals.counts.records);
    object.number("matched", totals.counts.matched);
    object.number("lost", totals.lost);
    object.number("evicted", totals.counts.evicted);
    object.number("ambiguous", totals.counts.ambiguous);
    object.number("unknown_end", totals.counts.unknown_end);
    object.number("other_netns", totals.counts.other_netns);
    object.number("reused_skb", totals.counts.reused_skb);
    object.number("over_limit", totals.counts.over_limit);
    object.number("unmatched_rules", totals.unmatched_rules);
    object.number("before_begin", totals.before_begin);
    object.text("answer", answer_text(totals, places, texts, options));
  }
  return text + "\n";
}

void append_packet_text(std::string& text, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts, bool show_time) {
  if (show_time) text += clock_text(history.first_ns) + " ";
  text += "#" + std::to_string(history.number) + " " + endpoints_text(history.endpoints) + ", length " +
          std::to_string(history.payload_len) + ": " + outcome_text(outcome, places, texts);
  if (outcome.rule != kNoText) text += " by rule " + texts[outcome.rule];
  if (const std::string owners = owners_text(outcome, texts); !owners.empty()) text += " [" + owners + "]";
  std::size_t largest = 0;
  for (std::size_t i = 1; i < observations.size(); ++i) {
    if (gap_before(observations, i) > gap_before(observations, largest)) largest = i;
  }
  for (std::size_t i = 0; i < observations.size(); ++i) {
    text += "\n" + microseconds_text(gap_before(observations, i)) + "  " +
            place_line(places[observations[i].place], places);
    if (observations[i].records > 1) text += " x" + std::to_string(observations[i].records);
    if (i == largest && observations.size() > 2) text += "  <- longest";
  }
}

void append_packet_json(std::string& line, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts) {
  JsonObject object(line);
  object.text("type", "packet");
  object.number("id", history.number);
  object.number("time_ns", history.first_ns);
  describe_endpoints(object, history.endpoints);
  object.number("length", history.payload_len);
  object.flag("merged", history.is_merged);
  if (history.reassembled_into != 0) object.number("reassembled_into", history.reassembled_into);
  object.key("observations") += '[';
  bool is_first = true;
  for (const Observation& observation : observations) {
    if (!is_first) line += ',';
    is_first = false;
    JsonObject seen(line);
    describe_place(seen, places[observation.place], places);
    seen.number("after_ns", after_first(observation, history));
    seen.number("records", observation.records);
    seen.number("bytes", observation.wire_bytes);
  }
  line += ']';
  describe_outcome(object, outcome, places, texts);
}

}  // namespace ringtap
