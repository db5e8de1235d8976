// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * For --time-batch: notes where the softirq in which a CPU receives packets begins and ends (tracepoints softirq_entry
 * and softirq_exit, whose argument is the number of the softirq). A clock reading is valid only within one softirq,
 * since any time may pass between two. At the end it is checked whether the last reading became too old. Not for
 * kernels where a softirq can be preempted (PREEMPT_RT).
 */
#include "emit.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#define NET_RX_SOFTIRQ 3 /* include/linux/interrupt.h */

static __always_inline struct ringtap_stage *own_stage(struct bpf_raw_tracepoint_args *ctx)
{
	struct stage *stage = ctx->args[0] == NET_RX_SOFTIRQ ? stage_of(bpf_get_smp_processor_id(), 0) : NULL;

	return stage ? &stage->head : NULL;
}

SEC("raw_tp")
int softirq_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct ringtap_stage *head = own_stage(ctx);

	if (head) {
		head->clock_ns = 0;
		head->clock_uses_left = 0;
		head->in_softirq = 1;
	}
	return 0;
}

SEC("raw_tp")
int softirq_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct ringtap_stage *head = own_stage(ctx);

	if (!head)
		return 0;
	head->in_softirq = 0;
	__u32 used = head->clock_uses - head->clock_uses_left;
	if (head->clock_ns && used && bpf_ktime_get_ns() - head->clock_ns > cfg_time_batch_ns) {
		head->time_batch_missed += used;
		head->clock_uses /= 2;
	}
	return 0;
}
