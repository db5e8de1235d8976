// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The settings of a capture: where to capture, what to keep, when to stop. Plain values: the command line fills them
// in, and the code that implements them reads them. Nothing here is checked against the system.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtap/record.hpp"

namespace ringtap {

inline constexpr std::uint32_t kMaxSnaplen = 262144;  // tcpdump's default and maximum

// How an XDP program attaches: in the driver, or after it on any device; kAuto tries the driver first.
enum class XdpMode { kAuto, kNative, kGeneric };

// What the kernel side leaves out on purpose, and how precise its time stamps are. By default nothing is left out.
struct Reduction {
  int slice_layer = 0;           // 2, 3, 4: bytes after the headers up to this layer are cut off; 0: nothing is
  std::uint32_t slice_more = 0;  // … except for this many bytes
  std::uint32_t sample = 0;      // one flow in this many is captured; 0: all
  std::uint64_t max_pps = 0;     // packets per second, over all taps; 0: no limit
  std::chrono::nanoseconds time_batch{0};  // how old a clock reading may be; 0: one for each record

  [[nodiscard]] bool leaves_out() const { return slice_layer != 0 || sample > 1 || max_pps != 0; }
};

// Whose packets are captured. Of each list that is not empty, one element has to fit the process at either end.
struct OwnerSelection {
  std::vector<std::uint32_t> pids;
  std::vector<std::string> names;  // at most 15 bytes, as the kernel keeps them
  std::vector<std::uint32_t> uids;
  std::vector<std::string> cgroups;     // paths
  std::vector<std::string> containers;  // names, or beginnings of ids
  std::vector<std::string> pods;        // "namespace/name"
  std::uint32_t command = 0;            // pid of a command: it and what it starts

  static constexpr std::size_t kMost = 16;  // of each
  static constexpr std::size_t kMostName = 15;

  [[nodiscard]] bool selects() const {
    return !pids.empty() || !names.empty() || !uids.empty() || !cgroups.empty() || !containers.empty() ||
           !pods.empty() || command != 0;
  }
};

struct CaptureSettings {
  std::vector<std::string> interfaces;  // names, or only "any": every device that is or comes up
  // Network namespaces: names, process ids, paths, or "all". None: that of a chosen container or pod, else this one.
  std::vector<std::string> namespaces;
  TapSet taps = kTcTaps;
  bool may_choose_taps = true;  // nobody asked for these: where tc does not see a device's packets, AF_PACKET does
  XdpMode xdp_mode = XdpMode::kAuto;
  bool consume = false;                  // XDP: captured frames are dropped (XDP_DROP)
  bool consume_despite_address = false;  // otherwise refused on a device with an address, whose traffic would stop
  std::uint32_t snaplen = kMaxSnaplen;   // bytes kept of a frame
  // Of all rings together; none: kDefaultBufferBytes, or less where memory is limited.
  std::optional<std::uint64_t> buffer_bytes;
  bool promiscuous = true;
  std::uint32_t threads = 1;  // that read rings
  bool who = false;           // find the processes that packets belong to
  OwnerSelection of;          // with that: only packets of these
  Reduction reduction;

  // Whether devices of other network namespaces than this one may be meant.
  [[nodiscard]] bool looks_into_namespaces() const {
    return !namespaces.empty() || !of.containers.empty() || !of.pods.empty();
  }

  static constexpr std::uint64_t kDefaultBufferBytes = std::uint64_t{64} << 20;
};

// Which packets to capture, pcap-filter(7).
struct FilterOptions {
  std::string expression;  // empty: every packet
  bool optimise = true;    // by libpcap
  bool any_vlan = false;   // Ethernet: the expression may also match after one to four VLAN tags
};

// A moment in a file, whose meaning may depend on the first packet that is read.
struct FileTime {
  enum class Base : std::uint8_t {
    kEpoch,        // since 1970
    kDay,          // since midnight, local time, of the day of the first packet
    kFirstPacket,  // since the first packet
    kBeforeNow     // before the present moment
  };
  Base base = Base::kEpoch;
  std::uint64_t ns = 0;
};

// Which packets of files are read, beside the filter.
struct FileSelection {
  Direction direction = Direction::kUnknown;  // unknown: both
  std::optional<FileTime> from;               // the first moment
  std::optional<FileTime> to;                 // the last one
  OwnerSelection of = {};                     // only packets of these processes

  [[nodiscard]] bool selects() const { return direction != Direction::kUnknown || from || to || of.selects(); }
};

// When a run ends by itself.
struct RunLimits {
  std::optional<std::uint64_t> count;  // packets, after those that are skipped
  std::uint64_t skip = 0;              // packets at the beginning that no output gets
  std::optional<std::chrono::nanoseconds> duration;
};

}  // namespace ringtap
