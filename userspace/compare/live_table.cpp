// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/live_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/columns.hpp"
#include "base/terminal.hpp"
#include "compare/report.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kNumberWidth = 11;
constexpr std::size_t kLeastName = 5;
constexpr std::size_t kLeastBar = 10;
constexpr std::size_t kMostBar = 40;
constexpr std::size_t kLeastOutcomes = 3;

std::string right(std::uint64_t value) {
  return right_aligned(value, kNumberWidth);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

Color color_of(Tone tone) {
  switch (tone) {
    case Tone::kArrived:
      return Color::kGreen;
    case Tone::kDropped:
      return Color::kRed;
    case Tone::kUnclear:
      return Color::kYellow;
    case Tone::kOther:
      return Color::kPlain;
  }
  return Color::kPlain;
}

struct Line {
  std::string name;
  std::size_t place;
  CompareTotals::Row row;
};

// The taps on a packet's path; what was seen at drop and end is an outcome.
std::vector<Line> lines_of(const CompareTotals& totals, const Places& places) {
  std::vector<Line> lines;
  for (const std::uint16_t number : places.in_order()) {
    const Place& place = places[number];
    if (totals.rows[number].packets == 0 || place.tap == Tap::kDrop || place.tap == Tap::kEnd) continue;
    lines.push_back({place_line(place, places), number, totals.rows[number]});
  }
  return lines;
}

// What came as far as the places below in full, what ended here in red.
std::string bar_text(const CompareTotals::Row& row, std::uint64_t most, std::size_t width,
                     const LiveTableStyle& style) {
  const auto cells = [&](std::uint64_t packets) {
    if (packets == 0 || most == 0) return std::size_t{0};
    const double share = static_cast<double>(packets) / static_cast<double>(most);
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(share * static_cast<double>(width))));
  };
  const std::size_t all = std::min(cells(row.packets), width);
  const std::size_t ended = std::min(cells(std::min(row.lost_here, row.packets)), all);
  return repeated(style.has_utf8 ? "\u2588" : "#", all - ended) +
         colored(repeated(style.has_utf8 ? "\u2592" : "x", ended), Color::kRed, style.has_color) +
         std::string(width - all, ' ');
}

std::string outcome_lines(const CompareTotals& totals, const Comparer& comparer, std::size_t most,
                          const LiveTableStyle& style) {
  auto outcomes = totals.outcomes;
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const auto& a, const auto& b) { return a.packets > b.packets; });
  std::string text;
  std::size_t lines = 0;
  for (const auto& [outcome, packets] : outcomes) {
    if (++lines > most) break;
    std::string what = outcome_text(outcome, comparer.places(), comparer.texts());
    if (outcome.rule != kNoText) what += " by rule " + comparer.texts()[outcome.rule];
    if (const std::string owners = owners_text(outcome, comparer.texts()); !owners.empty()) what += " [" + owners + "]";
    text += right(packets) + "  " + colored(what, color_of(tone_of(outcome.kind)), style.has_color) + "\n";
  }
  return text;
}

}  // namespace

void LiveTable::Counted::count(std::uint64_t now, double seconds) {
  if (seconds <= 0) return;
  rate = static_cast<std::uint64_t>(std::llround(static_cast<double>(now - packets) / seconds));
  packets = now;
}

std::string LiveTable::text(const Comparer& comparer, std::string_view packet, double seconds,
                            const LiveTableStyle& style) {
  const CompareTotals totals = comparer.totals();
  const std::vector<Line> lines = lines_of(totals, comparer.places());
  std::uint64_t most = 0;
  std::size_t name_width = kLeastName;
  for (const Line& line : lines) {
    most = std::max(most, line.row.packets);
    name_width = std::max(name_width, line.name.size());
  }
  const std::size_t numbers = 3 * (kNumberWidth + 1) + 2;
  const std::size_t left = style.columns > name_width + numbers ? style.columns - name_width - numbers : 0;
  const std::size_t bar_width = std::clamp(left, kLeastBar, kMostBar);

  all_.count(totals.packets, seconds);
  places_.resize(totals.rows.size());
  for (std::size_t i = 0; i < places_.size(); ++i) places_[i].count(totals.rows[i].packets, seconds);

  std::string text = std::to_string(totals.packets) + " packets, " + std::to_string(all_.rate) + " packets/s";
  if (totals.lost > 0) {
    text += ", " + colored(std::to_string(totals.lost) + " records lost", Color::kYellow, style.has_color);
  }
  text += colored("   q: stop, p: show a packet, d: one that did not arrive", Color::kFaint, style.has_color) + "\n\n";
  if (!packet.empty()) text.append(packet).append("\n\n");
  text += colored(left_aligned("place", name_width) + "     packets   packets/s  " + std::string(bar_width, ' ') +
                      "  ended here",
                  Color::kStrong, style.has_color) +
          "\n";
  for (const Line& line : lines) {
    text += left_aligned(line.name, name_width) + " " + right(line.row.packets) + " " +
            right(places_[line.place].rate) + "  " + bar_text(line.row, most, bar_width, style) + " ";
    if (line.row.lost_here > 0) text += colored(right(line.row.lost_here), Color::kRed, style.has_color);
    text += "\n";
  }

  constexpr std::size_t kOtherLines = 6;  // above, between and below
  const std::size_t packet_lines = static_cast<std::size_t>(std::count(packet.begin(), packet.end(), '\n')) + 1;
  const std::size_t taken = lines.size() + kOtherLines + (packet.empty() ? 0 : packet_lines);
  const std::size_t room = style.lines > taken ? style.lines - taken : 0;
  text += "\n" + outcome_lines(totals, comparer, std::max(room, kLeastOutcomes), style);
  return text;
}

}  // namespace ringtap
