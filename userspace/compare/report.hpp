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

// What a reader has to know about the figures, a line for each: "note: …".
std::string notes_text(const CompareTotals& totals, const CompareOptions& options);
// "13:05:07.719373"
std::string clock_text(std::uint64_t time_ns);
// The time of an observation since the packet's first record, and since the place before it; 0 for the first.
std::uint64_t after_first(const Observation& observation, const PacketHistory& history);
std::uint64_t gap_before(std::span<const Observation> observations, std::size_t i);
// "xdp eth0", "netfilter eth0 INPUT pre"
std::string place_line(const Place& place, const Places& places);

// A line for a packet and one for each place where it was seen, with the time since the one before; or one JSON object.
// Appended without the last line's end.
void append_packet_text(std::string& text, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts, bool show_time);
void append_packet_json(std::string& line, const PacketHistory& history, std::span<const Observation> observations,
                        const Outcome& outcome, const Places& places, const Texts& texts);

}  // namespace ringtap
