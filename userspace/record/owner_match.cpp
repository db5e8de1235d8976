// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/owner_match.hpp"

#include <algorithm>

namespace ringtap {
namespace {

template <class List, class Fits>
bool is_empty_or_has(const List& list, Fits fits) {
  return list.empty() || std::any_of(list.begin(), list.end(), fits);
}

bool is_container(const Process& process, std::string_view name) {
  if (process.container.empty() || name.empty()) return false;
  return process.container_name == name || process.container == name ||
         (name.size() >= kShortestContainerId && process.container.starts_with(name));
}

OwnerMatch match_end(const OwnerSelection& of, const Owner& owner) {
  if (owner.kind == OwnerKind::kUnknown) return OwnerMatch::kUnknown;
  if (!names_process(owner.kind)) return OwnerMatch::kNo;
  const auto is_pid = [&](std::uint32_t pid) { return pid == pid_of(owner.key); };
  const auto is_uid = [&](std::uint32_t uid) { return uid == owner.uid; };
  if (!is_empty_or_has(of.pids, is_pid) || !is_empty_or_has(of.uids, is_uid)) return OwnerMatch::kNo;
  if (of.names.empty() && of.cgroups.empty() && of.containers.empty() && of.pods.empty()) return OwnerMatch::kYes;
  if (owner.process == nullptr) return OwnerMatch::kUnknown;
  const Process& process = *owner.process;
  const auto is_here = [&](const std::string& path) { return is_cgroup_within(process.cgroup_path, path); };
  const auto is_in = [&](const std::string& name) { return is_container(process, name); };
  const auto is_name = [&](const std::string& name) { return process.comm == name; };
  const auto is_pod = [&](const std::string& name) { return !name.empty() && process.pod == name; };
  const bool fits = is_empty_or_has(of.names, is_name) && is_empty_or_has(of.cgroups, is_here) &&
                    is_empty_or_has(of.containers, is_in) && is_empty_or_has(of.pods, is_pod);
  return fits ? OwnerMatch::kYes : OwnerMatch::kNo;
}

}  // namespace

bool is_cgroup_within(std::string_view path, std::string_view chosen) {
  while (chosen.ends_with('/')) chosen.remove_suffix(1);
  if (path.empty() || !path.starts_with(chosen)) return false;
  return path.size() == chosen.size() || path[chosen.size()] == '/';
}

OwnerMatch match_owners(const OwnerSelection& selection, const Owners* owners) {
  if (owners == nullptr) return OwnerMatch::kUnknown;
  const OwnerMatch sender = match_end(selection, owners->sender);
  const OwnerMatch receiver = match_end(selection, owners->receiver);
  if (sender == OwnerMatch::kYes || receiver == OwnerMatch::kYes) return OwnerMatch::kYes;
  const bool is_unknown = sender == OwnerMatch::kUnknown || receiver == OwnerMatch::kUnknown;
  return is_unknown ? OwnerMatch::kUnknown : OwnerMatch::kNo;
}

}  // namespace ringtap
