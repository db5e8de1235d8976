// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A tc program before Linux 6.6, where no link holds it: a filter at the clsact qdisc whose handle is our process id.
// The destructor removes it, and the qdisc if a ringtap made that and it is unused. A guard (clsact_guard.hpp) does so
// when the process is killed; and if that is killed too, the next run sweeps filters of ours whose process is gone.
// Never touches what is not ours. Move-only. One thread.
#pragma once

#include <optional>

#include "loader/attach_target.hpp"
#include "loader/clsact_guard.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class ClsactFilter {
 public:
  static Result<ClsactFilter> attach(int program_fd, const AttachTarget& target, TcDirection direction);

  ClsactFilter(ClsactFilter&& other) noexcept;
  ClsactFilter& operator=(ClsactFilter&& other) noexcept;
  ~ClsactFilter();

 private:
  explicit ClsactFilter(const ClsactPlace& place) : place_(place) {}
  void remove();
  void remove_locked();  // under a ClsactLock

  std::optional<ClsactPlace> place_;  // nothing: moved from
};

}  // namespace ringtap
