// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The report of a comparison over several hosts, as text and as JSON; docs/fleet.md explains it. What a host did not
// see because it did not run or lost records is unknown there, never absent. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "compare/hosts_comparer.hpp"

namespace ringtap {

std::string hosts_report_text(const HostsComparer& comparer);
std::string hosts_report_json(const HostsComparer& comparer);
// One packet: a line, and for each host one with its outcome and those of the places where it was seen there. Appended
// without the last line's end.
void append_journey_text(std::string& text, const Journey& journey, std::uint64_t number,
                         const HostsComparer& comparer);
void append_journey_json(std::string& line, const Journey& journey, std::uint64_t number,
                         const HostsComparer& comparer);

}  // namespace ringtap
