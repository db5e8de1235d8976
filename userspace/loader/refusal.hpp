// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Why the kernel refuses BPF to this process, as far as that can be read: for the hints of errors. Reads /proc and /sys
// and changes nothing but a resource limit; any thread.
#pragma once

#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

// An Error, with its hint, where the process cannot capture whatever the kernel offers: it is in a user namespace of
// its own, where capabilities are not those that bpf(2) asks for (user_namespaces(7)), or it lacks one.
Result<> require_capabilities();

// What confines the process, for a call of bpf(2) that failed with `error` (an errno): the missing capability by name,
// a user namespace, a resource limit with its value, kernel lockdown, a seccomp filter.
std::string refusal_hint(int error);

// Before Linux 5.11 the memory of maps counts against RLIMIT_MEMLOCK: raises it as far as the process may.
void raise_memlock_limit();

// Whether the process may have `count` files open; raises its soft limit for it.
Result<> require_open_files(unsigned count);

// Whether /sys/kernel/btf/vmlinux can be read; the Error says whether it is missing, hidden or forbidden.
Result<> require_kernel_types();

}  // namespace ringtap
