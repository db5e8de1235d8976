// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a capture is asked for, as LiveSource and its taps take it. Plain values; `matcher` and `bodies` borrow
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
#include "record/record_filter.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// The filter in the two forms that a capture needs.
struct LiveFilter {
  std::string expression;  // for messages and files; empty: every packet passes
  FilterBodies bodies;     // for the kernel; none: nothing is to be decided
  // For user space: for frames that the kernel could not decide, and for all of them where no program can have the
  // filter. Makes a predicate that one thread uses while others use theirs; null: every packet passes.
  std::function<RecordFilter::Matches()> matcher;
  // A recorder's second expression, which the programs decide for the frames that match; null: there is none.
  std::function<bool(const RecordView&)> triggers;
  bool any_vlan = false;  // it accepts more than what libpcap makes of the expression
  // Frames shorter than this may be left to user space, and are then copied whole, whatever the snaplen is.
  std::uint32_t recheck_below = 0;
};

// A network namespace with hooks of its own: its inode number, 0 for the capture's own, and what it is called.
struct HookNetns {
  std::uint32_t inode = 0;
  std::string name;
};

// Interfaces by name, one at least.
struct LiveOptions : CaptureSettings {
  // An sk_buff that the filter accepted at one tap is recorded at all of them, whatever it becomes on its way.
  bool follow = false;
  bool counts_holders = false;  // with `who`: how many processes have a packet's socket is found out, too
  LiveFilter filter;
  int interrupt_fd = -1;                   // becomes readable when a wait should end
  int command_fd = -1;                     // the same, -1: there is no command
  bool use_tcx = true;                     // false: clsact filters even where tcx links exist
  std::optional<KernelFeatures> features;  // what the kernel has: found out by the capture

  std::vector<HookNetns> hook_namespaces = {{}};  // in which something may be attached that keeps them

  std::string buffer_note;  // why buffer_bytes is less than usual; else empty

  static constexpr std::uint32_t kMinSnaplen = 64;  // the kernel side needs room for addresses and a restored tag
};

// Takes what the user should know while a capture runs.
using Notice = std::function<void(const std::string&)>;

}  // namespace ringtap
