/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From whom and for whom a packet of IP is, as its own headers have it. */
#ifndef RINGTAP_INET_BPF_H
#define RINGTAP_INET_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include "emit.bpf.h"

#define TCP_FLAGS_AT 13 /* in its header */
#define TCP_SYN	     2

struct inet_packet {
	struct bpf_sock_tuple tuple;
	__u8 v4;
	__u8 protocol;
	__u8 tcp_flags;
	__u8 reserved;
};

/* Addresses and ports; returns 0 for what is neither TCP nor UDP, for later fragments, and for groups of receivers. */
static __always_inline int read_packet(struct __sk_buff *skb, __u64 offset, struct inet_packet *packet)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	void *at = data + offset;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = at;

		if ((void *)(ip + 1) > end || ip->frag_off & bpf_htons(0x1fff))
			return 0;
		packet->v4 = 1;
		packet->protocol = ip->protocol;
		packet->tuple.ipv4.saddr = ip->saddr;
		packet->tuple.ipv4.daddr = ip->daddr;
		if ((ip->daddr & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || ip->daddr == 0xffffffff)
			return 0;
		at += (ip->ihl & 0xf) * 4;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = at;

		if ((void *)(ip + 1) > end)
			return 0;
		packet->protocol = ip->nexthdr;
		__builtin_memcpy(packet->tuple.ipv6.saddr, &ip->saddr, sizeof(ip->saddr));
		__builtin_memcpy(packet->tuple.ipv6.daddr, &ip->daddr, sizeof(ip->daddr));
		if (ip->daddr.s6_addr[0] == 0xff)
			return 0;
		at += sizeof(*ip);
	} else {
		return 0;
	}
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return 0;
	if (at + TCP_FLAGS_AT + 1 > end) {
		/* A UDP header of 8 bytes may be all that there is. */
		if (packet->protocol == IPPROTO_TCP || at + 4 > end)
			return 0;
	} else if (packet->protocol == IPPROTO_TCP) {
		packet->tcp_flags = *(__u8 *)(at + TCP_FLAGS_AT);
	}
	if (at + 4 > end)
		return 0;
	__be16 *ports = at;
	if (packet->v4) {
		packet->tuple.ipv4.sport = ports[0];
		packet->tuple.ipv4.dport = ports[1];
	} else {
		packet->tuple.ipv6.sport = ports[0];
		packet->tuple.ipv6.dport = ports[1];
	}
	return 1;
}

#endif
