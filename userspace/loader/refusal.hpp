// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Why the kernel refuses BPF to this process, as far as this can be found out, for the hints of errors. Reads /proc and
// /sys and changes only resource limits; any thread.
#pragma once

#include <string>

#include "ringtap/result.hpp"

namespace ringtap {

// An Error with a hint if the process can never capture: because it is in a user namespace of its own, whose
// capabilities do not count for bpf(2) (user_namespaces(7)), or because it lacks a capability.
Result<> require_capabilities();

// What restricts the process, after a call of bpf(2) that failed with `error` (an errno): the missing capability by
// name, a user namespace, a resource limit with its value, kernel lockdown, a seccomp filter.
std::string refusal_hint(int error);

// Before Linux 5.11 the memory of maps counts against RLIMIT_MEMLOCK: raises it as far as the process may.
void raise_memlock_limit();

// Checks that the process may have `count` files open.
Result<> require_open_files(unsigned count);

// Checks that /sys/kernel/btf/vmlinux can be read; the Error says whether it is missing, hidden or forbidden.
Result<> require_kernel_types();

}  // namespace ringtap
