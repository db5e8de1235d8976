// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The end of an sk_buff: kfree_skb is a drop and has the reason, consume_skb is not a drop
 * (include/trace/events/skb.h). consume_skb is recorded only for packets that are followed.
 */
#include "process.bpf.h"
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(drop_filter, ringtap_memory_frame)
RINGTAP_FILTER_STUB(end_filter, ringtap_memory_frame)

/* As owner_dropped (owner_hooks.bpf.c) noted it, unless another sk_buff was freed in between. */
static __always_inline void find_dropped(struct place *place, struct ringtap_owners *owners)
{
	__u32 key = 0;
	struct dropped *dropped = bpf_map_lookup_elem(&last_dropped, &key);

	if (dropped && READ_ONCE(dropped->skb) == (__u64)place->skb)
		*owners = dropped->owners;
	else
		owners->receiver.kind = RINGTAP_OWNER_UNKNOWN;
}

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
		trace_packet(&place, drop_filter, find_dropped);
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
	trace_packet(&place, end_filter, NULL);
	follow_no_more(place.skb);
	return 0;
}
