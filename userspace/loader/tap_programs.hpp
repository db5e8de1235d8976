// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tap programs, configured and loaded. Owns programs and maps; the rings' map is borrowed at load and kept alive by
// the kernel. Attachment attaches them (attachment.hpp).
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "loader/features.hpp"
#include "loader/filter_injection.hpp"
#include "ringtap/abi.h"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// Where a filter body runs: at which tap, on frames with or without an Ethernet header.
struct FilterPlace {
  ringtap_tap tap;
  bool l3;
  bool inlined;  // in the place of its call, with the stack from kFilterStackBase down
};
// The translated expression for a place; an Error when it cannot be translated for it.
using FilterBodies = std::function<Result<std::vector<bpf_insn>>(FilterPlace, const KernelFeatures&)>;

struct TapProgramsConfig {
  TapSet taps = kTcTaps;
  bool follow = false;  // an sk_buff that the filter accepted is recorded wherever it is met; traces at tc
  std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN;
  std::uint32_t slots = 1;  // attachments, RINGTAP_SLOT_UNKNOWN not counted
  bool single_slot = true;  // slot 1 is the only one: no look-up per packet
  int rings_fd = -1;
  bool consume = false;                             // XDP: captured frames end here
  std::uint32_t batch_bytes = RINGTAP_BATCH_BYTES;  // a stage that holds more goes to the ring
  bool ethernet = true;                             // the programs for devices with an Ethernet header
  bool l3 = false;                                  // the programs for devices without a link-layer header too
  FilterBodies filter;                              // none: every frame passes
  Reduction reduction;
  KernelFeatures features;
};

// Programs that are attached somewhere. L3: for frames without an Ethernet header; frags: multi-buffer XDP.
enum class TapProgram : std::uint8_t {
  kXdpFrags,
  kXdp,
  kXdpL3,
  kTcIngress,
  kTcEgress,
  kTcIngressL3,
  kTcEgressL3,
  kNetfilterFirst,
  kNetfilterLast,
  kSocket,
  kStackIn,
  kStackOut,
  kDrop,
  kEnd,
};

class TapPrograms {
 public:
  static Result<TapPrograms> load(const TapProgramsConfig& config);
  TapPrograms(TapPrograms&&) noexcept;
  TapPrograms& operator=(TapPrograms&&) noexcept;
  ~TapPrograms();

  // Negative where it is not loaded.
  [[nodiscard]] int fd(TapProgram program) const;
  // Times the kernel skipped a program because it had interrupted itself on a CPU (bpf_prog_info.recursion_misses).
  [[nodiscard]] std::uint64_t misses(Tap tap) const;
  // Begins to watch softirqs, without which every record has a time of its own (Reduction::time_batch).
  Result<> watch_softirqs();
  // Shared page: see ringtap_control.
  [[nodiscard]] ringtap_control& control() const;

  // The records in a CPU's stage; a hint while taps are on, since the kernel side writes there.
  [[nodiscard]] const ringtap_stage& stage(std::size_t cpu) const;
  // Sends them to the ring unless a record is being made; on that CPU, by an interrupt, or on any CPU while taps are
  // off.
  bool flush_stage(std::size_t cpu, bool on_its_cpu) const;

  // Frames of this interface are counted in `slot` from now on.
  Result<> assign_slot(std::uint32_t ifindex, std::uint32_t slot);
  // Counters of one slot and tap, one element per possible CPU.
  Result<std::vector<ringtap_counters>> counters(std::uint32_t slot, ringtap_tap tap) const;

 private:
  struct Impl;
  explicit TapPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
