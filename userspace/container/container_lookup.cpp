// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/container_lookup.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/now.hpp"
#include "base/process_start.hpp"
#include "container/cgroup_path.hpp"
#include "container/cgroup_root.hpp"
#include "container/container_names.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kAskAgainNs = 1'000'000'000;
constexpr std::uint64_t kRootCgroup = 1;

// The descriptor of the root of cgroup v2; -1: there is none.
int& root_fd() {
  static int fd = -1;
  return fd;
}

std::string link_of(int fd) {
  std::array<char, 4096> text{};
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text.data(), text.size());
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
}

// The file handle of a cgroup is its number (kernfs, type 0xfe, Linux 5.5): open_by_handle_at(2).
std::string path_by_handle(int root, std::uint64_t cgroup) {
  constexpr unsigned kKernfsHandle = 0xfe;
  alignas(file_handle) std::array<std::byte, sizeof(file_handle) + sizeof cgroup> memory{};
  auto* const handle = reinterpret_cast<file_handle*>(memory.data());
  handle->handle_bytes = sizeof cgroup;
  handle->handle_type = kKernfsHandle;
  std::memcpy(memory.data() + sizeof(file_handle), &cgroup, sizeof cgroup);
  // A mount of our own (cgroup_root.hpp) is a descriptor that handles are not looked up by.
  const UniqueFd folder(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd fd(::open_by_handle_at(folder.get(), handle, O_PATH | O_CLOEXEC));
  if (!fd) return "";
  const std::string above = link_of(root);
  std::string path = link_of(fd.get());
  // The root of a mount that nothing names is called "/".
  if (above != "/" && path.starts_with(above)) path.erase(0, above.size());
  return path.empty() ? "/" : path;
}

// Without the right to use handles: the number is that of the folder's inode.
std::string path_by_search(int root, std::uint64_t cgroup) {
  const fs::path above = "/proc/self/fd/" + std::to_string(root) + "/";
  std::error_code error;
  for (fs::recursive_directory_iterator entry(above, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code of_entry;
    struct stat status {};
    if (!entry->is_directory(of_entry) || ::stat(entry->path().c_str(), &status) != 0) continue;
    if (status.st_ino == cgroup) return entry->path().string().substr(above.string().size() - 1);
  }
  return "";
}

std::string path_of(std::uint64_t cgroup) {
  if (cgroup == kRootCgroup) return "/";
  if (root_fd() < 0) return "";
  std::string path = path_by_handle(root_fd(), cgroup);
  return path.empty() && errno == EPERM ? path_by_search(root_fd(), cgroup) : path;
}

bool is_same_process(const CgroupQuestion& question) {
  const auto start_ns = process_start_ns(question.pid);
  return start_ns && *start_ns < question.start_ns + 2 * kProcessTickNs &&
         question.start_ns < *start_ns + 2 * kProcessTickNs;
}

// Of the hierarchies of cgroup v1, the first one that tells of a container: proc_pid_cgroup(5).
std::string path_in_version_1(const CgroupQuestion& question) {
  if (question.pid == 0) return "";
  std::ifstream file("/proc/" + std::to_string(question.pid) + "/cgroup");
  std::string path;
  for (std::string line; path.empty() && std::getline(file, line);) {
    const std::size_t second = line.find(':', line.find(':') + 1);
    if (second == std::string::npos) continue;
    const std::string_view candidate = std::string_view(line).substr(second + 1);
    if (!place_of_cgroup(candidate).container.empty()) path = candidate;
  }
  return is_same_process(question) ? path : "";
}

ContainerFound find_here(const CgroupQuestion& question) {
  ContainerFound found;
  found.cgroup_path = path_of(question.cgroup);
  CgroupPlace place = place_of_cgroup(found.cgroup_path);
  if (question.cgroup == kRootCgroup) {
    if (std::string path = path_in_version_1(question); !path.empty()) {
      found.cgroup_path = std::move(path);
      place = place_of_cgroup(found.cgroup_path);
    }
  }
  ContainerNames names = names_of(place);
  found.runtime = place.runtime;
  found.container = place.container;
  found.container_name = std::move(names.container);
  found.pod = names.pod.empty() ? place.pod_uid : std::move(names.pod);
  return found;
}

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

ContainerFound answer_to(const CgroupQuestion& question) {
  if (!the_helper()) {
    static const UniqueFd root = [] {
      auto opened = open_cgroup_root();
      return opened ? opened.take() : UniqueFd();
    }();
    root_fd() = root.get();
    return find_here(question);
  }
  auto answer = the_helper()->ask({reinterpret_cast<const char*>(&question), sizeof question});
  auto found = answer ? parse_container_answer(answer->text) : std::nullopt;
  return found ? *std::move(found) : ContainerFound{};
}

}  // namespace

std::optional<CgroupQuestion> parse_cgroup_question(std::string_view request) {
  static_assert(std::has_unique_object_representations_v<CgroupQuestion>);
  CgroupQuestion question;
  if (request.size() != sizeof question) return std::nullopt;
  std::memcpy(&question, request.data(), sizeof question);
  return question;
}

std::string container_answer(const ContainerFound& found) {
  std::string answer;
  for (const std::string* text :
       {&found.cgroup_path, &found.runtime, &found.container, &found.container_name, &found.pod}) {
    // No text is as long as to make the message too long, and none has a NUL.
    answer.append(text->substr(0, std::min(text->find('\0'), HelperProcess::kMaxMessage / 8))).append(1, '\0');
  }
  return answer;
}

std::optional<ContainerFound> parse_container_answer(std::string_view answer) {
  ContainerFound found;
  for (std::string* text : {&found.cgroup_path, &found.runtime, &found.container, &found.container_name, &found.pod}) {
    const std::size_t end = answer.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    text->assign(answer.substr(0, end));
    answer.remove_prefix(end + 1);
  }
  return answer.empty() ? std::optional(std::move(found)) : std::nullopt;
}

Result<> start_container_helper() {
  auto root = open_cgroup_root();
  const int fd = root ? root->get() : -1;
  const auto serve = [fd](std::string_view request) -> HelperProcess::Answer {
    root_fd() = fd;
    const auto question = parse_cgroup_question(request);
    return {question ? container_answer(find_here(*question)) : "", {}};
  };
  auto helper = HelperProcess::begin({.name = "ringtap-owners",
                                      .without = "containers and pods of processes have no name",
                                      .files = fd >= 0 ? std::vector<int>{fd} : std::vector<int>{},
                                      .prepare = [] { return keep_only(capability_set({CAP_DAC_READ_SEARCH})); },
                                      .serve = serve});
  if (!helper) return helper.take_error();
  the_helper().emplace(helper.take());
  return ok();
}

const ContainerFound& ContainerLookup::find(const CgroupQuestion& question) {
  // What cgroup v1 says is not a matter of the number.
  if (question.cgroup == kRootCgroup) return of_version_1_ = answer_to(question);
  if (known_.size() >= kMostCgroups) known_.clear();
  Known& known = known_[question.cgroup];
  const bool lacks_name =
      known.found.cgroup_path.empty() || (!known.found.container.empty() && known.found.container_name.empty());
  const std::uint64_t now = monotonic_now_ns();
  if (known.asked_ns == 0 || (lacks_name && now - known.asked_ns >= kAskAgainNs)) {
    if (ContainerFound found = answer_to(question); !found.cgroup_path.empty()) known.found = std::move(found);
    known.asked_ns = now;
  }
  return known.found;
}

}  // namespace ringtap
