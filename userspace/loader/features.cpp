// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/features.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include "loader/kernel_types.hpp"
#include "loader/libbpf_log.hpp"
#include "loader/probe_program.hpp"
#include "loader/refusal.hpp"
#include "loader/uapi.hpp"

namespace ringtap {
namespace {

// A program that consists of one long jump (BPF_JMP32 | BPF_JA, include/uapi/linux/bpf.h since 6.6).
bool has_long_jumps() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP32 | BPF_JA},
      {.code = BPF_JMP | BPF_EXIT},
  };
  return static_cast<bool>(UniqueFd(
      bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "long_jumps", "Dual BSD/GPL", program, std::size(program), nullptr)));
}

// A raw tracepoint program that returns 0, run once.
bool has_stage_flusher() {
  const UniqueFd fd = load_returning(0, BPF_PROG_TYPE_RAW_TRACEPOINT, "flusher_probe");
  std::uint64_t argument = 0;
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
  return fd && bpf_prog_test_run_opts(fd.get(), &options) == 0;
}

// A program that accepts everything; its type exists since the same version as the links.
bool has_netfilter() {
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kAttachNetfilter);
  return static_cast<bool>(load_returning(1, kNetfilterProgramType, "netfilter_probe", &options));
}

// A program that returns 0, attached for a moment to the function, where it may run a few times.
bool has_exit_program(const KernelTypes& types, const char* function) {
  const std::uint32_t number = types.function(function);
  if (number == 0) return false;
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT, .attach_btf_id = number);
  const UniqueFd fd = load_returning(0, BPF_PROG_TYPE_TRACING, "exit_probe", &options);
  return fd && UniqueFd(bpf_raw_tracepoint_open(nullptr, fd.get()));
}

// A socket filter that calls a function of its own, reads kernel memory and calls another program by bpf_tail_call: a
// combination that not every JIT has (x86: Linux 5.10, arm64: 6.0).
bool has_packet_program() {
  const UniqueFd programs(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "packet_probe", sizeof(std::uint32_t),
                                         sizeof(std::uint32_t), 1, nullptr));
  const auto move = [](int to, int from) {
    return bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_X,
                    .dst_reg = static_cast<__u8>(to & 0xf),
                    .src_reg = static_cast<__u8>(from & 0xf)};
  };
  const auto constant = [](int to, int value) {
    return bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = static_cast<__u8>(to & 0xf), .imm = value};
  };
  const auto call = [](int helper) { return bpf_insn{.code = BPF_JMP | BPF_CALL, .imm = helper}; };
  const bpf_insn leave{.code = BPF_JMP | BPF_EXIT};
  const bpf_insn program[] = {
      move(BPF_REG_6, BPF_REG_1),
      {.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 12},
      move(BPF_REG_1, BPF_REG_10),
      {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
      constant(BPF_REG_2, 8),
      move(BPF_REG_3, BPF_REG_6),
      call(BPF_FUNC_probe_read_kernel),
      move(BPF_REG_1, BPF_REG_6),
      {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = programs.get()},
      {},
      constant(BPF_REG_3, 0),
      call(BPF_FUNC_tail_call),
      constant(BPF_REG_0, 0),
      leave,
      constant(BPF_REG_0, 0),
      leave,
  };
  return programs && UniqueFd(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "packet_probe", "Dual BSD/GPL", program,
                                            std::size(program), nullptr));
}

// Creates a ring: only this tells whether the kernel has none, or denies it to this process.
Result<> require_ring_buffer() {
  const auto size = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
  const UniqueFd ring(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring_probe", 0, 0, size, nullptr));
  if (ring) return ok();
  const int error = errno;
  if (error == EINVAL) {
    return Error("this kernel has no BPF ring buffer")
        .hint("ringtap captures on Linux 5.8 and later; -r reads files anywhere");
  }
  return Error::from_errno(error, "create a BPF ring buffer").hint(refusal_hint(error));
}

Result<> require_bpf() {
  const LibbpfLog log;
  if (auto allowed = require_capabilities(); !allowed) return allowed.take_error();
  // Programs, maps, links and libbpf's own; a ring for each CPU.
  constexpr unsigned kFiles = 48;
  if (auto files = require_open_files(kFiles + static_cast<unsigned>(std::max(1, libbpf_num_possible_cpus())));
      !files) {
    return files.take_error();
  }
  raise_memlock_limit();
  if (auto ring_buffer = require_ring_buffer(); !ring_buffer) return ring_buffer;
  return require_kernel_types();
}

}  // namespace

Result<KernelFeatures> probe_features(TapSet taps, const std::function<void()>& when_possible, bool who) {
  if (auto possible = require_bpf(); !possible) return possible.take_error();
  if (when_possible) when_possible();
  const LibbpfLog log;
  auto kernel_types = KernelTypes::read();
  if (!kernel_types) {
    const int error = kernel_types.error().errno_value();
    return std::move(kernel_types.take_error()).hint(refusal_hint(error));
  }
  KernelFeatures features;
  features.xdp_load_bytes = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, nullptr) == 1;
  features.calls = {kernel_types->function("bpf_cast_to_kern_ctx"), kernel_types->function("bpf_rdonly_cast")};
  features.xdp_buff_type = kernel_types->structure("xdp_buff");
  features.kernel_casts =
      features.calls.cast_to_kern_ctx != 0 && features.calls.rdonly_cast != 0 && features.xdp_buff_type != 0;
  features.stage_flusher = has_stage_flusher();
  features.netfilter = has_netfilter();
  features.traced_netfilter =
      taps.contains(Tap::kNetfilter) && !features.netfilter && has_exit_program(*kernel_types, kNetfilterFunction);
  const unsigned kfree_skb_arguments = kernel_types->tracepoint_arguments("kfree_skb");
  features.drop_reason = kfree_skb_arguments >= 3;
  features.drop_socket = kfree_skb_arguments >= 4;
  features.end_location = kernel_types->tracepoint_arguments("consume_skb") >= 2;
  features.packet_program = taps.contains_any(kPacketTaps) && has_packet_program();
  features.long_jumps = has_long_jumps();
  features.owner_hooks = kernel_types->function("bpf_sock_from_file") != 0;
  features.owner_tracepoints = kernel_types->tracepoint_arguments("sock_recv_length") != 0;
  features.accept_program = who && has_exit_program(*kernel_types, "security_sock_graft");
  features.receive_program =
      who && !features.owner_tracepoints && has_exit_program(*kernel_types, "security_socket_recvmsg");
  return features;
}

}  // namespace ringtap
