// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ringtap {
namespace {

constexpr std::size_t kIdDigits = 64;

struct Scope {
  std::string_view prefix;
  std::string_view runtime;
};
// "PREFIX-ID.scope": systemd makes the cgroup.
constexpr std::array kScopes = {Scope{"docker-", "docker"}, Scope{"cri-containerd-", "containerd"},
                                Scope{"nerdctl-", "containerd"}, Scope{"crio-", "crio"}, Scope{"libpod-", "podman"}};

std::size_t hex_digits(std::string_view text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(),
                                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return static_cast<std::size_t>(end - text.begin());
}

bool is_id(std::string_view text) {
  return hex_digits(text) == kIdDigits && (text.size() == kIdDigits || text[kIdDigits] == '.');
}

std::string_view without(std::string_view text, std::string_view ending) {
  return text.ends_with(ending) ? text.substr(0, text.size() - ending.size()) : text;
}

// kubelet: "kubepods-burstable-pod1111_2222.slice", "kubelet-kubepods-pod….slice", "pod1111-2222".
std::string pod_uid_in(std::string_view name) {
  constexpr std::string_view kMark = "-pod";
  constexpr std::size_t kShortestUid = 32;
  std::string_view uid;
  if (name.starts_with("kubepods") || name.find("-kubepods") != std::string_view::npos) {
    const std::size_t at = name.find(kMark);
    if (at != std::string_view::npos) uid = name.substr(at + kMark.size());
  } else if (name.starts_with("pod")) {
    uid = name.substr(3);
  }
  uid = uid.substr(0, uid.find_first_of(".:"));
  if (uid.size() < kShortestUid || (hex_digits(uid) != 8 && hex_digits(uid) != kShortestUid)) return "";
  std::string text(uid);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

// Of a container whose cgroup is only its id.
std::string_view runtime_of_parent(std::string_view parent, const CgroupPlace& place) {
  if (parent == "docker") return "docker";
  if (parent == "libpod_parent") return "podman";
  return place.pod_uid.empty() ? "oci" : "cri";
}

void read_name(std::string_view name, std::string_view parent, CgroupPlace& place) {
  const auto set = [&](std::string_view runtime, std::string_view container) {
    place.runtime = runtime;
    place.container = container;
  };
  if (std::string uid = pod_uid_in(name); !uid.empty()) place.pod_uid = std::move(uid);
  if (name.starts_with("user@")) place.user = without(name.substr(5), ".service");
  for (const Scope& scope : kScopes) {
    if (!name.starts_with(scope.prefix) || !is_id(name.substr(scope.prefix.size()))) continue;
    return set(scope.runtime, name.substr(scope.prefix.size(), kIdDigits));
  }
  // containerd without systemd's driver below kubelet with it: "….slice:cri-containerd:ID".
  constexpr std::string_view kContainerd = ":cri-containerd:";
  if (const std::size_t at = name.find(kContainerd); at != std::string_view::npos) {
    return set("containerd", without(name.substr(at + kContainerd.size()), ".scope"));
  }
  if (is_id(name)) return set(runtime_of_parent(parent, place), name.substr(0, kIdDigits));
  constexpr std::string_view kLxc = "lxc.payload.";
  if (name.starts_with(kLxc)) return set("lxc", name.substr(kLxc.size()));
  if (parent == "lxc" && place.container.empty()) return set("lxc", name);
  constexpr std::string_view kMachine = "machine-";
  if (name.starts_with(kMachine) && name.ends_with(".scope")) {
    return set("nspawn", without(name.substr(kMachine.size()), ".scope"));
  }
  if (name.ends_with(".service") || name.ends_with(".scope")) place.unit = name;
}

}  // namespace

CgroupPlace place_of_cgroup(std::string_view path) {
  CgroupPlace place;
  std::string_view parent;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (name.empty()) continue;
    read_name(name, parent, place);
    parent = name;
  }
  if (!place.container.empty()) place.unit.clear();
  return place;
}

}  // namespace ringtap
