// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// From what a capture is asked for to its loaded programs. Where the kernel does not take the filter they are
// loaded without it.
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
  bool filter_in_user_space;  // the kernel did not take it: every frame comes
};

// `options` with features. `slots`: devices, slot 0 not counted.
Result<LoadedPrograms> load_programs(const LiveOptions& options, LinkType link_type, const Rings& rings,
                                     std::uint32_t slots, const Notice& notice);

}  // namespace ringtap
