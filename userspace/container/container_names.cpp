// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/container_names.hpp"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <system_error>
#include <utility>

namespace ringtap {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{4} << 20;  // of a file

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "";
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// The name of the first entry of the folder for which `fits` is true.
template <class Fits>
std::string entry_of(const fs::path& folder, Fits fits) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (std::string name = entry->path().filename(); fits(name)) return name;
  }
  return "";
}

std::string docker_name(const std::string& root, const std::string& id) {
  const std::string json = text_of(root + "/var/lib/docker/containers/" + id + "/config.v2.json");
  // "Name" stands elsewhere, too; only the container's own begins with a slash.
  constexpr std::string_view kKey = "\"Name\":";
  for (std::size_t at = json.find(kKey); at != std::string::npos; at = json.find(kKey, at + 1)) {
    const auto name = json_text_of(std::string_view(json).substr(at), "Name");
    if (name && name->starts_with('/')) return name->substr(1);
  }
  return "";
}

std::string home_of(const std::string& user, const std::string& root) {
  unsigned number = 0;
  if (std::from_chars(user.data(), user.data() + user.size(), number).ptr != user.data() + user.size()) return "";
  std::array<char, 4096> memory{};
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwuid_r(number, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr
             ? root + found->pw_dir
             : "";
}

constexpr std::array kStorageDrivers = {"overlay", "vfs", "btrfs", "zfs"};  // of containers-storage.conf(5)

// [{"id":"…","names":["web-1"], …}, …]
std::string name_in_list(const std::string& json, const std::string& container) {
  const std::size_t id = json.find("\"" + container + "\"");
  if (id == std::string::npos) return "";
  const std::size_t names = json.find("\"names\"", id);
  const std::size_t next = json.find("\"id\"", id + 1);
  if (names == std::string::npos || names > next) return "";
  const std::size_t begin = json.find('"', json.find('[', names));
  const std::size_t end = begin == std::string::npos ? begin : json.find('"', begin + 1);
  return end == std::string::npos ? "" : json.substr(begin + 1, end - begin - 1);
}

std::string podman_name(const std::string& root, const CgroupPlace& place) {
  const std::string storage = place.user.empty() ? root + "/var/lib/containers/storage"
                                                 : home_of(place.user, root) + "/.local/share/containers/storage";
  for (const char* const driver : kStorageDrivers) {
    for (const char* const list : {"containers.json", "volatile-containers.json"}) {
      std::string name = name_in_list(text_of(storage + "/" + driver + "-containers/" + list), place.container);
      if (!name.empty()) return name;
    }
  }
  return "";
}

// The configuration that the runtime got, whose annotations are the names.
ContainerNames names_in_configuration(const fs::path& path) {
  const std::string json = text_of(path);
  const auto first_of = [&json](std::initializer_list<const char*> keys) {
    for (const char* const key : keys) {
      if (auto text = json_text_of(json, key)) return *std::move(text);
    }
    return std::string();
  };
  ContainerNames names;
  names.container =
      first_of({"io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name", "io.podman.name"});
  const std::string pod = first_of({"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"});
  const std::string name_space = first_of({"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"});
  if (!pod.empty() && !name_space.empty()) names.pod = name_space + "/" + pod;
  return names;
}

ContainerNames names_of_runtime(const std::string& root, const CgroupPlace& place) {
  const std::string& id = place.container;
  ContainerNames names;
  if (place.runtime == "docker") names.container = docker_name(root, id);
  if (place.runtime == "podman") names.container = podman_name(root, place);
  if (!names.container.empty()) return names;
  for (const char* const name_space : {"k8s.io", "default", "moby"}) {
    names = names_in_configuration(root + "/run/containerd/io.containerd.runtime.v2.task/" + name_space + "/" + id +
                                   "/config.json");
    if (!names.container.empty() || !names.pod.empty()) return names;
  }
  for (const char* const driver : kStorageDrivers) {
    names = names_in_configuration(root + "/run/containers/storage/" + driver + "-containers/" + id +
                                   "/userdata/config.json");
    if (!names.container.empty() || !names.pod.empty()) break;
  }
  return names;
}

// kubelet's "/var/log/pods/NAMESPACE_POD_UID".
std::string pod_in_logs(const std::string& root, const std::string& uid) {
  const std::string entry =
      entry_of(root + "/var/log/pods", [&uid](const std::string& name) { return name.ends_with("_" + uid); });
  const std::size_t first = entry.find('_');
  const std::size_t last = entry.rfind('_');
  if (first == std::string::npos || first == last) return "";
  return entry.substr(0, first) + "/" + entry.substr(first + 1, last - first - 1);
}

// "/var/log/containers/POD_NAMESPACE_NAME-ID.log".
std::string container_in_logs(const std::string& root, const std::string& id) {
  const std::string ending = "-" + id + ".log";
  std::string entry =
      entry_of(root + "/var/log/containers", [&ending](const std::string& name) { return name.ends_with(ending); });
  if (entry.empty()) return "";
  entry.resize(entry.size() - ending.size());
  return entry.substr(entry.rfind('_') + 1);
}

}  // namespace

std::optional<std::string> json_text_of(std::string_view json, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  for (std::size_t at = json.find(quoted); at != std::string_view::npos; at = json.find(quoted, at + 1)) {
    std::string_view rest = json.substr(at + quoted.size());
    const auto skip_blanks = [&rest] { rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size())); };
    skip_blanks();
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    skip_blanks();
    if (!rest.starts_with('"')) continue;
    std::string text;
    for (rest.remove_prefix(1); !rest.empty() && rest[0] != '"'; rest.remove_prefix(1)) {
      if (rest[0] == '\\' && rest.size() > 1) rest.remove_prefix(1);  // names need no other escapes
      text += rest[0];
    }
    if (rest.empty()) return std::nullopt;  // cut off
    return text;
  }
  return std::nullopt;
}

ContainerNames names_of(const CgroupPlace& place, const std::string& root) {
  ContainerNames names;
  // An id is part of a path; a machine's name is what it is called.
  if (place.runtime == "lxc" || place.runtime == "nspawn") names.container = place.container;
  const bool has_id = place.container.find('/') == std::string::npos && place.container.size() == 64;
  if (has_id) names = names_of_runtime(root, place);
  if (names.pod.empty() && !place.pod_uid.empty()) names.pod = pod_in_logs(root, place.pod_uid);
  if (has_id && names.container.empty()) names.container = container_in_logs(root, place.container);
  return names;
}

}  // namespace ringtap
