// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The XDP tap: the first place in the kernel that sees a received frame. Always XDP_PASS. */
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

	if (!tap_begin(&tap, RINGTAP_TAP_XDP, ctx->ingress_ifindex))
		return XDP_PASS;
	if (cfg_filter && !wanted(&tap, filter(ctx)))
		return XDP_PASS;
	struct stage *stage = record_begin(&tap);
	if (!stage)
		return XDP_PASS;

	__u32 wire_len = cfg_xdp_load_bytes ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
	__u32 cap_len = clamped(clamped(wire_len, cfg_snaplen), XDP_MAX_COPY);
	stage->event.ifindex = ctx->ingress_ifindex;
	stage->event.rx_queue = ctx->rx_queue_index;
	stage->event.wire_len = wire_len;
	stage->event.cap_len = cap_len;
	stage->event.verdict = XDP_PASS;
	if (cap_len > 0) {
		long err = cfg_xdp_load_bytes ? bpf_xdp_load_bytes(ctx, 0, stage->data, cap_len)
					      : bpf_probe_read_kernel(stage->data, cap_len, (void *)(long)ctx->data);
		if (err) {
			record_abort(&tap, stage, RINGTAP_CNT_COPY_FAILED);
			return XDP_PASS;
		}
	}
	record_end(&tap, stage);
	return XDP_PASS;
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
