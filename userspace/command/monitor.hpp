// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Tells others how a live run goes: --stats, --metrics, --metrics-file, systemd and Wireshark's toolbar, all from one
// RunCounts a second.
// What waits for a client or a disk is done by threads of its own. Borrows options, source and output. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/extcap_control.hpp"
#include "app/run_counts.hpp"
#include "app/service_manager.hpp"
#include "cli/options.hpp"
#include "command/outputs.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class Monitor {
 public:
  // Opens what has to be open before rights are given up and before threads are started.
  static Result<std::unique_ptr<Monitor>> prepare(const Options& options);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor();

  // In the sandbox, when every tap is attached.
  Result<> start(RecordSource& source, const Output& output);
  // Once a second, with the totals so far.
  void look(const SessionTotals& totals);
  // SIGUSR1.
  void tell_counts(const SessionTotals& totals);
  // Output::start_next_file, of which systemd hears.
  std::function<Result<>()> start_next_file(std::function<Result<>()> start);
  // The run has ended; the metrics are final.
  void end(const SessionTotals& totals);

 private:
  class Metrics;
  Monitor(const Options& options, ExtcapControl toolbar, std::unique_ptr<Metrics> metrics);
  [[nodiscard]] bool is_wanted() const;
  RunCounts gather(const SessionTotals& totals);

  const Options& options_;
  ServiceManager manager_;
  ExtcapControl toolbar_;
  RecordSource* source_ = nullptr;
  const Output* output_ = nullptr;
  RunCounts looked_;  // a second ago
  RunCounts told_;    // by the last line of --stats
  std::unique_ptr<Metrics> metrics_;
};

}  // namespace ringtap
