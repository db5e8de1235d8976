// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// For programs that use ringtap as a library (find_package(ringtap) and ringtap::ringtap, or pkg-config ringtap): the
// packets of a file or of a running capture, each with its text, one after the other into a callback.
//
// Stable: what this header, ringtap/result.hpp and ringtap/version.hpp declare. Until version 1.0 a new minor version
// may change it and the changelog says so. There is no binary interface: the library is static, for programs, and is
// compiled with one release of these headers.
//
// Each call owns what it opens and gives it back before it returns. Calls may run in several threads at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ringtap/result.hpp"

namespace ringtap {

// Borrowed until the callback returns.
struct Packet {
  std::uint64_t time_ns = 0;        // since the epoch
  std::uint32_t wire_len = 0;       // what was on the wire; data is what was captured of it
  std::uint32_t interface_id = 0;   // counted from 0 in the order of a file, or of a capture
  std::span<const std::byte> data;  // from the link-layer header on
  std::string_view text;            // as `ringtap -n -t` prints it: lines, without the last line's end
};

// False: enough. It may throw nothing.
using OnPacket = std::function<bool(const Packet&)>;

// The packets of a pcap or pcapng file, plain or packed with gzip or zstd; "-" is standard input. An Error when it
// cannot be opened, or is damaged after the packets that were handed over.
Result<> read_file(const std::string& path, const OnPacket& on_packet);

struct CaptureOptions {
  std::string device;           // "eth0", or "any" for all that are up
  std::string filter;           // a pcap-filter(7) expression; empty: every packet
  std::uint64_t max_count = 0;  // ends after so many packets; 0: when the callback says so
  bool promiscuous = true;
};

// The packets that `device` receives and sends, at the tc taps, in the order of time; waits for them however long it
// takes. Needs CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and CAP_NET_RAW; where one is missing the Error's hint names it.
// An Error, too, in a library that was built without the kernel side (-DRINGTAP_KERNEL=OFF).
Result<> capture(const CaptureOptions& options, const OnPacket& on_packet);

}  // namespace ringtap
