// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP tap: the first point in the kernel that sees a received frame. Always returns XDP_PASS, except for captured
 * frames with --consume, which it drops.
 */
#include "emit.bpf.h"
#include "filter.bpf.h"
#include "reduce.bpf.h"
#include <bpf/bpf_core_read.h>
#include "kernel_types.h"

char _license[] SEC("license") = "Dual BSD/GPL";

RINGTAP_FILTER_STUB(xdp_filter, xdp_md)
RINGTAP_FILTER_STUB(xdp_l3_filter, xdp_md)

#define XDP_FLAGS_HAS_FRAGS 1u /* include/net/xdp.h */

/* bpf_xdp_load_bytes refuses longer copies (net/core/filter.c). */
#define XDP_MAX_COPY 0xffffu

/* The helper is called only for multi-buffer frames: the call costs more than this check. */
static __always_inline __u64 frame_length(struct xdp_md *ctx)
{
	if (cfg_kernel_casts) {
		struct xdp_buff *kernel_ctx = rdonly_cast(ctx, cfg_xdp_buff_type);

		if (kernel_ctx->flags & XDP_FLAGS_HAS_FRAGS)
			return bpf_xdp_get_buff_len(ctx);
	} else if (cfg_xdp_load_bytes) {
		return bpf_xdp_get_buff_len(ctx);
	}
	return ctx->data_end - ctx->data;
}

static __always_inline long copy_frame(struct xdp_md *ctx, struct record *record, __u64 size)
{
	if (copy_short(record->data, (void *)(long)ctx->data, (void *)(long)ctx->data_end, size))
		return 0;
	return cfg_xdp_load_bytes ? xdp_load_bytes(ctx, 0, record->data, size)
				  : read_kernel(record->data, size, (void *)(long)ctx->data);
}

/* Of the frame's device, as in ringtap_place. */
static __always_inline __u32 netns_of(struct xdp_md *ctx)
{
	__u32 netns;

	if (!cfg_namespaces || cfg_only_slot)
		return 0;
	if (cfg_kernel_casts) {
		struct xdp_buff *kernel_ctx = rdonly_cast(ctx, cfg_xdp_buff_type);

		netns = kernel_ctx->rxq->dev->nd_net.net->ns.inum;
	} else {
		netns = BPF_CORE_READ((struct xdp_buff *)(void *)ctx, rxq, dev, nd_net.net, ns.inum);
	}
	return netns == cfg_netns ? 0 : netns;
}

static __always_inline int tap(struct xdp_md *ctx, int (*filter)(struct xdp_md *), int has_link)
{
	struct tap tap;
	struct record record;

	if (!tap_begin(&tap, RINGTAP_TAP_XDP, ctx->ingress_ifindex, netns_of(ctx)))
		return XDP_PASS;
	if (cfg_filter && !wanted(&tap, filter(ctx), 0)) {
		const struct ethhdr *header = (void *)(long)ctx->data;

		if (has_link && (void *)(header + 1) <= (void *)(long)ctx->data_end)
			count_if_tagged(&tap, is_tag(bpf_ntohs(header->h_proto)));
		return XDP_PASS;
	}
	/* A frame for which user space decides the filter must not be dropped. */
	__u32 verdict = tap.flags & RINGTAP_EVENT_RECHECK ? XDP_PASS : cfg_xdp_verdict;
	if (!record_begin(&tap, &record, 0, 0))
		return verdict;

	__u64 wire_len = frame_length(ctx);
	__u64 cap_len = clamped(clamped(wire_len, cfg_snaplen), XDP_MAX_COPY);
	record.event->ifindex = ctx->ingress_ifindex;
	record.event->rx_queue = ctx->rx_queue_index;
	record.event->wire_len = wire_len;
	record.event->cap_len = cap_len;
	record.event->verdict = verdict;
	__u64 copied = 0;
	if (REDUCES) {
		copied = READS_HEADERS ? head_length(cap_len) : 0;
		if (copied > 0 && copy_frame(ctx, &record, not_zero(copied))) {
			record_abort(&tap, &record, RINGTAP_CNT_COPY_FAILED);
			return verdict;
		}
		if (!reduce(&tap, &record, has_link, 1))
			return verdict;
		cap_len = clamped(clamped(record.event->cap_len, cfg_snaplen), XDP_MAX_COPY);
	}
	if (cap_len > copied && copy_frame(ctx, &record, not_zero(cap_len))) {
		record_abort(&tap, &record, RINGTAP_CNT_COPY_FAILED);
		return verdict;
	}
	record_end(&tap, &record);
	return verdict;
}

/*
 * Loaded with support for multi-buffer frames (BPF_F_XDP_HAS_FRAGS); a driver or kernel (before 5.18) without them gets
 * the plain variant.
 */
SEC("ringtap/xdp")
int xdp_frags_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_filter, 1);
}

SEC("ringtap/xdp")
int xdp_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_filter, 1);
}

SEC("ringtap/xdp")
int xdp_l3_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_l3_filter, 0);
}
