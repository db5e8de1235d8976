// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/html_report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <string_view>
#include <vector>

#include "compare/html_style.hpp"
#include "compare/html_text.hpp"
#include "compare/path_layout.hpp"
#include "compare/report.hpp"

namespace ringtap {
namespace {

// Nothing is loaded and nothing runs, whatever the text of a page says.
constexpr char kHead[] = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>Where did the packets go? - ringtap compare</title>
<style>)html";

// The width of a picture's coordinates; the height is in pixels.
constexpr double kUnits = 1000;

class Page {
 public:
  Page(const CompareTotals& totals, const PathFlow& flow, const Places& places, const Texts& texts,
       const CompareOptions& options)
      : totals_(totals),
        flow_(flow),
        places_(places),
        texts_(texts),
        options_(options),
        order_(totals.outcomes.size()),
        rank_(totals.outcomes.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](auto a, auto b) { return totals.outcomes[a].packets > totals.outcomes[b].packets; });
    for (std::size_t i = 0; i < order_.size(); ++i) rank_[order_[i]] = i + 1;
  }

  std::string build() {
    page_.html(kHead).html(kHtmlStyle).html("</style>\n</head>\n<body>\n<main>\n");
    put_header();
    if (totals_.packets > 0) {
      put_figures();
      put_picture();
      put_outcomes();
      put_places();
      put_packets();
    }
    put_notes();
    page_.html("<footer>Made by ").text(options_.program);
    page_.html(" compare. This file loads nothing and runs nothing.</footer>\n</main>\n</body>\n</html>\n");
    return page_.take();
  }

 private:
  void put_header();
  void put_figures();
  void put_figure(Tone tone, std::string_view name);
  void put_tone(Tone tone);
  void put_picture();
  void put_shapes(const PathLayout& layout);
  void put_exit(const PathLayout::End& end);
  void put_ribbon(const PathLayout::Ribbon& ribbon);
  void put_point(double share, double pixels) { page_.decimal(share * kUnits).html(" ").decimal(pixels).html(" "); }
  void put_names(const PathLayout& layout);
  void put_end(const PathLayout::End& end);
  void put_top(double y) { page_.html("top:").decimal(y).html("px"); }
  void put_percent(double share) { page_.decimal(100 * share).html("%"); }
  void put_outcomes();
  void put_places();
  void put_packets();
  void put_packet(const PathFlow::Sample& sample);
  void put_ladder(const PathFlow::Sample& sample);
  void put_notes();
  [[nodiscard]] std::uint64_t packets_of(Tone tone) const;
  [[nodiscard]] const Outcome& outcome(std::size_t number) const { return totals_.outcomes[number].outcome; }
  [[nodiscard]] double share_of(std::uint64_t packets) const {
    return static_cast<double>(packets) / static_cast<double>(std::max<std::uint64_t>(totals_.packets, 1));
  }

  const CompareTotals& totals_;
  const PathFlow& flow_;
  const Places& places_;
  const Texts& texts_;
  const CompareOptions& options_;
  std::vector<std::size_t> order_;  // of the outcomes, the most packets first
  std::vector<std::size_t> rank_;   // by outcome, from 1
  HtmlText page_;
};

std::string date_text(std::uint64_t time_ns, const char* format) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), format, &local);
  return {text.data(), size};
}

// "850 ms", "12.4 s"
std::string duration_text(std::uint64_t ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  std::array<char, 32> text{};
  if (ns >= kSecond) {
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ns) / 1e9);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(ns) / 1e6);
  }
  return text.data();
}

void Page::put_header() {
  page_.html("<header>\n<h1>Where did the packets go?</h1>\n<p class=\"lead\">");
  page_.text(answer_text(totals_, places_, texts_, options_)).html("</p>\n<ul class=\"meta\">\n");
  if (!options_.listened_at.empty()) {
    page_.html("<li>")
        .text(options_.live ? "Captured on " : "Read from ")
        .html("<b>")
        .text(options_.listened_at)
        .html("</b></li>\n");
  }
  if (flow_.first_ns() != 0) {
    page_.html("<li>").text(date_text(flow_.first_ns(), "%Y-%m-%d ")).text(clock_text(flow_.first_ns()));
    page_.text(date_text(flow_.first_ns(), " (UTC%z)")).html(", for <b>");
    page_.text(duration_text(flow_.last_ns() - flow_.first_ns())).html("</b></li>\n");
  }
  page_.html("</ul>\n</header>\n");
}

std::uint64_t Page::packets_of(Tone tone) const {
  std::uint64_t sum = 0;
  for (const auto& [outcome, packets] : totals_.outcomes) sum += tone_of(outcome.kind) == tone ? packets : 0;
  return sum;
}

void Page::put_tone(Tone tone) {
  switch (tone) {
    case Tone::kArrived:
      page_.html("arrived");
      break;
    case Tone::kDropped:
      page_.html("dropped");
      break;
    case Tone::kUnclear:
      page_.html("unclear");
      break;
    case Tone::kOther:
      page_.html("other");
      break;
  }
}

void Page::put_figure(Tone tone, std::string_view name) {
  const std::uint64_t packets = packets_of(tone);
  if (packets == 0 && tone != Tone::kArrived && tone != Tone::kDropped) return;
  page_.html("<div class=\"");
  put_tone(tone);
  page_.html("\"><dt>").text(name).html("</dt><dd>").count(packets).html("<small>");
  put_percent(share_of(packets));
  page_.html("</small></dd></div>\n");
}

void Page::put_figures() {
  page_.html("<dl class=\"figures\">\n<div><dt>Packets</dt><dd>").count(totals_.packets).html("</dd></div>\n");
  put_figure(Tone::kArrived, "Delivered or sent");
  put_figure(Tone::kDropped, "Dropped");
  put_figure(Tone::kUnclear, "Unclear");
  put_figure(Tone::kOther, "Other outcomes");
  if (totals_.lost > 0) {
    page_.html("<div class=\"unclear\"><dt>Records lost by the capture</dt><dd>").count(totals_.lost);
    page_.html("</dd></div>\n");
  }
  page_.html("</dl>\n");
}

void Page::put_shapes(const PathLayout& layout) {
  page_.html("<svg viewBox=\"0 0 1000 ").decimal(layout.height);
  page_.html("\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\n");
  for (const PathLayout::End& end : layout.ends) put_exit(end);
  for (const PathLayout::Ribbon& ribbon : layout.ribbons) put_ribbon(ribbon);
  for (const PathLayout::Node& node : layout.nodes) {
    page_.html("<rect class=\"bar\" x=\"").decimal(node.x * kUnits).html("\" y=\"").decimal(node.y);
    page_.html("\" width=\"").decimal(node.width * kUnits).html("\" height=\"").decimal(PathLayout::kBarHeight);
    page_.html("\"/>\n");
  }
  page_.html("</svg>\n");
}

// Down from a place, and to the right to the name of the outcome.
void Page::put_exit(const PathLayout::End& end) {
  const double top = end.to_y + 1;
  const double bottom = top + end.height;
  const double last_x = end.from_x + end.width;
  page_.html("<path class=\"");
  put_tone(end.outcome == PathLayout::End::kOthers ? Tone::kOther : tone_of(outcome(end.outcome).kind));
  page_.html("\" d=\"M");
  put_point(end.from_x, end.from_y);
  page_.html("C");
  put_point(end.from_x, bottom);
  put_point(last_x, bottom);
  put_point(1, bottom);
  page_.html("L");
  put_point(1, top);
  page_.html("C");
  put_point(last_x, top);
  put_point(last_x, top);
  put_point(last_x, end.from_y);
  page_.html("Z\"/>\n");
}

void Page::put_ribbon(const PathLayout::Ribbon& ribbon) {
  const double middle = (ribbon.from_y + ribbon.to_y) / 2;
  page_.html("<path class=\"ribbon\" d=\"M");
  put_point(ribbon.from_x, ribbon.from_y);
  page_.html("C");
  put_point(ribbon.from_x, middle);
  put_point(ribbon.to_x, middle);
  put_point(ribbon.to_x, ribbon.to_y);
  page_.html("L");
  put_point(ribbon.to_x + ribbon.width, ribbon.to_y);
  page_.html("C");
  put_point(ribbon.to_x + ribbon.width, middle);
  put_point(ribbon.from_x + ribbon.width, middle);
  put_point(ribbon.from_x + ribbon.width, ribbon.from_y);
  page_.html("Z\">");
  if (!ribbon.title.empty()) page_.html("<title>").count(ribbon.packets).html(": ").text(ribbon.title).html("</title>");
  page_.html("</path>\n");
}

void Page::put_names(const PathLayout& layout) {
  page_.html("<ul class=\"nodes\" aria-label=\"Places, in the order of the path\">\n");
  for (const PathLayout::Node& node : layout.nodes) {
    page_.html("<li style=\"left:");
    put_percent(node.x);
    page_.html(";");
    if (!node.is_last) {
      page_.html("width:");
      put_percent(node.room);
      page_.html(";");
    }
    put_top(node.y + PathLayout::kBarHeight);
    page_.html("\" title=\"").text(node.name + (node.device.empty() ? "" : " " + node.device)).html("\"><b>");
    page_.count(node.packets).html("</b> ");
    if (node.is_origin) {
      page_.html("<i class=\"origin\">").text(node.name).html("</i>");
    } else {
      page_.text(node.name).html(" <span>").text(node.device).html("</span>");
    }
    page_.html("</li>\n");
  }
  page_.html("</ul>\n");
}

// What, in the first line; the reason in the second, the rule in the third.
void Page::put_end(const PathLayout::End& end) {
  page_.html("<li style=\"");
  put_top(end.to_y - 6);
  page_.html("\">");
  if (end.outcome == PathLayout::End::kOthers) {
    page_.html("<a class=\"other\" href=\"#outcomes\"><b>")
        .count(end.packets)
        .html("</b> with other outcomes</a></li>\n");
    return;
  }
  const Outcome& what = outcome(end.outcome);
  std::string text = outcome_text(what, places_, texts_);
  const std::string whole = text;
  const std::size_t reason = what.kind == OutcomeKind::kDropped ? text.rfind(" (") : std::string::npos;
  std::string why;
  if (reason != std::string::npos) {
    why = text.substr(reason + 2, text.size() - reason - 3);
    text.resize(reason);
  }
  page_.html("<a class=\"");
  put_tone(tone_of(what.kind));
  page_.html("\" href=\"#outcome-").number(rank_[end.outcome]).html("\" title=\"").text(whole).html("\"><b>");
  page_.count(end.packets).html("</b> ").text(text).html("</a>");
  if (!why.empty()) page_.html("<small>").text(why).html("</small>");
  if (what.rule != kNoText) {
    page_.html("<small title=\"").text(texts_[what.rule]).html("\"><code>").text(texts_[what.rule]);
    page_.html("</code></small>");
  } else if (const std::string owners = owners_text(what, texts_); !owners.empty()) {
    page_.html("<small>").text(owners).html("</small>");
  }
  page_.html("</li>\n");
}

void Page::put_picture() {
  const PathLayout layout = layout_of(flow_, totals_, places_);
  page_.html("<section aria-labelledby=\"path-title\">\n<h2 id=\"path-title\">The path</h2>\n<figure>\n");
  page_.html("<div class=\"flow\" style=\"height:").decimal(layout.height).html("px\">\n");
  page_.html("<div class=\"picture\">\n");
  put_shapes(layout);
  put_names(layout);
  page_.html("</div>\n<ul class=\"ends\" aria-label=\"Where packets ended\">\n");
  for (const PathLayout::End& end : layout.ends) put_end(end);
  page_.html("</ul>\n</div>\n");
  if (layout.returned > 0) {
    page_.html("<figcaption class=\"soft\">").count(layout.returned);
    page_.html(" steps back to a place further up (a redirection, a loop) are not drawn.</figcaption>\n");
  }
  page_.html("</figure>\n</section>\n");
}

void Page::put_outcomes() {
  page_.html(
      "<section aria-labelledby=\"outcomes\">\n<h2 id=\"outcomes\">What became of them</h2>\n<div class=\"wide\">");
  page_.html("<table>\n<thead><tr><th class=\"n\" scope=\"col\">Packets</th><th class=\"n\" scope=\"col\">Share</th>");
  page_.html("<th scope=\"col\"><span class=\"hidden\">Share as a bar</span></th>");
  page_.html("<th scope=\"col\">Outcome</th></tr></thead>\n<tbody>\n");
  for (const std::size_t number : order_) {
    const auto& [what, packets] = totals_.outcomes[number];
    page_.html("<tr><td class=\"n\">").count(packets).html("</td><td class=\"n\">");
    put_percent(share_of(packets));
    page_.html("</td><td class=\"share\"><span><i class=\"");
    put_tone(tone_of(what.kind));
    page_.html("\" style=\"width:");
    put_percent(share_of(packets));
    page_.html("\"></i></span></td><td class=\"");
    put_tone(tone_of(what.kind));
    page_.html("\"><a href=\"#outcome-").number(rank_[number]).html("\">").text(outcome_text(what, places_, texts_));
    page_.html("</a>");
    if (what.rule != kNoText) page_.html("<code>by rule ").text(texts_[what.rule]).html("</code>");
    if (const std::string owners = owners_text(what, texts_); !owners.empty()) {
      page_.html("<code>").text(owners).html("</code>");
    }
    page_.html("</td></tr>\n");
  }
  page_.html("</tbody>\n</table></div>\n</section>\n");
}

void Page::put_places() {
  page_.html("<section aria-labelledby=\"places\">\n<h2 id=\"places\">Where they were seen</h2>\n<div class=\"wide\">");
  page_.html("<table>\n<thead><tr><th scope=\"col\">Tap</th><th scope=\"col\">Device</th><th scope=\"col\">Hook</th>");
  page_.html("<th class=\"n\" scope=\"col\">Packets</th><th class=\"n\" scope=\"col\">Records</th>");
  page_.html(
      "<th class=\"n\" scope=\"col\">Bytes</th><th class=\"n\" scope=\"col\">Last seen here</th></tr></thead>\n");
  page_.html("<tbody>\n");
  for (const std::uint16_t number : places_.in_order()) {
    const auto& row = totals_.rows[number];
    const Place& place = places_[number];
    if (row.packets == 0) continue;
    page_.html("<tr><td>").text(tap_word(place.tap)).html("</td><td>").text(places_.device(place)).html("</td><td>");
    page_.text(Places::hook(place)).html("</td><td class=\"n\">").count(row.packets).html("</td><td class=\"n\">");
    page_.count(row.records).html("</td><td class=\"n\">").count(row.bytes).html("</td><td class=\"n\">");
    if (row.lost_here > 0) page_.html("<b class=\"dropped\">").count(row.lost_here).html("</b>");
    page_.html("</td></tr>\n");
  }
  page_.html("</tbody>\n</table></div>\n</section>\n");
}

void Page::put_packets() {
  page_.html(
      "<section aria-labelledby=\"packets\">\n<h2 id=\"packets\">Packets</h2>\n<p class=\"soft\">The first of each ");
  page_.html("outcome. Open one to see when it was at each place.</p>\n");
  for (const std::size_t number : order_) {
    std::uint64_t shown = 0;
    for (const PathFlow::Sample& sample : flow_.samples()) shown += sample.outcome == number ? 1 : 0;
    page_.html("<h3 id=\"outcome-")
        .number(rank_[number])
        .html("\">")
        .text(outcome_text(outcome(number), places_, texts_));
    if (const std::string owners = owners_text(outcome(number), texts_); !owners.empty()) page_.text(", " + owners);
    page_.html(" <span class=\"soft\">").count(shown).html(" of ").count(totals_.outcomes[number].packets);
    page_.html("</span></h3>\n");
    for (const PathFlow::Sample& sample : flow_.samples()) {
      if (sample.outcome == number) put_packet(sample);
    }
  }
  page_.html("</section>\n");
}

void Page::put_packet(const PathFlow::Sample& sample) {
  const PacketHistory& history = sample.history;
  page_.html("<details>\n<summary><code>").text(clock_text(history.first_ns)).html("</code>#").number(history.number);
  page_.html(" ").text(endpoints_text(history.endpoints)).html(", length ").number(history.payload_len);
  page_.html("</summary>\n");
  if (outcome(sample.outcome).rule != kNoText) {
    page_.html("<p class=\"soft\"><code>by rule ").text(texts_[outcome(sample.outcome).rule]).html("</code></p>\n");
  }
  put_ladder(sample);
  page_.html("</details>\n");
}

void Page::put_ladder(const PathFlow::Sample& sample) {
  const std::span<const Observation> seen(sample.observations);
  std::size_t longest = 0;
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (gap_before(seen, i) > gap_before(seen, longest)) longest = i;
  }
  const double most = std::max(1.0, static_cast<double>(gap_before(seen, longest)));
  page_.html(
      "<table class=\"ladder\"><thead><tr><th scope=\"col\">Place</th><th class=\"n\" scope=\"col\">Since first");
  page_.html("</th><th class=\"n\" scope=\"col\">Since previous</th><th scope=\"col\"><span class=\"hidden\">As a bar");
  page_.html("</span></th></tr></thead>\n<tbody>\n");
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::uint64_t gap = gap_before(seen, i);
    const bool is_longest = i == longest && seen.size() > 2;
    if (is_longest) {
      page_.html("<tr class=\"longest\"><td>");
    } else {
      page_.html("<tr><td>");
    }
    page_.text(place_line(places_[seen[i].place], places_));
    if (seen[i].records > 1) page_.html(" &times;").count(seen[i].records);
    page_.html("</td><td class=\"n\">").decimal(static_cast<double>(after_first(seen[i], sample.history)) / 1000);
    page_.html(" &micro;s</td><td class=\"n\">").decimal(static_cast<double>(gap) / 1000);
    page_.html(" &micro;s</td><td class=\"gap\"><i style=\"width:");
    put_percent(static_cast<double>(gap) / most);
    page_.html("\"></i>");
    if (is_longest) page_.html("<span class=\"hidden\">the longest</span>");
    page_.html("</td></tr>\n");
  }
  page_.html("</tbody></table>\n");
}

void Page::put_notes() {
  const std::string notes = notes_text(totals_, options_);
  if (notes.empty() || totals_.packets == 0) return;
  page_.html("<section aria-labelledby=\"notes\">\n<h2 id=\"notes\">Notes</h2>\n<ul>\n");
  constexpr std::string_view kPrefix = "note: ";
  for (std::size_t at = 0; at < notes.size();) {
    const std::size_t end = notes.find('\n', at);
    page_.html("<li>").text(std::string_view(notes).substr(at + kPrefix.size(), end - at - kPrefix.size()));
    page_.html("</li>\n");
    at = end + 1;
  }
  page_.html("</ul>\n</section>\n");
}

}  // namespace

std::string report_html(const CompareTotals& totals, const PathFlow& flow, const Places& places, const Texts& texts,
                        const CompareOptions& options) {
  return Page(totals, flow, places, texts, options).build();
}

}  // namespace ringtap
