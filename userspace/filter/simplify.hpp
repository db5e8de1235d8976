// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pass over the flow graph for what libpcap's optimiser was not run on (it takes cubic time, and an expression tried
// behind several tags is joined after it): loads of what A or X holds already are dropped, and a branch whose outcome
// is known on the way it is reached leads to where it would go. One walk in topological order.
// Post-condition: same verdicts, no more operations on any path than before; the graph stays well-formed.
#pragma once

#include "filter/flow_graph.hpp"

namespace ringtap {

void simplify(FlowGraph& graph);

}  // namespace ringtap
