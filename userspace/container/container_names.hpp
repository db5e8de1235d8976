// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of containers and pods from the files of their runtimes: docker, containerd, CRI-O, podman, and kubelet's logs.
// No daemon is asked. Reads files below a folder that stands for /; what is missing, unreadable or not as expected
// gives no name. Names are text from outside. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "container/cgroup_path.hpp"

namespace ringtap {

struct ContainerNames {
  std::string container;  // empty: it has none that is known
  std::string pod;        // "namespace/name"; empty: not in a pod, or not known
};

[[nodiscard]] ContainerNames names_of(const CgroupPlace& place, const std::string& root = "");

// The text that a key has in JSON, at its first place where it has one; nothing if there is none.
[[nodiscard]] std::optional<std::string> json_text_of(std::string_view json, std::string_view key);

}  // namespace ringtap
