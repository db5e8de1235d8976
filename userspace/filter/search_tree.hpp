// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pass over the flow graph: chains of "this field equals this constant, or that one, or …" (a list of hosts, of
// ports) become binary searches over intervals. Chains over several fields (source, destination, source …) with one
// outcome are first sorted by field, from the point where all of the fields are known to be in the packet.
// Post-condition: same verdicts; of n constants compared with one field a path tests at most about log2(n) + 2; the
// graph stays well-formed.
#pragma once

#include "filter/flow_graph.hpp"

namespace ringtap {

void build_search_trees(FlowGraph& graph);

}  // namespace ringtap
