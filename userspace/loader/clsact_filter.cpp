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

// The handle of a filter is the id of its process, and in a bit above all process ids whether its qdisc is ringtap's.
constexpr std::uint32_t kQdiscIsOurs = 1U << 31;

// Filters of a ringtap that was killed: ours by name, and no process has the id in its handle. True if one of ours, of
// a killed one or a live one, says that a ringtap made the qdisc.
bool sweep_leftovers(std::uint32_t ifindex) {
  bool qdisc_is_ours = false;
  for (const TcDirection direction : {TcDirection::kIngress, TcDirection::kEgress}) {
    for (const auto& filter : rtnetlink::tc_filters(ifindex, direction == TcDirection::kIngress)) {
      if (!is_ours(filter)) continue;
      qdisc_is_ours |= (filter.handle & kQdiscIsOurs) != 0;
      const auto process = static_cast<pid_t>(filter.handle & ~kQdiscIsOurs);
      if (kill(process, 0) == 0 || errno != ESRCH) continue;
      remove_clsact_filter({ifindex, direction, filter.handle, filter.priority, false});
    }
  }
  return qdisc_is_ours;
}

}  // namespace

Result<ClsactFilter> ClsactFilter::attach(int program_fd, const AttachTarget& target, TcDirection direction) {
  const LibbpfLog log;
  const ClsactLock lock;
  const bool qdisc_was_ours = sweep_leftovers(target.ifindex);
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(target.ifindex),
              .attach_point = direction == TcDirection::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
  const int created = bpf_tc_hook_create(&hook);
  if (created != 0 && created != -EEXIST) {
    return Error::from_errno(created, "make a clsact qdisc on " + target.name)
        .hint("a qdisc of another kind may be in its place: tc qdisc show dev " + target.name);
  }
  const bool qdisc_is_ours = created == 0 || qdisc_was_ours;
  const ClsactPlace place = {.ifindex = target.ifindex,
                             .direction = direction,
                             .handle = static_cast<std::uint32_t>(getpid()) | (qdisc_is_ours ? kQdiscIsOurs : 0),
                             .priority = kPriority,
                             .qdisc_is_ours = qdisc_is_ours};
  guard_clsact_filter(place);
  ClsactFilter filter(place);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .handle = place.handle, .priority = place.priority);
  if (const int err = bpf_tc_attach(&hook, &options); err != 0) {
    filter.remove_locked();
    return Error::from_errno(err, "attach a tc filter to " + target.name)
        .hint("a filter of another kind may hold priority 1: tc filter show dev " + target.name + " ingress");
  }
  return filter;
}

ClsactFilter::ClsactFilter(ClsactFilter&& other) noexcept : place_(std::exchange(other.place_, std::nullopt)) {}

ClsactFilter& ClsactFilter::operator=(ClsactFilter&& other) noexcept {
  if (this != &other) {
    remove();
    place_ = std::exchange(other.place_, std::nullopt);
  }
  return *this;
}

ClsactFilter::~ClsactFilter() {
  remove();
}

void ClsactFilter::remove() {
  if (!place_) return;
  const ClsactLock lock;
  remove_locked();
}

void ClsactFilter::remove_locked() {
  remove_clsact_filter(*place_);
  guard_no_more(*place_);
  place_.reset();
}

}  // namespace ringtap
