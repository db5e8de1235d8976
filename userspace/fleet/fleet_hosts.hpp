// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the one who collects asks of agents: who is there, a session in two phases, its end. Answers come from the
// network; each is Fields within their limits, and a host that answers twice counts once. Stateless; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/fields.hpp"
#include "fleet/nats.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// Every agent's status, ordered by host. Waits until none has answered for some time.
Result<std::vector<Fields>> ask_status(Nats& nats);
// The hosts among them whose names match a pattern (fnmatch(3)). An Error if two agents have one name.
Result<std::vector<std::string>> matching_hosts(const std::vector<Fields>& all, const std::string& pattern);

// The same request to each of these; of one that does not answer in time or before the run is asked to end, or is not
// there, "refused" says so.
Result<std::vector<Fields>> ask_each(Nats& nats, const std::vector<std::string>& hosts, const Fields& request,
                                     std::chrono::milliseconds patience);
// One request that all agents get at the same moment; answers of those who take part in the session.
Result<std::vector<Fields>> ask_all(Nats& nats, const std::vector<std::string>& hosts, const Fields& request,
                                    std::chrono::milliseconds patience);

// What a collector that comes later has to know of a session.
Result<> leave_note(Nats& nats, const std::string& session, const Fields& note);
Result<Fields> read_note(Nats& nats, const std::string& session);

}  // namespace ringtap
