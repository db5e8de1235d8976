// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A filter for the taps: translated for the place where it runs, using the features of the kernel. Pure
// function, any thread.
#pragma once

#include "filter/flow_graph.hpp"
#include "filter/translate.hpp"
#include "loader/features.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// `prepared` must come from a program for Ethernet or, if place.l3, for raw IP. So must `trigger`, which marks matches
// (lower_both.hpp); null: there is none.
Result<FilterCode> filter_body(const FlowGraph& prepared, const FlowGraph* trigger, const FilterPlace& place,
                               const KernelFeatures& features);

}  // namespace ringtap
