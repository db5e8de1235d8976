/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Processes, and the sockets that they own, for --who: the maps that the hooks (owner_hooks.bpf.c) fill and the taps
 * (owner.bpf.h) read. Without --who no map is made, and no program uses them.
 *
 * The owner stands in the socket: nothing to size or to evict, and it goes with the socket. A child of a listener gets
 * a copy of the listener's record when the kernel clones it, which shows in its cookie.
 */
#ifndef RINGTAP_PROCESS_BPF_H
#define RINGTAP_PROCESS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "ringtap/abi.h"
#include "kernel_types.h"

#define PF_KTHREAD   0x00200000 /* task_struct.flags, include/linux/sched.h */
#define ESTABLISHED  1		/* sock_common.skc_state, TCP_ESTABLISHED */
#define LISTENS	     10		/* the same, TCP_LISTEN */
#define TIME_WAIT    6		/* the same: these two are no whole sockets */
#define NEW_SYN_RECV 12
#define SOCK_STREAM  1 /* sock.sk_type */
#define SOCK_DGRAM   2
#define SOCK_RAW     3
#define AF_INET	     2
#define AF_INET6     10
#define AF_PACKET    17

/* Whether sockets of this address family send or get packets. */
static __always_inline int has_packets(__u32 family)
{
	return family == AF_INET || family == AF_INET6 || family == AF_PACKET;
}

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct ringtap_socket_owner);
} socket_owners __weak SEC(".maps");

/*
 * Cookie → the owner of a socket that was there at the start: to note it takes a tenth of the time that the kernel
 * takes for a record. The record is made when the socket is first used or has a packet, and what is noted here then
 * does not count any more. The loader sets the size; sockets for which there is no room get their records at once, and
 * so do those that listen or may later.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct ringtap_socket_owner);
} early_owners __weak SEC(".maps");

/*
 * The last owners of TCP sockets that were closed, each in the place that its cookie has, where the next one of that
 * place overwrites it: TIME_WAIT has the cookie, but not the record. No hash: one that forgets the oldest took a tenth
 * of a short connection's time.
 */
#define MOST_CLOSED 65536 /* a power of two */
struct closed_socket {
	__u64 cookie;
	struct ringtap_socket_owner owner;
	__u64 sum; /* of all words: two CPUs that write here at once leave one that fits neither */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MOST_CLOSED);
	__type(key, __u32);
	__type(value, struct closed_socket);
} closed_sockets __weak SEC(".maps");

/* Processes that user space was told of. One that is evicted is told of again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct ringtap_process);
} processes __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} process_events __weak SEC(".maps");

/* Whose is the sk_buff that was last freed as a drop on this CPU, for the drop tap, which comes right after. */
struct dropped {
	__u64 skb;
	struct ringtap_owners owners;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dropped);
} last_dropped __weak SEC(".maps");

/* With a command: the processes that it started, and those that these started. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} command_processes __weak SEC(".maps");

/* Whose packets are captured; nothing: everybody's. */
__weak const volatile struct ringtap_choice cfg_choice = {};
#define CHOOSES_PROCESSES                                                                                              \
	(cfg_choice.pid_count || cfg_choice.comm_count || cfg_choice.cgroup_count || cfg_choice.command)
#define CHOOSES (CHOOSES_PROCESSES || cfg_choice.uid_count)

/* Sockets are noted by cookies, which are seen only where they can be loaded. */
#define NOTES_EARLY cfg_kernel_casts

/* What a record says of a socket with this cookie; 0: it cannot be a copy of a listener's record. */
static __always_inline void set_known(struct ringtap_owner *end, struct ringtap_socket_owner *known, __u64 cookie,
				      int listens)
{
	end->kind = RINGTAP_OWNER_UNKNOWN;
	end->cookie = cookie;
	if (!known)
		return;
	__u64 before = *(volatile __u64 *)&known->cookie;
	__u64 process = *(volatile __u64 *)&known->process;
	__u32 uid = *(volatile __u32 *)&known->uid;
	/* Else it is being written, or was in between: somebody else uses it. */
	if (!process || !before || *(volatile __u64 *)&known->cookie != before ||
	    *(volatile __u64 *)&known->process != process)
		return;
	end->process = process;
	end->uid = uid;
	end->kind = listens || (cookie && before != cookie) ? RINGTAP_OWNER_LISTENER : RINGTAP_OWNER_SOCKET;
}

static __always_inline struct closed_socket *closed_of(__u64 cookie)
{
	__u32 index = cookie % MOST_CLOSED;

	return bpf_map_lookup_elem(&closed_sockets, &index);
}

/* Another one whenever any one word is another. */
static __always_inline __u64 sum_of(__u64 cookie, const struct ringtap_socket_owner *owner)
{
	__u64 sum = (cookie + 1) * 0x9e3779b97f4a7c15ull;

	sum = (sum ^ owner->process) * 0x9e3779b97f4a7c15ull;
	sum = (sum ^ sum >> 32 ^ owner->cookie) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 32 ^ owner->uid;
}

static __always_inline void note_closed(__u64 cookie, const struct ringtap_socket_owner *owner)
{
	struct closed_socket *closed = closed_of(cookie);

	if (!closed)
		return;
	struct closed_socket made = {.cookie = cookie, .owner = *owner};
	made.sum = sum_of(cookie, &made.owner);
	*closed = made;
}

/* 0: not known, or no more. */
static __always_inline int find_closed(__u64 cookie, struct ringtap_socket_owner *owner)
{
	struct closed_socket *closed = closed_of(cookie);

	if (!closed)
		return 0;
	struct closed_socket found = *closed;
	/* What is compared is what was read, not what may be there by now. */
	asm volatile("" : : "r"(&found) : "memory");
	if (found.cookie != cookie || found.sum != sum_of(cookie, &found.owner))
		return 0;
	*owner = found.owner;
	return 1;
}

/* References to a file by its counter, which is below 0 while it is being freed. */
static __always_inline __u32 references_counted(long long counter)
{
	return counter < 0 ? 0 : counter;
}

static __always_inline __u64 process_of(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return RINGTAP_PROCESS(task->tgid, leader->start_boottime);
}

static __always_inline __u32 uid_of(struct task_struct *task)
{
	return task->cred->euid.val;
}

/* The cgroup's ancestor at this level, or itself; 0: it is higher. */
static __always_inline __u64 ancestor_of(struct cgroup *cgroup, __u32 level)
{
	__u64 id = 0;

	if ((__u32)BPF_CORE_READ(cgroup, level) < level)
		return 0;
	if (bpf_core_field_exists(cgroup->ancestors)) {
		struct cgroup *ancestor = NULL;

		bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
				      (void *)cgroup + bpf_core_field_offset(struct cgroup, ancestors) +
					      level * sizeof(ancestor));
		return BPF_CORE_READ(ancestor, kn, id);
	}
	__u64 before = bpf_core_field_offset(struct cgroup___before, ancestor_ids);
	/* Else clang makes one call of both, and the verifier meets the offset that the kernel does not have. */
	asm volatile("" : "+r"(before));
	bpf_probe_read_kernel(&id, sizeof(id), (void *)cgroup + before + level * sizeof(id));
	return id;
}

static __always_inline int is_same_name(const char *one, const volatile char *other)
{
	const __u64 *words = (const __u64 *)one;
	const volatile __u64 *others = (const volatile __u64 *)other;

	return words[0] == others[0] && words[1] == others[1];
}

/* Whether the process is one of those chosen, by everything but the user. */
static __always_inline int fits_choice(struct task_struct *task, __u64 process, const char *comm)
{
	int fits = !cfg_choice.pid_count;

	for (__u32 i = 0; i < RINGTAP_MOST_CHOSEN; i++) {
		if (i < cfg_choice.pid_count && cfg_choice.pids[i] == (__u32)task->tgid)
			fits = 1;
	}
	if (fits && cfg_choice.comm_count) {
		fits = 0;
		for (__u32 i = 0; i < RINGTAP_MOST_CHOSEN; i++) {
			if (i < cfg_choice.comm_count && is_same_name(comm, cfg_choice.comms[i]))
				fits = 1;
		}
	}
	if (fits && cfg_choice.cgroup_count) {
		struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

		fits = 0;
		for (__u32 i = 0; i < RINGTAP_MOST_CHOSEN; i++) {
			if (i < cfg_choice.cgroup_count &&
			    ancestor_of(cgroup, cfg_choice.cgroup_levels[i]) == cfg_choice.cgroups[i])
				fits = 1;
		}
	}
	if (fits && cfg_choice.command)
		fits = (__u32)task->tgid == cfg_choice.command ||
		       bpf_map_lookup_elem(&command_processes, &process) != NULL;
	return fits;
}

static __always_inline void tell(const struct ringtap_process *about)
{
	/* If there is no room, user space finds it in the map. */
	bpf_ringbuf_output(&process_events, (void *)about, sizeof(*about), BPF_RB_NO_WAKEUP);
}

/*
 * Tells user space what a process is called, before any packet names it. `comm`: its new name, NULL: its present one.
 */
static __always_inline void name_process(struct task_struct *task, __u64 process, const char *comm)
{
	struct task_struct *leader = task->group_leader;
	struct ringtap_process about = {
		.process = process,
		.monotonic_ns = bpf_ktime_get_ns(),
		.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id),
		.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum),
	};

	bpf_probe_read_kernel_str(about.comm, sizeof(about.comm), comm ? comm : leader->comm);
	if (CHOOSES_PROCESSES && fits_choice(task, process, about.comm))
		about.flags = RINGTAP_PROCESS_CHOSEN;
	bpf_map_update_elem(&processes, &process, &about, BPF_ANY);
	tell(&about);
}

static __always_inline void name_once(struct task_struct *task, __u64 process)
{
	if (!bpf_map_lookup_elem(&processes, &process))
		name_process(task, process, NULL);
}

/* While it changes its cookie is 0, and nobody takes it for an owner's. */
static __always_inline void set_owner(struct ringtap_socket_owner *owner, struct task_struct *task, __u64 process,
				      __u64 cookie, __u32 uid)
{
	name_once(task, process);
	*(volatile __u64 *)&owner->cookie = 0;
	barrier();
	owner->uid = uid;
	*(volatile __u64 *)&owner->process = process;
	barrier();
	*(volatile __u64 *)&owner->cookie = cookie;
}

#endif
