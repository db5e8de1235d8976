// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/clock_quality.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>

#include "base/now.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

ClockQuality clock_quality() {
  timex state{};
  const int result = ::adjtimex(&state);
  constexpr std::uint64_t kNsPerMicrosecond = 1000;
  const bool is_synchronised = result >= 0 && result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  return {.source = is_synchronised ? kSynchronised : kUnsynchronised,
          .error_ns = state.maxerror < 0 ? 0 : static_cast<std::uint64_t>(state.maxerror) * kNsPerMicrosecond};
}

std::string boot_id() {
  const UniqueFd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, 36> text{};
  if (file && ::read(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return {text.data(), text.size()};
  }
  // Two hosts that do not know theirs must not seem to be one.
  static const std::string made = [] {
    std::uint64_t number = monotonic_now_ns();
    (void)!::getrandom(&number, sizeof number, GRND_NONBLOCK);
    return "unknown-" + std::to_string(number);
  }();
  return made;
}

}  // namespace ringtap
