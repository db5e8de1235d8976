// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the reports of one host and of several share: tables, the table of places, and how places and outcomes look in
// JSON. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compare/outcome.hpp"
#include "compare/packet_tracker.hpp"
#include "compare/places.hpp"

namespace ringtap {

using TableRow = std::vector<std::string>;
// Columns are two blanks apart; numbers are aligned to the right. A column without any text is left out.
std::string table_text(const std::vector<TableRow>& rows, const std::vector<bool>& is_number);

// The places of one host in the order of a packet's path; without a name there is but one host.
struct HostPlaces {
  std::string name;
  const Places* places;  // borrowed
  std::vector<PlaceCount> rows;
};
std::string places_text(const std::vector<HostPlaces>& hosts);

// "1 packet", "2 packets"
std::string plural(std::uint64_t count, const std::string& word);
// What is unknown without these taps, a line for each: "note: …".
std::string undecided_text(TapSet missing);
// "      719.3 us"
std::string microseconds_text(std::uint64_t ns);

void describe_place(JsonObject& object, const Place& place, const Places& places);
void describe_endpoints(JsonObject& object, const Endpoints& ends);
void describe_outcome(JsonObject& object, const Outcome& outcome, const Places& places, const Texts& texts);

}  // namespace ringtap
