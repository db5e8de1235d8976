// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/device_link.hpp"

#include <bpf/bpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

UniqueFd make_here(const DeviceLink& link) {
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = link.flags);
  return UniqueFd(bpf_link_create(link.program_fd, static_cast<int>(link.ifindex), link.type, &options));
}

Result<> keep_attaching() {
  return keep_only(capability_set({CAP_BPF, CAP_NET_ADMIN}));
}

}  // namespace

UniqueFd make_device_link(const DeviceLink& link) {
  if (!the_helper()) return make_here(link);
  auto answer = the_helper()->ask({reinterpret_cast<const char*>(&link), sizeof link});
  if (!answer) errno = answer.error().errno_value() != 0 ? answer.error().errno_value() : EOWNERDEAD;  // that was said
  if (!answer || !answer->text.empty()) {
    if (answer) errno = std::stoi(answer->text);
    return UniqueFd();
  }
  return std::move(answer->fd);
}

Result<> start_link_helper(std::vector<int> program_fds) {
  const auto serve = [&](std::string_view request) -> HelperProcess::Answer {
    DeviceLink link{};
    if (request.size() != sizeof link) return {std::to_string(EINVAL), {}};
    std::memcpy(&link, request.data(), sizeof link);
    if (std::find(program_fds.begin(), program_fds.end(), link.program_fd) == program_fds.end()) {
      return {std::to_string(EBADF), {}};
    }
    UniqueFd made = make_here(link);
    if (!made) return {std::to_string(errno), {}};
    return {"", std::move(made)};
  };
  auto helper = HelperProcess::start({.name = "ringtap-attach",
                                      .without = "interfaces that appear are not captured",
                                      .files = program_fds,
                                      .prepare = keep_attaching,
                                      .serve = serve});
  if (!helper) return helper.take_error();
  the_helper().emplace(helper.take());
  return ok();
}

}  // namespace ringtap
