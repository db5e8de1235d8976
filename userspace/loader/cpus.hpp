// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The CPUs of this machine: possible ones, which the kernel numbers from 0 and may start at any time, and those that
// are online. A virtual machine may have 240 possible ones and 4 online. Asked of bpf(2), since a container may see a
// file /sys/devices/system/cpu/online of its own (lxcfs), while packets of its devices come on every CPU. Any thread.
#pragma once

#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

Result<unsigned> possible_cpus();

// In ascending order, one at least. Where a program cannot be run on a given CPU (before Linux 5.10, or without
// CAP_PERFMON), all possible ones.
Result<std::vector<unsigned>> online_cpus();

// The memory node of the CPU, -1 on a machine that has only one.
int memory_node_of(unsigned cpu);

}  // namespace ringtap
