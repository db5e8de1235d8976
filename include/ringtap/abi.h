/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the BPF programs and user space agree on: the record that travels through the rings, the taps, the counters
 * and the limits. The only header both sides share. C, fixed-width types, no padding: both compilers assert the layout.
 *
 * A ring sample is one or more records, each `struct ringtap_event`, `struct ringtap_trace` if RINGTAP_EVENT_TRACE says
 * so, `cap_len` bytes of the frame and zero to seven bytes that round the record up to RINGTAP_RECORD_ALIGN. Byte order
 * is the host's.
 */
#ifndef RINGTAP_ABI_H
#define RINGTAP_ABI_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Where in the kernel's path a record was taken. */
enum ringtap_tap {
  RINGTAP_TAP_XDP = 0,
  RINGTAP_TAP_TC_INGRESS = 1,
  RINGTAP_TAP_TC_EGRESS = 2,
  RINGTAP_TAP_STACK_IN = 3,  /* tracepoint netif_receive_skb: where ptype_all begins */
  RINGTAP_TAP_STACK_OUT = 4, /* tracepoint net_dev_start_xmit: after dev_queue_xmit_nit */
  RINGTAP_TAP_NETFILTER = 5,
  RINGTAP_TAP_SOCKET = 6, /* cgroup_skb ingress: a socket was found and is given the packet */
  RINGTAP_TAP_DROP = 7,   /* tracepoint kfree_skb */
  RINGTAP_TAP_END = 8,    /* tracepoint consume_skb: freed, and not a drop */
  RINGTAP_TAP_COUNT = 9,
};

/*
 * One word each per slot, tap and CPU. Every frame ends in exactly one of FILTERED, what was left out on purpose, a
 * drop, or a delivered record.
 */
enum ringtap_counter {
  RINGTAP_CNT_SEEN = 0,
  RINGTAP_CNT_FILTERED = 1,
  RINGTAP_CNT_SAMPLED_OUT = 2,  /* of a flow that the sample leaves out */
  RINGTAP_CNT_RATE_LIMITED = 3, /* above the rate that was asked for */
  RINGTAP_CNT_RING_FULL = 4,    /* no room in this CPU's ring */
  RINGTAP_CNT_NO_RING = 5,      /* this CPU has no ring: it was not possible when the capture started */
  RINGTAP_CNT_COPY_FAILED = 6,  /* the kernel refused to copy the frame's bytes */
  RINGTAP_CNT_RECURSION = 7,    /* the program interrupted itself on this CPU */
  RINGTAP_CNT_MAX = 8,
};

/* The first kind of loss, and one past the last: the sum over these is "dropped by kernel". */
#define RINGTAP_CNT_FIRST_DROP RINGTAP_CNT_RING_FULL
#define RINGTAP_CNT_END_DROP RINGTAP_CNT_MAX

struct ringtap_counters {
  __u64 lost_since_record; /* drops since the last record that reached the ring; goes out with the next one */
  __u64 value[RINGTAP_CNT_MAX];
  __u64 reserved[7]; /* rounds up to cache lines, so that no line is shared between CPUs or slots */
};

/* skb->ip_summed, include/linux/skbuff.h; UNKNOWN where the tap cannot tell. */
enum ringtap_csum {
  RINGTAP_CSUM_NONE = 0,
  RINGTAP_CSUM_UNNECESSARY = 1,
  RINGTAP_CSUM_COMPLETE = 2,
  RINGTAP_CSUM_PARTIAL = 3,
  RINGTAP_CSUM_UNKNOWN = 255,
};

#define RINGTAP_RX_QUEUE_UNKNOWN 0xffffffffu
#define RINGTAP_PKT_TYPE_UNKNOWN 255 /* else PACKET_HOST … PACKET_OUTGOING of <linux/if_packet.h> */

/* ringtap_event.flags */
#define RINGTAP_EVENT_VLAN_RESTORED 1 /* the outermost tag stood in skb metadata and was put back into the bytes */
#define RINGTAP_EVENT_RECHECK 2       /* the filter could not decide in the kernel: user space has to */
#define RINGTAP_EVENT_TRACE 4         /* a ringtap_trace follows */
#define RINGTAP_EVENT_FOLLOWED 8      /* the filter says no; its skb is, or was, that of a frame it said yes to */
#define RINGTAP_EVENT_OTHER_NETNS 16  /* seen in another network namespace than the one that was asked for */
#define RINGTAP_EVENT_NO_LINK 32      /* there was no link header: the one in the bytes has the protocol and no more */

struct ringtap_event {
  __u64 monotonic_ns; /* CLOCK_MONOTONIC */
  __u32 ifindex;      /* as the kernel said when the frame was seen */
  __u32 wire_len;     /* bytes of the frame, restored tag included, FCS excluded */
  __u32 cap_len;      /* bytes that follow this header */
  __u32 cpu;
  __u32 rx_queue; /* receive queue, RINGTAP_RX_QUEUE_UNKNOWN where the tap cannot tell */
  __u32 hash;     /* skb->hash, 0 where there is none */
  __u32 mark;     /* skb->mark */
  __u32 gso_size; /* bytes of payload per segment, 0 when not a superframe */
  __u32 gso_segs;
  __u32 lost;       /* drops on this slot, tap and CPU since the record before this one, at most 2^32-1 */
  __s32 verdict;    /* what our program returned: XDP_PASS, TC_ACT_UNSPEC … */
  __u16 slot;       /* the attachment, see RINGTAP_SLOT_UNKNOWN */
  __u16 vlan_proto; /* tag in metadata, host order, 0 when none */
  __u16 vlan_tci;
  __u8 tap; /* enum ringtap_tap */
  __u8 pkt_type;
  __u8 csum; /* enum ringtap_csum */
  __u8 flags;
  __u16 reserved;
};

/* What the taps that meet an sk_buff know of it beyond the frame. */
struct ringtap_trace {
  __u64 skb;        /* its address */
  __u64 location;   /* DROP, END: the code that freed it, 0 unknown */
  __u32 reason;     /* DROP: enum skb_drop_reason of the running kernel */
  __u32 in_ifindex; /* NETFILTER: of the hook's state, 0 none */
  __u32 out_ifindex;
  __u8 hook; /* NETFILTER: NF_INET_PRE_ROUTING … */
  __u8 last; /* NETFILTER: 1 after all rules of the hook, 0 before them */
  __u16 reserved;
};

/* What a filter body gets that works on the bytes of a record. */
struct ringtap_memory_frame {
  __u64 address;
  __u32 length; /* of what can be read there */
  __u32 wire_length;
  __u32 ifindex;
  __u32 outgoing;
};

/* What a filter body returns when only user space can tell; any other value but 0 is "wanted". */
#define RINGTAP_VERDICT_RECHECK 0x80000000u

/*
 * Stand for calls of kernel functions (kfuncs) in the programs: numbers that no helper has. The loader puts the
 * function's BTF id in their place where the kernel has it, else the verifier never comes to them.
 */
#define RINGTAP_CALL_CAST_TO_KERN_CTX 0x72740001
#define RINGTAP_CALL_RDONLY_CAST 0x72740002

#define RINGTAP_RECORD_ALIGN 8u
#define RINGTAP_MAX_SNAPLEN 262144u /* tcpdump's default and maximum */

/*
 * A slot is one attachment point (an interface) and its counters. Slot 0 takes frames of interfaces the maps do not
 * name (a device whose index changed when it moved to another namespace).
 */
#define RINGTAP_SLOT_UNKNOWN 0u
#define RINGTAP_MAX_SLOTS 65535u

/* Where the headers of a frame end. A layer that is not known ends where the one below it does. */
struct ringtap_headers {
  __u32 link_end;
  __u32 network_end;
  __u32 transport_end;
  __u32 flow; /* the same for both directions; 0: not IP, of no flow */
  __u32 size; /* bytes of the frame that can be read */
  __u32 reserved;
  __u32 at;        /* where the header begins that is read next */
  __u32 protocol;  /* … and what it is: an Ethernet type, then a protocol of IP */
  __u32 addresses; /* mixed, the same for both directions */
  __u32 fragment;  /* RINGTAP_FRAGMENT_… */
};

#define RINGTAP_FRAGMENT_ANY 1u   /* one of several, the first included */
#define RINGTAP_FRAGMENT_LATER 2u /* without the transport header */

/*
 * A CPU's stage, where records are put together and, when they come fast, gathered: the ring is asked for room once per
 * batch. The records follow, each rounded up to RINGTAP_RECORD_ALIGN; all of one batch are of one slot and tap. User
 * space reads this header to see what was left behind when traffic paused.
 */
struct ringtap_stage {
  __u64 first_ns; /* time of the oldest record in it */
  __u64 last_ns;  /* time of the newest record ever put into it */
  __u32 busy;     /* a record is being made; a program that meets this has interrupted another */
  __u32 used;     /* bytes of records, 0: empty */
  __u32 records;
  __u32 lost; /* sum of their `lost` */
  __u32 row;  /* which counters are theirs: slot * RINGTAP_TAP_COUNT + tap */

  /* With time in batches: records of one softirq share a reading of the clock. */
  __u32 in_softirq;
  __u64 clock_ns;          /* the reading, 0: none in this softirq */
  __u32 clock_uses;        /* records it is good for beside the first */
  __u32 clock_uses_left;   /* … and is still */
  __u32 time_batch_missed; /* records whose reading of the clock was older than --time-batch allows */

  /* With a limited rate: packets that may still go, and until when there are no more. */
  __u32 tokens;
  __u64 no_tokens_until_ns;

  struct ringtap_headers headers; /* of the frame at hand, with a slice or a sample */
  __u64 reserved[2];              /* rounds up to cache lines, so that records begin at one */
};

#define RINGTAP_STAGE_ALIGN 64u /* of the stages in their map: no line belongs to two CPUs */

#define RINGTAP_HEAD_BYTES 256u   /* headers are looked for in the first bytes of a frame */
#define RINGTAP_STAGES_PER_CPU 2u /* the second for a program that interrupts another */
#define RINGTAP_MOST_CLOCK_USES 64u
#define RINGTAP_BATCH_BYTES 4096u  /* a stage that holds more goes to the ring; less where rings are small */
#define RINGTAP_BATCH_GAP_NS 20000 /* slower than this, every record goes to the ring by itself */

/* Shared through one mapped page: user space sets `sleeping` before it blocks, the first program that sees it wakes it.
 */
struct ringtap_control {
  __u32 sleeping;
  __u32 reserved[15];
};

#ifdef __cplusplus
#define RINGTAP_STATIC_ASSERT static_assert
#else
#define RINGTAP_STATIC_ASSERT _Static_assert
#endif
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_event) == 64, "the ring carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_trace) == 32, "the ring carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_counters) == 128, "two cache lines");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_control) == 64, "one cache line");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_stage) == 128, "two cache lines");
#undef RINGTAP_STATIC_ASSERT

#endif
