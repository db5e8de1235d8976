// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/clsact_filter.hpp"

#include <bpf/libbpf.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "loader/libbpf_log.hpp"
#include "net/rtnetlink.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kPriority = 1;
constexpr std::array<std::string_view, 4> kProgramNames = {"tc_ingress_tap", "tc_egress_tap", "tc_in_l3_tap",
                                                           "tc_out_l3_tap"};

bool is_ours(const rtnetlink::TcFilter& filter) {
  const std::string_view name = filter.program_name;
  const auto end = name.find(":[");  // libbpf names a filter "program:[id]"
  return filter.kind == "bpf" &&
         std::find(kProgramNames.begin(), kProgramNames.end(), name.substr(0, end)) != kProgramNames.end();
}

int hook_point(TcDirection direction) {
  return direction == TcDirection::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

void remove_filter(std::uint32_t ifindex, TcDirection direction, std::uint32_t handle, std::uint32_t priority) {
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex),
              .attach_point = static_cast<bpf_tc_attach_point>(hook_point(direction)));
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = priority);
  bpf_tc_detach(&hook, &options);
}

// Filters of a ringtap that was killed: ours by name, and no process has the id that its handle is.
void sweep_leftovers(std::uint32_t ifindex, TcDirection direction) {
  for (const auto& filter : rtnetlink::tc_filters(ifindex, direction == TcDirection::kIngress)) {
    if (!is_ours(filter) || (kill(static_cast<pid_t>(filter.handle), 0) == 0 || errno != ESRCH)) continue;
    remove_filter(ifindex, direction, filter.handle, filter.priority);
  }
}

}  // namespace

Result<ClsactFilter> ClsactFilter::attach(int program_fd, const AttachTarget& target, TcDirection direction) {
  const LibbpfLog log;
  sweep_leftovers(target.ifindex, direction);
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(target.ifindex),
              .attach_point = static_cast<bpf_tc_attach_point>(hook_point(direction)));
  const int created = bpf_tc_hook_create(&hook);
  if (created != 0 && created != -EEXIST) {
    return Error::from_errno(created, "make a clsact qdisc on " + target.name)
        .hint("a qdisc of another kind may be in its place: tc qdisc show dev " + target.name);
  }
  ClsactFilter filter(target.ifindex, direction, created == 0);
  const auto handle = static_cast<std::uint32_t>(getpid());
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .handle = handle, .priority = kPriority);
  if (const int err = bpf_tc_attach(&hook, &options); err != 0) {
    return Error::from_errno(err, "attach a tc filter to " + target.name)
        .hint("a filter of another kind may hold priority 1: tc filter show dev " + target.name + " ingress");
  }
  filter.handle_ = handle;
  return filter;
}

ClsactFilter::ClsactFilter(ClsactFilter&& other) noexcept
    : ifindex_(std::exchange(other.ifindex_, 0)),
      direction_(other.direction_),
      created_qdisc_(other.created_qdisc_),
      handle_(other.handle_) {}

ClsactFilter& ClsactFilter::operator=(ClsactFilter&& other) noexcept {
  if (this != &other) {
    remove();
    ifindex_ = std::exchange(other.ifindex_, 0);
    direction_ = other.direction_;
    created_qdisc_ = other.created_qdisc_;
    handle_ = other.handle_;
  }
  return *this;
}

ClsactFilter::~ClsactFilter() {
  remove();
}

void ClsactFilter::remove() {
  const std::uint32_t ifindex = std::exchange(ifindex_, 0);
  if (ifindex == 0) return;
  const LibbpfLog log;
  if (handle_ != 0) remove_filter(ifindex, direction_, handle_, kPriority);
  if (!created_qdisc_ || !rtnetlink::tc_filters(ifindex, true).empty() ||
      !rtnetlink::tc_filters(ifindex, false).empty()) {
    return;
  }
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex),
              .attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  bpf_tc_hook_destroy(&hook);
}

}  // namespace ringtap
