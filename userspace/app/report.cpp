// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/report.hpp"

#include <algorithm>
#include <array>

namespace ringtap {
namespace {

std::string packets(std::uint64_t count, const char* what) {
  return std::to_string(count) + (count == 1 ? " packet " : " packets ") + what + "\n";
}

constexpr std::array<const char*, kLeftOutNames.size()> kLeftOutTexts = {
    "left out by --sample", "left out by --max-pps", "of other processes left out", "of unknown processes left out"};

std::string pair_text(const char* key, std::uint64_t value) {
  return std::string(" ") + key + "=" + std::to_string(value);
}

std::string kernel_side_text(const TapAccount& account) {
  std::string text = pair_text("seen", account.seen) + pair_text("filtered", account.filtered);
  for (std::size_t i = 0; i < kLeftOutNames.size(); ++i) text += pair_text(kLeftOutNames[i], account.left_out[i]);
  for (std::size_t i = 0; i < kDropNames.size(); ++i) text += pair_text(kDropNames[i], account.drops[i]);
  return text + pair_text("delivered", account.delivered);
}

}  // namespace

std::string summary_text(const SourceAccount& source, const SessionTotals& session) {
  const TapAccount total = source.total();
  std::string text = packets(session.written, "captured") +
                     packets(total.seen - total.filtered - source.refused, "received by filter") +
                     packets(total.dropped(), "dropped by kernel");
  // tcpdump's three lines, then lines for packets that were left out, if there are any.
  for (std::size_t i = 0; i < kLeftOutNames.size(); ++i) {
    if (total.left_out[i] != 0) text += packets(total.left_out[i], kLeftOutTexts[i]);
  }
  if (source.time_batch_missed != 0)
    text += packets(source.time_batch_missed, "with a time stamp older than --time-batch allows");
  return text;
}

std::string accounting_text(const SourceAccount& source, const SessionTotals& session, bool each, bool running) {
  const std::string start = "ringtap: accounting:";
  std::string text;
  for (const TapAccount& tap : source.taps) {
    if (!each) break;
    text += start + " tap=" + tap.tap + " interface=" + tap.interface + pair_text("cpu", tap.cpu) +
            kernel_side_text(tap) + "\n";
  }
  text += start + " total" + kernel_side_text(source.total()) + pair_text("written", session.written);
  for (std::size_t i = 0; i < kDiscardNames.size(); ++i) {
    text += pair_text((std::string("discarded_") + kDiscardNames[i]).c_str(), session.discards[i]);
  }
  text += pair_text("malformed", source.malformed) + pair_text("late", source.late) +
          pair_text("time_batch_missed", source.time_batch_missed);
  if (source.unattributed) text += pair_text("unattributed", *source.unattributed);
  return text + (running ? " running\n" : accounts_balance(source, session) ? " balanced\n" : " NOT-BALANCED\n");
}

std::string tagged_text(const SourceAccount& source) {
  const std::uint64_t frames = source.total().filtered_tagged + source.refused_tagged;
  if (frames == 0) return "";
  return std::to_string(frames) + (frames == 1 ? " VLAN-tagged frame" : " VLAN-tagged frames") +
         " did not match; --any-vlan matches inside tags";
}

std::string loss_text(const SourceAccount& source) {
  const TapAccount total = source.total();
  std::string causes;
  for (std::size_t i = 0; i < kDropNames.size(); ++i) {
    if (total.drops[i] == 0) continue;
    causes += (causes.empty() ? "" : ", ") + std::string(kDropNames[i]) + " " + std::to_string(total.drops[i]);
  }
  const std::uint64_t lost = total.dropped();
  return std::to_string(lost) + (lost == 1 ? " packet" : " packets") + " lost so far (" + causes + ")";
}

bool accounts_balance(const SourceAccount& source, const SessionTotals& session) {
  const bool kernel_side =
      std::all_of(source.taps.begin(), source.taps.end(), [](const TapAccount& tap) { return tap.balances(); });
  return kernel_side && source.total().delivered == session.written + session.discarded();
}

}  // namespace ringtap
