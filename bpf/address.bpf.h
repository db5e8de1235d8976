/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whether the stack takes a packet itself, for the tc taps: what its address is to the device, what the routes say, and
 * whether a rule or a program may give it to somebody else.
 */
#ifndef RINGTAP_ADDRESS_BPF_H
#define RINGTAP_ADDRESS_BPF_H

#include <linux/if_addr.h>
#include "inet.bpf.h"
#include "sender.bpf.h"

#define MOST_HOOKS	      8
#define MOST_ADDRESSES	      32 /* of a device */
#define MOST_STEPS	      256
#define DEVICE_UP	      1u     /* net_device.flags, include/uapi/linux/if.h IFF_UP */
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
 * Functions with loops are global (__weak), so that the verifier looks at them once and by themselves: in place they
 * would take it seconds.
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

/* The device by loads, for the usual cases. */
static __always_inline struct net_device *loaded_device(struct __sk_buff *skb)
{
	return loaded_skb(skb)->dev;
}

#define DEVICE_OF(skb) (cfg_kernel_casts ? loaded_device(skb) : device_of_skb(skb))

/* An address of IPv6 in its device's list. */
static __always_inline struct inet6_ifaddr *inet6_address_at(struct list_head *at)
{
	void *address = (void *)at - bpf_core_field_offset(struct inet6_ifaddr, if_list);

	return cfg_kernel_casts ? rdonly_cast(address, bpf_core_type_id_kernel(struct inet6_ifaddr)) : address;
}

/* Not while it is looked for at the neighbours: until then the stack takes nothing for it. */
static __always_inline int is_own_of_inet6(struct inet6_ifaddr *address, __u64 first, __u64 second)
{
	__u64 own[2] = {};

	if (cfg_kernel_casts)
		__builtin_memcpy(own, &address->addr, sizeof(own));
	else
		BPF_CORE_READ_INTO(&own, address, addr);
	return own[0] == first && own[1] == second && !(READ(address, flags) & IFA_F_TENTATIVE);
}

/* What this address is to the device; of IPv4 it is all in `first`, in network order. */
#define ADDRESS_OTHER	  0
#define ADDRESS_OWN	  1
#define ADDRESS_BROADCAST 2
__weak __noinline int owner_address_kind(struct __sk_buff *skb, __u32 v4, __u64 first, __u64 second)
{
	struct net_device *device = DEVICE_OF(skb);

	if (v4) {
		struct in_device *inet = READ(device, ip_ptr);
		struct in_ifaddr *address = inet ? READ(inet, ifa_list) : NULL;

		for (int i = 0; i < MOST_ADDRESSES && address; i++) {
			__u32 own = READ(address, ifa_local);
			__u32 host = ~READ(address, ifa_mask);

			if (own == first)
				return ADDRESS_OWN;
			/* Both the last address and, before Linux 5.14, the first; a subnet of two has neither. */
			if (host != bpf_htonl(1) && !((own ^ first) & ~host) &&
			    ((first & host) == host || !(first & host)))
				return ADDRESS_BROADCAST;
			address = READ(address, ifa_next);
		}
		return ADDRESS_OTHER;
	}
	if (!HAS_IPV6)
		return ADDRESS_OTHER;
	struct inet6_dev *inet6 = READ(device, ip6_ptr);
	struct list_head *next = inet6 ? READ(inet6, addr_list.next) : NULL;
	for (int i = 0; i < MOST_ADDRESSES && next; i++) {
		if ((void *)next == (void *)inet6 + bpf_core_field_offset(struct inet6_dev, addr_list))
			return ADDRESS_OTHER;
		if (is_own_of_inet6(inet6_address_at(next), first, second))
			return ADDRESS_OWN;
		next = READ(next, next);
	}
	return ADDRESS_OTHER;
}

/* net_device.priv_flags of a device of a VRF, and of the VRF's own, whose routes are others; 0 where there are none. */
#define PRIVATE_FLAG(name)                                                                                             \
	(bpf_core_enum_value_exists(enum netdev_priv_flags, name) ? bpf_core_enum_value(enum netdev_priv_flags, name)  \
								  : 0)
#define L3_SLAVE  PRIVATE_FLAG(IFF_L3MDEV_SLAVE)
#define L3_MASTER PRIVATE_FLAG(IFF_L3MDEV_MASTER)

/* `device` by loads. */
static __always_inline int is_of_vrf(struct net_device *device)
{
	return (BPF_CORE_READ_BITFIELD(device, priv_flags) & L3_SLAVE) != 0;
}

/*
 * Whether one of the namespace's devices that are up and of no VRF has the address, as above. 0 too where it would be
 * found late: of the devices and their addresses the first MOST_STEPS are looked at.
 */
__weak __noinline int owner_is_of_host(struct __sk_buff *skb, __u32 v4, __u64 first, __u64 second)
{
	struct net *net = BPF_CORE_READ(device_of_skb(skb), nd_net.net);
	struct list_head *devices = (void *)net + bpf_core_field_offset(struct net, dev_base_head);
	struct list_head *device_at = BPF_CORE_READ(devices, next);
	struct in_ifaddr *inet = NULL;
	struct list_head *inet6 = NULL;
	struct list_head *inet6_end = NULL;

	for (__u32 i = 0; i < MOST_STEPS && net; i++) {
		if (inet) {
			if (BPF_CORE_READ(inet, ifa_local) == first)
				return 1;
			inet = BPF_CORE_READ(inet, ifa_next);
		} else if (inet6 && inet6 != inet6_end) {
			if (is_own_of_inet6(inet6_address_at(inet6), first, second))
				return 1;
			inet6 = BPF_CORE_READ(inet6, next);
		} else {
			struct net_device *device =
				(void *)device_at - bpf_core_field_offset(struct net_device, dev_list);

			if (!device_at || device_at == devices)
				return 0;
			device_at = BPF_CORE_READ(device_at, next);
			if (!(BPF_CORE_READ(device, flags) & DEVICE_UP) ||
			    BPF_CORE_READ_BITFIELD_PROBED(device, priv_flags) & (L3_SLAVE | L3_MASTER))
				continue;
			if (v4) {
				inet = BPF_CORE_READ(device, ip_ptr, ifa_list);
			} else if (HAS_IPV6) {
				struct inet6_dev *of_device = BPF_CORE_READ(device, ip6_ptr);

				inet6 = BPF_CORE_READ(of_device, addr_list.next);
				inet6_end = (void *)of_device + bpf_core_field_offset(struct inet6_dev, addr_list);
			}
		}
	}
	return 0;
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
	struct net_device *device = DEVICE_OF(skb);

	return device && READ(device, rx_handler);
}

/*
 * What the routes say; the address is `kind` to the packet's device. "Not forwarded" is what the kernel answers both of
 * its own address and of one without any route, and where the device forwards nothing it does not look
 * (net/core/filter.c bpf_ipv4_fib_lookup()): then one of the devices has to have the address.
 */
static __always_inline int is_for_this_host(struct __sk_buff *skb, const struct inet_packet *packet, int kind,
					    __u64 first, __u64 second)
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
	if (answer != BPF_FIB_LKUP_RET_NOT_FWDED && answer != BPF_FIB_LKUP_RET_FWD_DISABLED)
		return 0;
	/* A link-local address is good on its own link only. */
	if (!packet->v4 && (packet->tuple.ipv6.daddr[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000))
		return kind == ADDRESS_OWN;
	return kind == ADDRESS_OWN ||
	       (answer == BPF_FIB_LKUP_RET_NOT_FWDED && owner_is_of_host(skb, packet->v4, first, second));
}

#define STANDING_NONE	   0
#define STANDING_HERE	   1 /* the stack takes packets for the address */
#define STANDING_BROADCAST 2

/* Of the packet's address, as standing_of() has it, by the kernel. */
static __always_inline int ask_standing(struct __sk_buff *skb, const struct inet_packet *packet, int asks_routes)
{
	__u64 words[2] = {packet->tuple.ipv4.daddr};

	if (!packet->v4)
		__builtin_memcpy(words, packet->tuple.ipv6.daddr, sizeof(words));
	int kind = owner_address_kind(skb, packet->v4, words[0], words[1]);
	if (kind == ADDRESS_BROADCAST)
		return STANDING_BROADCAST;
	if (kind == ADDRESS_OWN && !asks_routes)
		return STANDING_HERE;
	return is_for_this_host(skb, packet, kind, words[0], words[1]) ? STANDING_HERE : STANDING_NONE;
}

/*
 * What addresses of IPv4 were to devices lately. Nothing can go stale: an entry is good in the namespace with this
 * cookie, which is never given twice, and in this generation of its routes, which the kernel ends at every change of a
 * route, an address, a device's state or whether it forwards (include/net/net_namespace.h rt_genid_bump_ipv4(),
 * net/ipv4/fib_frontend.c, devinet.c). With rules for routes more counts than the address: then nothing is remembered.
 */
#define MOST_RECENT_ADDRESSES 256 /* for each CPU; a power of two */
struct recent_address {
	__u64 netns; /* its cookie */
	__u32 ifindex;
	__be32 address;
	__u32 generation;
	__u16 standing;
	__u16 busy; /* somebody on this CPU is between its lines, whom this program may have interrupted */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MOST_RECENT_ADDRESSES);
	__type(key, __u32);
	__type(value, struct recent_address);
} recent_addresses __weak SEC(".maps");

static __always_inline struct recent_address *recent_address_of(__u32 ifindex, __be32 address)
{
	__u32 index = (address ^ ifindex * 0x9e3779b1u) * 0x9e3779b1u >> 24;

	return bpf_map_lookup_elem(&recent_addresses, &index);
}

/*
 * How the stack takes packets for the packet's address. The routes need not be asked of one that the device has, for a
 * socket that is bound to it.
 */
static __always_inline int standing_of(struct __sk_buff *skb, const struct inet_packet *packet, int asks_routes)
{
	struct recent_address *recent = NULL;
	struct net *net = NULL;
	__u32 ifindex = skb->ifindex;

	if (cfg_kernel_casts && packet->v4) {
		struct net_device *device = loaded_device(skb);

		/* As usual, without the entry. */
		if (!asks_routes && device->ip_ptr->ifa_list->ifa_local == packet->tuple.ipv4.daddr)
			return STANDING_HERE;
		net = device->nd_net.net;
		if (!(bpf_core_field_exists(net->ipv4.fib_has_custom_rules) && net->ipv4.fib_has_custom_rules))
			recent = recent_address_of(ifindex, packet->tuple.ipv4.daddr);
	}
	if (!recent || recent->busy)
		return ask_standing(skb, packet, asks_routes);
	recent->busy = 1;
	barrier();
	__u64 netns = net->net_cookie;
	__u32 generation = net->ipv4.rt_genid.counter;
	if (recent->netns != netns || recent->generation != generation || recent->ifindex != ifindex ||
	    recent->address != packet->tuple.ipv4.daddr) {
		recent->standing = ask_standing(skb, packet, 1);
		recent->netns = netns;
		recent->generation = generation;
		recent->ifindex = ifindex;
		recent->address = packet->tuple.ipv4.daddr;
	}
	int standing = recent->standing;
	barrier();
	recent->busy = 0;
	return standing;
}

/* Whether the stack can only choose this socket, though no connection says so; `sk` is NULL where it cannot be read. */
static __always_inline int is_chosen(struct __sk_buff *skb, const struct inet_packet *packet, struct sock *sk,
				     int is_any)
{
	if (is_taken_by_another(skb) || may_be_redirected(skb, packet->v4))
		return 0;
	struct sock_reuseport *group = sk ? sk->sk_reuseport_cb : NULL;
	if (group && group->prog)
		return 0;
	/* A broadcast is for every socket of that port, those on the address of the broadcast, too. */
	return standing_of(skb, packet, is_any) == STANDING_HERE;
}

/*
 * One that has a peer is chosen before a program at sk_lookup is asked. Whether netfilter sends the packet elsewhere,
 * or the address is still this host's, is not looked at: docs/owners.md has that among the labels that can be wrong.
 */
static __always_inline int is_chosen_datagram(struct __sk_buff *skb, const struct inet_packet *packet, struct sock *sk,
					      int is_any, int has_peer)
{
	if (has_peer)
		return !packet->v4 || standing_of(skb, packet, 0) != STANDING_BROADCAST;
	return is_chosen(skb, packet, sk, is_any);
}

#endif
