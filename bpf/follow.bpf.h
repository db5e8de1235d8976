/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * With cfg_follow, an sk_buff that the filter accepted once is recorded wherever it is seen, until it is freed: NAT may
 * have changed the packet so that the filter no longer matches. Addresses are reused, and not every way to free an
 * sk_buff is visible, so user space checks that it is still the same packet.
 */
#ifndef RINGTAP_FOLLOW_BPF_H
#define RINGTAP_FOLLOW_BPF_H

#include "maps.bpf.h"
#include "kernel_types.h"

static __always_inline int is_followed(struct sk_buff *skb)
{
	__u64 key = (__u64)skb;

	return cfg_follow && bpf_map_lookup_elem(&followed, &key) != NULL;
}

static __always_inline void follow(struct sk_buff *skb)
{
	__u64 key = (__u64)skb;
	__u8 yes = 1;

	if (cfg_follow && !bpf_map_lookup_elem(&followed, &key))
		bpf_map_update_elem(&followed, &key, &yes, BPF_ANY);
}

static __always_inline void follow_no_more(struct sk_buff *skb)
{
	__u64 key = (__u64)skb;

	if (cfg_follow)
		bpf_map_delete_elem(&followed, &key);
}

#endif
