// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pass over the flow graph: chains of "A equals this constant, or that one, or …" (a list of hosts, of ports) become
// binary searches over intervals. Post-condition: same verdicts; a chain of n constants takes at most about log2(n) + 2
// tests on any path; the graph stays well-formed.
#pragma once

#include "filter/flow_graph.hpp"

namespace ringtap {

void build_search_trees(FlowGraph& graph);

}  // namespace ringtap
