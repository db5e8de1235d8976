/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From "seen" to the ring. A tap calls tap_begin(), asks its filter, and for a wanted frame calls record_begin(), fills
 * the event, copies the bytes behind it and calls record_end(), or record_abort() when it could not copy. Every way out
 * is counted. Only this file touches rings, stages and counters.
 */
#ifndef RINGTAP_EMIT_BPF_H
#define RINGTAP_EMIT_BPF_H

#include "maps.bpf.h"

/* One CPU's stage. `busy` is set while a record is being made: a program that meets it has interrupted another. */
struct stage {
	__u32 busy;
	__u32 reserved;
	struct ringtap_event event;
	__u8 data[]; /* cfg_snaplen bytes */
};

struct tap {
	struct ringtap_counters *counters;
	__u32 slot;
	__u8 tap;
	__u8 flags; /* of the event to come */
};

/*
 * The smaller of the two, in a form the verifier can follow: clang likes to compare one copy of a value and to pass on
 * another, which then has no bound.
 */
static __always_inline __u32 clamped(__u64 value, __u64 limit)
{
	asm volatile("if %[value] <= %[limit] goto +1\n"
		     "%[value] = %[limit]"
		     : [value] "+r"(value)
		     : [limit] "r"(limit));
	return value;
}

#define ONCE(x) (*(volatile typeof(x) *)&(x))

static __always_inline int tap_begin(struct tap *tap, __u32 which, __u32 ifindex)
{
	tap->tap = which;
	tap->flags = 0;
	tap->slot = cfg_only_slot;
	if (!cfg_only_slot) {
		__u32 *slot = bpf_map_lookup_elem(&slots, &ifindex);
		tap->slot = slot ? *slot : RINGTAP_SLOT_UNKNOWN;
	}
	__u32 key = tap->slot * RINGTAP_TAP_COUNT + which;
	tap->counters = bpf_map_lookup_elem(&counters, &key);
	if (!tap->counters)
		return 0; /* not reached: the loader sizes the map for every slot it hands out */
	tap->counters->value[RINGTAP_CNT_SEEN]++;
	return 1;
}

/* What the filter said; 0 is counted, and the frame is done with. */
static __always_inline int wanted(struct tap *tap, __u32 verdict)
{
	if (verdict == 0) {
		tap->counters->value[RINGTAP_CNT_FILTERED]++;
		return 0;
	}
	if (verdict == RINGTAP_VERDICT_RECHECK)
		tap->flags = RINGTAP_EVENT_RECHECK;
	return 1;
}

static __always_inline void count_drop(struct tap *tap, enum ringtap_counter cause)
{
	tap->counters->value[cause]++;
	tap->counters->lost_since_record++;
}

/* The stage of this CPU, or NULL with the drop counted. */
static __always_inline struct stage *record_begin(struct tap *tap)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct stage *stage = bpf_map_lookup_elem(&stages, &cpu);

	if (!stage) {
		count_drop(tap, RINGTAP_CNT_NO_RING);
		return NULL;
	}
	if (ONCE(stage->busy)) {
		count_drop(tap, RINGTAP_CNT_REENTERED);
		return NULL;
	}
	ONCE(stage->busy) = 1;
	stage->event = (struct ringtap_event){
		.boot_ns = bpf_ktime_get_boot_ns(),
		.cpu = cpu,
		.slot = tap->slot,
		.tap = tap->tap,
		.flags = tap->flags,
		.rx_queue = RINGTAP_RX_QUEUE_UNKNOWN,
		.pkt_type = RINGTAP_PKT_TYPE_UNKNOWN,
		.csum = RINGTAP_CSUM_UNKNOWN,
	};
	return stage;
}

static __always_inline void record_abort(struct tap *tap, struct stage *stage, enum ringtap_counter cause)
{
	count_drop(tap, cause);
	ONCE(stage->busy) = 0;
}

/*
 * Records go out without a wake-up. Who finds the reader asleep wakes it by an empty record: after the record is
 * visible, so that a reader that slept in between is not missed (the commit is a full barrier, kernel/bpf/ringbuf.c).
 */
static __always_inline void wake_reader(void *ring)
{
	if (ONCE(control.sleeping) == 0)
		return;
	ONCE(control.sleeping) = 0;
	void *empty = bpf_ringbuf_reserve(ring, 8, 0);
	if (empty)
		bpf_ringbuf_discard(empty, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void record_end(struct tap *tap, struct stage *stage)
{
	__u32 cpu = stage->event.cpu;
	__u32 cap_len = clamped(stage->event.cap_len, cfg_snaplen);
	void *ring = bpf_map_lookup_elem(&rings, &cpu);

	if (!ring) {
		record_abort(tap, stage, RINGTAP_CNT_NO_RING);
		return;
	}
	__u64 lost = tap->counters->lost_since_record;
	stage->event.lost = lost > 0xffffffff ? 0xffffffff : lost;
	if (bpf_ringbuf_output(ring, &stage->event, sizeof(stage->event) + cap_len, BPF_RB_NO_WAKEUP)) {
		record_abort(tap, stage, RINGTAP_CNT_RING_FULL);
		return;
	}
	tap->counters->lost_since_record = 0;
	ONCE(stage->busy) = 0;
	wake_reader(ring);
}

#endif
