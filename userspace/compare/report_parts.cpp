// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/report_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace ringtap {

std::string table_text(const std::vector<TableRow>& rows, const std::vector<bool>& is_number) {
  std::vector<std::size_t> widths(is_number.size());
  for (const TableRow& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const TableRow& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      const std::string padding(widths[i] - row[i].size(), ' ');
      line += (line.empty() ? "" : "  ") + (is_number[i] ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// Netfilter's rows before and after the rules of a hook are one where they agree.
std::string places_text(const std::vector<HostPlaces>& hosts) {
  bool several = false;  // some packet has several records at a place
  bool lost = false;
  for (const HostPlaces& host : hosts) {
    for (const PlaceCount& row : host.rows) {
      several = several || row.records != row.packets;
      lost = lost || row.lost_here != 0;
    }
  }
  const bool names_hosts = std::any_of(hosts.begin(), hosts.end(), [](const auto& host) { return !host.name.empty(); });
  std::vector<TableRow> rows = {{names_hosts ? "host" : "", "tap", "device", "hook", "packets",
                                 several ? "records" : "", "bytes", lost ? "last seen here" : ""}};
  for (const HostPlaces& host : hosts) {
    const Places& places = *host.places;
    const std::vector<std::uint16_t> order = places.in_order();
    std::vector<bool> is_told(host.rows.size());
    for (const std::uint16_t number : order) {
      PlaceCount row = host.rows[number];
      const Place& place = places[number];
      if (row.packets == 0 || is_told[number]) continue;
      std::string hook = Places::hook(place);
      for (const std::uint16_t other : order) {
        if (!is_after_rules(place, places[other])) continue;
        const PlaceCount& after = host.rows[other];
        if (after.packets != row.packets || after.records != row.records || after.bytes != row.bytes) continue;
        hook = kNetfilterHookNames[static_cast<std::size_t>(place.hook)];
        row.lost_here += after.lost_here;
        is_told[other] = true;
      }
      rows.push_back({host.name, std::string(tap_word(place.tap)), places.device(place), hook,
                      std::to_string(row.packets), several ? std::to_string(row.records) : "",
                      std::to_string(row.bytes), row.lost_here == 0 ? "" : std::to_string(row.lost_here)});
    }
  }
  return table_text(rows, {false, false, false, false, true, true, true, true});
}

std::string plural(std::uint64_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string undecided_text(TapSet missing) {
  static constexpr std::array<std::pair<Tap, std::string_view>, 5> kOpen = {
      {{Tap::kNetfilter, "at which hook netfilter dropped a packet"},
       {Tap::kSocket, "whether a packet that was not dropped reached a socket"},
       {Tap::kStackOut, "whether a packet was given to the driver"},
       {Tap::kDrop, "whether, where and why a packet was dropped"},
       {Tap::kEnd, "whether a packet was consumed by the kernel"}}};
  std::string text;
  for (const auto& [tap, what] : kOpen) {
    if (!missing.contains(tap)) continue;
    text += "note: unknown without the " + std::string(tap_name(tap)) + " tap: " + std::string(what) + "\n";
  }
  return text;
}

void describe_place(JsonObject& object, const Place& place, const Places& places) {
  object.text("tap", tap_name(place.tap));
  object.optional("device", places.device(place));
  if (place.tap == Tap::kNetfilter) {
    object.text("hook", kNetfilterHookNames[static_cast<std::size_t>(place.hook)]);
    object.text("stage", place.last ? "post" : "pre");
  }
  object.flag("other_netns", place.other_netns);
  object.optional("netns", places.netns(place.netns));
}

void describe_endpoints(JsonObject& object, const Endpoints& ends) {
  if (ends.version != 0) {
    object.number("ip", ends.version);
    object.number("protocol", ends.protocol);
    object.text("source", address_text(ends.source, ends.version));
    object.text("destination", address_text(ends.destination, ends.version));
    object.number("source_port", ends.source_port);
    object.number("destination_port", ends.destination_port);
  } else {
    object.number("ethertype", ends.ether_type);
  }
}

void describe_outcome(JsonObject& object, const Outcome& outcome, const Places& places, const Texts& texts) {
  object.text("outcome", outcome_name(outcome.kind));
  object.flag("other_netns", outcome.other_netns);
  object.optional("netns", places.netns(outcome.netns));
  object.optional("at", outcome.kind == OutcomeKind::kDropped ? site_name(outcome) : std::string_view());
  if (outcome.kind == OutcomeKind::kSent) object.optional("device", places.device(places[outcome.place]));
  const bool after = outcome.kind == OutcomeKind::kVanished || outcome.kind == OutcomeKind::kUnderWay ||
                     outcome.kind == OutcomeKind::kUnwrapped || outcome.kind == OutcomeKind::kCut ||
                     outcome.kind == OutcomeKind::kEvicted ||
                     (outcome.kind == OutcomeKind::kDropped && outcome.site == DropSite::kUnknown);
  if (after) object.text("after", places.text(places[outcome.place]));
  object.optional("reason", texts[outcome.reason]);
  object.optional("function", texts[outcome.function]);
  object.optional("rule", texts[outcome.rule]);
  object.optional("sender", texts[outcome.sender]);
  object.optional("receiver", texts[outcome.receiver]);
  object.flag("records_lost", outcome.records_lost);
  if (!outcome.undecided.empty()) {
    std::string& list = object.key("undecided_without");
    list += '[';
    for (const TapTraits& traits : kTapTraits) {
      if (!outcome.undecided.contains(traits.tap)) continue;
      if (list.back() != '[') list += ',';
      list.append("\"").append(traits.name).append("\"");
    }
    list += ']';
  }
  object.text("text", outcome_text(outcome, places, texts));
}

std::string microseconds_text(std::uint64_t ns) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%9llu.%llu us", static_cast<unsigned long long>(ns / 1000),
                static_cast<unsigned long long>(ns % 1000 / 100));
  return text.data();
}

}  // namespace ringtap
