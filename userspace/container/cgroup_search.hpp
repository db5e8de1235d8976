// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The cgroups of version 2 that a path, a container or a pod means, as they are now. Searches the folders of all
// cgroups, so it is for the start of a run. Errors are of kind kUsage. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

struct FoundCgroup {
  std::uint64_t number = 0;
  std::uint32_t level = 0;  // the root's is 0
  std::string path;         // below the root
};

// `path`: as a folder, or below the root of cgroup v2.
Result<FoundCgroup> find_cgroup(const std::string& path);

enum class ContainerKind { kContainer, kPod };
// `name`: of a container, or the beginning of its id, at least 4 digits; of a pod "namespace/name", or its uid. At
// least one.
Result<std::vector<FoundCgroup>> find_containers(ContainerKind kind, const std::string& name);

// Ids of the processes in it and below.
std::vector<std::uint32_t> processes_in(const FoundCgroup& cgroup);

}  // namespace ringtap
