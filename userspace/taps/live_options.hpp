// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a capture is asked for, as LiveSource and its taps take it. Plain values; `matches` and `bodies` borrow
// what they need from whoever fills them in, for as long as the capture lives.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "loader/attachment.hpp"
#include "loader/features.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/abi.h"
#include "ringtap/record.hpp"

namespace ringtap {

// The filter in the two forms that a capture needs.
struct LiveFilter {
  std::string expression;  // for messages and files; empty: every packet passes, and the rest is not used
  FilterBodies bodies;     // for the kernel
  // For user space: for frames that the kernel could not decide, and for all of them where no program can have the
  // filter.
  std::function<bool(const RecordView&)> matches;
  bool any_vlan = false;     // it accepts more than what libpcap makes of the expression
  bool may_recheck = false;  // then frames are copied whole, whatever the snaplen is
};

struct LiveOptions {
  // Names; "any" only by itself: every device that is up, also devices that appear later.
  std::vector<std::string> interfaces;
  TapSet taps = kTcTaps;
  // An sk_buff that the filter accepted at one tap is recorded at all of them, whatever it becomes on its way.
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

// Takes what the user should know while a capture runs.
using Notice = std::function<void(const std::string&)>;

}  // namespace ringtap
