// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Makes this kernel look older to one program: system calls answer with an error, by a seccomp filter that the program
// inherits. The program itself is the one that users run. For the child between fork and exec; needs
// CAP_SYS_ADMIN.
#pragma once

namespace ringtap::testing {

// From here on bpf(command) fails with `error` in this process and what it executes.
void refuse_bpf_command(unsigned command, int error);

// As built without netfilter's netlink: nobody gets a socket of it, and so no nf_tables.
void refuse_netfilter_netlink();

}  // namespace ringtap::testing
