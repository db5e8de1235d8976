// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A family of taps, which is one word of --tap: what it needs of the kernel, how it is attached, what it counts itself.
// A family is made for one capture and lives as long as that; the capture owns what the family attaches. Nothing here
// is called for a single packet. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "loader/attachment.hpp"
#include "loader/kernel_names.hpp"
#include "loader/tap_programs.hpp"
#include "net/rtnetlink.hpp"
#include "record/clock.hpp"
#include "record/event.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/result.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// A capture before anything is loaded.
struct TapPlan {
  LiveOptions& options;  // with features; prepare() may change `taps`
  bool any;
  const std::vector<rtnetlink::Device>& devices;
  const Notice& notice;
};

// A capture whose programs are loaded. Borrowed.
struct TapContext {
  const LiveOptions& options;
  bool any;
  std::size_t devices;          // at the start
  const TapPrograms* programs;  // null: no tap of this capture needs BPF
  TraceNames& names;
  const Notice& notice;
  std::function<void(int fd)> wake_on;      // the capture waits for this descriptor too
  std::function<void(Tap tap)> do_without;  // the tap takes no part in the capture
};

// A device while its taps are being attached.
struct TapDevice {
  const rtnetlink::Device& device;
  std::uint16_t slot;
  TapSet taps;  // that are wanted here
  std::vector<Attachment>& attachments;
  TapSet attached;
  LinkType& packet_link_type;  // of its AF_PACKET sockets, for them to set

  [[nodiscard]] AttachTarget target() const { return {device.ifindex, device.name, device.netns}; }
  [[nodiscard]] bool l3() const { return !device.ethernet(); }
};

// What a family counted itself, beyond the counters of its programs.
struct TapCounts {
  std::uint32_t slot;  // 0: it is not known at which device
  Tap tap;
  std::uint64_t delivered;
  Drop reason;
  std::uint64_t dropped;
};

class TapFamily {
 public:
  virtual ~TapFamily() = default;

  [[nodiscard]] virtual TapSet taps() const = 0;
  // Of the interface that a file has for this family at `device`: "tc ingress and egress".
  [[nodiscard]] virtual std::string description(const LiveOptions& options, const rtnetlink::Device& device) const = 0;

  // Whether the family's host taps see the packets of this device.
  [[nodiscard]] virtual bool sees(const LiveOptions&, const rtnetlink::Device&) const { return true; }

  // RINGTAP_SLOT_… of a device, for the family's programs.
  [[nodiscard]] virtual std::uint32_t slot_flags(const LiveOptions&, const rtnetlink::Device&) const { return 0; }

  // Refuses what cannot be done, or takes a tap out of the plan that the kernel lacks.
  virtual Result<> prepare(TapPlan&) { return ok(); }
  // What sees the whole host; once.
  virtual Result<> attach_host(const TapContext&, std::vector<Attachment>&) { return ok(); }
  // What is attached to one device; adds its taps to `attached`. After an Error the caller detaches.
  virtual Result<> attach_device(const TapContext&, TapDevice&) { return ok(); }
  // Appends what the family knows that no program has counted.
  virtual void count(const TapContext&, std::vector<TapCounts>&) {}

  // A family whose records do not come through the rings hands them over as streams: those that have one ready.
  virtual void refresh(const Clock&, std::vector<EventStream*>&) {}
  [[nodiscard]] virtual bool has_records() const { return false; }
  // How long a record of another tap may have to wait for one of this family.
  [[nodiscard]] virtual std::uint64_t slack_ns() const { return 0; }
  // No new records; the result says how long it takes until the last ones can be taken.
  virtual std::chrono::milliseconds stop() { return std::chrono::milliseconds{0}; }
};

// The kernel has no `what`, without which the tap cannot be attached. One of several taps may be missing, with a
// notice; a tap that was chosen by name may not.
Result<> lack_tap(TapPlan& plan, Tap tap, const std::string& what);
// The same rule for an attachment that failed.
Result<> keep_if_attached(const TapContext& context, Tap tap, Result<Attachment> attachment,
                          std::vector<Attachment>& attached);
// Appends a row for each of these taps whose program the kernel skipped because it had interrupted itself on a CPU:
// such a packet is in no counter of the program.
void count_misses(const TapContext& context, TapSet taps, std::vector<TapCounts>& rows);

}  // namespace ringtap
