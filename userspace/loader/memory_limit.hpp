// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How much memory this process may use, the kernel's for its BPF maps included (cgroups(7)): the least of the limits of
// its memory cgroup and of all above it, in version 1 and 2, and the machine's memory. In a container the limits of the
// cgroups that it can see. Reads /proc and /sys; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

struct MemoryLimit {
  std::uint64_t bytes;
  std::string text;  // "/sys/fs/cgroup/web/memory.max is 65536 KiB", "this machine has 2048000 KiB"
};

// `process`: its folder in /proc.
MemoryLimit memory_limit(const std::string& process = "/proc/self");

// The size of all buffers together: `asked`, or else CaptureSettings::kDefaultBufferBytes or a 32nd of the limit,
// whatever is less. An Error that names the limit if `asked` does not fit.
Result<std::uint64_t> buffer_size(std::optional<std::uint64_t> asked, const MemoryLimit& limit);

}  // namespace ringtap
