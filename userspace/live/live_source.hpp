// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A running capture: taps on devices, rings, drain, clock, one time order. Owns every BPF object; the destructor
// detaches. One thread. The work is done by the types beside this one: DeviceWatch, SlotTable, the families of taps,
// ReaderWait, ClockWatch, Framing, CaptureAccount.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ringtap/source.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// How frames of these interfaces ("any" among them or not) are framed when captured together: as Ethernet or raw IP
// where all agree, else, and for `any`, as LINUX_SLL2.
Result<LinkType> link_type_of(const std::vector<std::string>& interfaces);

class LiveSource final : public RecordSource {
 public:
  using Notice = ringtap::Notice;

  // Everything is loaded and nothing attached when this returns.
  static Result<std::unique_ptr<LiveSource>> create(const LiveOptions& options, Notice notice);
  // Once; after an Error nothing is attached.
  Result<> attach();
  ~LiveSource() override;

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  Result<SourceAccount> account() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  [[nodiscard]] LinkType link_type() const;
  [[nodiscard]] bool has_several_interfaces() const;
  [[nodiscard]] std::string buffer_text() const;  // "2 rings of 32768 KiB"
  // The interfaces known so far, in the order sinks get them.
  [[nodiscard]] const std::vector<Interface>& interfaces() const;

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
