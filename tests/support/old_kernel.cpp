// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/old_kernel.hpp"

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace ringtap::testing {

namespace {

// `argument` is compared with the low half of the argument of that index.
void refuse(std::uint32_t number, std::uint32_t index, std::uint32_t argument, int error) {
  constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
  constexpr std::uint32_t kLowHalf = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
  const std::uint32_t place = offsetof(seccomp_data, args) + 8 * index + kLowHalf;
  const auto refusal = SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place),   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refusal),          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = std::size(filter), .filter = filter};
  // A child that is not the older kernel it should be must not run.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(126);
}

}  // namespace

void refuse_bpf_command(unsigned command, int error) {
  refuse(SYS_bpf, 0, command, error);
}

void refuse_netfilter_netlink() {
  refuse(SYS_socket, 2, NETLINK_NETFILTER, EPROTONOSUPPORT);
}

}  // namespace ringtap::testing
