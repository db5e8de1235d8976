// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The report of a comparison as text and as JSON; docs/compare.md explains the columns and the keys. Pure functions,
// any thread.
#pragma once

#include <span>
#include <string>

#include "compare/comparer.hpp"

namespace ringtap {

// The answer, the tables and the notes, each line ended.
std::string report_text(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options);
std::string report_json(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options);
// "XDP saw 100, AF_PACKET 100, the application 0: dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)"
std::string answer_text(const CompareTotals& totals, const Places& places, const Texts& texts,
                        const CompareOptions& options);

// A line for a packet and one for each place where it was seen, with the time since the one before; or one JSON object.
// Appended without the last line's end.
void append_packet_text(std::string& text, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts, bool show_time);
void append_packet_json(std::string& line, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts);

}  // namespace ringtap
