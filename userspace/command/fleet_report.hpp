// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What ringtap fleet says of hosts: their status as a table, and the accounting of a session, of which for each host
//   delivered = discarded + queue + missing + late + handed, and in total handed = written + discarded
// holds. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/session.hpp"
#include "fleet/fields.hpp"
#include "fleet/fleet_source.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

std::string status_text(const std::vector<Fields>& hosts);
// Of the answers to "go": what is said of the session, and of the hosts that did not begin with the others. An Error if
// none has begun.
struct OpeningText {
  std::string text;
  std::vector<std::string> warnings;
  bool is_common = true;  // no host begins a lead after its message
};
Result<OpeningText> opening_text(const std::string& session, const std::vector<Fields>& answers, bool verbose);
std::string fleet_report(const std::vector<FleetHostAccount>& hosts, const SessionTotals& totals);
// By the kernel side and on the way: of one host, and of all.
std::uint64_t lost_of(const FleetHostAccount& host);
std::uint64_t left_out_of(const FleetHostAccount& host);  // on purpose, once it has ended
std::uint64_t total_lost(const std::vector<FleetHostAccount>& hosts);

}  // namespace ringtap
