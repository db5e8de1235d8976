// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A tc program before Linux 6.6, where no link holds it: a filter at the clsact qdisc whose handle is our process id.
// Nothing removes it when the process is killed, so the next run sweeps filters of ours whose process is gone. Never
// touches what is not ours. Move-only; the destructor removes the filter, and the qdisc if it made that and it is
// unused.
#pragma once

#include <cstdint>

#include "loader/attach_target.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class ClsactFilter {
 public:
  static Result<ClsactFilter> attach(int program_fd, const AttachTarget& target, TcDirection direction);

  ClsactFilter(ClsactFilter&& other) noexcept;
  ClsactFilter& operator=(ClsactFilter&& other) noexcept;
  ~ClsactFilter();

 private:
  ClsactFilter(std::uint32_t ifindex, TcDirection direction, bool created_qdisc)
      : ifindex_(ifindex), direction_(direction), created_qdisc_(created_qdisc) {}
  void remove();

  std::uint32_t ifindex_;  // 0: moved from
  TcDirection direction_;
  bool created_qdisc_;
  std::uint32_t handle_ = 0;  // 0: there is no filter, at most the qdisc
};

}  // namespace ringtap
