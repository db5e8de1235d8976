/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who gets a packet, for the tc taps: the socket that the stack will find is looked for. Whatever the stack may still
 * decide otherwise is RINGTAP_OWNER_UNKNOWN: docs/owners.md says which cases these are.
 */
#ifndef RINGTAP_RECEIVER_BPF_H
#define RINGTAP_RECEIVER_BPF_H

#include <linux/if_packet.h>
#include "recent.bpf.h"

static __always_inline int is_bound_to_any(struct bpf_sock *sk, const struct inet_packet *packet)
{
	return packet->v4 ? !sk->src_ip4 : !(sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]);
}

/* Pointers in it are followed without questions to its type. */
static __always_inline struct sock *loadable(struct sock *sk)
{
	return cfg_kernel_casts ? rdonly_cast(sk, bpf_core_type_id_kernel(struct sock)) : sk;
}

/* The same, or NULL where helpers cannot read this kind of pointer. */
static __always_inline struct sock *readable(struct bpf_sock *sk)
{
	return cfg_kernel_casts ? loadable((void *)sk) : NULL;
}

/* Without a call, of which each takes some 10 ns; 0: its record is not remembered. */
static __always_inline int set_recalled_listener(struct bpf_sock *sk, struct ringtap_owner *end)
{
	struct sock *kernel_sk = loadable((void *)sk);
	__u64 cookie = kernel_sk->__sk_common.skc_cookie.counter;
	__u64 process;
	__u32 uid;

	if (!recall(cookie, &process, &uid))
		return 0;
	set_recalled(end, RINGTAP_OWNER_LISTENER, process, uid, cookie);
	end->references = references_of(kernel_sk);
	return 1;
}

static __always_inline void set_tcp(struct __sk_buff *skb, struct bpf_sock *sk, const struct inet_packet *packet,
				    struct recent_receiver *recent, struct ringtap_owner *end)
{
	int listens = sk->state == LISTENS;

	/* Here and not below, so that the verifier follows it once. */
	if (listens && !is_chosen(skb, packet, readable(sk), is_bound_to_any(sk, packet)))
		return;
	if (cfg_kernel_casts && listens && set_recalled_listener(sk, end))
		return;
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct bpf_sock *full = tcp ? bpf_sk_fullsock(sk) : NULL;

	if (!full) {
		struct bpf_sock *listener = bpf_get_listener_sock(sk);
		struct tcp_timewait_sock *closed;

		if (listener) {
			set_known(end, bpf_sk_storage_get(&socket_owners, listener, 0, 0), 0, 1);
			return;
		}
		/* A SYN may begin a new connection, at a listener that is not known here. */
		closed = packet->tcp_flags & TCP_SYN ? NULL : bpf_skc_to_tcp_timewait_sock(sk);
		if (closed)
			set_closed(end, closed->tw_sk.__tw_common.skc_cookie.counter);
		return;
	}
	struct sock *kernel_sk = loadable(&tcp->inet_conn.icsk_inet.sk);
	__u64 cookie = kernel_sk->__sk_common.skc_cookie.counter;
	struct ringtap_socket_owner *owner = record_of(full, cookie);
	if (cfg_kernel_casts && listens && owner)
		remember(cookie, owner);
	if (!owner && is_mptcp(tcp)) {
		struct mptcp_sock *mptcp = mptcp_of(full);

		if (mptcp)
			set_subflow(end, mptcp);
		return;
	}
	/* A connection without a cookie has no record of its own, but a copy of its listener's. */
	set_known(end, owner, cookie, listens || !cookie);
	if (listens || end->kind == RINGTAP_OWNER_SOCKET)
		end->references = references_of(kernel_sk);
	if (end->kind != RINGTAP_OWNER_SOCKET)
		return;
	if (!kernel_sk->sk_socket) {
		end->kind = RINGTAP_OWNER_CLOSED;
	} else if (recent && cookie) {
		remember_receiver(recent, skb->ifindex, (__u64)full, (__u64)owner, cookie);
	}
}

static __always_inline void set_udp(struct __sk_buff *skb, struct bpf_sock *sk, const struct inet_packet *packet,
				    struct recent_receiver *recent, struct ringtap_owner *end)
{
	struct sock *kernel_sk = readable(sk);

	if (!is_chosen_datagram(skb, packet, kernel_sk, is_bound_to_any(sk, packet), sk->dst_port))
		return;
	__u64 cookie = 0;
	if (kernel_sk) {
		cookie = kernel_sk->__sk_common.skc_cookie.counter;
		__u64 process;
		__u32 uid;

		end->references = references_of(kernel_sk);
		__u64 record = recall(cookie, &process, &uid);
		if (record) {
			set_recalled(end, RINGTAP_OWNER_SOCKET, process, uid, cookie);
			remember_datagrams(recent, skb, packet, kernel_sk, record, cookie);
			return;
		}
	}
	struct ringtap_socket_owner *owner = record_of(sk, cookie);
	set_known(end, owner, 0, 0);
	if (owner)
		end->cookie = owner->cookie;
	if (cfg_kernel_casts && owner)
		remember(cookie, owner);
}

/* By itself, because clang then keeps more of what comes before it in registers: 15 ns for a connection. */
static __always_inline void look_up_receiver(struct __sk_buff *skb, struct inet_packet *packet,
					     struct recent_receiver *recent, struct ringtap_owner *end)
{
	__u32 size = packet->v4 ? sizeof(packet->tuple.ipv4) : sizeof(packet->tuple.ipv6);

	if (packet->protocol == IPPROTO_TCP) {
		struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, &packet->tuple, size, BPF_F_CURRENT_NETNS, 0);

		if (!sk)
			return;
		set_tcp(skb, sk, packet, recent, end);
		bpf_sk_release(sk);
	} else {
		struct bpf_sock *sk = bpf_sk_lookup_udp(skb, &packet->tuple, size, BPF_F_CURRENT_NETNS, 0);

		if (!sk)
			return;
		set_udp(skb, sk, packet, recent, end);
		bpf_sk_release(sk);
	}
}

/* The socket that the stack would find, in the namespace of the device. */
static __always_inline void find_receiver(struct __sk_buff *skb, __u64 offset, struct ringtap_owner *end)
{
	struct inet_packet packet = {};

	if (skb->pkt_type == PACKET_OTHERHOST || skb->vlan_present)
		return;
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return;
	end->kind = RINGTAP_OWNER_UNKNOWN;
	if (skb->pkt_type != PACKET_HOST || !read_packet(skb, offset, &packet))
		return;
	struct recent_receiver *recent = NULL;
	if (cfg_kernel_casts) {
		recent = recent_of(&packet);
		if (!recent) /* an array always has the entry */
			return;
		if (packet.protocol == IPPROTO_TCP ? set_recent_connection(skb, &packet, recent, end)
						   : set_recent_datagram(skb, &packet, recent, end))
			return;
	}
	look_up_receiver(skb, &packet, recent, end);
}

#endif
