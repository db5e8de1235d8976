/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The place of the filter expression, between "seen" and "emit". The bodies below are stubs: with cfg_filter set the
 * loader replaces each by the translated expression and refuses to load a program in which it did not find its stub.
 * A body gets the context and returns 0 for "not wanted". It must be `static` (verified at the call, with the context's
 * real type) and must not be inlined; the asm keeps clang from dropping the argument or the call.
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
