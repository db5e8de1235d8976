// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the running kernel offers the taps, determined by probing, never by comparing versions. Plain values; one
// thread, since libbpf's log is redirected during the probes.
#pragma once

#include <cstdint>
#include <functional>

#include "ringtap/result.hpp"
#include "ringtap/tap.hpp"

namespace ringtap {

// BTF ids of kernel functions that programs call; 0: not available.
struct KernelCalls {
  std::uint32_t cast_to_kern_ctx = 0;
  std::uint32_t rdonly_cast = 0;
};

struct KernelFeatures {
  bool xdp_load_bytes = false;      // bpf_xdp_load_bytes, bpf_xdp_get_buff_len and frags: Linux 5.18
  bool kernel_casts = false;        // bpf_cast_to_kern_ctx, bpf_rdonly_cast (Linux 6.2)
  bool stage_flusher = false;       // BPF_PROG_TEST_RUN of a raw tracepoint program on a CPU (Linux 5.10)
  bool netfilter = false;           // BPF programs on netfilter hooks (Linux 6.4)
  bool traced_netfilter = false;    // asked only without these: programs around kNetfilterFunction
  bool drop_reason = false;         // kfree_skb has the reason (Linux 5.17)
  bool drop_socket = false;         // kfree_skb has the socket (Linux 6.11)
  bool end_location = false;        // consume_skb has the location (Linux 6.3)
  bool packet_program = false;      // asked only with a packet tap: a program as the filter of an AF_PACKET socket
  bool owner_hooks = false;         // sockets of open files can be found: Linux 5.11
  bool owner_tracepoints = false;   // sock_recv_length (Linux 6.3)
  bool accept_program = false;      // asked only with `who`: a program at the kernel's function for accept(2)
  bool receive_program = false;     // asked only with `who`, without the tracepoints: one at that for recvmsg(2)
  bool long_jumps = false;          // jumps with 32-bit offsets, for very large filters: Linux 6.6
  KernelCalls calls;                // valid with kernel_casts
  std::uint32_t xdp_buff_type = 0;  // the same: number of that struct in the kernel's types
};

// Runs what is registered at a netfilter hook; not called where nothing is.
inline constexpr const char* kNetfilterFunction = "nf_hook_slow";

// An Error if ringtap cannot capture by programs at all: there is no BPF ring buffer (Linux 5.8) or no BTF, or this
// process lacks a permission, which is named (refusal.hpp); without capabilities bpf(2) is not called. Otherwise calls
// `when_possible`, before the questions that take long. What only one tap needs is not asked for without it among
// `taps`. `who`: owners of packets are wanted.
Result<KernelFeatures> probe_features(TapSet taps = kAllTaps, const std::function<void()>& when_possible = {},
                                      bool who = false);

}  // namespace ringtap
