/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Counting packets and emitting records. A tap calls tap_begin(), runs its filter, and for a frame that matches calls
 * record_begin(), fills in the event, copies the bytes after it and calls record_end(), or record_abort() if it could
 * not copy. Every path out is counted. Only this file touches rings, stages and counters.
 */
#ifndef RINGTAP_EMIT_BPF_H
#define RINGTAP_EMIT_BPF_H

#include <linux/if_ether.h>
#include "maps.bpf.h"
#include <bpf/bpf_endian.h>

/* An Ethernet type, in host order, behind which a VLAN tag stands. */
static __always_inline int is_tag(__u32 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_QINQ1;
}

struct stage {
	struct ringtap_stage head;
	__u8 bytes[]; /* RINGTAP_BATCH_BYTES and one record of cfg_filter_bytes */
};

/* One of the CPU's stages; NULL if it has none. */
static __always_inline struct stage *stage_of(__u32 cpu, __u32 which)
{
	void *of_cpu = bpf_map_lookup_elem(&stages, &cpu);

	return of_cpu ? bpf_map_lookup_elem(of_cpu, &which) : NULL;
}

/* A record being built, at the end of a stage. */
struct record {
	struct stage *stage;
	struct ringtap_event *event;
	struct ringtap_trace *trace;   /* NULL: none */
	struct ringtap_owners *owners; /* NULL: none */
	__u8 *data;
	__u64 offset; /* of the event in the stage's bytes */
	__u32 nested;
};

struct tap {
	struct ringtap_counters *counters;
	__u32 row; /* of `counters` */
	__u32 slot;
	__u8 tap;
	__u8 flags; /* for the event */
};

/*
 * Lengths are 64 bits wide wherever they bound an access: the verifier of Linux 6.1 and before loses the bound of a
 * value that is compared and moved as 32 bits. So the helpers are declared with prototypes that take 64-bit lengths.
 */
static long (*const skb_load_bytes)(const void *skb, __u64 offset, void *to,
				    __u64 size) = (void *)BPF_FUNC_skb_load_bytes;
static long (*const skb_load_bytes_relative)(const void *skb, __u64 offset, void *to, __u64 size,
					     __u64 start) = (void *)BPF_FUNC_skb_load_bytes_relative;
static long (*const xdp_load_bytes)(struct xdp_md *ctx, __u64 offset, void *to,
				    __u64 size) = (void *)BPF_FUNC_xdp_load_bytes;
static long (*const read_kernel)(void *to, __u64 size, const void *from) = (void *)BPF_FUNC_probe_read_kernel;

/*
 * The kernel functions that cast to the kernel's own context and pointer types. They are not externs: to find one that
 * the kernel lacks, libbpf would read the types of every module, which is not allowed without CAP_SYS_ADMIN. Only
 * called if cfg_kernel_casts is set.
 */
static __always_inline void *cast_to_kern_ctx(void *ctx)
{
	void *out;

	asm volatile("r1 = %[ctx]\n"
		     "call %[function]\n"
		     "%[out] = r0"
		     : [out] "=r"(out)
		     : [ctx] "r"(ctx), [function] "i"(RINGTAP_CALL_CAST_TO_KERN_CTX)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	return out;
}

static __always_inline void *rdonly_cast(const void *object, __u64 btf_id)
{
	void *out;

	asm volatile("r1 = %[object]\n"
		     "r2 = %[id]\n"
		     "call %[function]\n"
		     "%[out] = r0"
		     : [out] "=r"(out)
		     : [object] "r"(object), [id] "r"(btf_id), [function] "i"(RINGTAP_CALL_RDONLY_CAST)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	return out;
}

/*
 * The smaller of the two, in a form the verifier can follow: clang likes to compare one copy of a value and to pass on
 * another, which then has no bound.
 */
static __always_inline __u64 clamped(__u64 value, __u64 limit)
{
	asm volatile("if %[value] <= %[limit] goto +1\n"
		     "%[value] = %[limit]"
		     : [value] "+r"(value)
		     : [limit] "r"(limit));
	return value;
}

/*
 * The same value, of which the verifier forgets what it knew, for a branch that comes later: else it follows each path
 * on which the value is another constant to the end, and every such value doubles their number. `unknown` is any number
 * that it does not know.
 */
static __always_inline __u64 forgotten(__u64 value, __u64 unknown)
{
	asm volatile("%[value] ^= %[unknown]\n"
		     "%[value] ^= %[unknown]"
		     : [value] "+&r"(value)
		     : [unknown] "r"(unknown));
	return value;
}

#define READ_ONCE(x)	     (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

/* A length that is known not to be 0, in a form the verifier can follow: before Linux 6.8 it learns nothing from != 0.
 */
static __always_inline __u64 not_zero(__u64 length)
{
	asm volatile("if %[length] > 0 goto +1\n"
		     "%[length] = 1"
		     : [length] "+r"(length));
	return length;
}

/* Between these two nobody else on this CPU touches the stage; the compiler moves no access out of this section. */
static __always_inline void stage_lock(struct stage *stage)
{
	WRITE_ONCE(stage->head.busy, 1);
	barrier();
}

static __always_inline void stage_unlock(struct stage *stage)
{
	barrier();
	WRITE_ONCE(stage->head.busy, 0);
}

#define SHORT_COPY 128u /* bytes; a power of two */

/*
 * Copies `size` bytes of a short frame without a helper, whose call would cost more than the copy. Returns 0, with
 * nothing copied that matters, if the frame is not short or not contiguous between `data` and `data_end`. The last
 * words are written twice if the size is not a multiple of two words.
 */
static __always_inline int copy_short(__u8 *to, void *data, void *data_end, __u64 size)
{
	const __u64 step = 2 * sizeof(__u64);

	if (size < step || size > SHORT_COPY)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < SHORT_COPY; i += step) {
		if (i + step > size)
			break;
		if (data + i + step > data_end)
			return 0;
		*(__u64 *)(to + i) = *(__u64 *)(data + i);
		*(__u64 *)(to + i + sizeof(__u64)) = *(__u64 *)(data + i + sizeof(__u64));
	}
	__u64 last = size - step;
	asm volatile("" : "+r"(last)); /* else clang uses facts that the verifier does not know */
	last &= SHORT_COPY - 1;
	void *from = data + last;
	if (from + step > data_end)
		return 0;
	*(__u64 *)(to + last) = *(__u64 *)from;
	*(__u64 *)(to + last + sizeof(__u64)) = *(__u64 *)(from + sizeof(__u64));
	return 1;
}

static __always_inline int tap_begin_in_slot(struct tap *tap, __u32 which, __u32 slot)
{
	tap->tap = which;
	tap->flags = 0;
	tap->slot = slot;
	tap->row = tap->slot * RINGTAP_TAP_COUNT + which;
	tap->counters = bpf_map_lookup_elem(&counters, &tap->row);
	if (!tap->counters)
		return 0; /* not reached: the loader sizes the map for all slots that it assigns */
	tap->counters->value[RINGTAP_CNT_SEEN]++;
	return 1;
}

/* The slot and RINGTAP_SLOT_… of an interface; NULL: it has none. */
static __always_inline __u32 *slot_of(__u32 ifindex, __u32 netns)
{
	struct ringtap_place place = {
		.ifindex = ifindex,
		.netns = netns,
	};

	return bpf_map_lookup_elem(&slots, &place);
}

/* For programs that are attached to one device. `netns`: as in ringtap_place. */
static __always_inline int tap_begin(struct tap *tap, __u32 which, __u32 ifindex, __u32 netns)
{
	if (cfg_only_slot)
		return tap_begin_in_slot(tap, which, cfg_only_slot);
	__u32 *slot = slot_of(ifindex, netns);
	return tap_begin_in_slot(tap, which, slot ? *slot & RINGTAP_SLOT_NUMBER : RINGTAP_SLOT_UNKNOWN);
}

/* What the record says of a match. */
static __always_inline __u8 flag_of(__u32 verdict)
{
	if (verdict == RINGTAP_VERDICT_RECHECK)
		return RINGTAP_EVENT_RECHECK;
	return verdict == RINGTAP_VERDICT_TRIGGER ? RINGTAP_EVENT_TRIGGER : 0;
}

/* Takes the filter's return code; 0 is counted as filtered, and ends the frame unless its sk_buff is followed. */
static __always_inline int wanted(struct tap *tap, __u32 verdict, int followed)
{
	if (verdict == 0 && followed) {
		tap->flags = RINGTAP_EVENT_FOLLOWED;
		return 1;
	}
	if (verdict == 0) {
		tap->counters->value[RINGTAP_CNT_FILTERED]++;
		return 0;
	}
	tap->flags = flag_of(verdict);
	return 1;
}

/* For a frame that is counted as filtered: whether it has a VLAN tag. */
static __always_inline void count_if_tagged(struct tap *tap, int tagged)
{
	if (tagged)
		tap->counters->filtered_tagged++;
}

static __always_inline void count_drop(struct tap *tap, enum ringtap_counter cause)
{
	tap->counters->value[cause]++;
	tap->counters->lost_since_record++;
}

/*
 * Records are submitted without a wake-up. If the reader sleeps, an empty record submitted after them wakes it; they
 * are visible by then (the commit is a full barrier, kernel/bpf/ringbuf.c).
 */
static __always_inline void wake_reader(void *ring)
{
	if (READ_ONCE(control.sleeping) == 0)
		return;
	void *empty = bpf_ringbuf_reserve(ring, 8, 0);
	if (!empty)
		return; /* the next record tries again */
	WRITE_ONCE(control.sleeping, 0);
	bpf_ringbuf_discard(empty, BPF_RB_FORCE_WAKEUP);
}

/* Moves everything in the stage to the ring as one sample, or counts it as lost. */
static __always_inline void stage_flush(struct stage *stage, __u32 cpu)
{
	enum ringtap_counter cause = RINGTAP_CNT_NO_RING;
	void *ring = bpf_map_lookup_elem(&rings, &cpu);

	if (ring) {
		__u64 size =
			clamped(stage->head.used, RINGTAP_BATCH_BYTES + RINGTAP_RECORD_ALIGN +
							  sizeof(struct ringtap_event) + sizeof(struct ringtap_trace) +
							  sizeof(struct ringtap_owners) + cfg_filter_bytes);
		__u32 asleep = READ_ONCE(control.sleeping);
		if (bpf_ringbuf_output(ring, stage->bytes, size, asleep ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP) ==
		    0) {
			if (asleep)
				WRITE_ONCE(control.sleeping, 0);
			else
				wake_reader(ring);
			goto out;
		}
		cause = RINGTAP_CNT_RING_FULL;
	}
	struct ringtap_counters *row = bpf_map_lookup_elem(&counters, &stage->head.row);
	if (row) {
		/* A program that interrupts the flusher may reach this point, too. */
		__sync_fetch_and_add(&row->value[cause], stage->head.records);
		__sync_fetch_and_add(&row->lost_since_record, stage->head.records + stage->head.lost);
	}
out:
	stage->head.used = 0;
	stage->head.records = 0;
	stage->head.lost = 0;
}

/*
 * How many records the next clock reading may serve, estimated from how long the previous ones took: aims at half of
 * the allowed age, and at most at twice as many as before.
 */
static __always_inline void plan_clock_uses(struct ringtap_stage *head, __u64 elapsed)
{
	__u32 uses = head->clock_uses;
	__u64 allowed = (__u64)cfg_time_batch_ns * (uses + 1) / (2 * elapsed + 1);

	if (elapsed > cfg_time_batch_ns)
		head->time_batch_missed += uses;
	head->clock_uses = clamped(clamped(allowed, 2 * uses + 1), RINGTAP_MOST_CLOCK_USES);
}

/*
 * The time of a record. One clock reading serves several records of one softirq, in which packets follow each other
 * closely; softirq_begin and softirq_end (softirq.bpf.c) note where it begins and ends. In process context every record
 * has its own reading.
 */
static __always_inline __u64 stage_time(struct ringtap_stage *head)
{
	if (!cfg_time_batch_ns || !head->in_softirq)
		return bpf_ktime_get_ns();
	if (head->clock_uses_left) {
		head->clock_uses_left--;
		return head->clock_ns;
	}
	__u64 now = bpf_ktime_get_ns();
	if (head->clock_ns)
		plan_clock_uses(head, now - head->clock_ns);
	head->clock_ns = now;
	head->clock_uses_left = head->clock_uses;
	return now;
}

static __always_inline __u64 record_time(struct record *record)
{
	return stage_time(&record->stage->head);
}

/*
 * Reserves room for a record in this CPU's stage; returns 0, with the drop counted, if there is none. The caller must
 * write all members of the trace, if it is `traced`, and of the owners, if it is `owned`.
 */
static __always_inline int record_begin(struct tap *tap, struct record *record, int traced, int owned)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct stage *stage = stage_of(cpu, 0);

	if (!stage) {
		count_drop(tap, RINGTAP_CNT_NO_RING);
		return 0;
	}
	record->nested = READ_ONCE(stage->head.busy);
	if (record->nested) {
		stage = stage_of(cpu, 1);
		if (!stage || READ_ONCE(stage->head.busy)) {
			count_drop(tap, RINGTAP_CNT_RECURSION);
			return 0;
		}
	}
	stage_lock(stage);
	if (stage->head.records && stage->head.row != tap->row)
		stage_flush(stage, cpu);

	__u64 offset = clamped(stage->head.used, RINGTAP_BATCH_BYTES) & -(__u64)RINGTAP_RECORD_ALIGN;
	struct ringtap_event *event = (void *)(stage->bytes + offset);
	__u64 lost = tap->counters->lost_since_record;
	*event = (struct ringtap_event){
		.monotonic_ns =
			cfg_sample ? 0 : stage_time(&stage->head), /* reduce() sets it for packets that are kept */
		.cpu = cpu,
		.lost = lost > 0xffffffff ? 0xffffffff : lost,
		.slot = tap->slot,
		.tap = tap->tap,
		.flags = tap->flags | (traced ? RINGTAP_EVENT_TRACE : 0) | (owned ? RINGTAP_EVENT_OWNERS : 0),
		.rx_queue = RINGTAP_RX_QUEUE_UNKNOWN,
		.pkt_type = RINGTAP_PKT_TYPE_UNKNOWN,
		.csum = RINGTAP_CSUM_UNKNOWN,
	};
	record->nested = forgotten(record->nested, lost);
	record->stage = stage;
	record->event = event;
	record->trace = traced ? (void *)(event + 1) : NULL;
	__u8 *end = traced ? (void *)(record->trace + 1) : (void *)(event + 1);
	record->owners = owned ? (void *)end : NULL;
	record->data = owned ? (void *)(record->owners + 1) : end;
	record->offset = offset;
	return 1;
}

static __always_inline void record_abort(struct tap *tap, struct record *record, enum ringtap_counter cause)
{
	count_drop(tap, cause);
	stage_unlock(record->stage);
}

/* The frame is filtered, or left out on purpose: nothing is lost. */
static __always_inline void record_leave_out(struct tap *tap, struct record *record, enum ringtap_counter cause)
{
	tap->counters->value[cause]++;
	stage_unlock(record->stage);
}

static __always_inline void record_end(struct tap *tap, struct record *record)
{
	struct stage *stage = record->stage;
	__u32 size = sizeof(struct ringtap_event) + (record->trace ? sizeof(struct ringtap_trace) : 0) +
		     (record->owners ? sizeof(struct ringtap_owners) : 0) + record->event->cap_len;
	__u64 now = record->event->monotonic_ns;

	if (stage->head.records == 0) {
		stage->head.first_ns = now;
		stage->head.row = tap->row;
	}
	stage->head.records++;
	stage->head.lost += record->event->lost;
	tap->counters->lost_since_record = 0;
	WRITE_ONCE(stage->head.used, record->offset + ((size + RINGTAP_RECORD_ALIGN - 1) & -RINGTAP_RECORD_ALIGN));
	if (record->nested || stage->head.used > cfg_batch_bytes || READ_ONCE(control.sleeping) ||
	    now - stage->head.last_ns > RINGTAP_BATCH_GAP_NS)
		stage_flush(stage, record->event->cpu);
	stage->head.last_ns = now;
	stage_unlock(stage);
}

#endif
