// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/opening.hpp"

#include <algorithm>

namespace ringtap {
namespace {

// No host keeps its gate closed for longer, whatever it is asked for.
constexpr std::uint64_t kLongestLeadNs = 10'000'000'000;

}  // namespace

Fields go_request(std::string_view session, std::uint64_t now_ns, const std::string& boot, const ClockQuality& clock) {
  const auto lead_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(kOpeningLead).count());
  Fields fields;
  fields.add("request", "go")
      .add("session", session)
      .add("moment", now_ns + lead_ns)
      .add("lead", lead_ns)
      .add("boot", boot)
      .add("clock", clock.source)
      .add("clock_error", clock.error_ns);
  return fields;
}

Opening opening_of(const Fields& go, std::string_view boot, const ClockQuality& clock, std::uint64_t now_ns) {
  const std::uint64_t moment_ns = go.number_or("moment", 0);
  const std::uint64_t lead_ns = std::min(go.number_or("lead", 0), kLongestLeadNs);
  if (moment_ns != 0) {
    const std::uint64_t ahead_ns = moment_ns > now_ns ? moment_ns - now_ns : 0;
    if (!boot.empty() && go.text("boot") == boot && ahead_ns <= kLongestLeadNs) {
      return {.at_ns = moment_ns, .is_common = true};
    }
    // A moment that is further ahead than it was when "go" was sent shows that one of the clocks is wrong.
    const bool are_synchronised = clock.source == kSynchronised && go.text("clock") == kSynchronised;
    const std::uint64_t error_ns = clock.error_ns + std::min(go.number_or("clock_error", 0), kLongestLeadNs);
    if (are_synchronised && ahead_ns <= std::min(lead_ns + error_ns, kLongestLeadNs)) {
      return {.at_ns = moment_ns, .is_common = true};
    }
  }
  return {.at_ns = now_ns + lead_ns, .is_common = false};
}

}  // namespace ringtap
