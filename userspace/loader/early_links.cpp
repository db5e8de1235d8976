// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/early_links.hpp"

#include <bpf/bpf.h>

#include <utility>

#include "loader/device_link.hpp"
#include "loader/probe_program.hpp"
#include "loader/uapi.hpp"

namespace ringtap {
namespace {

constexpr int kTcxNext = -1;  // include/uapi/linux/bpf.h TCX_NEXT

}  // namespace

EarlyLinks::EarlyLinks(std::vector<Place> places)
    : making_([places = std::move(places)]() -> Result<std::vector<Made>> {
        std::vector<Made> made;
        const UniqueFd passes = load_returning(kTcxNext, BPF_PROG_TYPE_SCHED_CLS, "ringtap_pass");
        if (!passes) return made;
        for (const Place& place : places) {
          UniqueFd link = make_device_link({passes.get(), place.ifindex, tcx_attach_type(place.direction), kBefore});
          if (link) made.push_back({place, std::move(link)});
        }
        return made;
      }) {}

EarlyLinks::~EarlyLinks() {
  // Closing alone may leave the work to a kernel thread.
  for (const Made& left : made()) {
    if (left.link) bpf_link_detach(left.link.get());
  }
}

std::vector<EarlyLinks::Made>& EarlyLinks::made() {
  if (!std::exchange(has_waited_, true)) made_ = making_.get().take();
  return made_;
}

UniqueFd EarlyLinks::take(int program_fd, Place place) {
  for (Made& one : made()) {
    const bool is_there = one.place.ifindex == place.ifindex && one.place.direction == place.direction;
    if (!is_there || !one.link || bpf_link_update(one.link.get(), program_fd, nullptr) != 0) continue;
    return std::move(one.link);
  }
  return {};
}

}  // namespace ringtap
