/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the host taps (netfilter, socket, stack, drop) share, which get the kernel's own sk_buff: finding its device,
 * building the frame as it was on the wire, and following the sk_buff after the filter no longer matches it.
 *
 * These programs see the packets of the whole host. A frame is counted as `seen` if its device is captured and in the
 * capture's network namespace, or with cfg_namespaces in another one that is; other frames only if they are followed,
 * in RINGTAP_SLOT_UNKNOWN. The filter runs on the bytes of the record, which begin with an Ethernet header: the
 * packet's own or, if it has none yet, one that holds only the protocol.
 */
#ifndef RINGTAP_TRACE_BPF_H
#define RINGTAP_TRACE_BPF_H

#include <linux/if_ether.h>
#include "emit.bpf.h"
#include "filter.bpf.h"
#include "follow.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "kernel_types.h"

#define HEADER_UNSET 0xffffu /* sk_buff.mac_header, include/linux/skbuff.h skb_mac_header_was_set() */
#define TAG_BYTES    4u
#define ETHERNET     1u		 /* net_device.type, include/uapi/linux/if_arp.h ARPHRD_ETHER */
#define LOOPBACK     772u	 /* ARPHRD_LOOPBACK */
#define BRIDGE_PORT  (1u << 9)	 /* net_device.priv_flags, include/linux/netdevice.h IFF_BRIDGE_PORT */
#define LOWEST_NETNS 0xe0000000u /* inode numbers of namespaces: include/linux/proc_ns.h, PROC_DYNAMIC_FIRST */

/* Where a packet was seen. */
struct place {
	__u32 tap;
	struct sk_buff *skb;
	struct net_device *device; /* from the hook; NULL if the hook has none */
	struct sock *socket;	   /* the same */
	__u32 network_header;	   /* offset from skb->head; 0: that of the skb */
	__u8 outgoing;
	struct ringtap_trace trace;
};

struct at_device {
	__u32 ifindex;	  /* 0: none */
	__u32 netns;	  /* inode number of its network namespace, 0 unknown */
	__u8 other_netns; /* in a network namespace that is not captured */
	__u8 no_link;	  /* its frames have no Ethernet header */
	__u8 nowhere;	  /* the namespace is not known, though the hook could know it */
	__u8 bridge_port;
};

/*
 * The device of a packet: that of the hook, or else the skb's own. Once a socket has the packet, that field holds
 * something else (dev_scratch, rbnode); reading it as a device fails safely and finds no valid namespace. Then the
 * device is the one by whose index the packet came in, in the namespace of the socket or, for a packet that never had a
 * device, that of its route.
 */
static __always_inline struct at_device device_of(struct place *place)
{
	struct at_device found = {};
	struct sk_buff *skb = place->skb;
	struct net_device *device = place->device ? place->device : BPF_CORE_READ(skb, dev);
	__u32 ifindex = device ? BPF_CORE_READ(device, ifindex) : 0;
	__u32 netns = ifindex ? BPF_CORE_READ(device, nd_net.net, ns.inum) : 0;

	if (netns < LOWEST_NETNS) {
		struct sock *socket = place->socket ? place->socket : BPF_CORE_READ(skb, sk);
		device = NULL;
		ifindex = BPF_CORE_READ(skb, skb_iif);
		netns = BPF_CORE_READ(socket, __sk_common.skc_net.net, ns.inum);
	}
	if (ifindex == 0) {
		/* The lowest bit of a pointer to a route is set if the reference is not counted. */
		struct dst_entry *route = (void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1ul);
		device = BPF_CORE_READ(route, dev);
		ifindex = BPF_CORE_READ(device, ifindex);
		netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	}
	if (device) {
		__u16 type = BPF_CORE_READ(device, type);
		found.no_link = type != ETHERNET && type != LOOPBACK;
		if (place->tap == RINGTAP_TAP_DROP)
			found.bridge_port = (BPF_CORE_READ_BITFIELD_PROBED(device, priv_flags) & BRIDGE_PORT) != 0;
	}
	found.ifindex = ifindex;
	found.netns = netns;
	found.other_netns = netns != 0 && netns != cfg_netns;
	/*
	 * The namespace is unknown for unread data of a closed socket, and before Linux 6.11 for any drop at a socket:
	 * there the index has to suffice, unless several namespaces have it.
	 */
	found.nowhere = netns == 0 && (cfg_drop_socket || (cfg_follow && cfg_namespaces));
	return found;
}

/*
 * Whether the link-layer header in the packet was put there by, or for, this device. A packet on its way to the driver
 * begins with it. If a packet was received by another device, the header is that device's; a packet that was not
 * received at all has none, unless it has only just been received (skb_iif is set a little later, net/core/dev.c
 * __netif_receive_skb_core()).
 */
static __always_inline int own_link_header(struct place *place, struct at_device *at, __u32 mac, __u32 data_at)
{
	struct sk_buff *skb = place->skb;
	__u32 from = BPF_CORE_READ(skb, skb_iif);

	if (at->no_link || mac == HEADER_UNSET)
		return 0;
	return mac == data_at || (!place->outgoing && (from == 0 || from == at->ifindex));
}

/* VLAN tag in skb metadata; 0: none. Upper half: protocol, in network order; lower half: TCI, in host order. */
static __always_inline __u32 metadata_tag(struct sk_buff *skb)
{
	if (bpf_core_field_exists(skb->vlan_all) && BPF_CORE_READ(skb, vlan_all) == 0)
		return 0;
	return (__u32)BPF_CORE_READ(skb, vlan_proto) << 16 | BPF_CORE_READ(skb, vlan_tci);
}

/*
 * Copies the frame: the link-layer header with the tag from metadata after its addresses, and the packet from its
 * network header on. Bytes beyond the skb's linear part are not copied, but wire_len counts them.
 */
static __always_inline long copy_packet(struct place *place, struct at_device *at, struct record *record)
{
	struct sk_buff *skb = place->skb;
	struct ringtap_event *event = record->event;
	unsigned char *head = BPF_CORE_READ(skb, head);
	unsigned char *data = BPF_CORE_READ(skb, data);
	__u32 len = BPF_CORE_READ(skb, len);
	__u32 linear = len - BPF_CORE_READ(skb, data_len);
	__u32 mac = BPF_CORE_READ(skb, mac_header);
	__u32 network = place->network_header ? place->network_header : BPF_CORE_READ(skb, network_header);
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	__u32 data_at = data - head;
	__u64 header = ETH_HLEN;
	__u64 offset = 2 * ETH_ALEN;
	long err = 0;

	int linked = own_link_header(place, at, mac, data_at);

	/* The network header may come after any number of tags, or may not be set yet. */
	if (linked && mac == data_at)
		network = mac + ETH_HLEN;
	else if (network == 0)
		network = data_at;
	if (linked && network - mac >= ETH_HLEN && network - mac <= ETH_HLEN + 2 * TAG_BYTES &&
	    (network - mac - ETH_HLEN) % TAG_BYTES == 0) {
		header = network - mac;
		err = bpf_probe_read_kernel(record->data, 2 * ETH_ALEN, head + mac);
	} else {
		__builtin_memset(record->data, 0, 2 * ETH_ALEN);
		event->flags |= RINGTAP_EVENT_NO_LINK;
	}
	__u32 tag = metadata_tag(skb);
	if (tag) {
		event->vlan_proto = bpf_ntohs(tag >> 16);
		event->vlan_tci = tag;
		event->flags |= RINGTAP_EVENT_VLAN_RESTORED;
		*(__be16 *)(record->data + offset) = tag >> 16;
		*(__be16 *)(record->data + offset + 2) = bpf_htons(event->vlan_tci);
		header += TAG_BYTES;
		offset += TAG_BYTES;
	}
	__u64 link = header - offset; /* the rest of the link-layer header: tags in the packet, protocol */
	if (event->flags & RINGTAP_EVENT_NO_LINK) {
		*(__be16 *)(record->data + offset) = protocol;
		offset += sizeof(protocol);
		link = 0;
	}
	/* Signed: the data pointer may be before or after the network header. */
	__s32 payload = (__s32)(len + data_at - network);
	__s32 present = (__s32)(linear + data_at - network);
	if (payload < 0 || present < 0)
		return -1;
	__u64 room = cfg_filter_bytes > offset ? cfg_filter_bytes - offset : 0;
	__u64 copied = clamped(link + present, room);
	if (copied > 0)
		err |= read_kernel(record->data + offset, copied, head + network - link);
	event->wire_len = header + payload;
	event->cap_len = offset + copied;
	return err;
}

/* Of a packet at a tap, with --who; writes the members that are known. */
typedef void (*owner_finder)(struct place *place, struct ringtap_owners *owners);

/*
 * Handles one packet at one tap, from counting to the record. `filter` is the program's own stub; `find`: NULL if no
 * owner can be known at the tap.
 */
static __always_inline void trace_packet(struct place *place, int (*filter)(struct ringtap_memory_frame *),
					 owner_finder find)
{
	struct tap tap;
	struct record record;
	struct sk_buff *skb = place->skb;
	struct at_device at = device_of(place);
	int known = is_followed(skb);
	__u32 *slot = NULL;

	if ((!at.other_netns || cfg_namespaces) && !(at.nowhere && (!known || cfg_namespaces)))
		slot = slot_of(at.ifindex, at.other_netns ? at.netns : 0);
	if (!slot && !known)
		return; /* not a packet of this capture */
	if (slot)
		at.other_netns = 0;
	if (!tap_begin_in_slot(&tap, place->tap, slot ? *slot & RINGTAP_SLOT_NUMBER : RINGTAP_SLOT_UNKNOWN))
		return;
	__u64 unknown = tap.counters->value[RINGTAP_CNT_SEEN];
	known = forgotten(known, unknown);
	at.no_link = forgotten(at.no_link, unknown);
	at.other_netns = forgotten(at.other_netns, unknown);
	place->outgoing = forgotten(place->outgoing, unknown);
	if (at.other_netns)
		tap.flags |= RINGTAP_EVENT_OTHER_NETNS;
	if (!record_begin(&tap, &record, 1, cfg_who && find))
		return;
	if (copy_packet(place, &at, &record)) {
		record_abort(&tap, &record, RINGTAP_CNT_COPY_FAILED);
		return;
	}
	if (cfg_filter) {
		struct ringtap_memory_frame frame = {
			.address = (__u64)record.data,
			.length = record.event->cap_len,
			.wire_length = record.event->wire_len,
			.ifindex = at.ifindex,
			.outgoing = place->outgoing,
		};
		__u32 verdict = filter(&frame);
		if (verdict == 0 && !known) {
			count_if_tagged(&tap, is_tag(bpf_ntohs(*(__be16 *)(record.data + 2 * ETH_ALEN))));
			record_leave_out(&tap, &record, RINGTAP_CNT_FILTERED);
			return;
		}
		record.event->flags |= verdict == 0 ? RINGTAP_EVENT_FOLLOWED : flag_of(verdict);
	}
	follow(skb);
	record.event->cap_len = clamped(record.event->cap_len, cfg_snaplen);
	record.event->ifindex = at.ifindex;
	record.event->mark = BPF_CORE_READ(skb, mark);
	record.event->hash = BPF_CORE_READ(skb, hash);
	record.event->pkt_type = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
	record.event->csum = BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed);
	struct skb_shared_info *info = (void *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end));
	record.event->gso_size = BPF_CORE_READ(info, gso_size);
	record.event->gso_segs = BPF_CORE_READ(info, gso_segs);
	if (record.owners) {
		*record.owners = (struct ringtap_owners){};
		find(place, record.owners);
	}
	*record.trace = place->trace;
	record.trace->skb = (__u64)skb;
	/* In a comparison of several namespaces user space tells which of them it is, 0 being none that is known. */
	record.trace->netns = at.other_netns || (cfg_follow && cfg_namespaces) ? at.netns : 0;
	record.trace->bridge_port = at.bridge_port;
	record_end(&tap, &record);
}

#endif
