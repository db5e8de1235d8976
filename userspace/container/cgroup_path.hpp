// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the path of a cgroup says of the container, the pod and the unit in it: container runtimes, kubelet and systemd
// name their cgroups by rules of their own, of which these are known. No daemon is asked. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace ringtap {

struct CgroupPlace {
  std::string runtime;  // "docker", "containerd", "crio", "podman", "cri", "oci", "lxc", "nspawn"; empty: no container
  std::string container;  // its id of 64 hexadecimal digits, or a machine's name
  std::string pod_uid;    // with dashes
  std::string unit;       // the innermost service or scope of systemd, where there is no container
  std::string user;       // number of the user whose manager it is below: rootless containers
};

// `path`: below the root of cgroups. The innermost container counts; what is below it does not change that.
[[nodiscard]] CgroupPlace place_of_cgroup(std::string_view path);

}  // namespace ringtap
