// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// tcx links that are made while their programs are still being loaded. For each link that it makes the kernel waits for
// a grace period of RCU, some 16 ms, and holds its lock for devices meanwhile (kernel/bpf/tcx.c tcx_entry_sync()); it
// does not wait when a link gets another program. So another thread makes them at once with a program that does
// nothing but pass a packet on. Of devices of this network namespace. Owns the links until they are taken; the
// destructor detaches the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread.hpp"
#include "loader/attach_target.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class EarlyLinks {
 public:
  struct Place {
    std::uint32_t ifindex;
    TcDirection direction;
  };
  // Begins; each is at the head of its chain.
  explicit EarlyLinks(std::vector<Place> places);
  EarlyLinks(const EarlyLinks&) = delete;
  EarlyLinks& operator=(const EarlyLinks&) = delete;
  ~EarlyLinks();

  // Waits until all are made. The link at that place, which has the program from now on; none if the kernel refused
  // the link or the program. Who then makes one the usual way is told why.
  UniqueFd take(int program_fd, Place place);

 private:
  struct Made {
    Place place;
    UniqueFd link;
  };
  std::vector<Made>& made();

  Meanwhile<std::vector<Made>> making_;
  std::vector<Made> made_;
  bool has_waited_ = false;
};

}  // namespace ringtap
