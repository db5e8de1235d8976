// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Gives up every right that reading, printing and writing packets does not need, before the first packet is looked at;
// nothing can bring them back. What stays possible: to use files, sockets, rings and memory that are open already, and
// to ask helper processes (helper_process.hpp). Applies to all threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

// What a run cannot do without, beyond the above.
struct SandboxNeeds {
  std::uint64_t capabilities = 0;  // a bit for each; kept in the effective and permitted sets
  bool opens = false;              // files by name, sockets, threads, and bpf(2) in full
};

// The capabilities, capabilities(7): all five sets become empty (but the bounding set without CAP_SETPCAP), and
// no_new_privs is set, prctl(2). The user, if this process is root and may: `user`, or if that is empty "ringtap" or
// else "nobody", with no group but its own, credentials(7); whoever asks for root keeps it. After an Error some may be
// left. Call it before threads are started.
Result<> give_up_privileges(const SandboxNeeds& needs, const std::string& user);

// After that, when everything is open that has to be:
//   system calls  those of a list; execve, ptrace and the like end the process (SIGSYS), others fail with EPERM,
//                 seccomp(2)
//   files         none can be opened by name, landlock(7), Linux 5.13
//   memory        none becomes executable that was writable, PR_SET_MDWE, Linux 6.3
// The result names what this kernel lacks: "no seccomp filter (Function not implemented)"; empty if it has all.
std::string confine(const SandboxNeeds& needs);

// From now on this process can create and write files only below `folders`; it can read all that it could. Nothing
// happens where the kernel has no landlock.
void write_only_below(const std::vector<std::string>& folders);

// Whether this program was built with RINGTAP_SANITIZE. Then a few more system calls and reading files by name stay
// possible, and helper processes keep stderr: the sanitizer's runtime library needs them to find and report faults.
bool is_sanitized();

}  // namespace ringtap
