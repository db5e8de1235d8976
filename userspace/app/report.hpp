// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The closing lines of a run, which scripts read, and its accounting, as text. The closing lines have tcpdump(8)'s
// format. Pure functions, any thread.
#pragma once

#include <string>

#include "app/session.hpp"
#include "ringtap/accounting.hpp"

namespace ringtap {

// tcpdump's three lines, word for word, since scripts read them. "Received by filter" counts the frames that passed
// the filter, including dropped ones (pcap_stats(3PCAP) on Linux).
std::string summary_text(const SourceAccount& source, const SessionTotals& session);

// The accounting: a line per interface, tap and CPU, and one with the totals: "ringtap: accounting: key=value …".
// During a run records are in flight, so that the totals need not balance; with `running` the line says so instead.
std::string accounting_text(const SourceAccount& source, const SessionTotals& session, bool running = false);

// True if every frame is accounted for; only meaningful after the end of the run.
bool accounts_balance(const SourceAccount& source, const SessionTotals& session);

}  // namespace ringtap
