// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The taps whose context is an __sk_buff, which is the kernel's sk_buff itself: only the verifier knows the pointer by
 * another type.
 *
 * The tc taps. Ingress, first in the chain, sees what AF_PACKET's receive tap (ptype_all) sees; egress stands before
 * the qdisc and software GSO. Both return TC_ACT_UNSPEC (the same number as TCX_NEXT): programs after us still run.
 *
 * The packet tap, the filter of an AF_PACKET socket: it stands where tcpdump does (net/packet/af_packet.c
 * packet_rcv()), for one device or all. Returns 0, so that nothing is queued at the socket. What is sent comes in a
 * clone of the packet's sk_buff (net/core/dev.c dev_queue_xmit_nit()).
 *
 * The socket tap, at the root of cgroup v2: a packet that a socket was found for passes there on its way to that socket
 * (net/core/filter.c sk_filter_trim_cap(); TCP listeners and raw sockets too). A full receive buffer comes later and is
 * a drop. Always 1, allow.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include "emit.bpf.h"
#include "filter.bpf.h"
#include "reduce.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "owner.bpf.h"
#include "trace.bpf.h"

RINGTAP_FILTER_STUB(tc_ingress_filter, __sk_buff)
RINGTAP_FILTER_STUB(tc_egress_filter, __sk_buff)
RINGTAP_FILTER_STUB(tc_in_l3_filter, __sk_buff)
RINGTAP_FILTER_STUB(tc_out_l3_filter, __sk_buff)
RINGTAP_FILTER_STUB(packet_filter, __sk_buff)
RINGTAP_FILTER_STUB(packet_l3_filter, __sk_buff)
RINGTAP_FILTER_STUB(socket_filter, ringtap_memory_frame)

struct vlan_tag {
	__be16 proto;
	__be16 tci;
};

/* Which helpers a program may call, and whether its context points at the packet. */
enum program_type { TC, SOCKET_FILTER };

static __always_inline __u8 checksum_state(struct __sk_buff *skb, enum program_type type)
{
	struct sk_buff *kernel_skb = (void *)skb;

	if (cfg_kernel_casts) {
		kernel_skb = cast_to_kern_ctx(skb);
		return BPF_CORE_READ_BITFIELD(kernel_skb, ip_summed);
	}
	if (type == SOCKET_FILTER)
		return BPF_CORE_READ_BITFIELD_PROBED(kernel_skb, ip_summed);
	/* A level of 0 or more says CHECKSUM_UNNECESSARY; an error says any of the others. */
	return bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0 ? RINGTAP_CSUM_UNNECESSARY : RINGTAP_CSUM_UNKNOWN;
}

/*
 * Whether the frame's link-layer header stands before skb->data. So it is at tc ingress, since Linux 6.9, behind a
 * generic XDP program of anybody that got the frame in a new sk_buff, because the old one was shared, in pieces or
 * without room in front: the mac_len of the new one is 0 (net/core/dev.c netif_skb_check_for_xdp()), and tcx and clsact
 * step back by mac_len only. The filter, whose offsets count from the Ethernet header, cannot read such a frame; user
 * space runs it on the record.
 */
static __always_inline int begins_behind_link(struct __sk_buff *skb, __u32 which, int has_link)
{
	if (!cfg_kernel_casts || which != RINGTAP_TAP_TC_INGRESS || !has_link)
		return 0;
	struct sk_buff *kernel_skb = cast_to_kern_ctx(skb);

	int begins = kernel_skb->mac_len == 0 &&
		     (__u64)kernel_skb->data - (__u64)kernel_skb->head == (__u64)kernel_skb->mac_header + ETH_HLEN;
	return forgotten(begins, skb->len);
}

static __always_inline long load_frame(struct __sk_buff *skb, __u8 *to, __u64 size, int behind_link)
{
	if (!behind_link)
		return skb_load_bytes(skb, 0, to, size);
	asm volatile("" : "+r"(size)); /* else clang subtracts from another copy than it compares */
	if (size < ETH_HLEN)
		return -1; /* the loader never sets a snaplen as short as this */
	long err = skb_load_bytes_relative(skb, 0, to, ETH_HLEN, BPF_HDR_START_MAC);
	if (err || size == ETH_HLEN)
		return err;
	return skb_load_bytes(skb, 0, to + ETH_HLEN, not_zero(clamped(size - ETH_HLEN, RINGTAP_MAX_SNAPLEN)));
}

/*
 * The frame as it is on the wire. A tag that stands in skb metadata goes back after the two addresses: the bytes are
 * loaded one tag further on, then the addresses move down to their place.
 */
static __always_inline long copy_frame(struct __sk_buff *skb, enum program_type type, struct record *record,
				       __u64 cap_len, int behind_link)
{
	if (!skb->vlan_present) {
		if (type == TC && !behind_link &&
		    copy_short(record->data, (void *)(long)skb->data, (void *)(long)skb->data_end, cap_len))
			return 0;
		return load_frame(skb, record->data, cap_len, behind_link);
	}

	struct vlan_tag tag = {
		.proto = skb->vlan_proto, /* in network order already, 16 bits */
		.tci = bpf_htons(skb->vlan_tci),
	};
	record->event->vlan_proto = bpf_ntohs(tag.proto);
	record->event->vlan_tci = skb->vlan_tci;
	record->event->flags |= RINGTAP_EVENT_VLAN_RESTORED;
	if (cap_len <= 2 * ETH_ALEN + sizeof(tag))
		return -1; /* the loader never sets a snaplen as short as this */
	long err = load_frame(skb, record->data + sizeof(tag), cap_len - sizeof(tag), behind_link);
	__builtin_memmove(record->data, record->data + sizeof(tag), 2 * ETH_ALEN);
	__builtin_memcpy(record->data + 2 * ETH_ALEN, &tag, sizeof(tag));
	return err;
}

/*
 * From the filter on, for a frame that is counted as seen at the tap `which`. `is_clone`: its sk_buff is not that of
 * the packet.
 */
static __always_inline void record_frame(struct __sk_buff *skb, enum program_type type, struct tap *tap, __u32 which,
					 int (*filter)(struct __sk_buff *), int has_link, int is_clone)
{
	struct record record;
	struct sk_buff *kernel_skb = (void *)skb;
	int behind_link = begins_behind_link(skb, which, has_link);
	int undecided = cfg_filter && behind_link;

	if (undecided) {
		/* A slice may lack what the filter reads, and the rate is that of packets that match. */
		if (cfg_slice_layer || cfg_max_pps) {
			count_drop(tap, RINGTAP_CNT_COPY_FAILED);
			return;
		}
		tap->flags = is_followed(kernel_skb) ? RINGTAP_EVENT_FOLLOWED : RINGTAP_EVENT_RECHECK;
	} else if (cfg_filter && !wanted(tap, filter(skb), !is_clone && is_followed(kernel_skb))) {
		if (has_link)
			count_if_tagged(tap, skb->vlan_present || is_tag(bpf_ntohs(skb->protocol)));
		return;
	}
	if (!(tap->flags & RINGTAP_EVENT_FOLLOWED) && !undecided && !is_clone)
		follow(kernel_skb);
	if (!record_begin(tap, &record, cfg_trace && !is_clone, cfg_who && type == TC))
		return;
	if (record.trace)
		*record.trace = (struct ringtap_trace){.skb = (__u64)kernel_skb};
	if (record.owners) {
		__u32 other = find_owners(skb, record.owners, which == RINGTAP_TAP_TC_EGRESS, has_link && !behind_link);

		if (other) {
			record_leave_out(tap, &record, clamped(other, RINGTAP_CNT_UNKNOWN_OWNER));
			return;
		}
	}

	__u64 wire_len = skb->len + (skb->vlan_present ? sizeof(struct vlan_tag) : 0) + (behind_link ? ETH_HLEN : 0);
	__u64 limit = undecided ? cfg_filter_bytes : cfg_snaplen;
	__u64 cap_len = clamped(wire_len, limit);
	record.event->ifindex = skb->ifindex;
	record.event->wire_len = wire_len;
	record.event->cap_len = cap_len;
	record.event->hash = skb->hash;
	record.event->mark = skb->mark;
	record.event->gso_size = skb->gso_size;
	record.event->gso_segs = skb->gso_segs;
	record.event->pkt_type = skb->pkt_type;
	record.event->csum = checksum_state(skb, type);
	record.event->verdict = TC_ACT_UNSPEC;
	/* skb_record_rx_queue() stores the queue plus one (include/linux/skbuff.h). */
	if ((which == RINGTAP_TAP_TC_INGRESS || which == RINGTAP_TAP_PACKET_IN) && skb->queue_mapping)
		record.event->rx_queue = skb->queue_mapping - 1;
	__u64 copied = 0;
	if (REDUCES) {
		copied = READS_HEADERS ? head_length(cap_len) : 0;
		if (copied > 0 && copy_frame(skb, type, &record, not_zero(copied), behind_link)) {
			record_abort(tap, &record, RINGTAP_CNT_COPY_FAILED);
			return;
		}
		if (!reduce(tap, &record, has_link, type == TC))
			return;
		cap_len = clamped(record.event->cap_len, limit);
	}
	if (cap_len > copied && copy_frame(skb, type, &record, not_zero(cap_len), behind_link)) {
		record_abort(tap, &record, RINGTAP_CNT_COPY_FAILED);
		return;
	}
	record_end(tap, &record);
}

/* Of the packet's device, as in ringtap_place. */
static __always_inline __u32 netns_of(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = (void *)skb;
	__u32 netns;

	if (!cfg_namespaces || cfg_only_slot)
		return 0;
	if (cfg_kernel_casts) {
		kernel_skb = cast_to_kern_ctx(skb);
		netns = kernel_skb->dev->nd_net.net->ns.inum;
	} else {
		netns = BPF_CORE_READ(kernel_skb, dev, nd_net.net, ns.inum);
	}
	return netns == cfg_netns ? 0 : netns;
}

static __always_inline int tc_tap(struct __sk_buff *skb, __u32 which, int (*filter)(struct __sk_buff *), int has_link)
{
	struct tap tap;

	if (tap_begin(&tap, which, skb->ifindex, netns_of(skb)))
		record_frame(skb, TC, &tap, which, filter, has_link, 0);
	return TC_ACT_UNSPEC;
}

SEC("ringtap/tc")
int tc_ingress_tap(struct __sk_buff *skb)
{
	return tc_tap(skb, RINGTAP_TAP_TC_INGRESS, tc_ingress_filter, 1);
}

SEC("ringtap/tc")
int tc_egress_tap(struct __sk_buff *skb)
{
	return tc_tap(skb, RINGTAP_TAP_TC_EGRESS, tc_egress_filter, 1);
}

SEC("ringtap/tc")
int tc_in_l3_tap(struct __sk_buff *skb)
{
	return tc_tap(skb, RINGTAP_TAP_TC_INGRESS, tc_in_l3_filter, 0);
}

SEC("ringtap/tc")
int tc_out_l3_tap(struct __sk_buff *skb)
{
	return tc_tap(skb, RINGTAP_TAP_TC_EGRESS, tc_out_l3_filter, 0);
}

/* At loopback's egress, with --who: notes the sender for the tap at its ingress. */
SEC("ringtap/owner")
int loopback_note(struct __sk_buff *skb)
{
	struct ringtap_owners owners;
	__u64 key = (__u64)skb;

	find_owners(skb, &owners, 1, 1);
	bpf_map_update_elem(&loopback_senders, &key, &owners.sender, BPF_ANY);
	return TC_ACT_UNSPEC;
}

/* The frame's slot and RINGTAP_SLOT_…. */
static __always_inline __u32 packet_slot(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = (void *)skb;

	if (cfg_only_slot)
		return cfg_only_slot;
	__u32 *slot = slot_of(skb->ifindex, 0);
	if (slot)
		return *slot;
	/* A device that user space has not heard of yet. */
	__u16 type = BPF_CORE_READ(kernel_skb, dev, type);
	if (type == LOOPBACK)
		return RINGTAP_SLOT_UNKNOWN | RINGTAP_SLOT_NO_OUT;
	return RINGTAP_SLOT_UNKNOWN | (type == ETHERNET ? 0 : RINGTAP_SLOT_NO_PACKET);
}

static __always_inline int packet_frame(struct __sk_buff *skb, __u32 slot, int (*filter)(struct __sk_buff *),
					int has_link)
{
	struct tap tap;
	int out = skb->pkt_type == PACKET_OUTGOING;

	if (out ? slot & RINGTAP_SLOT_NO_OUT : !cfg_packet_in)
		return 0;
	__u32 which = out ? RINGTAP_TAP_PACKET_OUT : RINGTAP_TAP_PACKET_IN;
	if (tap_begin_in_slot(&tap, which, slot & RINGTAP_SLOT_NUMBER))
		record_frame(skb, SOCKET_FILTER, &tap, which, filter, has_link, out);
	return 0;
}

SEC("ringtap/packet")
int packet_tap(struct __sk_buff *skb)
{
	__u32 slot = packet_slot(skb);

	if (slot & RINGTAP_SLOT_NO_PACKET)
		return 0;
	if (slot & RINGTAP_SLOT_NO_LINK)
		bpf_tail_call_static(skb, &packet_programs, PACKET_NO_LINK);
	return packet_frame(skb, slot, packet_filter, 1);
}

SEC("ringtap/packet")
int packet_l3_tap(struct __sk_buff *skb)
{
	return packet_frame(skb, packet_slot(skb), packet_l3_filter, 0);
}

SEC("socket")
int packet_enter(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &packet_programs, PACKET_LINK);
	return 0;
}

/* The socket that gets the packet. */
static __always_inline void find_socket(struct place *place, struct ringtap_owners *owners)
{
	struct __sk_buff *skb = (void *)place->skb;
	struct bpf_sock *sk = skb->sk;
	struct bpf_sock *full = sk ? bpf_sk_fullsock(sk) : NULL;

	owners->receiver.kind = RINGTAP_OWNER_UNKNOWN;
	if (!full)
		return;
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct ringtap_socket_owner *owner = record_of(full, cookie);
	int tcp = full->protocol == IPPROTO_TCP;
	struct sock *kernel_sk = BPF_CORE_READ((struct sk_buff *)(void *)skb, sk);
	if (!owner) {
		if (!tcp && BPF_CORE_READ_BITFIELD_PROBED(kernel_sk, sk_kern_sock))
			owners->receiver.kind = RINGTAP_OWNER_KERNEL;
		return;
	}
	set_known(&owners->receiver, owner, cookie, tcp && full->state == LISTENS);
	if (owners->receiver.kind == RINGTAP_OWNER_SOCKET && tcp && !BPF_CORE_READ(kernel_sk, sk_socket))
		owners->receiver.kind = RINGTAP_OWNER_CLOSED;
}

SEC("ringtap/socket")
int socket_tap(struct __sk_buff *skb)
{
	struct place place = {
		.tap = RINGTAP_TAP_SOCKET,
		.skb = (void *)skb,
	};

	trace_packet(&place, socket_filter, find_socket);
	return 1;
}
