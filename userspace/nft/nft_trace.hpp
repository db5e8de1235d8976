// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What nftables' rules and policies decide about packets, from the kernel's own trace of them, switched on for packets
// that match by NftTables. Nobody's rules are changed or counted. Rules of iptables-legacy are no part of nf_tables and
// leave no trace.
//
// A thread of its own reads the trace and asks for the text of a chain when it first meets it, which takes long for a
// long chain; the caller never waits for that. Decisions pass through a mailbox whose lock is never held meanwhile.
// Everything but the thread: one thread. Owns the sockets, the tables and the thread, which ends with the object.
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
  std::uint64_t verdicts = 0;  // decisions among them
  std::uint64_t lost = 0;      // messages for which the socket had no room, and decisions that nobody took in time
};

class NftTrace {
 public:
  // An Error says what is missing: privileges, nf_tables, or tables with an owner.
  static Result<NftTrace> start(const NftTraceOptions& options);
  NftTrace(NftTrace&& other) noexcept;
  NftTrace& operator=(NftTrace&& other) noexcept;
  ~NftTrace();

  // Hands over the decisions that have been read since the last time.
  Result<> drain(const std::function<void(const RuleVerdict&)>& handler);
  // Waits until everything the kernel has told by now is there for drain(), at most `patience`.
  void settle(std::chrono::milliseconds patience);

  [[nodiscard]] NftTraceStatistics statistics() const;
  [[nodiscard]] const std::string& description() const;

 private:
  struct Impl;
  explicit NftTrace(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
