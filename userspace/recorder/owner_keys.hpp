// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the index of a frame says about the processes at the ends of its packets: keys of kind kOwner for pid, user,
// name, cgroup with those above it, container and pod. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "record/owner_match.hpp"
#include "recorder/index_keys.hpp"
#include "ringtap/owner.hpp"

namespace ringtap {

enum class OwnerKey : std::uint8_t { kPid = 1, kUid, kName, kCgroup, kContainerId, kContainerName, kPod };

inline std::uint32_t owner_key(OwnerKey kind, std::uint32_t number) {
  return key_hash(KeyKind::kOwner, std::uint64_t{number} << 8 | static_cast<std::uint8_t>(kind));
}
inline std::uint32_t owner_key(OwnerKey kind, std::string_view text) {
  const std::uint64_t hash = mix_bytes(text.size(), {reinterpret_cast<const std::byte*>(text.data()), text.size()});
  return key_hash(KeyKind::kOwner, hash << 8 | static_cast<std::uint8_t>(kind));
}
// Of any of its ids of which at least kShortestContainerId digits are known.
inline std::uint32_t container_id_key(std::string_view id) {
  return owner_key(OwnerKey::kContainerId, id.substr(0, kShortestContainerId));
}

// Calls add(hash) for each key of the process at one end.
template <class Add>
void each_owner_key(const Owner& owner, Add add) {
  if (!names_process(owner.kind)) return;
  add(owner_key(OwnerKey::kPid, pid_of(owner.key)));
  add(owner_key(OwnerKey::kUid, owner.uid));
  if (owner.process == nullptr) return;
  const Process& process = *owner.process;
  add(owner_key(OwnerKey::kName, process.comm));
  if (!process.container.empty()) add(container_id_key(process.container));
  if (!process.container.empty()) add(owner_key(OwnerKey::kContainerName, process.container));
  if (!process.container_name.empty()) add(owner_key(OwnerKey::kContainerName, process.container_name));
  if (!process.pod.empty()) add(owner_key(OwnerKey::kPod, process.pod));
  for (std::string_view path = process.cgroup_path; path.size() > 1; path = path.substr(0, path.rfind('/'))) {
    add(owner_key(OwnerKey::kCgroup, path));
  }
}

}  // namespace ringtap
