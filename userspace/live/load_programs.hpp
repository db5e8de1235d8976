// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Loads the programs for a capture's options; if the kernel does not accept the filter, without it, so that user space
// has to filter. The result owns the programs. One thread.
#pragma once

#include <cstdint>

#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

struct LoadedPrograms {
  TapPrograms programs;
  bool filter_in_user_space;  // the kernel did not accept it: every frame is copied
};

// `options` must have features. `slots`: for devices, not counting slot 0.
Result<LoadedPrograms> load_programs(OpenTapPrograms open, const LiveOptions& options, LinkType link_type, Rings& rings,
                                     std::uint32_t slots, const Notice& notice);

}  // namespace ringtap
