// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/triggers.hpp"

namespace ringtap {

std::uint64_t Triggers::Rate::add(std::uint64_t time_ns) {
  const std::uint64_t now = time_ns / 1'000'000'000;
  if (now != second) *this = {.second = now};
  return ++count;
}

std::optional<std::string> Triggers::look(const RecordView& record) {
  if (settings_.loss && record.lost_before > 0) {
    return "loss of " + std::to_string(record.lost_before) + " packets by the capture";
  }
  if (settings_.pps && packets_.add(record.time_ns) == *settings_.pps + 1) {
    return "rate above " + std::to_string(*settings_.pps) + " packets a second";
  }
  if (!settings_.drop_reason.empty() && record.tap == Tap::kDrop && record.trace) {
    const std::string_view reason = record.trace->reason;
    const bool counts = settings_.drop_reason == "any" || settings_.drop_reason == reason;
    // The first one above the rate, in each second.
    if (counts && (settings_.drops_per_second == 0 || drops_.add(record.time_ns) == settings_.drops_per_second + 1)) {
      std::string text = "drop " + std::string(reason);
      if (settings_.drops_per_second > 0)
        text += ", more than " + std::to_string(settings_.drops_per_second) + " a second";
      return text;
    }
  }
  if (record.triggers || (matches_ && matches_(record))) return "packet matching " + settings_.expression;
  return std::nullopt;
}

}  // namespace ringtap
