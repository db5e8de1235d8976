// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tap programs, configured and loaded. Owns programs and maps; the rings' map is borrowed at load, then kept alive
// by the kernel. Programs are attached by Attachment (attachment.hpp).
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "filter/translate.hpp"
#include "loader/features.hpp"
#include "loader/filter_injection.hpp"
#include "loader/rings.hpp"
#include "ringtap/abi.h"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class OwnerHooks;

// Where a filter body runs: at which tap, on frames with or without an Ethernet header.
struct FilterPlace {
  ringtap_tap tap;
  bool l3;
  bool inlined;  // in place of its call, with the stack from kFilterStackBase down
};
// Translates the expression for a place; an Error if that is not possible.
using FilterBodies = std::function<Result<FilterCode>(FilterPlace, const KernelFeatures&)>;

struct TapProgramsConfig {
  TapSet taps = kTcTaps;
  bool follow = false;                // an sk_buff that the filter accepted is recorded wherever it is seen
  std::uint32_t followed = 1U << 10;  // how many of them are known at the same time
  bool namespaces = false;            // devices of other network namespaces are captured, too
  bool trace = false;                 // records of the tc taps have the address of their sk_buff
  bool who = false;                   // … and the owners of their packet
  bool counts_holders = false;        // … with the references to their sockets, whose holders can be looked for
  ringtap_choice choice{};            // … which have to be one of these
  std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN;
  std::uint32_t slots = 1;                          // attachment points, not counting RINGTAP_SLOT_UNKNOWN
  bool single_slot = true;                          // slot 1 is the only one: no look-up per packet
  const Rings* rings = nullptr;                     // those of the capture, which live longer
  bool consume = false;                             // XDP: captured frames are dropped
  std::uint32_t batch_bytes = RINGTAP_BATCH_BYTES;  // a stage that holds more is flushed to the ring
  bool ethernet = true;                             // the programs for devices with an Ethernet header
  bool l3 = false;                                  // also the programs for devices without a link-layer header
  FilterBodies filter;                              // none: every frame matches
  Reduction reduction;
  KernelFeatures features;
};

// The programs. L3: for frames without an Ethernet header; frags: multi-buffer XDP; netfilter
// first and last: at the hooks; enter and leave: around kNetfilterFunction. kPacketEnter is the filter of an AF_PACKET
// socket and calls the two others.
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
  kNetfilterEnter,
  kNetfilterLeave,
  kPacket,
  kPacketL3,
  kPacketEnter,
  kSocket,
  kStackIn,
  kStackOut,
  kDrop,
  kEnd,
  kLoopbackNote,  // no tap: with `who` at loopback's egress
};

// The tap programs before they are configured. To open them takes as long as it takes libbpf to read the kernel's
// types, and needs nothing that is known about the capture, so that another thread may do it.
class OpenTapPrograms {
 public:
  // `who`: they will be loaded with TapProgramsConfig::who.
  static Result<OpenTapPrograms> open(bool who);
  OpenTapPrograms(OpenTapPrograms&&) noexcept;
  OpenTapPrograms& operator=(OpenTapPrograms&&) noexcept;
  ~OpenTapPrograms();

 private:
  friend class TapPrograms;
  struct Impl;
  explicit OpenTapPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class TapPrograms {
 public:
  static Result<TapPrograms> load(OpenTapPrograms open, const TapProgramsConfig& config);
  static Result<TapPrograms> load(const TapProgramsConfig& config);
  TapPrograms(TapPrograms&&) noexcept;
  TapPrograms& operator=(TapPrograms&&) noexcept;
  ~TapPrograms();

  // Negative if it is not loaded.
  [[nodiscard]] int fd(TapProgram program) const;
  // Those that are loaded.
  [[nodiscard]] std::vector<int> fds() const;
  // Whether this kernel lets a process without capabilities use what it has of maps and programs (Linux 6.0).
  [[nodiscard]] bool usable_without_capabilities() const;
  // How often the kernel skipped a program because it had interrupted itself on a CPU (bpf_prog_info.recursion_misses).
  [[nodiscard]] std::uint64_t misses(Tap tap) const;
  // Starts watching softirqs, for Reduction::time_batch; before that every record has its own clock reading.
  Result<> watch_softirqs();
  // Starts learning who owns sockets, for TapProgramsConfig::who; before taps are attached.
  Result<> watch_owners();
  // Null before that.
  [[nodiscard]] OwnerHooks* owner_hooks() const;
  // The shared page, see ringtap_control.
  [[nodiscard]] ringtap_control& control() const;

  // The header of a CPU's stage; only a hint while taps are attached, since they write to it. An empty one for a
  // CPU that has none.
  [[nodiscard]] const ringtap_stage& stage(unsigned cpu) const;
  // Flushes the stage to the ring unless a record is being built in it; runs on that CPU, by an interrupt, or on any
  // CPU once taps are detached. False if the CPU is not online. Any possible CPU.
  bool flush_stage(unsigned cpu, bool on_its_cpu) const;
  // For a CPU that has come online and has a ring: from now on packets are captured there.
  Result<> add_stages(unsigned cpu);
  [[nodiscard]] const CpuMaps& stages() const;

  // From now on frames of this interface are counted in `slot`, with RINGTAP_SLOT_… for the packet tap.
  Result<> assign_slot(const ringtap_place& interface, std::uint32_t slot);
  // From now on there is no such interface; one that has no slot is none already.
  void release_slot(const ringtap_place& interface);
  // The counters of one slot and tap, one element per possible CPU.
  Result<std::vector<ringtap_counters>> counters(std::uint32_t slot, ringtap_tap tap) const;

 private:
  struct Impl;
  explicit TapPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
