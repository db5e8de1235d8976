/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sockets for which packets came lately, for the tc taps, so that the kernel is not asked for them again. Nothing can
 * go stale: the kernel's own socket is read, and has to be this very one (a cookie is never given twice), in this
 * namespace, with these addresses and ports, and, without a connection, the only one that the stack can find; then its
 * record is read. Memory that was freed meanwhile reads as something else. Needs loads, cfg_kernel_casts.
 */
#ifndef RINGTAP_RECENT_BPF_H
#define RINGTAP_RECENT_BPF_H

#include "address.bpf.h"

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

/* Where the entry is of a connection, or of an address and port of UDP, whoever sends there. */
static __always_inline struct recent_receiver *recent_of(const struct inet_packet *packet)
{
	__u64 mixed = 0;

	if (packet->v4) {
		if (packet->protocol == IPPROTO_TCP)
			mixed = (__u64)packet->tuple.ipv4.saddr << 32 | (__u64)packet->tuple.ipv4.sport << 16;
		mixed ^= (__u64)packet->tuple.ipv4.daddr ^ packet->tuple.ipv4.dport;
	} else {
		if (packet->protocol == IPPROTO_TCP)
			mixed = (__u64)(packet->tuple.ipv6.saddr[2] ^ packet->tuple.ipv6.daddr[2]) << 32 ^
				packet->tuple.ipv6.saddr[3] ^ (__u64)packet->tuple.ipv6.sport << 16;
		mixed ^= (__u64)packet->tuple.ipv6.daddr[3] ^ packet->tuple.ipv6.dport;
	}
	__u32 index = mixed * 0x9e3779b97f4a7c15ull >> 54;
	return bpf_map_lookup_elem(&recent_receivers, &index);
}

static __always_inline int is_equal(const __u32 *one, const __u32 *other)
{
	return !((one[0] ^ other[0]) | (one[1] ^ other[1]) | (one[2] ^ other[2]) | (one[3] ^ other[3]));
}

/* Whether the packet goes to the address and port of this end, and comes from those of the other. */
static __always_inline int has_addresses(const struct sock_common *common, const struct inet_packet *packet)
{
	if (packet->v4)
		return common->skc_daddr == packet->tuple.ipv4.saddr &&
		       common->skc_rcv_saddr == packet->tuple.ipv4.daddr &&
		       common->skc_dport == packet->tuple.ipv4.sport &&
		       common->skc_num == bpf_ntohs(packet->tuple.ipv4.dport);
	return HAS_IPV6 && is_equal((const __u32 *)&common->skc_v6_daddr, packet->tuple.ipv6.saddr) &&
	       is_equal((const __u32 *)&common->skc_v6_rcv_saddr, packet->tuple.ipv6.daddr) &&
	       common->skc_dport == packet->tuple.ipv6.sport && common->skc_num == bpf_ntohs(packet->tuple.ipv6.dport);
}

static __always_inline struct sock *recent_socket(struct __sk_buff *skb, const struct inet_packet *packet,
						  const struct recent_receiver *recent)
{
	if (!recent->sk || recent->ifindex != skb->ifindex)
		return NULL;
	struct sock *sk = rdonly_cast((void *)recent->sk, bpf_core_type_id_kernel(struct sock));
	struct net_device *device = loaded_device(skb);
	if ((__u64)sk->__sk_common.skc_cookie.counter != recent->cookie || sk->__sk_common.skc_bound_dev_if ||
	    sk->__sk_common.skc_net.net != device->nd_net.net || sk->sk_protocol != packet->protocol ||
	    is_of_vrf(device))
		return NULL;
	return sk;
}

static __always_inline int set_recent(const struct recent_receiver *recent, struct sock *sk, struct ringtap_owner *end)
{
	__u64 cookie = recent->cookie;
	__u64 process;
	__u32 uid;

	if (!load_record(recent->record, cookie, &process, &uid))
		return 0;
	set_recalled(end, RINGTAP_OWNER_SOCKET, process, uid, cookie);
	end->references = references_of(sk);
	return 1;
}

static __always_inline int set_recent_connection(struct __sk_buff *skb, const struct inet_packet *packet,
						 const struct recent_receiver *recent, struct ringtap_owner *end)
{
	struct sock *sk = recent_socket(skb, packet, recent);

	return sk && sk->__sk_common.skc_state == ESTABLISHED && has_addresses(&sk->__sk_common, packet) &&
	       sk->sk_socket && set_recent(recent, sk, end);
}

/*
 * A socket of UDP is found by its address and port in one chain of a table, and if nothing is there by the port alone
 * in another (net/ipv4/udp.c __udp4_lib_lookup(), net/ipv6/udp.c). Where a socket is the only one of its chain, and
 * nothing comes before it, no other can be found, whatever bind(2), connect(2) and close(2) have done meanwhile.
 */
static __always_inline struct udp_hslot *udp_chain(struct net *net, __u32 hash)
{
	struct udp_table *table = net->ipv4.udp_table;
	__u64 size = bpf_core_type_exists(struct udp_hslot_main) ? bpf_core_type_size(struct udp_hslot_main)
								 : bpf_core_type_size(struct udp_hslot);

	return rdonly_cast(table->hash2 + (hash & table->mask) * size, bpf_core_type_id_kernel(struct udp_hslot));
}

static __always_inline __u32 rotated(__u32 word, int bits)
{
	return word << bits | word >> (32 - bits);
}

/* The hash of an address of IPv4 and a port (include/net/ip.h ipv4_portaddr_hash(); linux/jhash.h, of one word). */
static __always_inline __u32 udp_hash(struct net *net, __be32 address, __u16 port)
{
	__u32 begin = net->hash_mix + 0xdeadbeef + (1 << 2);
	__u32 a = address + begin;
	__u32 b = begin;
	__u32 c = begin;

	c = (c ^ b) - rotated(b, 14);
	a = (a ^ c) - rotated(c, 11);
	b = (b ^ a) - rotated(a, 25);
	c = (c ^ b) - rotated(b, 16);
	a = (a ^ c) - rotated(c, 4);
	b = (b ^ a) - rotated(a, 14);
	c = (c ^ b) - rotated(b, 24);
	return c ^ port;
}

/* Bound to no address; of IPv6 such a socket is not remembered. */
static __always_inline int is_on_any_address(const struct sock_common *common, const struct inet_packet *packet)
{
	return packet->v4 && !common->skc_rcv_saddr;
}

/* Whether the packet fits the socket, and no other can be found for it. */
static __always_inline int gets_datagram(struct sock *sk, const struct inet_packet *packet)
{
	const struct sock_common *common = &sk->__sk_common;
	struct net *net = common->skc_net.net;
	int is_any = is_on_any_address(common, packet);

	if (packet->v4) {
		/* One of IPv6 with a peer of IPv6 has 127.0.0.6 here (LOOPBACK4_IPV6). */
		if ((!is_any && (common->skc_family != AF_INET || common->skc_rcv_saddr != packet->tuple.ipv4.daddr)) ||
		    (common->skc_daddr && common->skc_daddr != packet->tuple.ipv4.saddr) ||
		    (common->skc_dport && common->skc_dport != packet->tuple.ipv4.sport) ||
		    common->skc_num != bpf_ntohs(packet->tuple.ipv4.dport) ||
		    BPF_CORE_READ_BITFIELD(common, skc_ipv6only))
			return 0;
	} else {
		if (!HAS_IPV6 || common->skc_family != AF_INET6)
			return 0;
		const __u32 *remote = (const __u32 *)&common->skc_v6_daddr;

		if (!is_equal((const __u32 *)&common->skc_v6_rcv_saddr, packet->tuple.ipv6.daddr) ||
		    ((remote[0] | remote[1] | remote[2] | remote[3]) && !is_equal(remote, packet->tuple.ipv6.saddr)) ||
		    (common->skc_dport && common->skc_dport != packet->tuple.ipv6.sport) ||
		    common->skc_num != bpf_ntohs(packet->tuple.ipv6.dport))
			return 0;
	}
	struct udp_hslot *chain = udp_chain(net, common->skc_u16hashes[1]);
	if (chain->count != 1 || (__u64)chain->head.first != (__u64)&common->skc_portaddr_node)
		return 0;
	return !is_any || !udp_chain(net, udp_hash(net, packet->tuple.ipv4.daddr, common->skc_num))->count;
}

static __always_inline int set_recent_datagram(struct __sk_buff *skb, const struct inet_packet *packet,
					       const struct recent_receiver *recent, struct ringtap_owner *end)
{
	struct sock *sk = recent_socket(skb, packet, recent);

	return sk && gets_datagram(sk, packet) &&
	       is_chosen_datagram(skb, packet, sk, is_on_any_address(&sk->__sk_common, packet),
				  sk->__sk_common.skc_dport) &&
	       set_recent(recent, sk, end);
}

static __always_inline void remember_receiver(struct recent_receiver *recent, __u32 ifindex, __u64 sk, __u64 record,
					      __u64 cookie)
{
	recent->sk = sk;
	recent->record = record;
	recent->cookie = cookie;
	recent->ifindex = ifindex;
}

/* If the kernel's table is known, and no other can be found for packets like this one. */
static __always_inline void remember_datagrams(struct recent_receiver *recent, struct __sk_buff *skb,
					       const struct inet_packet *packet, struct sock *sk, __u64 record,
					       __u64 cookie)
{
	const struct sock_common *common = &sk->__sk_common;
	struct net *net = common->skc_net.net;

	/* Should a later kernel's hash be another, this socket says so. */
	if (bpf_core_field_exists(net->ipv4.udp_table) &&
	    (!is_on_any_address(common, packet) ||
	     (__u16)udp_hash(net, 0, common->skc_num) == common->skc_u16hashes[1]) &&
	    gets_datagram(sk, packet))
		remember_receiver(recent, skb->ifindex, (__u64)sk, record, cookie);
}

#endif
