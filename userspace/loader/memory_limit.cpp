// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/memory_limit.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>
#include <vector>

#include "ringtap/capture.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kKib = 1024;
constexpr std::uint64_t kLeastBuffers = 1024 * kKib;
constexpr std::uint64_t kShareOfBuffers = 32;
// What a capture takes beside its buffers: the program, its helpers, maps of programs and stages.
constexpr std::uint64_t kBeside = 16 * 1024 * kKib;

// Where a hierarchy of memory cgroups is mounted.
struct Hierarchy {
  bool unified;             // version 2
  std::string root;         // of what is mounted, as /proc/PID/cgroup names it
  std::string mount_point;  // where that is
};

// proc_pid_mountinfo(5): "36 35 0:30 ROOT MOUNT_POINT options … - TYPE source options".
std::vector<Hierarchy> hierarchies(const std::string& process) {
  std::vector<Hierarchy> found;
  std::ifstream file(process + "/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream before(line);
    std::istringstream after(line.substr(std::min(line.find(" - "), line.size())));
    std::string word, root, mount_point, type, options;
    before >> word >> word >> word >> root >> mount_point;
    after >> word >> type >> word >> options;
    const bool has_memory = ("," + options + ",").find(",memory,") != std::string::npos;
    if (type == "cgroup2" || (type == "cgroup" && has_memory)) found.push_back({type == "cgroup2", root, mount_point});
  }
  return found;
}

// "4:memory:/a/b", of version 2 "0::/a/b".
std::string cgroup_of(const std::string& process, bool unified) {
  std::ifstream file(process + "/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (unified ? line.starts_with("0::") : controllers.find(",memory,") != std::string::npos) {
      return line.substr(second + 1);
    }
  }
  return "/";
}

void lower(MemoryLimit& limit, const std::string& path) {
  std::uint64_t bytes = 0;
  if (!(std::ifstream(path) >> bytes) || bytes >= limit.bytes) return;  // "max" is no number
  limit = {bytes, path + " is " + std::to_string(bytes / kKib) + " KiB"};
}

}  // namespace

MemoryLimit memory_limit(const std::string& process) {
  struct sysinfo machine {};
  ::sysinfo(&machine);
  MemoryLimit limit{std::uint64_t{machine.totalram} * machine.mem_unit, ""};
  limit.text = "this machine has " + std::to_string(limit.bytes / kKib) + " KiB";
  for (const Hierarchy& hierarchy : hierarchies(process)) {
    std::string path = cgroup_of(process, hierarchy.unified);
    if (hierarchy.root != "/" && path.starts_with(hierarchy.root)) path.erase(0, hierarchy.root.size());
    for (;; path.erase(path.rfind('/'))) {
      if (path == "/") path.clear();
      lower(limit, hierarchy.mount_point + path + (hierarchy.unified ? "/memory.max" : "/memory.limit_in_bytes"));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return limit;
}

Result<std::uint64_t> buffer_size(std::optional<std::uint64_t> asked, const MemoryLimit& limit) {
  const std::uint64_t share = std::max(std::bit_floor(limit.bytes / kShareOfBuffers), kLeastBuffers);
  if (!asked) return std::min(share, CaptureSettings::kDefaultBufferBytes);
  if (*asked <= share || *asked + kBeside <= limit.bytes) return *asked;
  return Error("-B " + std::to_string(*asked / kKib) + ": there is not so much memory: " + limit.text)
      .hint(limit.bytes > kBeside ? "at most -B " + std::to_string((limit.bytes - kBeside) / kKib) + " fits" : "");
}

}  // namespace ringtap
