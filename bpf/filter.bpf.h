/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where the filter expression goes, after a frame is counted as seen. The bodies are stubs: if cfg_filter is set, the
 * loader replaces each by the translated expression, and refuses to load a program in which it did not find the stub. A
 * body gets the context and returns 0 for "no match", a RINGTAP_VERDICT_…, or anything else for "match". It must be
 * `static` (verified at the call, with the context's real type) and must not be inlined; the asm keeps clang from
 * dropping the argument or the call.
 *
 * Each program has a stub of its own, since offsets depend on the hook and on the device's link layer: a tap for
 * devices with an Ethernet header and one (`l3`) for those whose frames begin with the network header.
 */
#ifndef RINGTAP_FILTER_BPF_H
#define RINGTAP_FILTER_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define RINGTAP_FILTER_STUB(name, context)                                                                             \
	static __noinline int name(struct context *ctx)                                                                \
	{                                                                                                              \
		int verdict;                                                                                           \
		asm volatile("%0 = 0" : "=r"(verdict) : "r"(ctx));                                                     \
		return verdict;                                                                                        \
	}

#endif
