// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// BPF links at devices (tcx, XDP): made by this process, or once it may not do that any more by a helper process that
// has the same programs. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "loader/attach_target.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// BPF_F_BEFORE without a relative: the head of the chain.
inline constexpr std::uint32_t kBefore = 1U << 3;

// BPF_TCX_INGRESS, BPF_TCX_EGRESS.
std::uint32_t tcx_attach_type(TcDirection direction);

struct DeviceLink {
  int program_fd;
  std::uint32_t ifindex;
  std::uint32_t type;       // BPF_XDP, kAttachTcxIngress, kAttachTcxEgress
  std::uint32_t flags;      // of tcx: kBefore; of XDP: its mode, XDP_FLAGS_…
  std::uint32_t netns = 0;  // inode number of the device's network namespace; 0: this one
};

// The link that a request is for, which must be of one of these programs and at a device's hook; else an Error from
// errno.
Result<DeviceLink> parse_link_request(std::string_view request, std::span<const int> program_fds);

// None, with errno, if the kernel refuses.
UniqueFd make_device_link(const DeviceLink& link);

// From now on the helper process makes them, of these programs only; also in other network namespaces if it `enters`.
Result<> start_link_helper(std::vector<int> program_fds, bool enters);

}  // namespace ringtap
