// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Takes this process's clsact filters away when the process is ended before it could: by SIGKILL, a second SIGINT, a
// fault. No link holds such a filter, so a child process does it: it sleeps until its parent is gone, has no file of
// the parent's open, is in a session of its own and receives no signals. It is there while there are
// filters to guard. Where it cannot be started, or is killed too, the next run sweeps (ClsactFilter). Called by one
// thread.
#pragma once

#include <cstdint>

#include "loader/attach_target.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// A filter at a clsact qdisc: enough to remove it.
struct ClsactPlace {
  std::uint32_t ifindex;
  TcDirection direction;
  std::uint32_t handle;
  std::uint32_t priority;
  bool qdisc_is_ours;  // a ringtap made the qdisc: it goes with its last filter

  friend bool operator==(const ClsactPlace&, const ClsactPlace&) = default;
};

// Removes the filter, and the qdisc if that is ours and now unused. A filter that is gone already is no error.
void remove_clsact_filter(const ClsactPlace& place);

// From now on, and until guard_no_more() of the same place, the filter goes with this process.
void guard_clsact_filter(const ClsactPlace& place);
void guard_no_more(const ClsactPlace& place);

// While one lives, no other ringtap of this network namespace makes, fills or removes a clsact qdisc: looking whether
// it is unused and removing it are two steps. A name in the abstract namespace of unix(7), which goes with its process.
// Waits for at most a second, then does without.
class ClsactLock {
 public:
  ClsactLock();

 private:
  UniqueFd socket_;
};

}  // namespace ringtap
