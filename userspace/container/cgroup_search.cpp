// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup_search.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "container/cgroup_path.hpp"
#include "container/cgroup_root.hpp"
#include "container/container_names.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortestId = 4;

// Of a path below the root.
std::uint32_t level_of(std::string_view path) {
  std::uint32_t level = 0;
  bool is_in_name = false;
  for (const char c : path) {
    if (c != '/' && !is_in_name) ++level;
    is_in_name = c != '/';
  }
  return level;
}

bool is_meant(ContainerKind kind, const std::string& name, const CgroupPlace& place) {
  if (kind == ContainerKind::kPod && place.pod_uid.empty()) return false;
  if (kind == ContainerKind::kContainer && place.container.empty()) return false;
  if (kind == ContainerKind::kContainer && name.size() >= kShortestId && place.container.starts_with(name)) return true;
  if (kind == ContainerKind::kPod && place.pod_uid == name) return true;
  const ContainerNames names = names_of(place);
  return kind == ContainerKind::kPod ? names.pod == name : names.container == name;
}

}  // namespace

Result<FoundCgroup> find_cgroup(const std::string& path) {
  auto root = open_cgroup_root();
  if (!root) return root.take_error();
  const std::string above = "/proc/self/fd/" + std::to_string(root->get());
  std::error_code error;
  const std::string mounted = fs::read_symlink(above, error);
  std::string below = path;
  if (!error && mounted != "/" && below.starts_with(mounted)) below.erase(0, mounted.size());
  const std::string whole = above + "/" + below;
  struct statfs system {};
  struct stat folder {};
  if (::statfs(whole.c_str(), &system) != 0 || ::stat(whole.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode) ||
      system.f_type != CGROUP2_SUPER_MAGIC) {
    return Error("--cgroup " + path + ": there is no such cgroup of version 2", ErrorKind::kUsage);
  }
  return FoundCgroup{.number = folder.st_ino, .level = level_of(below), .path = below};
}

Result<std::vector<FoundCgroup>> find_containers(ContainerKind kind, const std::string& name) {
  auto root = open_cgroup_root();
  if (!root) return root.take_error();
  const std::string above = "/proc/self/fd/" + std::to_string(root->get()) + "/";
  std::vector<FoundCgroup> found;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(above, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code of_entry;
    struct stat folder {};
    if (!entry->is_directory(of_entry) || ::stat(entry->path().c_str(), &folder) != 0) continue;
    const std::string path = entry->path().string().substr(above.size() - 1);
    if (!is_meant(kind, name, place_of_cgroup(path))) continue;
    found.push_back({.number = folder.st_ino, .level = level_of(path), .path = path});
    entry.disable_recursion_pending();  // what is below belongs to it
  }
  if (!found.empty()) return found;
  return std::move(Error(std::string(kind == ContainerKind::kPod ? "--pod " : "--container ") + name +
                             ": no cgroup of version 2 belongs to it",
                         ErrorKind::kUsage))
      .hint("it has to run when the capture starts");
}

std::vector<std::uint32_t> processes_in(const FoundCgroup& cgroup) {
  std::vector<std::uint32_t> found;
  auto root = open_cgroup_root();
  if (!root) return found;
  const auto add = [&found](const fs::path& folder) {
    std::ifstream file(folder / "cgroup.procs");
    for (std::uint32_t pid = 0; file >> pid;) {
      if (pid != 0) found.push_back(pid);  // 0: not in this namespace of process ids
    }
  };
  const fs::path above = "/proc/self/fd/" + std::to_string(root->get()) + "/" + cgroup.path;
  add(above);
  std::error_code error;
  for (fs::recursive_directory_iterator entry(above, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code of_entry;
    if (entry->is_directory(of_entry)) add(entry->path());
  }
  return found;
}

}  // namespace ringtap
