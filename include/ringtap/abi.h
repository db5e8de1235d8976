/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The interface between the BPF programs and user space: the records in the rings, the taps, the counters and the
 * limits. The only header that both sides share. C, fixed-width types, no padding: both compilers assert the layout.
 *
 * A ring sample is one or more records. Each is a `struct ringtap_event`, a `struct ringtap_trace` if the flag
 * RINGTAP_EVENT_TRACE is set, a `struct ringtap_owners` if RINGTAP_EVENT_OWNERS is, `cap_len` bytes of the frame, and
 * zero to seven bytes that round the record up to RINGTAP_RECORD_ALIGN. Byte order is the host's.
 */
#ifndef RINGTAP_ABI_H
#define RINGTAP_ABI_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Where in the kernel a record was captured. */
enum ringtap_tap {
  RINGTAP_TAP_XDP = 0,
  RINGTAP_TAP_TC_INGRESS = 1,
  RINGTAP_TAP_TC_EGRESS = 2,
  RINGTAP_TAP_STACK_IN = 3,  /* tracepoint netif_receive_skb: where ptype_all begins */
  RINGTAP_TAP_STACK_OUT = 4, /* tracepoint net_dev_start_xmit: after dev_queue_xmit_nit */
  RINGTAP_TAP_NETFILTER = 5,
  RINGTAP_TAP_SOCKET = 6,      /* cgroup_skb ingress: the packet is delivered to its socket */
  RINGTAP_TAP_DROP = 7,        /* tracepoint kfree_skb */
  RINGTAP_TAP_END = 8,         /* tracepoint consume_skb: freed after use, not dropped */
  RINGTAP_TAP_PACKET_IN = 9,   /* filter of an AF_PACKET socket: what ptype_all hands over */
  RINGTAP_TAP_PACKET_OUT = 10, /* the same for dev_queue_xmit_nit */
  RINGTAP_TAP_COUNT = 11,
};

/*
 * One counter each per slot, tap and CPU. Every frame that is SEEN is then counted in exactly one of the others, or
 * delivered as a record.
 */
enum ringtap_counter {
  RINGTAP_CNT_SEEN = 0,
  RINGTAP_CNT_FILTERED = 1,
  RINGTAP_CNT_SAMPLED_OUT = 2,   /* its flow is left out by --sample */
  RINGTAP_CNT_RATE_LIMITED = 3,  /* above the rate of --max-pps */
  RINGTAP_CNT_OTHER_OWNER = 4,   /* of processes that were not chosen, --pid and the like */
  RINGTAP_CNT_UNKNOWN_OWNER = 5, /* … of which it is not known whose they are */
  RINGTAP_CNT_RING_FULL = 6,     /* no room in this CPU's ring */
  RINGTAP_CNT_NO_RING = 7,       /* this CPU has no ring: it came online a moment ago, or no memory was left */
  RINGTAP_CNT_COPY_FAILED = 8,   /* the kernel refused to copy the frame's bytes */
  RINGTAP_CNT_RECURSION = 9,     /* the program interrupted itself on this CPU */
  RINGTAP_CNT_MAX = 10,
};

/* The first kind of drop, and one past the last: the sum over these is "dropped by kernel". */
#define RINGTAP_CNT_FIRST_DROP RINGTAP_CNT_RING_FULL
#define RINGTAP_CNT_END_DROP RINGTAP_CNT_MAX

struct ringtap_counters {
  __u64 lost_since_record; /* drops since the last record that reached the ring; reported in the next one */
  __u64 value[RINGTAP_CNT_MAX];
  __u64 filtered_tagged; /* of those FILTERED, the frames with a VLAN tag */
  __u64 reserved[4];     /* rounds up to cache lines, so that no line is shared between CPUs or slots */
};

/* skb->ip_summed, include/linux/skbuff.h; UNKNOWN if the tap does not know it. */
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
#define RINGTAP_EVENT_VLAN_RESTORED 1 /* the outermost VLAN tag was in skb metadata and was put back into the bytes */
#define RINGTAP_EVENT_RECHECK 2       /* the filter could not be decided in the kernel: user space has to */
#define RINGTAP_EVENT_TRACE 4         /* a ringtap_trace follows */
#define RINGTAP_EVENT_FOLLOWED 8      /* rejected by the filter, but its sk_buff was accepted at another point */
#define RINGTAP_EVENT_OTHER_NETNS 16  /* seen in a different network namespace from the capture's */
#define RINGTAP_EVENT_NO_LINK 32      /* there was no link-layer header: the one in the bytes holds only the protocol */
#define RINGTAP_EVENT_TRIGGER 64      /* it matches the expression that a recorder waits for, too */
#define RINGTAP_EVENT_OWNERS 128      /* a ringtap_owners follows */

struct ringtap_event {
  __u64 monotonic_ns; /* CLOCK_MONOTONIC */
  __u32 ifindex;      /* as it was when the frame was seen */
  __u32 wire_len;     /* bytes of the frame, restored tag included, FCS excluded */
  __u32 cap_len;      /* bytes that follow this header */
  __u32 cpu;
  __u32 rx_queue; /* receive queue, RINGTAP_RX_QUEUE_UNKNOWN if the tap does not know it */
  __u32 hash;     /* skb->hash, 0 where there is none */
  __u32 mark;     /* skb->mark */
  __u32 gso_size; /* bytes of payload per segment, 0 if it is not a superframe (GRO, TSO) */
  __u32 gso_segs;
  __u32 lost;       /* drops on this slot, tap and CPU since the previous record, at most 2^32-1 */
  __s32 verdict;    /* the tap's return code: XDP_PASS, TC_ACT_UNSPEC … */
  __u16 slot;       /* the attachment point, see RINGTAP_SLOT_UNKNOWN */
  __u16 vlan_proto; /* VLAN tag from metadata, host order, 0 if there is none */
  __u16 vlan_tci;
  __u8 tap; /* enum ringtap_tap */
  __u8 pkt_type;
  __u8 csum; /* enum ringtap_csum */
  __u8 flags;
  __u16 reserved;
};

/* What the host taps know about an sk_buff in addition to the frame. */
struct ringtap_trace {
  __u64 skb;        /* its address */
  __u64 location;   /* DROP, END: address of the code that freed it, 0 unknown */
  __u32 reason;     /* DROP: enum skb_drop_reason of the running kernel */
  __u32 in_ifindex; /* NETFILTER: from the hook's state, 0 none */
  __u32 out_ifindex;
  __u32 netns;      /* inode number of the network namespace, with RINGTAP_EVENT_OTHER_NETNS; else 0 */
  __u8 hook;        /* NETFILTER: NF_INET_PRE_ROUTING … */
  __u8 last;        /* NETFILTER: 1 after all rules of the hook, 0 before them */
  __u8 bridge_port; /* DROP: 1 if the device is a port of a bridge, whose own netfilter hooks come before those of IP */
  __u8 reserved[5];
};

/*
 * With --who. A process is one number that never comes again: its pid in the low bits, above them its start time in
 * units of 65.536 us since boot, which tells a reused pid from its predecessor. It is written and read as a whole.
 */
#define RINGTAP_PID_BITS 22 /* PID_MAX_LIMIT of include/linux/threads.h is 1 << 22 */
#define RINGTAP_PROCESS(pid, start_ns) ((((__u64)(start_ns) >> 16) << RINGTAP_PID_BITS) | (__u64)(pid))
#define RINGTAP_PID_OF(process) ((__u32)((process) & ((1u << RINGTAP_PID_BITS) - 1)))

/* What is known of one end of a packet. */
enum ringtap_owner_kind {
  RINGTAP_OWNER_NOT_ASKED = 0, /* that end is not on this host, as far as the tap can see */
  RINGTAP_OWNER_UNKNOWN = 1,
  RINGTAP_OWNER_KERNEL = 2,   /* a socket of the kernel itself */
  RINGTAP_OWNER_SENDER = 3,   /* the thread that was sending it */
  RINGTAP_OWNER_SOCKET = 4,   /* the process that was last seen using the socket */
  RINGTAP_OWNER_LISTENER = 5, /* the connection is nobody's yet: the process of its listener */
  RINGTAP_OWNER_CLOSED = 6,   /* the socket is closed: the process that had it last */
  RINGTAP_OWNER_TUN = 7,      /* a tun or tap device's: the process that has it open and was writing it */
  RINGTAP_OWNER_KINDS = 8,
};

struct ringtap_owner {
  __u64 process; /* 0 unless the kind names one */
  __u64 cookie;  /* of the socket, 0 unknown */
  __u32 thread;  /* SENDER */
  __u32 uid;     /* effective, of whoever sends or last used the socket */
  __u32 kind;    /* enum ringtap_owner_kind */
  /*
   * To the socket's file: descriptors, calls in progress, messages with it; 0 unknown, or not asked for. With SENDER,
   * the reference of the sending call is not counted.
   */
  __u32 references;
};

struct ringtap_owners {
  struct ringtap_owner sender;
  struct ringtap_owner receiver;
};

/* A process that has a socket, when it is first seen and when one of these changes; sent by a ring of its own. */
struct ringtap_process {
  __u64 process;
  __u64 monotonic_ns;
  __u64 cgroup; /* its number in cgroup v2 */
  __u32 netns;  /* inode number */
  __u32 flags;  /* RINGTAP_PROCESS_… */
  char comm[16];
};

#define RINGTAP_PROCESS_EXITED 1 /* that is all that is new */
#define RINGTAP_PROCESS_CHOSEN 2 /* by ringtap_choice, which may also look at the user */

/* One descriptor of a socket whose file has several references. */
struct ringtap_holder {
  __u64 cookie; /* of the socket */
  __u64 process;
  __u64 table; /* of descriptors, which threads and seldom processes have in common */
  __u32 descriptor;
  __u32 references; /* to the file, all that there are */
};

/* Where more files are open, holders are not looked for: it would take too long (some 0.7 us a file). */
#define RINGTAP_MOST_OPEN_FILES (1u << 16)

/* Which processes are captured, with --pid and the like: of each list that is not empty, one element has to fit. */
#define RINGTAP_MOST_CHOSEN 16u
struct ringtap_choice {
  __u64 cgroups[RINGTAP_MOST_CHOSEN]; /* and those below */
  __u32 cgroup_levels[RINGTAP_MOST_CHOSEN];
  __u32 pids[RINGTAP_MOST_CHOSEN];
  __u32 uids[RINGTAP_MOST_CHOSEN];
  char comms[RINGTAP_MOST_CHOSEN][16];
  __u32 cgroup_count;
  __u32 pid_count;
  __u32 uid_count;
  __u32 comm_count;
  __u32 command; /* pid of a command: it and what it starts; 0: none */
  __u32 reserved;
};

/* What a socket knows of its owner (BPF_MAP_TYPE_SK_STORAGE). */
struct ringtap_socket_owner {
  __u64 process;
  __u64 cookie; /* of the socket that this was written for: a child has a copy of its listener's; 0: being written */
  __u32 uid;
  __u32 reserved;
};

/* The argument of a filter body that works on the bytes of a record. */
struct ringtap_memory_frame {
  __u64 address;
  __u32 length; /* bytes that can be read there */
  __u32 wire_length;
  __u32 ifindex;
  __u32 outgoing;
};

/*
 * A filter body returns 0 for "no match", one of these, or anything else for "match". TRIGGER: a match, and one of the
 * expression that a recorder waits for.
 */
#define RINGTAP_VERDICT_RECHECK 0x80000000u /* only user space can decide, both */
#define RINGTAP_VERDICT_TRIGGER 0x40000000u

/*
 * Placeholders for calls of kernel functions (kfuncs) in the programs: numbers that no helper has. The loader replaces
 * them by the function's BTF id if the kernel has it; otherwise the verifier never reaches them.
 */
#define RINGTAP_CALL_CAST_TO_KERN_CTX 0x72740001
#define RINGTAP_CALL_RDONLY_CAST 0x72740002

#define RINGTAP_RECORD_ALIGN 8u
#define RINGTAP_MAX_SNAPLEN 262144u /* tcpdump's default and maximum */

/*
 * A slot is one attachment point (an interface) and its counters. Slot 0 is for frames of interfaces that the maps do
 * not list (a device whose index changed when it moved to another namespace).
 */
#define RINGTAP_SLOT_UNKNOWN 0u
#define RINGTAP_MAX_SLOTS 65535u

/* The key of the map of interfaces. */
struct ringtap_place {
  __u32 ifindex;
  __u32 netns; /* inode number of its network namespace; 0: that of the capture */
};

/* The value that it has for one: its slot, and what the packet tap has to know of it. */
#define RINGTAP_SLOT_NUMBER 0xffffu
#define RINGTAP_SLOT_NO_LINK (1u << 16)   /* its frames have no link-layer header */
#define RINGTAP_SLOT_NO_OUT (1u << 17)    /* what it sends comes in again at once, and is recorded then */
#define RINGTAP_SLOT_NO_PACKET (1u << 18) /* the packet tap leaves it out: it has a socket of its own */

/* Where the headers of a frame end. An unknown layer ends where the one below it does. */
struct ringtap_headers {
  __u32 link_end;
  __u32 network_end;
  __u32 transport_end;
  __u32 flow; /* hash, the same for both directions; 0: not IP, belongs to no flow */
  __u32 size; /* bytes of the frame that can be read */
  __u32 reserved;
  __u32 at;        /* while reading: where the next header begins */
  __u32 protocol;  /* … and its protocol: an Ethernet type, later an IP protocol */
  __u32 addresses; /* hash of both, the same for both directions */
  __u32 fragment;  /* RINGTAP_FRAGMENT_… */
};

#define RINGTAP_FRAGMENT_ANY 1u   /* any fragment, including the first */
#define RINGTAP_FRAGMENT_LATER 2u /* a later one, without the transport header */

/*
 * The header of a CPU's stage, its staging buffer. Records are built there and, when they come fast, gathered into a
 * batch, so that space in the ring is reserved once per batch. The records follow this header, each rounded up to
 * RINGTAP_RECORD_ALIGN; all records of a batch have the same slot and tap. User space reads the header to see what was
 * left in the stage when traffic paused.
 */
struct ringtap_stage {
  __u64 first_ns; /* time of the oldest record in it */
  __u64 last_ns;  /* time of the newest record ever put into it */
  __u32 busy;     /* a record is being built; a program that finds this set has interrupted another */
  __u32 used;     /* bytes of records, 0: empty */
  __u32 records;
  __u32 lost; /* sum of their `lost` */
  __u32 row;  /* index of their counters: slot * RINGTAP_TAP_COUNT + tap */

  /* With --time-batch: records of one softirq share a clock reading. */
  __u32 in_softirq;
  __u64 clock_ns;          /* the reading; 0: none yet in this softirq */
  __u32 clock_uses;        /* how many more records may use it after the first */
  __u32 clock_uses_left;   /* … and how many of these are left */
  __u32 time_batch_missed; /* records whose clock reading was older than --time-batch allows */

  /* With --max-pps: packets that may still be captured, and the time before which there are no more. */
  __u32 tokens;
  __u64 no_tokens_until_ns;

  struct ringtap_headers headers; /* of the current frame, with --slice or --sample */
  __u64 reserved[2];              /* rounds up to cache lines, so that the records begin at one */
};

#define RINGTAP_STAGE_ALIGN 64u /* of the stages in their map: no cache line is shared by two CPUs */

#define RINGTAP_HEAD_BYTES 256u   /* headers are searched for in this many bytes of a frame */
#define RINGTAP_STAGES_PER_CPU 2u /* the second is for a program that interrupts another */
#define RINGTAP_MOST_CLOCK_USES 64u
#define RINGTAP_BATCH_BYTES 4096u  /* a stage that holds more is flushed to the ring; less if rings are small */
#define RINGTAP_BATCH_GAP_NS 20000 /* records further apart than this go to the ring one by one */

/* In a page that both sides map: user space sets `sleeping` before it blocks; the first program that sees it set wakes
 * user space. */
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
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_trace) == 40, "the ring carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_owners) == 64, "the ring carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_place) == 8, "a key has no padding");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_process) == 48, "the ring carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_holder) == 32, "a file carries these bytes as they are");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_counters) == 128, "two cache lines");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_control) == 64, "one cache line");
RINGTAP_STATIC_ASSERT(sizeof(struct ringtap_stage) == 128, "two cache lines");
#undef RINGTAP_STATIC_ASSERT

#endif
