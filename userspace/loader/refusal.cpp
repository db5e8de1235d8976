// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/refusal.hpp"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "base/limit_text.hpp"

namespace ringtap {
namespace {

// CAP_NET_RAW is only for promiscuous mode.
constexpr const char* kSetcap = "cap_bpf,cap_net_admin,cap_net_raw,cap_perfmon=ep";

// Of this process: whether `capability` is in its effective set. capget(2), _LINUX_CAPABILITY_VERSION_3: two words.
bool has_capability(unsigned capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

// CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON on every kernel (kernel/capability.c: bpf_capable(),
// perfmon_capable()).
std::vector<std::string> missing_capabilities() {
  std::vector<std::string> missing;
  const bool admin = has_capability(CAP_SYS_ADMIN);
  const auto want = [&](unsigned capability, const char* name, bool admin_will_do) {
    if (!has_capability(capability) && !(admin && admin_will_do)) missing.emplace_back(name);
  };
  want(CAP_BPF, "CAP_BPF", true);
  want(CAP_NET_ADMIN, "CAP_NET_ADMIN", false);
  want(CAP_PERFMON, "CAP_PERFMON", true);  // records are gathered at offsets the verifier trusts only with it
  return missing;
}

std::string capability_hint(const std::vector<std::string>& missing) {
  std::string text;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    text += (i == 0 ? "needs " : i + 1 == missing.size() ? " and " : ", ") + missing[i];
  }
  return text + ": run ringtap with sudo, or grant them once: setcap " + kSetcap + " $(command -v ringtap)";
}

// The initial user namespace has this inode on every kernel: include/linux/proc_ns.h, PROC_USER_INIT_INO.
bool in_user_namespace() {
  constexpr ino_t kInitial = 0xEFFFFFFD;
  struct stat own {};
  return stat("/proc/self/ns/user", &own) == 0 && own.st_ino != kInitial;
}

constexpr const char* kUserNamespace =
    "this process is in a user namespace of its own, but the kernel allows BPF only in the initial one: run ringtap on "
    "the host, or in a container without a user namespace";

// Only for a hint: what the kernel supports is found by probing.
bool counts_memlock() {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return std::pair(major, minor) < std::pair(5, 11);
}

// "confidentiality" of "none integrity [confidentiality]"; empty: not locked down, or not readable.
std::string lockdown() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string modes;
  std::getline(file, modes);
  const auto begin = modes.find('[');
  const auto end = modes.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  const std::string mode = modes.substr(begin + 1, end - begin - 1);
  return mode == "none" ? std::string() : mode;
}

// proc_pid_status(5): 2 is a filter.
bool has_seccomp_filter() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Seccomp:")) return line.find('2') != std::string::npos;
  }
  return false;
}

std::string permission_hint() {
  if (in_user_namespace()) return kUserNamespace;
  if (const auto missing = missing_capabilities(); !missing.empty()) return capability_hint(missing);
  if (counts_memlock() && is_limited(RLIMIT_MEMLOCK)) {
    return "before Linux 5.11 BPF memory counts against RLIMIT_MEMLOCK, which is " + limit_value(RLIMIT_MEMLOCK, 1024) +
           " KiB here: use ulimit -l unlimited, a smaller -B, or CAP_SYS_RESOURCE";
  }
  if (has_seccomp_filter()) {
    return "the process has the capabilities, but runs under a seccomp filter (of a container or a service), which has "
           "to allow bpf(2)";
  }
  if (const std::string mode = lockdown(); !mode.empty()) {
    return "the process has the capabilities, but the kernel is locked down (" + mode + "), see kernel_lockdown(7)";
  }
  return "the process has the capabilities, but a security module may forbid bpf(2): see dmesg or the audit log";
}

}  // namespace

Result<> require_capabilities() {
  if (in_user_namespace()) return Error("capturing packets: not permitted").hint(kUserNamespace);
  const auto missing = missing_capabilities();
  if (!missing.empty()) return Error("capturing packets: not permitted").hint(capability_hint(missing));
  return ok();
}

std::string refusal_hint(int error) {
  switch (error < 0 ? -error : error) {
    case EMFILE:
    case ENFILE:
      return limit_text(error);
    case ENOMEM:
    case EAGAIN:
      return is_limited(RLIMIT_AS) ? memory_limit_text() : "a smaller -B needs less memory";
    case ENOSYS:
      return has_seccomp_filter() ? "a seccomp filter (of a container or a service) hides bpf(2)"
                                  : "this kernel was built without bpf(2) (CONFIG_BPF_SYSCALL)";
    case EPERM:
    case EACCES:
      return permission_hint();
    default:
      // libbpf returns other errors if it gets no memory.
      return is_limited(RLIMIT_AS) ? memory_limit_text() : std::string();
  }
}

Result<> require_open_files(unsigned count) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return ok();
  return Error("a capture opens about " + std::to_string(count) + " files, but this process may open only " +
               limit_value(RLIMIT_NOFILE))
      .hint("raise the limit: ulimit -n " + std::to_string(count) + ", or LimitNOFILE= in a systemd service");
}

void raise_memlock_limit() {
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &none) == 0) return;
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &limit);
}

Result<> require_kernel_types() {
  constexpr const char* kTypes = "/sys/kernel/btf/vmlinux";
  if (access(kTypes, R_OK) == 0) return ok();
  const int error = errno;
  if (error == EACCES || error == EPERM) {
    return Error::from_errno(error, std::string("read the kernel's types in ") + kTypes)
        .hint("a security module or a container's policy forbids it");
  }
  if (access("/sys/kernel", F_OK) != 0) {
    return Error(std::string("the kernel's types in ") + kTypes + " are hidden: /sys is not mounted here")
        .hint("mount -t sysfs sysfs /sys, or give the container its /sys");
  }
  return Error(std::string("this kernel provides no BTF type information (") + kTypes + ")")
      .hint("capturing needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

}  // namespace ringtap
