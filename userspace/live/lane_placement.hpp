// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// On which CPUs the threads of a capture run: near the memory of their rings, and not where packets are received, which
// they would slow down. Sets of CPUs are lists of numbers, in ascending order. Any thread; owns nothing.
#pragma once

#include <cstdint>
#include <vector>

namespace ringtap {

// Where this thread may run, sched_getaffinity(2); empty: not known.
std::vector<unsigned> allowed_cpus();
// From now on this thread runs there; nothing happens if the list is empty or the kernel refuses.
void run_on(const std::vector<unsigned>& cpus);

struct Placement {
  std::vector<unsigned> allowed;
  std::vector<int> node_of;              // the memory node of each CPU, by number
  std::vector<std::uint64_t> delivered;  // records of each CPU so far, as of the last look
  // A CPU that delivers so many records between two looks receives. Fewer come of a CPU that has other work.
  static constexpr std::uint64_t kLeastReceived = 1000;

  // Those that have received since the last call, by number; `now`: records of each CPU so far.
  std::vector<bool> receiving(const std::vector<std::uint64_t>& now);
  // For a thread that reads what `producers` write. What is not `allowed` is never in it; where every CPU receives,
  // those of the node.
  [[nodiscard]] std::vector<unsigned> place_for(const std::vector<unsigned>& producers,
                                                const std::vector<bool>& receiving) const;
};

}  // namespace ringtap
