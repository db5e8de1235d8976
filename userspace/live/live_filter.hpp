// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// An expression as a capture takes it: for which frames it is compiled, and the two forms it is used in. Owns nothing.
// Pure functions, any thread.
#pragma once

#include <vector>

#include "filter/expression_filter.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/tap.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// The link types of frames at the filter, for interfaces whose capture is framed as `framed`: one, or both if they
// become LINUX_SLL2 after the filter. Host taps put an Ethernet header in front of every packet.
std::vector<LinkType> met_link_types(LinkType framed, TapSet taps);

// Borrows `filter`, which `options` were compiled to, and a recorder's `trigger` (null: none) for as long as the
// capture lives.
LiveFilter live_filter(const FilterOptions& options, ExpressionFilter& filter, ExpressionFilter* trigger = nullptr);

}  // namespace ringtap
