/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The programs that tools/bench attaches: the source of frames and the least an XDP program can do with them. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_BYTES 14

struct ipv4 {
  __u8 version_ihl, tos;
  __be16 total_length, id, fragment;
  __u8 ttl, protocol;
  __be16 checksum;
  __u8 source[2];
  __be16 source_low;
  __be32 destination;
} __attribute__((packed));

struct udp {
  __be16 source, destination, length, checksum;
} __attribute__((packed));

const volatile __u32 cfg_target;    /* index of the device whose peer receives */
const volatile __u32 cfg_flow_mask; /* number of flows - 1, a power of two - 1 */
const volatile __u32 cfg_size;      /* of the frames as they come in, the largest of a mix */
const volatile __u8 cfg_mixed;      /* cut them to the sizes below */

/* Eight frames of the mix: the "simple IMIX" of 7 small, 4 middle and 1 large ones, as near as eight come. */
static const volatile __u16 mix[8] = {64, 512, 64, 64, 512, 64, 1500, 64};

__u64 sent;

/*
 * Runs once per frame in BPF_PROG_TEST_RUN with live frames, on one CPU. The kernel recycles the pages without writing
 * them anew, so every field that differs between frames is set, not changed. The id takes up what address and length
 * add to the sum of the header's words, hence one checksum fits all frames.
 */
SEC("xdp")
int bench_source(struct xdp_md* ctx) {
  __u32 number = (__u32)sent++;
  __u32 flow = number & cfg_flow_mask;
  __u32 size = cfg_mixed ? mix[number & 7] : cfg_size;

  if (cfg_mixed && bpf_xdp_adjust_tail(ctx, (int)(size - cfg_size))) return XDP_ABORTED;

  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ipv4* ip = data + ETH_BYTES;
  struct udp* udp = (void*)(ip + 1);

  if ((void*)(udp + 1) > end) return XDP_ABORTED;
  ip->total_length = bpf_htons(size - ETH_BYTES);
  ip->source_low = bpf_htons(flow);
  ip->id = bpf_htons(0xf000 - flow - (size - ETH_BYTES));
  udp->source = bpf_htons(4096 + flow);
  udp->length = bpf_htons(size - ETH_BYTES - sizeof(*ip));
  return bpf_redirect(cfg_target, 0);
}

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} frames SEC(".maps");

static __always_inline void count(void) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&frames, &key);

  if (value) ++*value;
}

SEC("xdp")
int bench_drop(struct xdp_md* ctx) {
  count();
  return XDP_DROP;
}

SEC("xdp")
int bench_pass(struct xdp_md* ctx) {
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
