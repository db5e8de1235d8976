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

namespace ringtap {

std::string status_text(const std::vector<Fields>& hosts);
std::string fleet_report(const std::vector<FleetHostAccount>& hosts, const SessionTotals& totals);
// By the kernel side and on the way: of one host, and of all.
std::uint64_t lost_of(const FleetHostAccount& host);
std::uint64_t left_out_of(const FleetHostAccount& host);  // on purpose, once it has ended
std::uint64_t total_lost(const std::vector<FleetHostAccount>& hosts);

}  // namespace ringtap
