// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// For which frames a filter is compiled. Asks the system for the interfaces; one thread. Owns nothing that lasts.
// Plain values.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/options.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

struct FilteredFrames {
  LinkType link_type = LinkType::kEthernet;
  bool has_directions = false;           // each record says which way it went
  std::optional<std::uint32_t> netmask;  // of the first interface
};

// Of the interfaces that the options name, as the taps meet them. An Error where -y asks for another link type, or
// where this program cannot capture.
Result<FilteredFrames> frames_of_interfaces(const Options& options);

}  // namespace ringtap
