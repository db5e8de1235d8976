// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sandbox/user.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ringtap {
namespace {

// Of this thread.
struct Capabilities {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};

  bool get() { return ::syscall(SYS_capget, &header, sets.data()) == 0; }
  bool set() { return ::syscall(SYS_capset, &header, sets.data()) == 0; }
};

}  // namespace

Result<User> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return Error("Couldn't find user '" + name + "'", ErrorKind::kUsage);
  return User{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

Result<User> unprivileged_user() {
  auto ours = find_user("ringtap");
  return ours ? std::move(ours) : find_user("nobody");
}

bool may_change_user() {
  Capabilities all;
  constexpr std::uint32_t kBoth = 1U << CAP_SETUID | 1U << CAP_SETGID;
  return ::geteuid() == 0 && all.get() && (all.sets[0].effective & kBoth) == kBoth;
}

Result<> become(const User& user, std::uint64_t capabilities) {
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::initgroups(user.name.c_str(), user.gid) != 0 ||
      ::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return Error::from_errno(errno, "switch to user " + user.name);
  }
  // Root that becomes root means to keep what it may.
  if (user.uid != 0) {
    if (auto kept = keep_capabilities(capabilities); !kept) return kept;
  }
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  return ok();
}

Result<> keep_capabilities(std::uint64_t capabilities) {
  Capabilities kept;
  bool done = kept.get();
  for (std::size_t half = 0; half < kept.sets.size(); ++half) {
    kept.sets[half].permitted &= static_cast<std::uint32_t>(capabilities >> (32 * half));
    kept.sets[half].effective = kept.sets[half].permitted;
    kept.sets[half].inheritable = 0;
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  done = done && kept.set();
  return done ? ok() : Error::from_errno(errno, "give up capabilities");
}

void without_capabilities(const std::function<void()>& action) {
  Capabilities before;
  if (!before.get()) return;
  Capabilities none = before;
  for (auto& half : none.sets) half.effective = 0;
  if (!none.set()) return;
  action();
  before.set();
}

Result<> become_unprivileged(std::uint64_t capabilities) {
  const auto user = unprivileged_user();
  if (user && may_change_user() && become(*user, capabilities)) return ok();
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  return keep_capabilities(capabilities);
}

Result<> keep_only(std::uint64_t capabilities) {
  drop_bounding_set();
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return become_unprivileged(capabilities);
}

void drop_bounding_set() {
  for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
}

}  // namespace ringtap
