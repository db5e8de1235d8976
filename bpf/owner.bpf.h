/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose packet it is, for the tc taps, and whether it is one of those that are to be captured: never a guess.
 */
#ifndef RINGTAP_OWNER_BPF_H
#define RINGTAP_OWNER_BPF_H

#include "receiver.bpf.h"

static __always_inline int is_chosen_owner(const struct ringtap_owner *end, int *unknown)
{
	int fits = !cfg_choice.uid_count;

	if (end->kind == RINGTAP_OWNER_UNKNOWN)
		*unknown = 1;
	if (end->kind < RINGTAP_OWNER_SENDER)
		return 0;
	for (__u32 i = 0; i < RINGTAP_MOST_CHOSEN; i++) {
		if (i < cfg_choice.uid_count && cfg_choice.uids[i] == end->uid)
			fits = 1;
	}
	if (!fits || !CHOOSES_PROCESSES)
		return fits;
	struct ringtap_process *about = bpf_map_lookup_elem(&processes, &end->process);
	if (!about) {
		*unknown = 1; /* too many others were told of meanwhile */
		return 0;
	}
	return about->flags & RINGTAP_PROCESS_CHOSEN;
}

/* 0: one end is a process that was chosen; else what the packet is counted as. */
static __noinline int choose(const struct ringtap_owners *owners)
{
	int unknown = 0;

	if (is_chosen_owner(&owners->sender, &unknown) || is_chosen_owner(&owners->receiver, &unknown))
		return 0;
	return unknown ? RINGTAP_CNT_UNKNOWN_OWNER : RINGTAP_CNT_OTHER_OWNER;
}

/* This one and choose() are not inlined: the stack of the program that calls them is the filter's. */
static __noinline void look_up_owners(struct __sk_buff *skb, struct ringtap_owners *owners, __u32 is_egress,
				      __u32 has_link)
{
	if (is_egress) {
		find_sender(skb, &owners->sender, 1);
	} else {
		if (skb->ifindex == LOOPBACK_IFINDEX)
			find_loopback_sender(skb, &owners->sender);
		else
			find_sender(skb, &owners->sender, 0);
		find_receiver(skb, has_link ? ETH_HLEN : 0, &owners->receiver);
	}
}

/* `owners` is in the record and is written whole. Returns 0, or the counter of a packet that is not captured. */
static __always_inline int find_owners(struct __sk_buff *skb, struct ringtap_owners *owners, int is_egress,
				       __u32 has_link)
{
	*owners = (struct ringtap_owners){};
	if (is_egress)
		owners->sender.kind = RINGTAP_OWNER_UNKNOWN;
	if (!is_egress || !set_recalled_sender(skb, &owners->sender))
		look_up_owners(skb, owners, is_egress, has_link);
	return CHOOSES ? choose(owners) : 0;
}

#endif
