// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A running capture: attaches taps to devices, drains the rings, converts times, puts records into time order. Owns
// every BPF object; the destructor detaches. One thread. Most of the work is done by DeviceWatch, SlotTable, the
// families of taps, ReaderWait, ClockWatch and Lane.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ringtap/source.hpp"
#include "sandbox/sandbox.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

class LiveSource final : public RecordSource {
 public:
  using Notice = ringtap::Notice;

  // When this returns, everything is loaded and nothing is attached.
  static Result<std::unique_ptr<LiveSource>> create(const LiveOptions& options, Notice notice);
  // To be called once; after an Error nothing is attached.
  Result<> attach();
  // Before attach(): what is to be done later with rights, such as attaching to devices that appear, becomes the work
  // of helper processes.
  Result<> start_helpers();
  // After attach(): what this process has to keep nevertheless.
  SandboxNeeds later_needs();
  // How many threads read rings: LiveOptions::threads, but no more than there are rings.
  [[nodiscard]] std::size_t threads() const;
  // How many rings there are, one for each CPU: so many threads there can be.
  [[nodiscard]] std::size_t rings() const;
  // After attach(), where threads() is more than one, before the first turn(): from then on each thread has a sink of
  // its own, which it calls itself until a turn() returns kEnd, and the sink of a turn gets nothing. Borrowed.
  // `in_step`: while one thread has records, the sinks of the others hear of the time, too.
  Result<> start_threads(std::span<Sink* const> sinks, bool in_step);
  // Does `work`, which may use those sinks, while no thread does; it asks nothing of this.
  Result<> while_threads_stand(const std::function<Result<>()>& work);
  ~LiveSource() override;

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  Result<SourceAccount> account() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  [[nodiscard]] LinkType link_type() const;
  [[nodiscard]] bool has_several_interfaces() const;
  [[nodiscard]] std::string buffer_text() const;  // "2 rings of 32768 KiB"
  // The interfaces known so far, in the order in which sinks get them.
  [[nodiscard]] const std::vector<Interface>& interfaces() const;

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
