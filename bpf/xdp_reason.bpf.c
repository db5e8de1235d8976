// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Why the kernel or a driver refused an XDP link. bpf(2) cannot return the text; it is only passed to the tracepoint
 * bpf_xdp_link_attach_failed (net/core/dev.c, Linux 6.6).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

char reason[256] = {};

SEC("raw_tp/bpf_xdp_link_attach_failed")
int xdp_reason(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_probe_read_kernel_str(reason, sizeof(reason), (const void *)ctx->args[0]);
	return 0;
}
