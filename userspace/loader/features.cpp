// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/features.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "loader/handles.hpp"
#include "loader/libbpf_log.hpp"
#include "loader/uapi.hpp"

namespace ringtap {
namespace {

// CAP_NET_RAW is for promiscuous mode alone.
constexpr const char* kSetcap = "cap_bpf,cap_net_admin,cap_net_raw,cap_perfmon=ep";

// A bit each.
std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return 0;
  return sets[0].effective | std::uint64_t{sets[1].effective} << 32;
}

// CAP_SYS_ADMIN stands for the other two on every kernel (kernel/capability.c: bpf_capable(), perfmon_capable()).
std::vector<std::string> missing_capabilities() {
  std::vector<std::string> missing;
  const std::uint64_t effective = effective_capabilities();
  const auto has = [effective](unsigned capability) { return (effective >> capability & 1) != 0; };
  const auto want = [&](unsigned capability, const char* name, bool admin_will_do) {
    if (!has(capability) && !(admin_will_do && has(CAP_SYS_ADMIN))) missing.emplace_back(name);
  };
  want(CAP_BPF, "CAP_BPF", true);
  want(CAP_NET_ADMIN, "CAP_NET_ADMIN", false);
  want(CAP_PERFMON, "CAP_PERFMON", true);  // records are gathered at offsets the verifier trusts only with it
  return missing;
}

// A program that consists of one (BPF_JMP32 | BPF_JA, include/uapi/linux/bpf.h since 6.6).
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
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  const UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "flusher_probe", "Dual BSD/GPL", program,
                                  std::size(program), nullptr));
  std::uint64_t argument = 0;
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
  return fd && bpf_prog_test_run_opts(fd.get(), &options) == 0;
}

// Arguments of a tracepoint, the context that every handler gets first not counted.
int tracepoint_arguments(const btf* types, const char* name) {
  const std::string handler = std::string("btf_trace_") + name;
  const int id = btf__find_by_name_kind(types, handler.c_str(), BTF_KIND_TYPEDEF);
  const btf_type* type = id > 0 ? btf__type_by_id(types, btf__type_by_id(types, id)->type) : nullptr;
  if (type == nullptr || !btf_is_ptr(type)) return 0;
  type = btf__type_by_id(types, type->type);
  return type != nullptr && btf_is_func_proto(type) ? btf_vlen(type) - 1 : 0;
}

// An accept-all program; its type is known since the same version as the links.
bool has_netfilter() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
      {.code = BPF_JMP | BPF_EXIT},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kAttachNetfilter);
  return static_cast<bool>(UniqueFd(taking_number(bpf_prog_load)(
      kNetfilterProgramType, "netfilter_probe", "Dual BSD/GPL", program, std::size(program), &options)));
}

}  // namespace

std::string capability_hint() {
  const auto missing = missing_capabilities();
  std::string text;
  if (missing.empty())
    return "the process has the capabilities; a security module or a container's policy may forbid bpf(2)";
  for (std::size_t i = 0; i < missing.size(); ++i) {
    text += (i == 0 ? "needs " : i + 1 == missing.size() ? " and " : ", ") + missing[i];
  }
  return text + ": run it with sudo, or once: setcap " + kSetcap + " $(command -v ringtap)";
}

Result<KernelFeatures> probe_features() {
  const LibbpfLog log;
  if (!missing_capabilities().empty()) {
    return Error("capturing packets: not permitted").hint(capability_hint());
  }
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, nullptr) != 1) {
    return Error("this kernel has no BPF ring buffer")
        .hint("ringtap captures on Linux 5.8 and later; -r reads files anywhere");
  }
  std::unique_ptr<btf, Releaser<btf__free>> kernel_types(btf__load_vmlinux_btf());
  if (!kernel_types) {
    return Error("this kernel offers no type information (/sys/kernel/btf/vmlinux)")
        .hint("CONFIG_DEBUG_INFO_BTF=y is needed");
  }
  KernelFeatures features;
  features.xdp_load_bytes = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, nullptr) == 1;
  const auto function_id = [&](const char* name) {
    return static_cast<std::uint32_t>(std::max(0, btf__find_by_name_kind(kernel_types.get(), name, BTF_KIND_FUNC)));
  };
  features.calls = {function_id("bpf_cast_to_kern_ctx"), function_id("bpf_rdonly_cast")};
  features.kernel_casts = features.calls.cast_to_kern_ctx != 0 && features.calls.rdonly_cast != 0;
  features.stage_flusher = has_stage_flusher();
  features.netfilter = has_netfilter();
  const int kfree_skb_arguments = tracepoint_arguments(kernel_types.get(), "kfree_skb");
  features.drop_reason = kfree_skb_arguments >= 3;
  features.drop_socket = kfree_skb_arguments >= 4;
  features.end_location = tracepoint_arguments(kernel_types.get(), "consume_skb") >= 2;
  features.long_jumps = has_long_jumps();
  return features;
}

}  // namespace ringtap
