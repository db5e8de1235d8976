// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

#include "container/cgroup_root.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

namespace ringtap {

Result<UniqueFd> open_cgroup_root() {
  std::ifstream mounts("/proc/self/mounts");
  std::string device, directory, type, rest;
  while (mounts >> device >> directory >> type && std::getline(mounts, rest)) {
    if (type != "cgroup2") continue;
    UniqueFd root(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root) return root;
  }
  const UniqueFd context(fsopen("cgroup2", FSOPEN_CLOEXEC));
  if (context && fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    UniqueFd root(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
    if (root) return root;
  }
  auto error = Error::from_errno(errno, "open the root of cgroup v2");
  if (error.errno_value() != EPERM) return error;
  return std::move(error).hint(
      "cgroup2 is not mounted here, and mounting it needs CAP_SYS_ADMIN; ip netns exec hides "
      "/sys/fs/cgroup, nsenter --net=/run/netns/NAME does not");
}

}  // namespace ringtap
