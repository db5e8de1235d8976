// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The stack taps, tracepoints next to AF_PACKET's own taps: netif_receive_skb right before ptype_all (only generic XDP
 * and VLAN untagging come in between), net_dev_start_xmit right after dev_queue_xmit_nit, where superframes have
 * already been segmented (net/core/dev.c).
 */
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(stack_in_filter, ringtap_memory_frame)
RINGTAP_FILTER_STUB(stack_out_filter, ringtap_memory_frame)

SEC("ringtap/tracepoint")
int stack_in_tap(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];
	struct place place = {
		.tap = RINGTAP_TAP_STACK_IN,
		.skb = skb,
		/* Where the driver left the network header; the field is set later. */
		.network_header = BPF_CORE_READ(skb, data) - BPF_CORE_READ(skb, head),
	};

	trace_packet(&place, stack_in_filter, NULL);
	return 0;
}

SEC("ringtap/tracepoint")
int stack_out_tap(struct bpf_raw_tracepoint_args *ctx)
{
	struct place place = {
		.tap = RINGTAP_TAP_STACK_OUT,
		.skb = (void *)ctx->args[0],
		.device = (void *)ctx->args[1],
		.outgoing = 1,
	};

	trace_packet(&place, stack_out_filter, NULL);
	return 0;
}
