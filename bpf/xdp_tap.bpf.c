// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP tap: the first place in the kernel that sees a received frame. Always XDP_PASS, but for frames that the user
 * asked to end here (--consume).
 */
#include "emit.bpf.h"
#include "filter.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

RINGTAP_FILTER_STUB(xdp_filter, xdp_md)
RINGTAP_FILTER_STUB(xdp_l3_filter, xdp_md)

/* bpf_xdp_load_bytes refuses longer copies (net/core/filter.c). */
#define XDP_MAX_COPY 0xffffu

static __always_inline int tap(struct xdp_md *ctx, int (*filter)(struct xdp_md *))
{
	struct tap tap;
	struct record record;

	if (!tap_begin(&tap, RINGTAP_TAP_XDP, ctx->ingress_ifindex))
		return XDP_PASS;
	if (cfg_filter && !wanted(&tap, filter(ctx), 0))
		return XDP_PASS;
	/* A frame that user space has to look at first is not ours to end. */
	__u32 verdict = tap.flags & RINGTAP_EVENT_RECHECK ? XDP_PASS : cfg_xdp_verdict;
	if (!record_begin(&tap, &record, 0))
		return verdict;

	__u32 wire_len = cfg_xdp_load_bytes ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
	__u32 cap_len = clamped(clamped(wire_len, cfg_snaplen), XDP_MAX_COPY);
	record.event->ifindex = ctx->ingress_ifindex;
	record.event->rx_queue = ctx->rx_queue_index;
	record.event->wire_len = wire_len;
	record.event->cap_len = cap_len;
	record.event->verdict = verdict;
	if (cap_len > 0) {
		long err = cfg_xdp_load_bytes ? bpf_xdp_load_bytes(ctx, 0, record.data, cap_len)
					      : bpf_probe_read_kernel(record.data, cap_len, (void *)(long)ctx->data);
		if (err) {
			record_abort(&tap, &record, RINGTAP_CNT_COPY_FAILED);
			return verdict;
		}
	}
	record_end(&tap, &record);
	return verdict;
}

/*
 * Loaded as taking frames of several buffers (BPF_F_XDP_HAS_FRAGS); a driver or a kernel (before 5.18) that knows none
 * gets the plain one.
 */
SEC("ringtap/xdp")
int xdp_frags_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_filter);
}

SEC("ringtap/xdp")
int xdp_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_filter);
}

SEC("ringtap/xdp")
int xdp_l3_tap(struct xdp_md *ctx)
{
	return tap(ctx, xdp_l3_filter);
}
