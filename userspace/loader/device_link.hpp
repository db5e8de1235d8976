// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// BPF links at devices (tcx, XDP): made by this process, or once it may not do that any more by a helper process that
// has the same programs. One thread.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

struct DeviceLink {
  int program_fd;
  std::uint32_t ifindex;
  bpf_attach_type type;
  std::uint32_t flags;  // BPF_F_BEFORE, XDP_FLAGS_…
};

// None, with errno, if the kernel refuses.
UniqueFd make_device_link(const DeviceLink& link);

// From now on the helper process makes them, of these programs only.
Result<> start_link_helper(std::vector<int> program_fds);

}  // namespace ringtap
