// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/run_counts.hpp"

#include <algorithm>

#include "base/byte_text.hpp"
#include "base/now.hpp"

namespace ringtap {
namespace {

std::uint64_t rate(std::uint64_t present, std::uint64_t past, const RunCounts& now, const RunCounts& before) {
  constexpr double kLeastSeconds = 1e-3;
  const double seconds = std::max(static_cast<double>(now.at_ns - before.at_ns) / kNsPerSecond, kLeastSeconds);
  return static_cast<std::uint64_t>(static_cast<double>(present - std::min(past, present)) / seconds);
}

std::string pair(const char* key, std::uint64_t value) {
  return std::string(" ") + key + "=" + std::to_string(value);
}

}  // namespace

std::string stats_text(const RunCounts& now, const RunCounts& before) {
  const RecordingCounts recording = now.recording.value_or(RecordingCounts{});
  std::string text = "stats:" + pair("packets", recording.packets) +
                     pair("pps", rate(now.session.written, before.session.written, now, before)) +
                     pair("bytes_per_s", rate(now.bytes_written, before.bytes_written, now, before)) +
                     pair("lost", now.lost()) + pair("lost_pps", rate(now.lost(), before.lost(), now, before)) +
                     pair("disk", recording.packets_lost);
  const TapAccount total = now.source.total();
  for (std::size_t i = 0; i < total.drops.size(); ++i) text += pair(kDropNames[i], total.drops[i]);
  text += pair("stored", recording.stored) + pair("segments", recording.segments) + pair("removed", recording.removed) +
          pair("kept", recording.kept_bytes) + pair("disk_waits", recording.waits);
  if (recording.frames_stored_raw) text += pair("uncompressed", *recording.frames_stored_raw);
  text += " oldest=" + (recording.oldest_ns ? utc_text(*recording.oldest_ns) : "none");
  return text + " free=" + (recording.free ? std::to_string(*recording.free) : "unknown");
}

std::string status_text(const RunCounts& now, const RunCounts& before) {
  std::string text = std::to_string(rate(now.session.written, before.session.written, now, before)) + " packets/s, ";
  if (now.bytes_written > 0) text += bytes_text(rate(now.bytes_written, before.bytes_written, now, before)) + "/s, ";
  text += std::to_string(now.session.written) + " packets, " + std::to_string(now.lost()) + " lost";
  if (now.recording && now.recording->oldest_ns) text += ", holds packets since " + utc_text(*now.recording->oldest_ns);
  return text;
}

}  // namespace ringtap
