/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who gets a packet, for the tc taps: the socket that the stack will find is looked for. Whatever the stack may still
 * decide otherwise is RINGTAP_OWNER_UNKNOWN: docs/owners.md says which cases these are.
 */
#ifndef RINGTAP_RECEIVER_BPF_H
#define RINGTAP_RECEIVER_BPF_H

#include <linux/if_packet.h>
#include "inet.bpf.h"
#include "sender.bpf.h"

#define MOST_HOOKS	      8
#define MOST_ADDRESSES	      8
#define PRIORITY_CONNTRACK    (-200) /* enum nf_ip_hook_priorities */
#define PRIORITY_DEFRAGMENTED (-400)
#define PRIORITY_IPVS	      98 /* net/netfilter/ipvs/ip_vs_core.c, and one more */
#define AT_SK_LOOKUP	      1	 /* enum netns_bpf_attach_type */

/* Kernels can be built without either, and their types then lack these members. */
#define HAS_IPV6      bpf_core_field_exists(struct sock_common, skc_v6_daddr)
#define HAS_NETFILTER bpf_core_field_exists(struct net, nf)

static __always_inline struct net_device *device_of_skb(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = (void *)skb;

	return BPF_CORE_READ(kernel_skb, dev);
}

/*
 * Whether one of the hooks may give a packet to another socket than the one it is addressed to: before routing any but
 * connection tracking and defragmentation (NAT, TPROXY), on its way in IPVS.
 */
static __always_inline int redirects(struct nf_hook_entries *entries, int is_input)
{
	__u32 count = entries ? BPF_CORE_READ(entries, num_hook_entries) : 0;

	if (count > MOST_HOOKS)
		return 1;
	/* Their descriptions follow the hooks (include/linux/netfilter.h nf_hook_entries_get_hook_ops()). */
	struct nf_hook_ops **all = (void *)entries + bpf_core_field_offset(struct nf_hook_entries, hooks) +
				   count * bpf_core_type_size(struct nf_hook_entry);
	for (__u32 i = 0; i < MOST_HOOKS; i++) {
		struct nf_hook_ops *hook = NULL;

		if (i >= count)
			return 0;
		if (read_kernel(&hook, sizeof(hook), all + i) || !hook)
			return 1;
		int priority = BPF_CORE_READ(hook, priority);
		/* Of nftables, iptables and BPF, at whatever priority they were put. */
		int is_rules = BPF_CORE_READ(hook, priv) != NULL;
		if (is_input) {
			if (!is_rules && (priority == PRIORITY_IPVS || priority == PRIORITY_IPVS + 1))
				return 1;
		} else if (is_rules || (priority != PRIORITY_CONNTRACK && priority != PRIORITY_DEFRAGMENTED)) {
			return 1;
		}
	}
	return 0;
}

/*
 * The next two are global functions, which the verifier looks at once and by themselves: with their loops it would take
 * seconds for them in place.
 */
__weak __noinline int owner_redirected(struct __sk_buff *skb, __u32 v4)
{
	struct net_device *device = device_of_skb(skb);
	struct net *net = BPF_CORE_READ(device, nd_net.net);

	if (BPF_CORE_READ(net, bpf.run_array[AT_SK_LOOKUP]))
		return 1;
	if (!HAS_NETFILTER)
		return 0;
	struct nf_hook_entries *before =
		v4 ? BPF_CORE_READ(net, nf.hooks_ipv4[0]) : BPF_CORE_READ(net, nf.hooks_ipv6[0]);
	struct nf_hook_entries *input =
		v4 ? BPF_CORE_READ(net, nf.hooks_ipv4[1]) : BPF_CORE_READ(net, nf.hooks_ipv6[1]);

	return redirects(before, 0) || redirects(input, 1);
}

#define ADDRESS_OTHER	  0
#define ADDRESS_OWN	  1
#define ADDRESS_BROADCAST 2

/* What this address is to the device; of IPv4 it is all in `first`, in network order. */
__weak __noinline int owner_address_kind(struct __sk_buff *skb, __u32 v4, __u64 first, __u64 second)
{
	struct net_device *device = device_of_skb(skb);

	if (v4) {
		struct in_ifaddr *address = BPF_CORE_READ(device, ip_ptr, ifa_list);

		for (int i = 0; i < MOST_ADDRESSES && address; i++) {
			__u32 own = BPF_CORE_READ(address, ifa_local);
			__u32 host = ~BPF_CORE_READ(address, ifa_mask);

			if (own == first)
				return ADDRESS_OWN;
			/* Both the last address and, before Linux 5.14, the first; a subnet of two has neither. */
			if (host != bpf_htonl(1) && !((own ^ first) & ~host) &&
			    ((first & host) == host || !(first & host)))
				return ADDRESS_BROADCAST;
			address = BPF_CORE_READ(address, ifa_next);
		}
		return ADDRESS_OTHER;
	}
	if (!HAS_IPV6)
		return ADDRESS_OTHER;
	struct inet6_dev *inet6 = BPF_CORE_READ(device, ip6_ptr);
	struct list_head *next = BPF_CORE_READ(inet6, addr_list.next);
	for (int i = 0; i < MOST_ADDRESSES; i++) {
		struct inet6_ifaddr *address = (void *)next - bpf_core_field_offset(struct inet6_ifaddr, if_list);
		__u64 own[2] = {};

		if (!next || next == (void *)inet6 + bpf_core_field_offset(struct inet6_dev, addr_list))
			return ADDRESS_OTHER;
		BPF_CORE_READ_INTO(&own, address, addr);
		if (own[0] == first && own[1] == second)
			return ADDRESS_OWN;
		next = BPF_CORE_READ(next, next);
	}
	return ADDRESS_OTHER;
}

/* The same where loads are possible, for the usual case: of the device, and its first address. */
static __always_inline struct net_device *loaded_device(struct __sk_buff *skb)
{
	return loaded_skb(skb)->dev;
}

static __always_inline int may_be_redirected(struct __sk_buff *skb, int v4)
{
	if (cfg_kernel_casts && HAS_NETFILTER) {
		struct net_device *device = loaded_device(skb);
		struct net *net = device ? device->nd_net.net : NULL;

		if (net && !net->bpf.run_array[AT_SK_LOOKUP] && !(v4 ? net->nf.hooks_ipv4[0] : net->nf.hooks_ipv6[0]) &&
		    !(v4 ? net->nf.hooks_ipv4[1] : net->nf.hooks_ipv6[1]))
			return 0;
	}
	return owner_redirected(skb, v4);
}

/* A bridge, bond, macvlan … takes what its device receives. */
static __always_inline int is_taken_by_another(struct __sk_buff *skb)
{
	struct net_device *device = cfg_kernel_casts ? loaded_device(skb) : device_of_skb(skb);

	return device && READ(device, rx_handler);
}

static __always_inline int address_kind(struct __sk_buff *skb, const struct inet_packet *packet)
{
	__u64 words[2] = {packet->tuple.ipv4.daddr};

	if (cfg_kernel_casts && packet->v4) {
		struct net_device *device = loaded_device(skb);
		struct in_device *inet = device ? device->ip_ptr : NULL;
		struct in_ifaddr *address = inet ? inet->ifa_list : NULL;

		if (address && address->ifa_local == packet->tuple.ipv4.daddr)
			return ADDRESS_OWN;
	}
	if (!packet->v4)
		__builtin_memcpy(words, packet->tuple.ipv6.daddr, sizeof(words));
	return owner_address_kind(skb, packet->v4, words[0], words[1]);
}

/* A socket that is bound to no address matches packets too that only pass through, or are for nobody here. */
static __always_inline int is_for_this_host(struct __sk_buff *skb, const struct inet_packet *packet, int kind)
{
	struct bpf_fib_lookup route = {.family = packet->v4 ? AF_INET : AF_INET6, .ifindex = skb->ifindex};

	if (skb->ifindex == LOOPBACK_IFINDEX)
		return 1;
	if (packet->v4) {
		route.ipv4_src = packet->tuple.ipv4.saddr;
		route.ipv4_dst = packet->tuple.ipv4.daddr;
	} else {
		__builtin_memcpy(route.ipv6_src, packet->tuple.ipv6.saddr, sizeof(route.ipv6_src));
		__builtin_memcpy(route.ipv6_dst, packet->tuple.ipv6.daddr, sizeof(route.ipv6_dst));
	}
	long answer = bpf_fib_lookup(skb, &route, sizeof(route), 0);
	if (answer == BPF_FIB_LKUP_RET_NOT_FWDED)
		return 1;
	/* Where nothing is forwarded the routes are not asked. */
	return answer == BPF_FIB_LKUP_RET_FWD_DISABLED && kind == ADDRESS_OWN;
}

/* Whether the stack can only choose this socket, though no connection says so. */
static __always_inline int is_chosen(struct __sk_buff *skb, struct bpf_sock *full, const struct inet_packet *packet)
{
	int any_address = packet->v4 ? !full->src_ip4
				     : !(full->src_ip6[0] | full->src_ip6[1] | full->src_ip6[2] | full->src_ip6[3]);

	if (is_taken_by_another(skb) || may_be_redirected(skb, packet->v4))
		return 0;
	int kind = packet->v4 || any_address ? address_kind(skb, packet) : ADDRESS_OTHER;
	if (kind == ADDRESS_BROADCAST)
		return 0; /* for every socket of that port, those on the address of the broadcast, too */
	if (cfg_kernel_casts) {
		struct sock *sk = rdonly_cast(full, bpf_core_type_id_kernel(struct sock));
		struct sock_reuseport *group = sk->sk_reuseport_cb;

		if (group && group->prog)
			return 0;
	}
	return !any_address || is_for_this_host(skb, packet, kind);
}

/*
 * Connections whose owner was found lately, so that it is not looked for again. Nothing can go stale: the kernel's own
 * socket is read, and has to be this very socket (a cookie is never given twice), established, in this namespace, with
 * these addresses and ports; then its record is read. Memory that was freed meanwhile reads as something else.
 */
#define MOST_RECENT 1024 /* for each CPU; a power of two */
struct recent_receiver {
	__u64 sk;
	__u64 record;
	__u64 cookie;
	__u32 ifindex;
	__u32 reserved;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MOST_RECENT);
	__type(key, __u32);
	__type(value, struct recent_receiver);
} recent_receivers __weak SEC(".maps");

/* Where the connection's entry is. */
static __always_inline struct recent_receiver *recent_of(const struct inet_packet *packet)
{
	__u64 mixed;

	if (packet->v4) {
		mixed = (__u64)packet->tuple.ipv4.saddr << 32 | packet->tuple.ipv4.daddr;
		mixed ^= (__u64)packet->tuple.ipv4.sport << 16 | packet->tuple.ipv4.dport;
	} else {
		mixed = (__u64)(packet->tuple.ipv6.saddr[2] ^ packet->tuple.ipv6.daddr[2]) << 32 |
			(packet->tuple.ipv6.saddr[3] ^ packet->tuple.ipv6.daddr[3]);
		mixed ^= (__u64)packet->tuple.ipv6.sport << 16 | packet->tuple.ipv6.dport;
	}
	__u32 index = mixed * 0x9e3779b97f4a7c15ull >> 54;
	return bpf_map_lookup_elem(&recent_receivers, &index);
}

static __always_inline int has_addresses(const struct sock_common *common, const struct inet_packet *packet)
{
	if (packet->v4)
		return common->skc_daddr == packet->tuple.ipv4.saddr &&
		       common->skc_rcv_saddr == packet->tuple.ipv4.daddr &&
		       common->skc_dport == packet->tuple.ipv4.sport &&
		       common->skc_num == bpf_ntohs(packet->tuple.ipv4.dport);
	if (!HAS_IPV6)
		return 0;
	const __u32 *remote = (const __u32 *)&common->skc_v6_daddr;
	const __u32 *local = (const __u32 *)&common->skc_v6_rcv_saddr;
	__u32 differs = 0;
	for (int i = 0; i < 4; i++)
		differs |= (remote[i] ^ packet->tuple.ipv6.saddr[i]) | (local[i] ^ packet->tuple.ipv6.daddr[i]);
	return !differs && common->skc_dport == packet->tuple.ipv6.sport &&
	       common->skc_num == bpf_ntohs(packet->tuple.ipv6.dport);
}

static __always_inline int set_recent(struct __sk_buff *skb, const struct inet_packet *packet,
				      const struct recent_receiver *recent, struct ringtap_owner *end)
{
	__u64 cookie = recent->cookie;

	if (!recent->sk || recent->ifindex != skb->ifindex)
		return 0;
	struct sock *sk = rdonly_cast((void *)recent->sk, bpf_core_type_id_kernel(struct sock));
	struct sock_common *common = &sk->__sk_common;
	struct net_device *device = loaded_device(skb);
	if ((__u64)common->skc_cookie.counter != cookie || common->skc_state != ESTABLISHED ||
	    common->skc_bound_dev_if || common->skc_net.net != device->nd_net.net || !has_addresses(common, packet) ||
	    !sk->sk_socket)
		return 0;
	__u64 process;
	__u32 uid;
	if (!load_record(recent->record, cookie, &process, &uid))
		return 0;
	set_recalled(end, RINGTAP_OWNER_SOCKET, process, uid, cookie);
	end->references = references_of(sk);
	return 1;
}

/* Pointers in it are followed without questions to its type. */
static __always_inline struct sock *loadable(struct sock *sk)
{
	return cfg_kernel_casts ? rdonly_cast(sk, bpf_core_type_id_kernel(struct sock)) : sk;
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
	if (listens && !is_chosen(skb, sk, packet))
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
		recent->sk = (__u64)full;
		recent->record = (__u64)owner;
		recent->cookie = cookie;
		recent->ifindex = skb->ifindex;
	}
}

static __always_inline void set_udp(struct __sk_buff *skb, struct bpf_sock *sk, const struct inet_packet *packet,
				    struct ringtap_owner *end)
{
	if (sk->dst_port ? packet->v4 && address_kind(skb, packet) == ADDRESS_BROADCAST : !is_chosen(skb, sk, packet))
		return;
	__u64 cookie = 0;
	/* Elsewhere this kind of pointer cannot be read by a helper. */
	if (cfg_kernel_casts) {
		struct sock *kernel_sk = loadable((void *)sk);

		cookie = kernel_sk->__sk_common.skc_cookie.counter;
		__u64 process;
		__u32 uid;

		end->references = references_of(kernel_sk);
		if (recall(cookie, &process, &uid)) {
			set_recalled(end, RINGTAP_OWNER_SOCKET, process, uid, cookie);
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
		set_udp(skb, sk, packet, end);
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
	if (cfg_kernel_casts && packet.protocol == IPPROTO_TCP) {
		recent = recent_of(&packet);
		if (!recent || set_recent(skb, &packet, recent, end))
			return; /* an array always has the entry */
	}
	look_up_receiver(skb, &packet, recent, end);
}

#endif
