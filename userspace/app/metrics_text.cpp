// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/metrics_text.hpp"

#include <array>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <utility>

#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "base/seconds_text.hpp"

namespace ringtap {
namespace {

struct Label {
  std::string_view name;
  std::string_view value;
};
using Labels = std::initializer_list<Label>;

class Text {
 public:
  // Before its samples.
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(Labels labels, std::uint64_t value) { sample(labels, std::to_string(value)); }
  void sample(Labels labels, const std::string& value) {
    text_.append(name_);
    char before = '{';
    for (const Label& label : labels) {
      text_ += before;
      text_.append(label.name).append("=\"");
      put_value(label.value);
      text_ += '"';
      before = ',';
    }
    text_.append(before == '{' ? " " : "} ").append(value).append("\n");
  }
  std::string take() { return std::move(text_); }

 private:
  // Names of devices may hold any byte.
  void put_value(std::string_view value) {
    for (const char c : plain_line(value)) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
  }

  std::string text_;
  std::string_view name_;
};

// Of all CPUs together: a label for each would make a series for each.
using ByPlace = std::map<std::pair<std::string, std::string>, TapAccount>;

ByPlace by_place(const SourceAccount& source) {
  ByPlace places;
  for (const TapAccount& tap : source.taps) places[{tap.interface, tap.tap}] += tap;
  return places;
}

void put_places(Text& text, const ByPlace& places) {
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t TapAccount::*count) {
    text.metric(name, "counter", help);
    for (const auto& [place, account] : places) {
      text.sample({{"interface", place.first}, {"tap", place.second}}, account.*count);
    }
  };
  counter("ringtap_packets_seen_total", "Packets that reached a tap.", &TapAccount::seen);
  counter("ringtap_packets_filtered_total", "Packets that did not match the filter.", &TapAccount::filtered);
  counter("ringtap_packets_delivered_total", "Packets that were handed over to the program.", &TapAccount::delivered);
  text.metric("ringtap_packets_lost_total", "counter", "Packets that matched the filter and were lost.");
  for (const auto& [place, account] : places) {
    for (std::size_t i = 0; i < kDropNames.size(); ++i) {
      text.sample({{"interface", place.first}, {"tap", place.second}, {"reason", kDropNames[i]}}, account.drops[i]);
    }
  }
  text.metric("ringtap_packets_left_out_total", "counter", "Packets that were left out on purpose.");
  for (const auto& [place, account] : places) {
    for (std::size_t i = 0; i < kLeftOutNames.size(); ++i) {
      text.sample({{"interface", place.first}, {"tap", place.second}, {"reason", kLeftOutNames[i]}},
                  account.left_out[i]);
    }
  }
}

void put_recording(Text& text, const RecordingCounts& recording) {
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    text.metric(name, type, help);
    text.sample({}, value);
  };
  one("ringtap_recorder_packets_total", "counter", "Packets in the segments.", recording.packets);
  one("ringtap_recorder_packets_lost_total", "counter", "Packets that could not be written to the disk.",
      recording.packets_lost);
  one("ringtap_recorder_stored_bytes_total", "counter", "Bytes in the segments, as they are stored.", recording.stored);
  one("ringtap_recorder_segments_total", "counter", "Segments that were begun.", recording.segments);
  one("ringtap_recorder_segments_removed_total", "counter", "Segments that were removed to keep the limits.",
      recording.removed);
  one("ringtap_recorder_disk_waits_total", "counter", "How often the capture had to wait for the disk.",
      recording.waits);
  one("ringtap_recorder_kept_bytes", "gauge", "Size of all complete segments.", recording.kept_bytes);
  if (recording.free) one("ringtap_recorder_free_bytes", "gauge", "Free space of the disk.", *recording.free);
  if (!recording.oldest_ns) return;
  text.metric("ringtap_recorder_oldest_timestamp_seconds", "gauge", "Time of the oldest packets that are kept.");
  text.sample({}, seconds_text(*recording.oldest_ns));
}

std::string answer(std::string_view status, std::string_view type, const std::string& body, bool has_body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  text.append("\r\nConnection: close\r\n\r\n");
  return has_body ? text + body : text;
}

}  // namespace

std::string metrics_text(const RunCounts& counts, const std::string& version) {
  Text text;
  text.metric("ringtap_build_info", "gauge", "The version of ringtap; always 1.");
  text.sample({{"version", version}}, 1);
  put_places(text, by_place(counts.source));
  text.metric("ringtap_packets_written_total", "counter", "Packets that outputs took.");
  text.sample({}, counts.session.written);
  text.metric("ringtap_packets_discarded_total", "counter", "Packets that were handed over and are in no output.");
  for (std::size_t i = 0; i < kDiscardNames.size(); ++i) {
    text.sample({{"reason", kDiscardNames[i]}}, counts.session.discards[i]);
  }
  text.metric("ringtap_bytes_written_total", "counter", "Bytes written to files, before they are compressed.");
  text.sample({}, counts.bytes_written);
  if (!counts.drops.empty()) {
    text.metric("ringtap_drops_total", "counter", "Captured packets that the kernel dropped.");
    for (const auto& [reason, packets] : counts.drops) text.sample({{"reason", reason}}, packets);
  }
  if (!counts.outcomes.empty()) {
    text.metric("ringtap_compared_packets_total", "counter", "Packets that were followed to their end.");
    for (const auto& [outcome, packets] : counts.outcomes) text.sample({{"outcome", outcome}}, packets);
  }
  if (counts.recording) put_recording(text, *counts.recording);
  return text.take();
}

std::optional<std::string> answer_to_request(std::string_view request, const std::function<std::string()>& metrics) {
  constexpr std::string_view kPlain = "text/plain; charset=utf-8";
  if (request.find("\r\n\r\n") == std::string_view::npos && request.find("\n\n") == std::string_view::npos) {
    if (request.size() < kMostRequestBytes) return std::nullopt;
    return answer("431 Request Header Fields Too Large", kPlain, "too long\n", true);
  }
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const std::string_view method = line.substr(0, line.find(' '));
  std::string_view target = method.size() < line.size() ? line.substr(method.size() + 1) : std::string_view();
  target = target.substr(0, target.find_first_of(" ?"));
  if (method != "GET" && method != "HEAD") return answer("405 Method Not Allowed", kPlain, "only GET\n", true);
  const bool has_body = method == "GET";
  if (target != "/metrics") return answer("404 Not Found", kPlain, "metrics are at /metrics\n", has_body);
  return answer("200 OK", "text/plain; version=0.0.4; charset=utf-8", metrics(), has_body);
}

}  // namespace ringtap
