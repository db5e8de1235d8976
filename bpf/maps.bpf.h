/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every map and every setting of the taps. Settings (cfg_*) are read-only data that the loader writes before load, so
 * the verifier drops the branches that they rule out. The loader also sets the sizes of maps; those here are minimums.
 */
#ifndef RINGTAP_MAPS_BPF_H
#define RINGTAP_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "ringtap/abi.h"

__weak const volatile __u32 cfg_snaplen = RINGTAP_MAX_SNAPLEN; /* bytes kept of a frame, 1 … RINGTAP_MAX_SNAPLEN */
/*
 * Bytes copied of a frame whose filter runs on the copy, in a host tap or in user space, which cuts it to its snaplen
 * afterwards. At least cfg_snaplen.
 */
__weak const volatile __u32 cfg_filter_bytes = RINGTAP_MAX_SNAPLEN;
__weak const volatile __u8 cfg_packet_in = 1;  /* the packet tap records received frames, not only sent ones */
__weak const volatile __u32 cfg_only_slot = 0; /* the one slot in use; 0: look the interface up in `slots` */
__weak const volatile __u8 cfg_filter = 0;     /* the filter stubs were replaced by a translated expression */
__weak const volatile __u8 cfg_kernel_casts =
	0; /* bpf_cast_to_kern_ctx and bpf_rdonly_cast exist (Linux 6.2, CAP_PERFMON) */
/* Number of struct xdp_buff in the kernel's types; not asked of libbpf, which may be given only a part of them. */
__weak const volatile __u32 cfg_xdp_buff_type = 0;
__weak const volatile __u32 cfg_batch_bytes = 0; /* a stage that holds more is flushed; 0: no batches, no flusher */
__weak const volatile __u32 cfg_xdp_verdict = XDP_PASS; /* for captured frames; XDP_DROP consumes them */
__weak const volatile __u8 cfg_xdp_load_bytes = 0;	/* bpf_xdp_load_bytes and frags exist (Linux 5.18) */
__weak const volatile __u8 cfg_trace = 0;		/* tc: the record has the sk_buff's address */
__weak const volatile __u8 cfg_who = 0;			/* tc: the record has the packet's owners */
__weak const volatile __u8 cfg_holders = 0;		/* … and how many references there are to their sockets */
__weak const volatile __u8 cfg_follow = 0; /* an sk_buff that the filter accepted is recorded wherever it is seen */
__weak const volatile __u8 cfg_drop_reason = 0;	   /* kfree_skb has the reason (Linux 5.17) */
__weak const volatile __u8 cfg_drop_socket = 0;	   /* kfree_skb has the socket (Linux 6.11) */
__weak const volatile __u8 cfg_end_location = 0;   /* consume_skb has the location (Linux 6.3) */
__weak const volatile __u32 cfg_netns = 0;	   /* inode number of the capture's network namespace */
__weak const volatile __u8 cfg_namespaces = 0;	   /* devices of other network namespaces are captured, too */
__weak const volatile __u32 cfg_time_batch_ns = 0; /* how old a clock reading may be; 0: one for each record */

/* What is left out on purpose (reduce.bpf.h); then cfg_snaplen is at least RINGTAP_HEAD_BYTES. */
__weak const volatile __u32 cfg_slice_layer = 0; /* 2, 3 or 4: bytes after the headers up to this layer are cut off */
__weak const volatile __u32 cfg_slice_more = 0;	 /* … except for this many */
__weak const volatile __u32 cfg_keep = RINGTAP_MAX_SNAPLEN; /* bytes kept of a frame then, instead of cfg_snaplen */
__weak const volatile __u32 cfg_sample = 0;		    /* one flow in this many is captured; 0: all */
__weak const volatile __u64 cfg_max_pps = 0;		    /* packets per second, over all taps; 0: no limit */

/* Written by both sides; in .bss, which libbpf maps into user space. */
__weak struct ringtap_control control = {};

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* CPU number → its ring; none for a CPU that is not online. The loader creates and fills this map before the programs
 * are loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring);
} rings __weak SEC(".maps");

/*
 * The stages of one CPU, RINGTAP_STAGES_PER_CPU of them, where a record is built before it goes to the ring with its
 * exact size. Not a per-CPU map: those are limited to 32 KiB per value. The loader sets the value size to what struct
 * stage needs with cfg_filter_bytes.
 */
struct cpu_stages {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RINGTAP_STAGES_PER_CPU);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 4096);
	__uint(map_flags, BPF_F_MMAPABLE); /* user space looks for records that are left in them */
};

/* CPU number → its stages, made and filled as `rings`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct cpu_stages);
} stages __weak SEC(".maps");

/* slot * RINGTAP_TAP_COUNT + tap → counters, per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RINGTAP_TAP_COUNT);
	__type(key, __u32);
	__type(value, struct ringtap_counters);
} counters __weak SEC(".maps");

/* Interface → slot and RINGTAP_SLOT_…. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct ringtap_place);
	__type(value, __u32);
} slots __weak SEC(".maps");

/*
 * The packet tap's programs, by PACKET_…. A socket is charged for the size of its filter (net/core/filter.c
 * sk_filter_charge()), 20 KiB at most before Linux 6.7; so the filter only calls one of these.
 */
enum { PACKET_LINK, PACKET_NO_LINK, PACKET_PROGRAMS };
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PACKET_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} packet_programs __weak SEC(".maps");

/* With cfg_follow: addresses of sk_buffs that the filter accepted, until they are freed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} followed __weak SEC(".maps");

#endif
