// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// When the captures of a session begin. "go" names a moment a while ahead, by the clock of the one who asks; each
// capture keeps the packets from that moment on, by their own times, so it makes no difference when a host handles the
// message. Hosts of one kernel share a clock. Another kernel's clock can be compared only if both are synchronised, and
// so well as both state; a host of which that is not true begins as long after the message as was left until the
// moment. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/clock_quality.hpp"
#include "fleet/fields.hpp"

namespace ringtap {

// Between "go" and the moment: enough for the message to reach fifty captures on one machine of two cores.
inline constexpr std::chrono::milliseconds kOpeningLead{300};

Fields go_request(std::string_view session, std::uint64_t now_ns, const std::string& boot, const ClockQuality& clock);

struct Opening {
  std::uint64_t at_ns = 0;  // since the epoch, by this host's clock
  bool is_common = false;   // the moment of all; false: as long after the message
};
// At a host with this boot id and clock, which reads `go` at `now_ns`.
Opening opening_of(const Fields& go, std::string_view boot, const ClockQuality& clock, std::uint64_t now_ns);

}  // namespace ringtap
