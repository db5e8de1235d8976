// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// For which frames a filter is compiled: their link type, and what else an expression depends on. Asks the system about
// the interfaces. Plain values; one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/options.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

struct FilteredFrames {
  LinkType link_type = LinkType::kEthernet;
  bool has_directions = false;           // each record has a direction
  std::optional<std::uint32_t> netmask;  // of the first interface
};

// The frames of the interfaces that the options name, as the taps see them. An Error if -y asks for another link type,
// or if this program cannot capture.
Result<FilteredFrames> frames_of_interfaces(const Options& options);

}  // namespace ringtap
