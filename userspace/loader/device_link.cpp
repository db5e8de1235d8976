// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/device_link.hpp"

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "loader/uapi.hpp"
#include "net/namespaces.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

std::optional<HelperProcess>& link_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

UniqueFd make_here(const DeviceLink& link) {
  UniqueFd made;
  int err = 0;
  const auto make = [&] {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = link.flags);
    made.reset(bpf_link_create(link.program_fd, static_cast<int>(link.ifindex), static_cast<bpf_attach_type>(link.type),
                               &options));
    err = errno;
  };
  if (link.netns == 0) {
    make();
  } else if (auto entered = in_netns(link.netns, make); !entered) {
    err = entered.error().errno_value();
  }
  errno = err;
  return made;
}

Result<> keep_attaching(bool enters) {
  const std::uint64_t attaching = capability_set({CAP_BPF, CAP_NET_ADMIN});
  return keep_only(enters ? attaching | kCapabilitiesToEnter : attaching);
}

}  // namespace

std::uint32_t tcx_attach_type(TcDirection direction) {
  return direction == TcDirection::kIngress ? kAttachTcxIngress : kAttachTcxEgress;
}

Result<DeviceLink> parse_link_request(std::string_view request, std::span<const int> program_fds) {
  constexpr const char* kWhat = "make a link";
  DeviceLink link{};
  if (request.size() != sizeof link) return Error::from_errno(EINVAL, kWhat);
  std::memcpy(&link, request.data(), sizeof link);
  if (std::find(program_fds.begin(), program_fds.end(), link.program_fd) == program_fds.end()) {
    return Error::from_errno(EBADF, kWhat);
  }
  const bool is_tcx = link.type == kAttachTcxIngress || link.type == kAttachTcxEgress;
  const bool is_xdp = link.type == BPF_XDP;
  const bool has_mode = link.flags == XDP_FLAGS_DRV_MODE || link.flags == XDP_FLAGS_SKB_MODE;
  if ((is_tcx && link.flags == kBefore) || (is_xdp && has_mode)) return link;
  return Error::from_errno(EINVAL, kWhat);
}

UniqueFd make_device_link(const DeviceLink& link) {
  if (!link_helper()) return make_here(link);
  return link_helper()->ask_for_file({reinterpret_cast<const char*>(&link), sizeof link});
}

Result<> start_link_helper(std::vector<int> program_fds, bool enters) {
  const auto serve = [&](std::string_view request) -> HelperProcess::Answer {
    const auto link = parse_link_request(request, program_fds);
    if (!link) return {std::to_string(link.error().errno_value()), {}};
    return HelperProcess::Answer::of(make_here(*link));
  };
  auto helper = HelperProcess::start({.name = "ringtap-attach",
                                      .without = "interfaces that appear are not captured",
                                      .files = program_fds,
                                      .prepare = [enters] { return keep_attaching(enters); },
                                      .serve = serve});
  if (!helper) return helper.take_error();
  link_helper().emplace(helper.take());
  return ok();
}

}  // namespace ringtap
