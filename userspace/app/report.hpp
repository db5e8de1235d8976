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

// The accounting: one line with the totals, "ringtap: accounting: total key=value …", and before it, with `each`, one
// per interface, tap and CPU. During a run records are in flight, so that the totals need not balance; with `running`
// the line says so instead.
std::string accounting_text(const SourceAccount& source, const SessionTotals& session, bool each, bool running = false);

// "12 VLAN-tagged frames did not match; --any-vlan matches inside tags"; empty if there were none.
std::string tagged_text(const SourceAccount& source);

// "1200 packets lost so far (ring_full 1200)"
std::string loss_text(const SourceAccount& source);

// True if every frame is accounted for; only meaningful after the end of the run.
bool accounts_balance(const SourceAccount& source, const SessionTotals& session);

}  // namespace ringtap
