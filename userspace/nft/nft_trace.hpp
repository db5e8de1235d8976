// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The verdicts of nftables' rules and policies on packets, from the kernel's own trace, which NftTables turns on for
// packets that match. No other rules are changed or counted. Rules of iptables-legacy are not part of nf_tables and are
// not traced.
//
// A separate thread reads the trace and gets the text of a chain when it first sees it, which takes long for a long
// chain; the caller never waits for that. Verdicts pass through a mailbox whose lock is not held in the meantime.
// Everything else: one thread. Owns the sockets, the tables and the thread, which ends with the object.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "nft/nft_tables.hpp"
#include "ringtap/result.hpp"
#include "ringtap/rule_verdict.hpp"

namespace ringtap {

struct NftTraceStatistics {
  std::uint64_t messages = 0;  // trace messages that were read
  std::uint64_t verdicts = 0;  // how many of these were verdicts
  std::uint64_t lost = 0;      // messages for which the socket had no room, and verdicts that were not read in time
};

class NftTrace {
 public:
  // An Error says what is missing: privileges, nf_tables, or tables with an owner.
  static Result<NftTrace> start(const NftTraceOptions& options);
  NftTrace(NftTrace&& other) noexcept;
  NftTrace& operator=(NftTrace&& other) noexcept;
  ~NftTrace();

  // Passes on the verdicts that have been read since the last call.
  Result<> drain(const std::function<void(const RuleVerdict&)>& handler);
  // Waits, at most for `patience`, until everything that the kernel has sent by now is ready for drain().
  void settle(std::chrono::milliseconds patience);

  [[nodiscard]] NftTraceStatistics statistics() const;
  [[nodiscard]] const std::string& description() const;

 private:
  struct Impl;
  explicit NftTrace(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
