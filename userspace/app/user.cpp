// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/user.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace ringtap {
namespace {

constexpr std::array kCaptureCapabilities = {CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON};

// Sets the effective and permitted capabilities to those of `wanted` that are permitted now.
bool keep_capabilities(std::uint64_t wanted) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  for (std::size_t half = 0; half < sets.size(); ++half) {
    sets[half].permitted &= static_cast<std::uint32_t>(wanted >> (32 * half));
    sets[half].effective = sets[half].permitted;
    sets[half].inheritable = 0;
  }
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

Error failure(const User& user) {
  return Error::from_errno(errno, "switch to user " + user.name);
}

}  // namespace

Result<User> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return Error("Couldn't find user '" + name + "'", ErrorKind::kUsage);
  return User{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

Result<> become(const User& user, Keep keep) {
  std::uint64_t kept = 0;
  if (keep == Keep::kCapture) {
    for (const int capability : kCaptureCapabilities) kept |= std::uint64_t{1} << capability;
  }
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::initgroups(user.name.c_str(), user.gid) != 0 ||
      ::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0 ||
      (user.uid != 0 && !keep_capabilities(kept)) || ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) {
    return failure(user);
  }
  return ok();
}

Result<> as_user(const User& user, const std::function<Result<>()>& action) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0 ||
      ::initgroups(user.name.c_str(), user.gid) != 0 || ::setegid(user.gid) != 0 || ::seteuid(user.uid) != 0) {
    return failure(user);
  }
  Result<> result = action();
  if (::seteuid(0) != 0 || ::setegid(0) != 0 || ::setgroups(groups.size(), groups.data()) != 0) {
    return Error::from_errno(errno, "switch back to root");
  }
  return result;
}

}  // namespace ringtap
