// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/lane_placement.hpp"

#include <sched.h>

#include <algorithm>

namespace ringtap {

std::vector<unsigned> allowed_cpus() {
  std::vector<unsigned> cpus;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

void run_on(const std::vector<unsigned>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned cpu : cpus) CPU_SET(cpu, &set);
  (void)::sched_setaffinity(0, sizeof set, &set);
}

std::vector<bool> Placement::receiving(const std::vector<std::uint64_t>& now) {
  delivered.resize(now.size());
  std::vector<bool> receiving(now.size());
  for (std::size_t cpu = 0; cpu < now.size(); ++cpu) receiving[cpu] = now[cpu] - delivered[cpu] >= kLeastReceived;
  delivered = now;
  return receiving;
}

std::vector<unsigned> Placement::place_for(const std::vector<unsigned>& producers,
                                           const std::vector<bool>& receiving) const {
  const auto is_near = [&](unsigned cpu) {
    return std::any_of(producers.begin(), producers.end(), [&](unsigned producer) {
      return cpu < node_of.size() && producer < node_of.size() && node_of[cpu] == node_of[producer];
    });
  };
  const auto receives = [&](unsigned cpu) { return cpu < receiving.size() && receiving[cpu]; };
  std::vector<unsigned> near;
  std::vector<unsigned> free;
  std::vector<unsigned> both;
  for (const unsigned cpu : allowed) {
    if (is_near(cpu)) near.push_back(cpu);
    if (!receives(cpu)) free.push_back(cpu);
    if (is_near(cpu) && !receives(cpu)) both.push_back(cpu);
  }
  for (auto* choice : {&both, &free, &near}) {
    if (!choice->empty()) return *choice;
  }
  return allowed;
}

}  // namespace ringtap
