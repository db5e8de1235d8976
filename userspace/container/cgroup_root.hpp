// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The root of cgroup v2: where it is mounted (proc_pid_mounts(5)), else, as under `ip netns exec`, which covers the
// mount, a detached mount of our own that disappears with the descriptor (fsopen(2), needs CAP_SYS_ADMIN). Any thread.
#pragma once

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

Result<UniqueFd> open_cgroup_root();

}  // namespace ringtap
