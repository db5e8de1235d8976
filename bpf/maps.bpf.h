/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every map and every setting of the taps. Settings (cfg_*) are read-only data that the loader writes before load, so
 * the verifier drops the branches they rule out. Sizes of maps are the loader's too: what stands here is a minimum.
 */
#ifndef RINGTAP_MAPS_BPF_H
#define RINGTAP_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "ringtap/abi.h"

__weak const volatile __u32 cfg_snaplen = RINGTAP_MAX_SNAPLEN; /* bytes kept of a frame, 1 … RINGTAP_MAX_SNAPLEN */
/* Bytes the taps of the whole host copy before their filter looks; cut to cfg_snaplen after it. */
__weak const volatile __u32 cfg_filter_bytes = RINGTAP_MAX_SNAPLEN;
__weak const volatile __u32 cfg_only_slot = 0; /* the one slot in use; 0: look the interface up in `slots` */
__weak const volatile __u8 cfg_filter = 0;     /* the filter stubs were replaced by a translated expression */
__weak const volatile __u8 cfg_kernel_casts =
	0; /* bpf_cast_to_kern_ctx and bpf_rdonly_cast are there (Linux 6.2, CAP_PERFMON) */
__weak const volatile __u32 cfg_batch_bytes = 0; /* a stage that holds more is sent on; 0: nobody runs stage_flusher */
__weak const volatile __u32 cfg_xdp_verdict = XDP_PASS; /* for captured frames; XDP_DROP consumes them */
__weak const volatile __u8 cfg_xdp_load_bytes = 0;	/* bpf_xdp_load_bytes and frags exist (Linux 5.18) */
__weak const volatile __u8 cfg_follow = 0;	 /* an sk_buff the filter said yes to is recorded wherever it is met */
__weak const volatile __u8 cfg_drop_reason = 0;	 /* kfree_skb tells why (Linux 5.17) */
__weak const volatile __u8 cfg_drop_socket = 0;	 /* kfree_skb tells for which socket (Linux 6.11) */
__weak const volatile __u8 cfg_end_location = 0; /* consume_skb tells where (Linux 6.3) */
__weak const volatile __u32 cfg_netns = 0;	 /* inode number of our network namespace */
__weak const volatile __u32 cfg_time_batch_ns = 0; /* how old a reading of the clock may be; 0: one for each record */

/* What is left out on purpose (reduce.bpf.h); cfg_snaplen is RINGTAP_HEAD_BYTES or more then. */
__weak const volatile __u32 cfg_slice_layer = 0; /* 2, 3 or 4: bytes after the headers up to this layer are cut off */
__weak const volatile __u32 cfg_slice_more = 0;	 /* … but for so many */
__weak const volatile __u32 cfg_keep = RINGTAP_MAX_SNAPLEN; /* bytes kept of a frame then, whatever cfg_snaplen */
__weak const volatile __u32 cfg_sample = 0;		    /* one of so many flows is captured; 0: all */
__weak const volatile __u64 cfg_max_pps = 0;		    /* packets a second in all; 0: no limit */

/* Written by both sides; in .bss, which libbpf maps into user space. */
__weak struct ringtap_control control = {};

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* CPU number → its ring. The loader makes and fills it before the programs are loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring);
} rings __weak SEC(".maps");

/*
 * CPU number * RINGTAP_STAGES_PER_CPU → where a record is put together before it goes to the ring in one piece of its
 * exact size. Not a per-CPU map: those are limited to 32 KiB a value. The loader sets the value size to what
 * cfg_snaplen and cfg_filter_bytes need: struct stage.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 4096);
	__uint(map_flags, BPF_F_MMAPABLE); /* user space looks for records that were left behind */
} stages __weak SEC(".maps");

/* slot * RINGTAP_TAP_COUNT + tap → counters of this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RINGTAP_TAP_COUNT);
	__type(key, __u32);
	__type(value, struct ringtap_counters);
} counters __weak SEC(".maps");

/* Interface index → slot. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slots __weak SEC(".maps");

/* With cfg_follow: addresses of sk_buffs the filter said yes to, until they are freed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} followed __weak SEC(".maps");

#endif
