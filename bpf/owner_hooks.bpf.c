// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * For --who: learns which process owns a socket. None of these is on the path of a packet, and none needs a BPF
 * trampoline but those named so, which not every machine has.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include "maps.bpf.h"
#include "process.bpf.h"
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual BSD/GPL";

/* Whether a socket sends or gets packets. */
static __always_inline int is_of_packets(struct sock *sk)
{
	return has_packets(sk->__sk_common.skc_family);
}

/*
 * A socket in use: accepted, handed over, inherited, or one that no hook saw come. Who sends is seen by the tap at
 * egress itself, if there is one, at no cost for those that do not pass there.
 */
static __always_inline void used(struct sock *sk)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();

	if (!sk || !is_of_packets(sk) || task->flags & PF_KTHREAD)
		return;
	struct ringtap_socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner)
		return;
	__u64 process = process_of(task);
	__u64 cookie = bpf_get_socket_cookie(sk);
	__u32 uid = uid_of(task);
	if (owner->process != process || owner->cookie != cookie || owner->uid != uid)
		set_owner(owner, task, process, cookie, uid);
}

/* A new socket, in its process. Sockets of the kernel do not come here. */
SEC("cgroup/sock_create")
int owner_created(struct bpf_sock *sk)
{
	struct ringtap_socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (owner) {
		struct task_struct *task = (void *)bpf_get_current_task_btf();

		set_owner(owner, task, process_of(task), bpf_get_socket_cookie(sk), uid_of(task));
	}
	return 1;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(owner_received, struct sock *sk, int ret, int flags)
{
	used(sk);
	return 0;
}

/* Without the tap at egress: who sends by a packet socket, of which no hook sees that it is made. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(owner_sent, struct sock *sk, int ret, int flags)
{
	if (sk->__sk_common.skc_family == AF_PACKET)
		used(sk);
	return 0;
}

/* Before Linux 6.3, which has the two tracepoints above. By trampoline. */
SEC("fentry/security_socket_recvmsg")
int BPF_PROG(owner_receives, struct socket *socket)
{
	used(socket->sk);
	return 0;
}

/* accept() itself, so that a connection's owner is known before it reads. By trampoline. */
SEC("fentry/security_sock_graft")
int BPF_PROG(owner_accepts, struct sock *sk, struct socket *parent)
{
	used(sk);
	return 0;
}

/* The socket's record, or what was noted of it at the start. */
static __always_inline struct ringtap_socket_owner *known_of(struct sock *sk)
{
	struct ringtap_socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return owner || !NOTES_EARLY || !cookie ? owner : bpf_map_lookup_elem(&early_owners, &cookie);
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(owner_destroyed, struct sock *sk)
{
	/* TIME_WAIT began before this, with the cookie that the socket had by then. */
	__u64 cookie = sk->__sk_common.skc_cookie.counter;
	struct ringtap_socket_owner *owner = cookie ? known_of(sk) : NULL;

	if (owner && owner->process)
		note_closed(cookie, owner);
	return 0;
}

/* What a process is called changes: prctl(PR_SET_NAME), exec, a move to another cgroup. */
static __always_inline void rename(struct task_struct *task, const char *comm)
{
	__u64 process = process_of(task);

	if (bpf_map_lookup_elem(&processes, &process))
		name_process(task, process, comm);
}

/* Comes before the change. */
SEC("tp_btf/task_rename")
int BPF_PROG(owner_renamed, struct task_struct *task, const char *comm)
{
	if (task->pid == task->tgid)
		rename(task, comm);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(owner_executed, struct task_struct *task)
{
	rename(task, NULL);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(owner_moved, struct cgroup *to, const char *path, struct task_struct *task)
{
	if (task->pid == task->tgid)
		rename(task, NULL);
	return 0;
}

/* What a command starts belongs to it. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(owner_forked, struct task_struct *parent, struct task_struct *child)
{
	__u64 process = process_of(parent);
	__u8 yes = 1;

	if (parent->tgid == child->tgid)
		return 0; /* a thread */
	if ((__u32)parent->tgid != cfg_choice.command && !bpf_map_lookup_elem(&command_processes, &process))
		return 0;
	process = process_of(child);
	bpf_map_update_elem(&command_processes, &process, &yes, BPF_ANY);
	return 0;
}

/* Whoever still has its sockets is then not known any more, until it uses them. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(owner_exited, struct task_struct *task)
{
	__u64 process = process_of(task);

	/* The last thread; the number was decreased before this tracepoint (kernel/exit.c do_exit()). */
	if (task->signal->live.counter != 0 || !bpf_map_lookup_elem(&processes, &process))
		return 0;
	struct ringtap_process about = {
		.process = process, .monotonic_ns = bpf_ktime_get_ns(), .flags = RINGTAP_PROCESS_EXITED};
	tell(&about);
	return 0;
}

static __always_inline __u32 references_of(struct file *file)
{
	struct file___before *before = (void *)file;

	if (bpf_core_field_exists(file->f_ref))
		return references_counted(file->f_ref.refcnt.counter + 1);
	return references_counted(before->f_count.counter);
}

static __always_inline void set_owner_of(struct sock *sk, struct ringtap_owner *end)
{
	__u8 state = sk->__sk_common.skc_state;

	end->kind = RINGTAP_OWNER_UNKNOWN;
	if (!is_of_packets(sk) || state == TIME_WAIT || state == NEW_SYN_RECV)
		return;
	struct ringtap_socket_owner *owner = known_of(sk);
	int tcp = sk->sk_protocol == IPPROTO_TCP;
	if (!owner) {
		/* Subflows of MPTCP are the kernel's, but their packets are not. */
		if (!tcp && BPF_CORE_READ_BITFIELD(sk, sk_kern_sock))
			end->kind = RINGTAP_OWNER_KERNEL;
		return;
	}
	/* Whoever wrote the record made the socket's cookie: without one it is a copy of a listener's. */
	__u64 cookie = sk->__sk_common.skc_cookie.counter;
	set_known(end, owner, cookie, tcp && (state == LISTENS || !cookie));
	struct socket *socket = sk->sk_socket;
	struct file *file = socket ? socket->file : NULL;

	if (end->kind == RINGTAP_OWNER_SOCKET && tcp && !socket)
		end->kind = RINGTAP_OWNER_CLOSED;
	if (cfg_holders && file && (end->kind == RINGTAP_OWNER_SOCKET || state == LISTENS))
		end->references = references_of(file);
}

/*
 * Before the tap at the same tracepoint. The kernel says which socket did not take a packet (Linux 6.11). One that has
 * not been received yet (skb_iif) and has a socket is that socket's own; later it may be either end's.
 */
SEC("tp_btf/kfree_skb")
int owner_dropped(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct sock *receiver = cfg_drop_socket ? (void *)ctx[3] : NULL;
	__u32 key = 0;
	struct dropped *dropped = bpf_map_lookup_elem(&last_dropped, &key);

	if (!dropped)
		return 0;
	dropped->skb = 0;
	barrier();
	dropped->owners = (struct ringtap_owners){};
	if (receiver) {
		set_owner_of(receiver, &dropped->owners.receiver);
	} else {
		struct sock *sk = skb->skb_iif ? NULL : skb->sk;

		if (sk)
			set_owner_of(sk, &dropped->owners.sender);
		else
			dropped->owners.receiver.kind = RINGTAP_OWNER_UNKNOWN;
	}
	barrier();
	dropped->skb = (__u64)skb;
	return 0;
}

/*
 * Whether it listens or still may. Of TCP, MPTCP, DCCP and SCTP any socket may until it is connected, and again once it
 * was disconnected (then its record is made when the first SYN is seen); datagrams and raw packets have no listeners.
 */
static __always_inline int may_listen(struct sock *sk)
{
	__u16 type = sk->sk_type;

	return type != SOCK_DGRAM && type != SOCK_RAW && sk->__sk_common.skc_state != ESTABLISHED;
}

/* The process that was looked at last: its files come one after the other. */
static __u64 last_named;

/* What exists at the start: every file of every process, whatever its network namespace. */
SEC("iter/task_file")
int owner_at_start(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file)
		return 0;
	struct socket *socket = bpf_sock_from_file(file);
	if (!socket || !socket->sk || !is_of_packets(socket->sk))
		return 0;
	struct sock *sk = socket->sk;
	__u64 cookie = bpf_get_socket_cookie(sk);
	__u64 process = process_of(task);
	__u32 uid = task->real_cred->euid.val;
	struct ringtap_socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	/* A listener's children get a copy of its record, so it has to be there before they are. */
	if (NOTES_EARLY && !owner && !may_listen(sk)) {
		struct ringtap_socket_owner early = {.process = process, .cookie = cookie, .uid = uid};
		long err;

		if (process != last_named) {
			name_once(task, process);
			last_named = process;
		}
		err = bpf_map_update_elem(&early_owners, &cookie, &early, BPF_NOEXIST);
		if (!err || err == -EEXIST)
			return 0;
	}
	if (!owner)
		owner = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (owner && (!owner->process || owner->cookie != cookie))
		set_owner(owner, task, process, cookie, uid);
	return 0;
}

/*
 * Who has the sockets that may be had by several, run when a packet of one is seen: all descriptors, so that user space
 * can tell whether they are all the references that there are. If too many files are open, reading fails with EAGAIN.
 */
SEC("iter/task_file")
int owner_holders(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct bpf_iter_meta *meta = ctx->meta;

	if (!task || !file)
		return 0;
	if (meta->seq_num > RINGTAP_MOST_OPEN_FILES)
		return 1;
	struct socket *socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	__u32 references = references_of(file);
	struct sock *sk = socket->sk;
	/* One of them is the iterator's own, for as long as it shows the file. */
	if (references < 3 || !sk || !is_of_packets(sk))
		return 0;
	struct ringtap_holder holder = {.references = references - 1};
	holder.cookie = sk->__sk_common.skc_cookie.counter;
	holder.process = process_of(task);
	holder.table = (__u64)task->files;
	holder.descriptor = ctx->fd;
	bpf_seq_write(meta->seq, &holder, sizeof(holder));
	return 0;
}
