// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Tells that a CPU may have come online: the kernel announces that to every listener of its uevents
// (NETLINK_KOBJECT_UEVENT), in each network namespace of the initial user namespace. Which CPU it is, and whether it is
// one, others find out. Where nothing is announced it is looked at once a second. Owns a socket; one thread.
#pragma once

#include <cstdint>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class CpuWatch {
 public:
  static constexpr std::uint64_t kPeriodNs = 1'000'000'000;

  void open();
  [[nodiscard]] int fd() const { return events_.get(); }  // readable: look; -1: there is no socket
  // Whether to look for a new CPU now; the first time always.
  bool look(std::uint64_t now_ns);

 private:
  UniqueFd events_;
  std::uint64_t last_ns_ = 0;
};

}  // namespace ringtap
