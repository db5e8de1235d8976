// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A running capture: taps on devices, rings, drain, clock, one time order. Owns every BPF object; the destructor
// detaches. One thread. While the line is quiet the thread sleeps in the kernel and the first frame wakes it; under
// load it looks every kNap, so that the receiving CPUs never pay for a wake-up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/attachment.hpp"
#include "loader/features.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/abi.h"
#include "ringtap/source.hpp"

namespace ringtap {

// What is wanted, in the two forms a capture needs.
struct LiveFilter {
  std::string expression;  // for messages and files; empty: everything is wanted, and the rest is not used
  FilterBodies bodies;     // for the kernel
  // For user space: of frames the kernel could not decide on, and of all where no program with the filter can be had.
  std::function<bool(const RecordView&)> matches;
  bool any_vlan = false;     // it stands for more than libpcap makes of the expression
  bool may_recheck = false;  // then frames are copied whole whatever the snaplen
};

struct LiveOptions {
  std::vector<std::string>
      interfaces;  // names; "any" stands alone: every device that is up, also those that come later
  TapSet taps = kTcTaps;
  // An sk_buff the filter said yes to at one tap is recorded at all of them, whatever becomes of it on its way.
  bool follow = false;
  XdpMode xdp_mode = XdpMode::kAuto;
  bool consume = false;                         // XDP: captured frames end here (XDP_DROP)
  bool consume_despite_address = false;         // else refused on a device with an address, whose traffic would stop
  std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN;  // of the frame as it is handed over
  std::uint64_t buffer_bytes = kDefaultBufferBytes;
  bool promiscuous = true;
  LiveFilter filter;
  Reduction reduction;
  int interrupt_fd = -1;                   // becomes readable when a wait should end
  bool use_tcx = true;                     // false: clsact filters even where tcx links exist
  std::optional<KernelFeatures> features;  // probed when not given

  static constexpr std::uint64_t kDefaultBufferBytes = std::uint64_t{64} << 20;
  static constexpr std::uint32_t kMinSnaplen = 64;  // the kernel side needs room for addresses and a restored tag
};

// How frames of these interfaces ("any" among them or not) are framed when captured together: as Ethernet or raw IP
// where all agree, else, and for `any`, as LINUX_SLL2.
Result<LinkType> link_type_of(const std::vector<std::string>& interfaces);

class LiveSource final : public RecordSource {
 public:
  // Told of what happens to devices while the capture runs; text for the user.
  using Notice = std::function<void(const std::string&)>;

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

  static constexpr std::chrono::microseconds kNap{250};

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
