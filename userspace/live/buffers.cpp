// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/buffers.hpp"

#include <algorithm>

#include "loader/cpus.hpp"
#include "loader/memory_limit.hpp"
#include "ringtap/abi.h"

namespace ringtap {
namespace {

constexpr std::uint32_t kMostNewcomers = 1024;
constexpr std::uint32_t kLeastNewcomers = 64;
constexpr std::uint64_t kShareOfCounters = 4;  // of the buffers' size, at most

}  // namespace

Result<> choose_buffers(LiveOptions& options) {
  const MemoryLimit limit = memory_limit();
  auto bytes = buffer_size(options.buffer_bytes, limit);
  if (!bytes) return bytes.take_error();
  if (!options.buffer_bytes && *bytes < CaptureSettings::kDefaultBufferBytes) {
    options.buffer_note = "less than usual, since " + limit.text;
  }
  options.buffer_bytes = *bytes;
  return ok();
}

std::uint32_t slots_for_newcomers(const LiveOptions& options) {
  if (!options.taps.contains_any(kBpfTaps)) return kMostNewcomers;
  const auto cpus = possible_cpus();
  const std::uint64_t bytes_each = RINGTAP_TAP_COUNT * sizeof(ringtap_counters) * (cpus ? *cpus : 1);
  const std::uint64_t fitting = *options.buffer_bytes / kShareOfCounters / bytes_each;
  return static_cast<std::uint32_t>(std::clamp(fitting, std::uint64_t{kLeastNewcomers}, std::uint64_t{kMostNewcomers}));
}

}  // namespace ringtap
