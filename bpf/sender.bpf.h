/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who sends a packet, for the tc taps: by the packet's own socket and, at the first device, the running thread. What
 * cannot be proven is RINGTAP_OWNER_UNKNOWN: docs/owners.md says which cases these are.
 */
#ifndef RINGTAP_SENDER_BPF_H
#define RINGTAP_SENDER_BPF_H

#include <linux/in.h>
#include "recall.bpf.h"

#define LOOPBACK_IFINDEX 1 /* in every network namespace */
#define MOST_FILES	 1024
#define FILES_AT_ONCE	 8 /* on the stack, of which little is left */

/* Loopback takes the socket from the sk_buff: whose it was, by the sk_buff's address, from egress to ingress. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct ringtap_owner);
} loopback_senders __weak SEC(".maps");

/* Of a kernel object that `object` points at: a load where the verifier knows the type, else a copy by helper. */
#define READ(object, field) (cfg_kernel_casts ? (object)->field : BPF_CORE_READ(object, field))

static __always_inline void set_closed(struct ringtap_owner *end, __u64 cookie)
{
	struct ringtap_socket_owner known;

	set_known(end, cookie && find_closed(cookie, &known) ? &known : NULL, cookie, 0);
	if (end->kind == RINGTAP_OWNER_SOCKET)
		end->kind = RINGTAP_OWNER_CLOSED;
}

/*
 * The kernel's own sk_buff, if cfg_kernel_casts. Read-only: following pointers of one that the verifier trusts would
 * have it search all types by name at each step, which took most of the time to start.
 */
static __always_inline struct sk_buff *loaded_skb(struct __sk_buff *skb)
{
	return rdonly_cast(skb, bpf_core_type_id_kernel(struct sk_buff));
}

static __always_inline struct sock *socket_of(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = (void *)skb;

	return cfg_kernel_casts ? loaded_skb(skb)->sk : BPF_CORE_READ(kernel_skb, sk);
}

/* Whether the packet leaves by the device that it was routed to, as what the socket sent and not as a tunnel's. */
static __always_inline int is_first_device(struct __sk_buff *skb, __u16 family)
{
	struct sk_buff *kernel_skb = (void *)skb;
	struct dst_entry *route;
	struct net_device *device;

	if (skb->ingress_ifindex)
		return 0;
	if (cfg_kernel_casts) {
		kernel_skb = loaded_skb(skb);
		if (BPF_CORE_READ_BITFIELD(kernel_skb, encapsulation))
			return 0;
		route = rdonly_cast((void *)(kernel_skb->_skb_refdst & ~1ul),
				    bpf_core_type_id_kernel(struct dst_entry));
		device = kernel_skb->dev;
	} else {
		if (BPF_CORE_READ_BITFIELD_PROBED(kernel_skb, encapsulation))
			return 0;
		route = (void *)(BPF_CORE_READ(kernel_skb, _skb_refdst) & ~1ul);
		device = BPF_CORE_READ(kernel_skb, dev);
	}
	if (!route)
		return family == AF_PACKET;
	return READ(route, dev) == device;
}

/* Of a whole socket: a member of bpf_sock, where that was asked for, which is a call, or else by a load. */
#define OF(full, member, sk, field) ((full) ? (full)->member : (sk)->field)

/*
 * Whether the running thread is the sender. In a softirq it is whatever was interrupted. TCP transmits there only while
 * no thread holds the socket's lock; if one holds it, that one transmits. UDP and raw sockets transmit in their thread.
 * A device on top of this one may queue, and send what it has queued in another's softirq.
 */
static __always_inline int is_sending(struct __sk_buff *skb, struct bpf_sock *full, struct sock *sk, __u32 family,
				      __u32 thread_flags)
{
	if (thread_flags & PF_KTHREAD || !is_first_device(skb, family))
		return 0;
	__u32 type = OF(full, type, sk, sk_type);
	if (type == SOCK_DGRAM || type == SOCK_RAW)
		return 1;
	return OF(full, state, sk, __sk_common.skc_state) != LISTENS && READ(sk, sk_lock.owned);
}

static __always_inline int is_made_by_kernel(struct sock *sk)
{
	return cfg_kernel_casts ? BPF_CORE_READ_BITFIELD(sk, sk_kern_sock)
				: BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);
}

/*
 * Whether nobody but the kernel has it. Sockets that MPTCP made are marked so, too, and stay so when one becomes a
 * plain connection of a process: one without `struct socket`, or with a file, may be of these.
 */
static __always_inline int is_of_kernel(struct sock *sk)
{
	struct socket *socket;

	if (!is_made_by_kernel(sk))
		return 0;
	if (READ(sk, sk_type) != SOCK_STREAM)
		return 1;
	socket = READ(sk, sk_socket);
	return socket && !READ(socket, file);
}

#define HOLDS	 1
#define MAY_HOLD 2 /* it has more than MOST_FILES descriptors, and the file is not among the first */

/*
 * Whether the running process has this file open. Others send a socket's packets, too: who brings the address of a
 * neighbour sends what has waited for it, and who reads NFQUEUE what it lets pass. The search ends at MOST_FILES.
 */
__weak __noinline int owner_holds(struct __sk_buff *skb, __u64 file)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct files_struct *open = BPF_CORE_READ(task, files);
	/* A thread that vhost made for a virtual machine has none of its own. */
	struct fdtable *table = open ? BPF_CORE_READ(open, fdt) : BPF_CORE_READ(task, group_leader, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	__u32 count = BPF_CORE_READ(table, max_fds);
	__u64 some[FILES_AT_ONCE];

	if (!skb || !file)
		return 0;
	for (__u32 i = 0; i < MOST_FILES && i < count; i += FILES_AT_ONCE) {
		__u64 found = 0;

		if (read_kernel(some, sizeof(some), files + i))
			return 0;
		/* Without branches, of which the verifier would follow each: the top bit is set if one is equal. */
		for (int each = 0; each < FILES_AT_ONCE; each++) {
			__u64 difference = some[each] ^ file;

			asm volatile("" : "+r"(difference));
			found |= (difference - 1) & ~difference;
		}
		if (found >> 63)
			return HOLDS;
	}
	return count > MOST_FILES ? MAY_HOLD : 0;
}

/* MPTCP's socket, which has the owner, of one of its subflows, which are sockets of the kernel. Linux 5.19. */
static __always_inline struct mptcp_sock *mptcp_of(struct bpf_sock *full)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_skc_to_mptcp_sock) ||
	    !bpf_core_type_exists(struct mptcp_sock) || full->protocol != IPPROTO_TCP)
		return NULL;
	return bpf_skc_to_mptcp_sock(full);
}

static __always_inline int is_mptcp(struct tcp_sock *tcp)
{
	return bpf_core_field_exists(tcp->is_mptcp) && BPF_CORE_READ_BITFIELD(tcp, is_mptcp);
}

/* Before that, whether it is one. */
static __always_inline int is_subflow(struct bpf_sock *full)
{
	struct tcp_sock *tcp = full->protocol == IPPROTO_TCP ? bpf_skc_to_tcp_sock(full) : NULL;

	return tcp && is_mptcp(tcp);
}

/* By the record of MPTCP's own socket. */
static __always_inline void set_subflow(struct ringtap_owner *end, struct mptcp_sock *mptcp)
{
	struct sock *sk = &mptcp->sk.icsk_inet.sk;

	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	set_known(end, record_of(mptcp, cookie), cookie, sk->__sk_common.skc_state == LISTENS || !cookie);
	if (end->kind == RINGTAP_OWNER_SOCKET && !sk->sk_socket)
		end->kind = RINGTAP_OWNER_CLOSED;
}

/* Its fields are loads, where the kernel can. */
static __always_inline struct task_struct *running_task(void)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();

	return cfg_kernel_casts ? rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct)) : task;
}

static __always_inline void set_running(struct ringtap_owner *end, __u32 kind, struct task_struct *task, __u64 process,
					__u32 uid)
{
	end->kind = kind;
	end->process = process;
	end->thread = task->pid;
	end->uid = uid;
}

/* The running thread, if it is the sender and has the socket; `full` is there if it has no owner. */
static __always_inline int set_sender(struct __sk_buff *skb, struct ringtap_owner *end, struct bpf_sock *full,
				      struct sock *sk, __u32 family, struct ringtap_socket_owner *owner, __u64 cookie)
{
	struct task_struct *task = running_task();

	if (!is_sending(skb, full, sk, family, task->flags))
		return 0;
	__u64 process = process_of(task);
	__u32 uid = uid_of(task);
	if (!owner || owner->process != process || owner->cookie != cookie) {
		int holds = owner_holds(skb, (__u64)BPF_CORE_READ(sk, sk_socket, file));

		/* With the copy of a record of its own, its listener's, a server with many descriptors speaks first. */
		if (holds != HOLDS && !(holds == MAY_HOLD && owner && owner->process == process))
			return 0;
		if (!owner && full)
			owner = bpf_sk_storage_get(&socket_owners, full, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (owner)
			set_owner(owner, task, process, cookie, uid);
		else
			name_once(task, process);
	} else if (owner->uid != uid) {
		set_owner(owner, task, process, cookie, uid);
	}
	set_running(end, RINGTAP_OWNER_SENDER, task, process, uid);
	end->cookie = cookie;
	return 1;
}

/*
 * What a process writes to a tun or tap device it has the kernel receive at once: the packet's socket is that of the
 * device's file. A softirq may have interrupted a process, which then does not have this file, unless another CPU
 * receives the packet (RPS): only for its choice the packet has a hash (net/core/dev.c get_rps_cpu()).
 */
static __always_inline void set_tun_writer(struct __sk_buff *skb, struct ringtap_owner *end)
{
	struct task_struct *task = running_task();
	struct sock *sk = socket_of(skb);

	end->kind = RINGTAP_OWNER_UNKNOWN;
	if (!sk || skb->hash || task->flags & PF_KTHREAD)
		return;
	struct socket *socket = READ(sk, sk_socket);
	__u64 file = socket ? (__u64)BPF_CORE_READ(socket, file) : 0;
	if (!file || owner_holds(skb, file) != HOLDS)
		return;
	__u64 process = process_of(task);
	name_once(task, process);
	set_running(end, RINGTAP_OWNER_TUN, task, process, uid_of(task));
}

/* Whether the running thread's call has a reference of its own: where its table of descriptors has several users. */
static __always_inline int is_counted_call(void)
{
	struct task_struct *task = running_task();
	struct files_struct *files = READ(task, files);

	return files && READ(files, count.counter) > 1;
}

/* References to the socket's file: descriptors of it, calls in progress and messages that carry it. */
static __always_inline __u32 references_of(struct sock *sk)
{
	struct socket *socket = cfg_holders ? READ(sk, sk_socket) : NULL;
	struct file *file = socket ? READ(socket, file) : NULL;
	struct file___before *before = (void *)file;

	if (!file)
		return 0;
	if (bpf_core_field_exists(file->f_ref))
		return references_counted(READ(file, f_ref.refcnt.counter) + 1);
	return references_counted(READ(before, f_count.counter));
}

static __always_inline void set_references_of_sender(struct ringtap_owner *end, struct sock *sk)
{
	end->references = references_of(sk);
	if (end->references > 1)
		end->references -= is_counted_call();
}

/* More of a socket that is not sending now. */
static __always_inline void set_use(struct ringtap_owner *end, int is_tcp, struct sock *sk)
{
	if (end->kind != RINGTAP_OWNER_SOCKET)
		return;
	if (is_tcp && !READ(sk, sk_socket))
		end->kind = RINGTAP_OWNER_CLOSED;
	else
		end->references = references_of(sk);
}

/*
 * The running thread, if it is the sender and is remembered for this socket, as it is for most packets; 0: else. In the
 * program itself and without a function, whose call takes some 10 ns, and by as few loads as possible.
 */
static __always_inline int set_recalled_sender(struct __sk_buff *skb, struct ringtap_owner *end)
{
	struct bpf_sock *sk = skb->sk;

	if (!cfg_kernel_casts || !sk)
		return 0;
	__u32 family = sk->family;
	if (!has_packets(family) || sk->state == TIME_WAIT || sk->state == NEW_SYN_RECV)
		return 0;
	family = forgotten(family, skb->len);
	struct sock *kernel_sk = rdonly_cast(sk, bpf_core_type_id_kernel(struct sock));
	__u64 cookie = kernel_sk->__sk_common.skc_cookie.counter;
	/* What is no pointer costs less where the verifier knows the task. */
	struct task_struct *known_task = (void *)bpf_get_current_task_btf();
	struct task_struct *task = rdonly_cast(known_task, bpf_core_type_id_kernel(struct task_struct));
	__u64 started =
		known_task->pid == known_task->tgid ? known_task->start_boottime : task->group_leader->start_boottime;
	__u64 process = RINGTAP_PROCESS(known_task->tgid, started);
	__u32 uid = uid_of(task);
	if (!is_recalled_owner(cookie, process, uid) || !is_sending(skb, NULL, kernel_sk, family, known_task->flags))
		return 0;
	set_running(end, RINGTAP_OWNER_SENDER, known_task, process, uid);
	end->cookie = cookie;
	set_references_of_sender(end, kernel_sk);
	return 1;
}

/* A mini socket: a request for a connection, or TIME_WAIT. */
static __always_inline void set_mini_socket(struct __sk_buff *skb, struct ringtap_owner *end, struct bpf_sock *sk)
{
	struct bpf_sock *listener = bpf_get_listener_sock(sk);
	__u64 cookie = bpf_get_socket_cookie(skb);

	if (listener)
		set_known(end, bpf_sk_storage_get(&socket_owners, listener, 0, 0), cookie, 1);
	else
		set_closed(end, cookie);
}

/* The sender, by the packet's own socket; `sending`: it may be the running thread. */
static __always_inline void find_sender(struct __sk_buff *skb, struct ringtap_owner *end, int sending)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return;
	__u32 family = sk->family;
	if (!has_packets(family)) {
		set_tun_writer(skb, end);
		return;
	}
	if (sending)
		family = forgotten(family, skb->len);
	struct sock *kernel_sk = socket_of(skb);
	struct bpf_sock *full = NULL;
	if (!kernel_sk)
		return;
	/* Where its members can be loaded a whole socket with a record is not asked for. */
	if (!cfg_kernel_casts || sk->state == TIME_WAIT || sk->state == NEW_SYN_RECV) {
		full = bpf_sk_fullsock(sk);
		if (!full) {
			set_mini_socket(skb, end, sk);
			return;
		}
	}
	if (is_made_by_kernel(kernel_sk) && OF(full, type, kernel_sk, sk_type) != SOCK_STREAM) {
		end->kind = RINGTAP_OWNER_KERNEL;
		return;
	}
	__u64 cookie = cfg_kernel_casts ? kernel_sk->__sk_common.skc_cookie.counter : 0;
	struct ringtap_socket_owner *owner = record_of(sk, cookie);
	if (!owner && !full)
		full = bpf_sk_fullsock(sk);
	if (cfg_kernel_casts && sending && owner)
		remember(cookie, owner);
	if (!cookie)
		cookie = bpf_get_socket_cookie(skb);
	if (!owner && full) {
		struct mptcp_sock *mptcp = mptcp_of(full);

		end->kind = RINGTAP_OWNER_UNKNOWN;
		if (mptcp) {
			set_subflow(end, mptcp);
			return;
		}
		if (is_subflow(full))
			return;
		if (is_of_kernel(kernel_sk)) {
			end->kind = RINGTAP_OWNER_KERNEL;
			return;
		}
	}
	if (sending && set_sender(skb, end, full, kernel_sk, family, owner, cookie)) {
		set_references_of_sender(end, kernel_sk);
		return;
	}
	int is_tcp = OF(full, protocol, kernel_sk, sk_protocol) == IPPROTO_TCP;
	set_known(end, owner, cookie, is_tcp && OF(full, state, kernel_sk, __sk_common.skc_state) == LISTENS);
	set_use(end, is_tcp, kernel_sk);
}

/* Whose socket it comes from is only known at loopback's egress. */
static __always_inline void find_loopback_sender(struct __sk_buff *skb, struct ringtap_owner *end)
{
	__u64 key = (__u64)skb;
	struct ringtap_owner *noted = bpf_map_lookup_elem(&loopback_senders, &key);

	end->kind = RINGTAP_OWNER_UNKNOWN;
	if (!noted)
		return;
	*end = *noted;
	bpf_map_delete_elem(&loopback_senders, &key);
}

#endif
