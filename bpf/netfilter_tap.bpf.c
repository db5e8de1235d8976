// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The netfilter taps: the packet before all rules of a hook and after them (net/netfilter/nf_bpf_link.c, Linux 6.4).
 * Which of the two a program stands at is not in its context, so there is one for each. Always NF_ACCEPT.
 */
#include <linux/netfilter.h>
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(nf_first_filter, ringtap_memory_frame)
RINGTAP_FILTER_STUB(nf_last_filter, ringtap_memory_frame)

static __always_inline int tap(struct bpf_nf_ctx *ctx, int last, int (*filter)(struct ringtap_memory_frame *))
{
	const struct nf_hook_state *state = ctx->state;
	struct net_device *in = BPF_CORE_READ(state, in);
	struct net_device *out = BPF_CORE_READ(state, out);
	__u32 hook = BPF_CORE_READ(state, hook);
	int leaving = hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;
	struct place place = {
		.tap = RINGTAP_TAP_NETFILTER,
		.skb = ctx->skb,
		.device = leaving ? out : in,
		.outgoing = leaving,
		.trace =
			{
				.in_ifindex = in ? BPF_CORE_READ(in, ifindex) : 0,
				.out_ifindex = out ? BPF_CORE_READ(out, ifindex) : 0,
				.hook = hook,
				.last = last,
			},
	};

	/* A packet that is forwarded is of both its devices. */
	if (hook == NF_INET_FORWARD && !bpf_map_lookup_elem(&slots, &place.trace.in_ifindex))
		place.device = out;
	trace_packet(&place, filter);
	return NF_ACCEPT;
}

SEC("ringtap/netfilter")
int nf_first_tap(struct bpf_nf_ctx *ctx)
{
	return tap(ctx, 0, nf_first_filter);
}

SEC("ringtap/netfilter")
int nf_last_tap(struct bpf_nf_ctx *ctx)
{
	return tap(ctx, 1, nf_last_filter);
}
