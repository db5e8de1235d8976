// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The end of an sk_buff: kfree_skb is a drop and has the reason, consume_skb is not a drop
 * (include/trace/events/skb.h). consume_skb is recorded only for packets that are followed.
 */
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(drop_filter, ringtap_memory_frame)
RINGTAP_FILTER_STUB(end_filter, ringtap_memory_frame)

SEC("ringtap/tracepoint")
int drop_tap(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];
	struct place place = {
		.tap = RINGTAP_TAP_DROP,
		.skb = skb,
		.socket = cfg_drop_socket ? (void *)ctx->args[3] : NULL,
		.trace =
			{
				.location = ctx->args[1],
				.reason = cfg_drop_reason ? ctx->args[2] : 0,
			},
	};

	/* Never a packet: a driver's receive buffer (napi_get_frags_check() makes one when XDP is attached). */
	int is_packet = BPF_CORE_READ(skb, len) != 0 || BPF_CORE_READ(skb, network_header) != 0;
	if (is_packet)
		trace_packet(&place, drop_filter);
	follow_no_more(place.skb);
	return 0;
}

SEC("ringtap/tracepoint")
int end_tap(struct bpf_raw_tracepoint_args *ctx)
{
	struct place place = {
		.tap = RINGTAP_TAP_END,
		.skb = (void *)ctx->args[0],
		.trace =
			{
				.location = cfg_end_location ? ctx->args[1] : 0,
			},
	};

	if (!is_followed(place.skb))
		return 0;
	trace_packet(&place, end_filter);
	follow_no_more(place.skb);
	return 0;
}
