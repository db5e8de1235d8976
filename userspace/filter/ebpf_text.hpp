// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// eBPF instructions as text, one per line, in the notation of the kernel's verifier log: `--dump-ebpf`. Pure; any
// thread.
#pragma once

#include <linux/bpf.h>

#include <span>
#include <string>

namespace ringtap {

std::string print_ebpf(std::span<const bpf_insn> code);

}  // namespace ringtap
