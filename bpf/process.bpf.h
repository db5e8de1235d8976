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

#define PF_KTHREAD 0x00200000 /* task_struct.flags, include/linux/sched.h */

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct ringtap_socket_owner);
} socket_owners __weak SEC(".maps");

/* Cookie → the last owner of a TCP socket that is closed: TIME_WAIT has the cookie, but not the record. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct ringtap_socket_owner);
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

static __always_inline __u64 process_of(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return RINGTAP_PROCESS(task->tgid, leader->start_boottime);
}

static __always_inline __u32 uid_of(struct task_struct *task)
{
	return task->cred->euid.val;
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
	bpf_map_update_elem(&processes, &process, &about, BPF_ANY);
	tell(&about);
}

static __always_inline void name_once(struct task_struct *task, __u64 process)
{
	if (!bpf_map_lookup_elem(&processes, &process))
		name_process(task, process, NULL);
}

/* While it changes it looks like the copy of a listener's record, and never like another owner's. */
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
