// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/hosts_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "compare/report.hpp"
#include "compare/report_parts.hpp"

namespace ringtap {
namespace {

using Host = HostsComparer::Host;

// Without all records of a host, that it saw no more of a packet says nothing.
Outcome known_outcome(const Outcome& outcome, const Host& host) {
  Outcome known = outcome;
  known.records_lost = known.kind == OutcomeKind::kVanished && host.is_partial();
  return known;
}

std::string text_of(const Outcome& outcome, const HostsComparer& comparer, std::uint16_t number) {
  const Host& host = comparer.hosts()[number];
  return outcome_text(known_outcome(outcome, host), host.tracker->places(), comparer.texts());
}

std::vector<const PathCount*> by_count(const HostsComparer& comparer) {
  std::vector<const PathCount*> paths;
  for (const PathCount& path : comparer.paths()) paths.push_back(&path);
  std::stable_sort(paths.begin(), paths.end(),
                   [](const auto* one, const auto* other) { return one->packets > other->packets; });
  return paths;
}

bool is_on(const PathCount& path, std::size_t host) {
  return std::any_of(path.steps.begin(), path.steps.end(), [&](const auto& step) { return step.host == host; });
}

// "lost 12 records and left out 5 (its agent's --allow)"; empty: it has all.
std::string partial_text(const Host& host) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : " and ") + what; };
  if (host.lost() > 0) add("lost " + plural(host.lost(), "record"));
  if (host.facts.left_out > 0) add("left out " + plural(host.facts.left_out, "record") + " (its agent's --allow)");
  return text;
}

// "c lost 12 records", "d: its agent is gone"; empty: every other host would have seen it.
std::string blind_hosts(const PathCount& path, const std::vector<Host>& hosts) {
  std::string text;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const Host& host = hosts[i];
    if (is_on(path, i) || host.is_whole()) continue;
    text += text.empty() ? "" : "; ";
    if (!host.facts.trouble.empty()) {
      text += host.name + ": " + host.facts.trouble;
    } else if (host.tracker == nullptr) {
      text += host.name + " did not tell of any tap";
    } else if (host.is_partial()) {
      text += host.name + " " + partial_text(host);
    } else {
      text += host.name + " cut " + plural(host.cut_short(), "packet") + " too short (-s, or its agent's --allow)";
    }
  }
  return text;
}

// Why it is not known; empty: it is known that no other host saw the packet.
std::string why_unknown(const PathCount& path, bool before, const std::vector<Host>& hosts) {
  switch (path.untied) {
    case Untied::kDivided:
      return "its bytes were divided differently there (segments, GRO, fragments), which cannot be tied";
    case Untied::kCutShort:
      return "it was cut too short to be tied: use a larger -s";
    case Untied::kAmbiguous:
      return "several packets there could be this one with changed addresses (NAT)";
    case Untied::kGivenUp:
      return "too many packets at once";
    case Untied::kNo:
      break;
  }
  if (before && path.may_be_made) return hosts[path.steps.front().host].name + " may have made it";
  if (before && path.at_begin) return "a host began only then";
  if (!before && path.at_end) return "a host ended then";
  return blind_hosts(path, hosts);
}

std::string before_text(const PathCount& path, const std::vector<Host>& hosts) {
  if (!path.from_outside) return "";
  const std::string why = why_unknown(path, true, hosts);
  return why.empty() ? "not seen at any other host before" : "unknown: " + why;
}

std::string after_text(const PathCount& path, const std::vector<Host>& hosts) {
  if (!path.goes_on) return "";
  const std::string why = why_unknown(path, false, hosts);
  return why.empty() ? "not seen at any other host" : "unknown: " + why;
}

// Whether what became of it in the end is known.
Tone tone_of(const PathCount& path, const HostsComparer& comparer) {
  if (path.goes_on) return Tone::kUnclear;
  const PathCount::Step& last = path.steps[path.end];
  const Outcome outcome = known_outcome(last.outcome, comparer.hosts()[last.host]);
  return outcome.undecided.empty() && !outcome.records_lost ? tone_of(outcome.kind) : Tone::kUnclear;
}

std::string answer(const HostsComparer& comparer) {
  if (comparer.packets() == 0) {
    const std::string& filter = comparer.options().filter;
    return "no packet was seen" + (filter.empty() ? "" : " for '" + filter + "'") +
           " (hint: does the filter match the packets you mean? did they reach these hosts?)";
  }
  const auto paths = by_count(comparer);
  constexpr std::size_t kMost = 4;
  std::string became;
  for (std::size_t i = 0; i < paths.size() && i < kMost; ++i) {
    const PathCount& path = *paths[i];
    const PathCount::Step& last = path.steps[path.end];
    became += i == 0 ? "" : ", ";
    if (paths.size() > 1) became += std::to_string(path.packets) + " ";
    became += text_of(last.outcome, comparer, last.host) + " at " + comparer.hosts()[last.host].name;
    if (path.goes_on)
      became += why_unknown(path, false, comparer.hosts()).empty() ? " and not seen at any other host" : "";
  }
  if (paths.size() > kMost) became += ", and " + plural(paths.size() - kMost, "other path");
  std::uint64_t hosts = 0;
  for (const Host& host : comparer.hosts()) hosts += host.tracker != nullptr ? 1 : 0;
  return plural(comparer.packets(), "packet") + " at " + plural(hosts, "host") + ": " + became;
}

// Hosts in the order of the paths that most packets took.
std::vector<std::size_t> host_order(const HostsComparer& comparer) {
  std::vector<std::size_t> order;
  const auto add = [&](std::size_t host) {
    if (std::find(order.begin(), order.end(), host) == order.end()) order.push_back(host);
  };
  for (const PathCount* path : by_count(comparer)) {
    for (const PathCount::Step& step : path->steps) add(step.host);
  }
  for (std::size_t i = 0; i < comparer.hosts().size(); ++i) add(i);
  std::erase_if(order, [&](std::size_t host) { return comparer.hosts()[host].tracker == nullptr; });
  return order;
}

std::string all_places_text(const HostsComparer& comparer) {
  std::vector<HostPlaces> hosts;
  for (const std::size_t number : host_order(comparer)) {
    const Host& host = comparer.hosts()[number];
    hosts.push_back({host.name, &host.tracker->places(), host.counts_by_place()});
  }
  return places_text(hosts);
}

std::string paths_text(const HostsComparer& comparer) {
  const std::vector<Host>& hosts = comparer.hosts();
  std::vector<TableRow> rows = {{"packets", "", "host", "what became of them"}};
  for (const PathCount* path : by_count(comparer)) {
    std::string count = std::to_string(path->packets);
    const auto add = [&](std::string sign, const std::string& host, std::string what) {
      rows.push_back({std::exchange(count, {}), std::move(sign), host, std::move(what)});
    };
    if (std::string before = before_text(*path, hosts); !before.empty()) add("", "-", std::move(before));
    for (std::size_t i = 0; i < path->steps.size(); ++i) {
      const PathCount::Step& step = path->steps[i];
      const bool is_first = i == 0 && !path->from_outside;
      if (step.translated) add("->", "-", "addresses or ports changed (NAT), at none of these hosts");
      add(is_first                 ? ""
          : i == 0 || step.follows ? "->"
                                   : "?",
          hosts[step.host].name,
          text_of(step.outcome, comparer, step.host) +
              (step.translated_here ? "; addresses or ports changed (NAT)" : "") + (i > path->end ? "; a copy" : ""));
      if (step.outcome.rule != kNoText) add("", "", "by rule " + comparer.texts()[step.outcome.rule]);
      if (std::string owners = owners_text(step.outcome, comparer.texts()); !owners.empty())
        add("", "", std::move(owners));
      std::string after = i == path->end ? after_text(*path, hosts) : "";
      if (!after.empty()) add("->", "-", std::move(after));
    }
  }
  if (const std::uint64_t others = comparer.packets_on_other_paths(); others > 0) {
    rows.push_back({std::to_string(others), "", "", "took paths that are not told: there are too many different ones"});
  }
  return table_text(rows, {true, false, false, false});
}

// What is known of all hosts, as if they were one.
CompareTotals sum_of(const HostsComparer& comparer) {
  CompareTotals totals;
  for (const Host& host : comparer.hosts()) {
    if (host.tracker == nullptr) continue;
    const CorrelatorCounts& counts = host.tracker->counts();
    totals.counts.records += counts.records;
    totals.counts.matched += counts.matched;
    totals.counts.packets += counts.packets;
    totals.counts.ambiguous += counts.ambiguous;
    totals.counts.unknown_end += counts.unknown_end;
    totals.counts.other_netns += counts.other_netns;
    totals.counts.reused_skb += counts.reused_skb;
    totals.counts.evicted += counts.evicted;
  }
  for (const PathCount& path : comparer.paths()) {
    for (const PathCount::Step& step : path.steps) {
      totals.outcomes.push_back({known_outcome(step.outcome, comparer.hosts()[step.host]), path.packets});
    }
  }
  return totals;
}

// "b, c": where the clocks of several hosts could tell an order.
std::string unsynchronised_hosts(const HostsComparer& comparer) {
  std::string text;
  if (comparer.is_one_kernel() || comparer.hosts().size() < 2) return text;
  for (const Host& host : comparer.hosts()) {
    if (host.tracker == nullptr || host.facts.clock.is_synchronised) continue;
    text += (text.empty() ? "" : ", ") + host.name;
  }
  return text;
}

// By name; a namespace that was made again has the same.
std::map<std::string, std::uint64_t> left_out_by_name(const Host& host) {
  std::map<std::string, std::uint64_t> records;
  for (const auto& [netns, left] : host.left_to_nobody) {
    records[netns == 0 ? "others" : left.name.empty() ? std::to_string(netns) : left.name] += left.records;
  }
  return records;
}

std::string notes(const HostsComparer& comparer) {
  std::string text;
  bool is_unordered = false;
  for (const PathCount& path : comparer.paths()) {
    for (std::size_t i = 1; i < path.steps.size(); ++i) is_unordered = is_unordered || !path.steps[i].follows;
  }
  for (const Host& host : comparer.hosts()) {
    if (!host.facts.trouble.empty()) text += "note: " + host.name + ": " + host.facts.trouble + "\n";
    if (host.is_partial()) {
      text += "note: " + host.name + " " + partial_text(host) +
              ": its counts are lower bounds, and what it did not see is unknown\n";
    }
    for (const auto& [netns, records] : left_out_by_name(host)) {
      text += "note: the network namespace " + netns + " of the machine of " + host.name +
              " is no host here: " + std::to_string(records) + " records of it are left out\n";
    }
    if (host.unreadable > 0) {
      text += "note: " + host.name + ": records that do not say at which tap they were seen, counted as lost: " +
              std::to_string(host.unreadable) + "\n";
    }
  }
  if (is_unordered) {
    text += "note: ?: it is not known that this came after the line above: neither the packet nor the clocks tell\n";
  }
  if (const std::string wrong = unsynchronised_hosts(comparer); !wrong.empty()) {
    text += "note: not synchronised: the clock of " + wrong + "; it proves no order\n";
  }
  CompareOptions options;
  static_cast<CompareStyle&>(options) = static_cast<const CompareStyle&>(comparer.options());
  options.correlator = comparer.options().correlator;
  return text + notes_text(sum_of(comparer), options);
}

void describe_facts(std::string& text, const Host& host) {
  JsonObject object(text);
  object.text("type", "host");
  object.text("host", host.name);
  object.text("clock", host.facts.clock.is_synchronised ? "synchronised" : "unsynchronised");
  if (host.facts.clock.is_synchronised) object.number("clock_error_ns", host.facts.clock.error_ns);
  object.number("lost", host.lost());
  object.number("left_out", host.facts.left_out);
  object.number("cut_short", host.cut_short());
  object.optional("trouble", host.facts.trouble);
  if (host.left_to_nobody.empty()) return;
  object.key("left_out_netns");
  JsonObject records(text);
  for (const auto& [netns, count] : left_out_by_name(host)) records.number(netns, count);
}

void describe_step(JsonObject& object, const PathCount::Step& step, bool is_first, const HostsComparer& comparer) {
  const Host& host = comparer.hosts()[step.host];
  object.text("host", host.name);
  if (!is_first) object.text("order", step.follows ? "after" : "unknown");
  object.flag("translated_before", step.translated);
  object.flag("translated", step.translated_here);
  describe_outcome(object, known_outcome(step.outcome, host), host.tracker->places(), comparer.texts());
}

std::string_view known_word(bool is_open, const std::string& why) {
  return !is_open ? "" : why.empty() ? "not-seen" : "unknown";
}

void describe_path(std::string& text, const PathCount& path, const HostsComparer& comparer) {
  JsonObject object(text);
  object.text("type", "path");
  object.number("packets", path.packets);
  const std::string before = path.from_outside ? why_unknown(path, true, comparer.hosts()) : "";
  const std::string after = path.goes_on ? why_unknown(path, false, comparer.hosts()) : "";
  object.optional("before", known_word(path.from_outside, before));
  object.optional("before_unknown", before);
  object.key("steps") += '[';
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    if (i > 0) text += ',';
    JsonObject step(text);
    describe_step(step, path.steps[i], i == 0, comparer);
  }
  text += ']';
  object.number("end", path.end);
  object.optional("after", known_word(path.goes_on, after));
  object.optional("after_unknown", after);
}

// How much later than at the host before, as far as the clocks tell.
std::string later_text(const Journey& journey, std::size_t i, const HostsComparer& comparer) {
  const Visit& before = journey.steps[i - 1].visit;
  const Visit& visit = journey.steps[i].visit;
  const auto bound = clock_bound(comparer.hosts()[before.host].facts.clock, comparer.hosts()[visit.host].facts.clock);
  if (!bound) return "the time between is unknown";
  const double apart = (static_cast<double>(visit.first_ns) - static_cast<double>(before.last_ns)) / 1e3;
  std::array<char, 64> text{};
  if (*bound == 0) {
    std::snprintf(text.data(), text.size(), "%+.1f us", apart);
  } else {
    std::snprintf(text.data(), text.size(), "%+.1f us, give or take %.1f", apart, static_cast<double>(*bound) / 1e3);
  }
  return text.data();
}

}  // namespace

std::string hosts_report_text(const HostsComparer& comparer) {
  std::string text = answer(comparer) + "\n";
  if (comparer.packets() != 0) text += "\n" + all_places_text(comparer) + "\n" + paths_text(comparer);
  const std::string more = notes(comparer);
  return text + (more.empty() ? "" : "\n") + more;
}

std::string hosts_report_json(const HostsComparer& comparer) {
  std::string text;
  for (const Host& host : comparer.hosts()) {
    describe_facts(text, host);
    text += '\n';
  }
  for (const std::size_t number : host_order(comparer)) {
    const Host& host = comparer.hosts()[number];
    const std::vector<PlaceCount> rows = host.counts_by_place();
    for (const std::uint16_t place : host.tracker->places().in_order()) {
      if (rows[place].packets == 0) continue;
      {
        JsonObject object(text);
        object.text("type", "place");
        object.text("host", host.name);
        describe_place(object, host.tracker->places()[place], host.tracker->places());
        object.number("packets", rows[place].packets);
        object.number("records", rows[place].records);
        object.number("bytes", rows[place].bytes);
        object.number("last_seen", rows[place].last_seen);
      }
      text += '\n';
    }
  }
  std::array<std::uint64_t, 4> tones{};
  for (const PathCount* path : by_count(comparer)) {
    describe_path(text, *path, comparer);
    text += '\n';
    tones.at(static_cast<std::size_t>(tone_of(*path, comparer))) += path->packets;
  }
  tones[static_cast<std::size_t>(Tone::kUnclear)] += comparer.packets_on_other_paths();
  const CompareTotals totals = sum_of(comparer);
  {
    JsonObject object(text);
    object.text("type", "summary");
    object.number("packets", comparer.packets());
    object.number("records", totals.counts.records);
    object.number("matched", totals.counts.matched);
    object.number("evicted", totals.counts.evicted);
    object.number("ambiguous", totals.counts.ambiguous);
    object.number("arrived", tones[static_cast<std::size_t>(Tone::kArrived)]);
    object.number("dropped", tones[static_cast<std::size_t>(Tone::kDropped)]);
    object.number("unclear", tones[static_cast<std::size_t>(Tone::kUnclear)]);
    object.number("other", tones[static_cast<std::size_t>(Tone::kOther)]);
    object.text("answer", answer(comparer));
  }
  return text + "\n";
}

void append_journey_text(std::string& text, const Journey& journey, std::uint64_t number,
                         const HostsComparer& comparer) {
  const Visit& first = journey.steps.front().visit;
  if (comparer.options().show_time) text += clock_text(first.first_ns) + " ";
  text += "#" + std::to_string(number) + " " + endpoints_text(first.endpoints) + ", length " +
          std::to_string(first.proof.payload_len);
  for (std::size_t i = 0; i < journey.steps.size(); ++i) {
    const Journey::Step& step = journey.steps[i];
    const Host& host = comparer.hosts()[step.visit.host];
    text += "\n" +
            std::string(i == 0         ? ""
                        : step.follows ? "-> "
                                       : "? ") +
            host.name + ": " + outcome_text(step.visit.outcome, host.tracker->places(), comparer.texts());
    if (i > 0) text += " (" + later_text(journey, i, comparer) + ")";
    const auto& seen = step.visit.observations;
    for (std::size_t at = 0; at < seen.size(); ++at) {
      text += "\n" + microseconds_text(gap_before(seen, at)) + "  " +
              place_line(host.tracker->places()[seen[at].place], host.tracker->places());
      if (seen[at].records > 1) text += " x" + std::to_string(seen[at].records);
    }
  }
}

void append_journey_json(std::string& line, const Journey& journey, std::uint64_t number,
                         const HostsComparer& comparer) {
  const Visit& first = journey.steps.front().visit;
  JsonObject object(line);
  object.text("type", "packet");
  object.number("id", number);
  object.number("time_ns", first.first_ns);
  describe_endpoints(object, first.endpoints);
  object.number("length", first.proof.payload_len);
  object.key("steps") += '[';
  for (std::size_t i = 0; i < journey.steps.size(); ++i) {
    const Journey::Step& step = journey.steps[i];
    const Places& places = comparer.hosts()[step.visit.host].tracker->places();
    if (i > 0) line += ',';
    JsonObject told(line);
    describe_step(told,
                  {step.visit.host, step.visit.outcome, step.follows, step.translated, step.visit.is_translated()},
                  i == 0, comparer);
    told.number("time_ns", step.visit.first_ns);
    told.key("observations") += '[';
    for (const Observation& seen : step.visit.observations) {
      if (line.back() != '[') line += ',';
      JsonObject observation(line);
      describe_place(observation, places[seen.place], places);
      observation.number("after_ns", seen.time_ns - std::min(seen.time_ns, step.visit.first_ns));
      observation.number("records", seen.records);
      observation.number("bytes", seen.wire_bytes);
    }
    line += ']';
  }
  line += ']';
}

}  // namespace ringtap
