// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends on what traffic that paused has left in a CPU's stage. Not attached: user space runs it by BPF_PROG_TEST_RUN,
 * on that very CPU while taps are on (it comes as an interrupt there, and leaves a record in the making alone), on any
 * once they are off.
 */
#include "emit.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp")
int stage_flusher(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = ctx->args[0];
	struct stage *stage = bpf_map_lookup_elem(&stages, &cpu);

	if (!stage || ONCE(stage->head.busy))
		return 0;
	ONCE(stage->head.busy) = 1;
	if (stage->head.records)
		stage_flush(stage, cpu);
	ONCE(stage->head.busy) = 0;
	return 0;
}
