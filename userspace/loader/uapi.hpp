// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Numbers and one layout of bpf(2) from include/uapi/linux/bpf.h of kernels that are newer than Debian 12's headers,
// each with the version that introduced it. Plain values.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

namespace ringtap {

// BPF_PROG_TYPE_NETFILTER, Linux 6.4. In C++ the older header's enumeration cannot hold this value, so it has the
// enumeration's underlying type; in C, and so in libbpf, the two types are the same.
inline constexpr unsigned kNetfilterProgramType = 32;
template <class... Rest>
auto taking_number(int (*function)(bpf_prog_type, Rest...)) {
  return reinterpret_cast<int (*)(unsigned, Rest...)>(function);
}
template <class... Rest>
auto taking_number(int (*function)(const char*, bpf_prog_type, Rest...)) {
  return reinterpret_cast<int (*)(const char*, unsigned, Rest...)>(function);
}
inline constexpr auto kAttachNetfilter = static_cast<bpf_attach_type>(45);   // BPF_NETFILTER
inline constexpr auto kAttachTcxIngress = static_cast<bpf_attach_type>(46);  // Linux 6.6
inline constexpr auto kAttachTcxEgress = static_cast<bpf_attach_type>(47);

// The members of union bpf_attr that BPF_LINK_CREATE takes for a netfilter hook.
struct NetfilterLinkAttr {
  std::uint32_t prog_fd;
  std::uint32_t target_fd;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint32_t pf;       // NFPROTO_IPV4, NFPROTO_IPV6
  std::uint32_t hooknum;  // NF_INET_…
  std::int32_t priority;
  std::uint32_t netfilter_flags;
};

}  // namespace ringtap
