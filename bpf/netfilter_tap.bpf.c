// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The netfilter taps: the packet before all rules of a hook and after them. Programs at the hook where there are any
 * (net/netfilter/nf_bpf_link.c, Linux 6.4): which of the two one stands at is not in its context, so there is one for
 * each, and always NF_ACCEPT. Else programs around nf_hook_slow() (net/netfilter/core.c), which runs everything that is
 * registered at a hook and is not called where nothing is.
 */
#include <linux/netfilter.h>
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(nf_first_filter, ringtap_memory_frame)
RINGTAP_FILTER_STUB(nf_last_filter, ringtap_memory_frame)

static __always_inline void tap(struct sk_buff *skb, const struct nf_hook_state *state, int last,
				int (*filter)(struct ringtap_memory_frame *))
{
	struct net_device *in = BPF_CORE_READ(state, in);
	struct net_device *out = BPF_CORE_READ(state, out);
	__u32 hook = BPF_CORE_READ(state, hook);
	int leaving = hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;
	__u32 netns = cfg_namespaces ? BPF_CORE_READ(state, net, ns.inum) : cfg_netns;
	struct place place = {
		.tap = RINGTAP_TAP_NETFILTER,
		.skb = skb,
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
	if (hook == NF_INET_FORWARD && !slot_of(place.trace.in_ifindex, netns == cfg_netns ? 0 : netns))
		place.device = out;
	trace_packet(&place, filter, NULL);
}

SEC("ringtap/netfilter")
int nf_first_tap(struct bpf_nf_ctx *ctx)
{
	tap(ctx->skb, ctx->state, 0, nf_first_filter);
	return NF_ACCEPT;
}

SEC("ringtap/netfilter")
int nf_last_tap(struct bpf_nf_ctx *ctx)
{
	tap(ctx->skb, ctx->state, 1, nf_last_filter);
	return NF_ACCEPT;
}

/* What nf_hook_slow() is called for: also for bridges, ARP and netdev chains, and in every network namespace. */
static __always_inline int is_ours(const struct nf_hook_state *state)
{
	__u8 protocol = BPF_CORE_READ(state, pf);
	struct net *net = BPF_CORE_READ(state, net);

	return (protocol == NFPROTO_IPV4 || protocol == NFPROTO_IPV6) &&
	       (cfg_namespaces || BPF_CORE_READ(net, ns.inum) == cfg_netns);
}

/* int nf_hook_slow(struct sk_buff *, struct nf_hook_state *, const struct nf_hook_entries *, unsigned int first) */
SEC("ringtap/fentry")
int nf_enter_tap(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	const struct nf_hook_state *state = (void *)ctx[1];

	if (is_ours(state))
		tap(skb, state, 0, nf_first_filter);
	return 0;
}

/* It returns 1 when all have accepted the packet, which may be gone otherwise. */
SEC("ringtap/fexit")
int nf_leave_tap(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	const struct nf_hook_state *state = (void *)ctx[1];

	if ((int)ctx[4] == 1 && is_ours(state))
		tap(skb, state, 1, nf_last_filter);
	return 0;
}
