// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// For programs that use ringtap as a library (find_package(ringtap) and ringtap::ringtap, or pkg-config ringtap): a
// callback gets the packets of a file or of a running capture one by one, each with its text.
//
// Stable: what this header, ringtap/result.hpp and ringtap/version.hpp declare. Until version 1.0 a new minor version
// may change it, and the changelog says so. There is no stable ABI: the library is static, and a program is compiled
// with the headers of the same release.
//
// Each call owns what it opens and releases it before it returns. Calls may run in several threads at the same time.
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
  std::uint32_t wire_len = 0;       // length on the wire; `data` holds what was captured of it
  std::uint32_t interface_id = 0;   // counted from 0, in the order of the file or of the capture
  std::span<const std::byte> data;  // from the link-layer header on
  std::string_view text;            // as `ringtap -n -t` prints it: lines, without the last line's end
};

// Returns false to stop. It must not throw.
using OnPacket = std::function<bool(const Packet&)>;

// Reads the packets of a pcap, pcapng or snoop file, plain or compressed as -r reads it; "-" is standard input. Returns
// an Error if the file cannot be opened or, after the packets that could be read, if it is damaged.
Result<> read_file(const std::string& path, const OnPacket& on_packet);

struct CaptureOptions {
  std::string device;           // "eth0", or "any" for all that are up
  std::string filter;           // a pcap-filter(7) expression; empty: every packet
  std::uint64_t max_count = 0;  // stop after this many packets; 0: only when the callback returns false
  bool promiscuous = true;
};

// Captures the packets that `device` receives and sends, at the tc taps, in time order; waits for them indefinitely.
// Needs CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and CAP_NET_RAW; if one is missing, the Error's hint names it. A library
// that was built without the kernel side (-DRINGTAP_KERNEL=OFF) always returns an Error.
Result<> capture(const CaptureOptions& options, const OnPacket& on_packet);

}  // namespace ringtap
