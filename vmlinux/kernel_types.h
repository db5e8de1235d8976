/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Those members of the kernel's own types that the taps read. CO-RE declarations: only names matter, offsets come from
 * the running kernel's BTF when the program is loaded (include/linux/skbuff.h, netdevice.h, netfilter.h, net/dst.h,
 * net/net_namespace.h, net/sock.h, net/udp.h, net/xdp.h).
 */
#ifndef RINGTAP_KERNEL_TYPES_H
#define RINGTAP_KERNEL_TYPES_H

#include <linux/in6.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct nf_hook_entry {
  void* hook;
  void* priv;
};

struct nf_hook_entries {
  __u16 num_hook_entries;
  struct nf_hook_entry hooks[];
};

struct nf_hook_ops {
  int priority;
  void* priv; /* the chain, table or program; none for the kernel's own modules */
};

struct netns_nf {
  struct nf_hook_entries* hooks_ipv4[5];
  struct nf_hook_entries* hooks_ipv6[5];
};

struct netns_bpf {
  void* run_array[2];
};

typedef struct {
  int counter;
} atomic_t;

struct hlist_node {
  struct hlist_node* next;
};

struct hlist_head {
  struct hlist_node* first;
};

struct udp_hslot {
  struct hlist_head head;
  int count;
};

/* Linux 6.13: what a udp_hslot of hash2 is part of. */
struct udp_hslot_main {
  struct udp_hslot hslot;
};

struct udp_table {
  void* hash2; /* an array of such */
  unsigned int mask;
};

struct netns_ipv4 {
  struct udp_table* udp_table; /* Linux 6.2 */
  _Bool fib_has_custom_rules;
  atomic_t rt_genid;
};

struct list_head {
  struct list_head* next;
};

struct net {
  __u32 hash_mix;
  __u64 net_cookie; /* Linux 5.12 */
  struct list_head dev_base_head;
  struct ns_common ns;
  struct netns_ipv4 ipv4;
  struct netns_nf nf;
  struct netns_bpf bpf;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct in_ifaddr {
  struct in_ifaddr* ifa_next;
  __be32 ifa_local;
  __be32 ifa_mask;
};

struct in_device {
  struct in_ifaddr* ifa_list;
};

struct inet6_ifaddr {
  struct in6_addr addr;
  __u32 flags;
  struct list_head if_list;
};

struct inet6_dev {
  struct list_head addr_list;
};

enum netdev_priv_flags {
  IFF_L3MDEV_MASTER = 1 << 18,
  IFF_L3MDEV_SLAVE = 1 << 21,
};

struct net_device {
  int ifindex;
  unsigned short type;
  unsigned long priv_flags : 32;
  unsigned int flags;
  struct list_head dev_list;
  possible_net_t nd_net;
  void* rx_handler;
  struct in_device* ip_ptr;
  struct inet6_dev* ip6_ptr;
};

typedef struct {
  long long counter;
} atomic64_t;

struct timespec64 {
  long long tv_sec;
  long tv_nsec;
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  __u16 skc_u16hashes[2]; /* of a socket of UDP: by its port; by its address and port */
  unsigned short skc_family;
  volatile unsigned char skc_state;
  unsigned char skc_ipv6only : 1;
  int skc_bound_dev_if;
  struct hlist_node skc_portaddr_node;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
};

typedef struct {
  int owned;
} socket_lock_t;

struct kernfs_node {
  __u64 id;
};

struct cgroup {
  struct kernfs_node* kn;
  int level;
  struct cgroup* ancestors[]; /* Linux 6.1 */
};

struct cgroup___before {
  int level;
  __u64 ancestor_ids[];
};

struct sock_reuseport {
  void* prog;
};

struct socket;

struct sock {
  struct sock_common __sk_common;
  socket_lock_t sk_lock;
  unsigned int sk_kern_sock : 1;
  __u16 sk_type;
  __u16 sk_protocol;
  struct socket* sk_socket;
  struct sock_reuseport* sk_reuseport_cb;
};

/* Linux 6.13: one less than the references that there are. */
typedef struct {
  atomic64_t refcnt;
} file_ref_t;

struct file {
  file_ref_t f_ref;
};

struct file___before {
  atomic64_t f_count;
};

struct socket {
  struct sock* sk;
  struct file* file;
};

struct inet_sock {
  struct sock sk;
};

struct inet_connection_sock {
  struct inet_sock icsk_inet;
};

struct tcp_sock {
  struct inet_connection_sock inet_conn;
  unsigned char is_mptcp : 1;
};

struct mptcp_sock {
  struct inet_connection_sock sk;
};

struct inet_timewait_sock {
  struct sock_common __tw_common;
};

struct tcp_timewait_sock {
  struct inet_timewait_sock tw_sk;
};

typedef struct {
  unsigned int val;
} kuid_t;

struct cred {
  kuid_t euid;
};

struct nsproxy {
  struct net* net_ns;
};

struct css_set {
  struct cgroup* dfl_cgrp;
};

struct signal_struct {
  atomic_t live;
};

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  atomic_t count;
  struct fdtable* fdt;
};

struct task_struct {
  unsigned int flags;
  int pid;
  int tgid;
  struct task_struct* group_leader;
  __u64 start_boottime;
  const struct cred* real_cred;
  const struct cred* cred;
  struct nsproxy* nsproxy;
  struct css_set* cgroups;
  struct signal_struct* signal;
  struct files_struct* files;
  char comm[16];
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
  __u64 seq_num;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

struct dst_entry {
  struct net_device* dev;
};

struct xdp_rxq_info {
  struct net_device* dev;
};

struct xdp_buff {
  struct xdp_rxq_info* rxq;
  __u32 flags;
};

struct sk_buff {
  struct net_device* dev;
  struct sock* sk;
  unsigned long _skb_refdst;
  unsigned int len;
  unsigned int data_len;
  __u16 mac_len;
  __u16 queue_mapping;
  __u8 pkt_type : 3;
  __u8 ip_summed : 2;
  __u8 encapsulation : 1;
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
