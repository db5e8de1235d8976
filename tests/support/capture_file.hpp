// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Capture files as an independent reader (libpcap) sees them, and the comparison of two captures of the same traffic,
// frame by frame and byte by byte. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/packet.hpp"

namespace ringtap::testing {

struct CapturedFrame {
  std::uint64_t time_ns = 0;  // since the epoch
  std::uint32_t wire_len = 0;
  Bytes data;
};

struct CaptureFile {
  int link_type = -1;
  std::vector<CapturedFrame> frames;
  std::string error;  // empty when the file was whole to its last byte
};

// Never throws: what is wrong with the file is in `error`, what was good before it in `frames`.
CaptureFile read_capture(const std::filesystem::path& path);

// Payloads that mark the part of a capture that a test compares: what comes before the one and after the other may
// differ between two tools, because they do not start and stop in the same instant.
inline constexpr std::string_view kBeginMarker = "ringtap-test-begins-here";
inline constexpr std::string_view kEndMarker = "ringtap-test-ends-here";

bool contains(const Bytes& data, std::string_view text);

// The frames strictly between the markers; nothing when one of them is not in the capture.
std::optional<std::vector<CapturedFrame>> between_markers(const std::vector<CapturedFrame>& frames);

enum class Order { kAsCaptured, kAny };

// What differs first, in words; empty when both hold the same frames: wire length and every byte. Times are not
// compared.
std::string difference(std::vector<CapturedFrame> left, std::vector<CapturedFrame> right, Order order);

std::string hex(const Bytes& data);

}  // namespace ringtap::testing
