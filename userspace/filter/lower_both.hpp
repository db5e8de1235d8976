// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Two filters as one body: the first decides about the frame, the second is asked about those that match and only marks
// them (kTriggerVerdict). Each keeps its own meaning, also for loads outside the frame. Pure function, any thread.
#pragma once

#include "filter/flow_graph.hpp"
#include "filter/translate.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// The body's verdict if both match; kRecheckVerdict if one of them leaves its answer to user space.
constexpr std::uint32_t kTriggerVerdict = 0x4000'0000;

// Uses 8 bytes of stack more than kFilterStackBytes.
Result<FilterCode> lower_both(const FlowGraph& filter, const FlowGraph& trigger, const TranslateOptions& options);

}  // namespace ringtap
