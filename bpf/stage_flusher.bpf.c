// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Flushes what is left in a CPU's stage when traffic pauses. Not attached: user space runs it by BPF_PROG_TEST_RUN, on
 * that CPU while taps are attached, on any CPU afterwards. On another CPU it runs as an interrupt, and does not touch a
 * record that is being built; on the CPU of user space itself it may be interrupted by a tap, which then uses the other
 * stage.
 */
#include "emit.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp")
int stage_flusher(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = ctx->args[0];
	struct stage *stage = stage_of(cpu, 0);

	if (!stage || READ_ONCE(stage->head.busy))
		return 0;
	stage_lock(stage);
	if (stage->head.records)
		stage_flush(stage, cpu);
	stage_unlock(stage);
	return 0;
}
