// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pass over the flow graph for programs that libpcap's optimiser has not processed (it takes cubic time, and programs
// for several VLAN tags are joined only after it): drops loads of values that A or X already holds, and redirects paths
// on which the outcome of a branch is known to its target. One walk in topological order. Post-condition: same
// verdicts, no more operations on any path than before; the graph stays well-formed.
#pragma once

#include "filter/flow_graph.hpp"

namespace ringtap {

void simplify(FlowGraph& graph);

}  // namespace ringtap
