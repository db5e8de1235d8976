// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/owner_choice.hpp"

#include <algorithm>
#include <string>

#include "container/cgroup_search.hpp"

namespace ringtap {
namespace {

static_assert(OwnerSelection::kMost == RINGTAP_MOST_CHOSEN);
static_assert(OwnerSelection::kMostName + 1 == sizeof(ringtap_choice::comms[0]));

Result<> add(ringtap_choice& choice, const FoundCgroup& cgroup) {
  if (choice.cgroup_count == RINGTAP_MOST_CHOSEN) {
    return Error("more than " + std::to_string(RINGTAP_MOST_CHOSEN) + " cgroups are chosen", ErrorKind::kUsage);
  }
  choice.cgroups[choice.cgroup_count] = cgroup.number;
  choice.cgroup_levels[choice.cgroup_count++] = cgroup.level;
  return ok();
}

}  // namespace

Result<ringtap_choice> choice_of(const OwnerSelection& selection) {
  ringtap_choice choice{};
  choice.command = selection.command;
  for (const std::uint32_t pid : selection.pids) choice.pids[choice.pid_count++] = pid;
  for (const std::uint32_t uid : selection.uids) choice.uids[choice.uid_count++] = uid;
  for (const std::string& name : selection.names)
    name.copy(choice.comms[choice.comm_count++], OwnerSelection::kMostName);
  for (const std::string& path : selection.cgroups) {
    auto found = find_cgroup(path);
    if (!found) return found.take_error();
    if (auto added = add(choice, *found); !added) return added.take_error();
  }
  for (const auto& [names, kind] :
       {std::pair{&selection.containers, ContainerKind::kContainer}, std::pair{&selection.pods, ContainerKind::kPod}}) {
    for (const std::string& name : *names) {
      auto found = find_containers(kind, name);
      if (!found) return found.take_error();
      for (const FoundCgroup& cgroup : *found) {
        if (auto added = add(choice, cgroup); !added) return added.take_error();
      }
    }
  }
  return choice;
}

}  // namespace ringtap
