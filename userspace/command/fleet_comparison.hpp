// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The output of ringtap fleet compare: what is known of each host, whether it takes part or not, goes with its packets
// into one report. Borrows the source of the packets. One thread.
#pragma once

#include <vector>

#include "cli/options.hpp"
#include "command/outputs.hpp"
#include "compare/hosts_comparer.hpp"
#include "fleet/fleet_source.hpp"

namespace ringtap {

// To standard output and, with -w, a file. `others`: hosts that do not take part. Borrows the source.
Result<Output> open_fleet_comparison(const Options& options, const FleetSource& source, std::vector<HostFacts> others);

}  // namespace ringtap
