// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a run says about itself, as text: the closing lines that scripts read and the accounting. Pure functions, any
// thread; formats are tcpdump(1)'s and ours.
#pragma once

#include <string>

#include "app/session.hpp"
#include "ringtap/accounting.hpp"

namespace ringtap {

// tcpdump's three lines, word for word, since scripts read them. "Received by filter" are the frames that passed the
// filter, dropped ones included (pcap_stats(3PCAP) on Linux).
std::string summary_text(const SourceAccount& source, const SessionTotals& session);

// Both identities, a line per interface, tap and CPU and one for the sums: "ringtap: accounting: key=value …".
// While a run goes on records are in flight, and the totals need not balance: `running` says so instead.
std::string accounting_text(const SourceAccount& source, const SessionTotals& session, bool running = false);

// True when every frame is accounted for; only meaningful after the end.
bool accounts_balance(const SourceAccount& source, const SessionTotals& session);

}  // namespace ringtap
