// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Last pass: the flow graph as eBPF instructions for one hook. For each view of the frame (plain; at tc also with the
// tag of skb metadata put back) it writes a fast copy, which reads packet memory after the guards, and a slow copy,
// which reads through the kernel's load helpers; a guard that fails continues in the slow copy at the same block, which
// never returns to the fast one. Post-condition: the code is one function that ends in exit on every path.
#pragma once

#include "filter/flow_graph.hpp"
#include "filter/translate.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

Result<FilterCode> lower(const FlowGraph& graph, const TranslateOptions& options);

}  // namespace ringtap
