/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Those members of the kernel's own types that the taps read. CO-RE declarations: only names matter, offsets come from
 * the running kernel's BTF when the program is loaded (include/linux/skbuff.h, netdevice.h, netfilter.h, net/dst.h,
 * net/sock.h, net/xdp.h).
 */
#ifndef RINGTAP_KERNEL_TYPES_H
#define RINGTAP_KERNEL_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct net_device {
  int ifindex;
  unsigned short type;
  unsigned long priv_flags : 32;
  possible_net_t nd_net;
};

struct sock_common {
  possible_net_t skc_net;
};

struct sock {
  struct sock_common __sk_common;
};

struct dst_entry {
  struct net_device* dev;
};

struct xdp_buff {
  __u32 flags;
};

struct sk_buff {
  struct net_device* dev;
  struct sock* sk;
  unsigned long _skb_refdst;
  unsigned int len;
  unsigned int data_len;
  __u16 queue_mapping;
  __u8 pkt_type : 3;
  __u8 ip_summed : 2;
  int skb_iif;
  __u32 hash;
  __u32 vlan_all; /* Linux 6.0; before that, a tag cannot be told from one that was removed */
  __be16 vlan_proto;
  __u16 vlan_tci;
  __u32 mark;
  __be16 protocol;
  __u16 network_header;
  __u16 mac_header;
  unsigned int end;
  unsigned char* head;
  unsigned char* data;
};

struct skb_shared_info {
  unsigned short gso_size;
  unsigned short gso_segs;
};

struct nf_hook_state {
  __u8 hook;
  __u8 pf;
  struct net_device* in;
  struct net_device* out;
  struct net* net;
};

struct bpf_nf_ctx {
  const struct nf_hook_state* state;
  struct sk_buff* skb;
};

#pragma clang attribute pop

#endif
