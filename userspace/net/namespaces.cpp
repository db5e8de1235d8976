// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/namespaces.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/now.hpp"
#include "base/process_start.hpp"
#include "base/thread.hpp"

namespace ringtap {
namespace {

const std::string kNamedNamespaces = "/run/netns/";  // ip-netns(8)
constexpr std::uint64_t kListAgainNs = 1'000'000'000;

// Calls `use` with the name of each entry of the folder, which may change meanwhile.
template <class Use>
void for_each_entry(const char* folder, Use use) {
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> open(::opendir(folder));
  while (open != nullptr) {
    const dirent* const entry = ::readdir(open.get());
    if (entry == nullptr) return;
    if (entry->d_name[0] != '.') use(std::string(entry->d_name));
  }
}

// 0: none. In /run/netns a namespace that is being made is a file for a moment.
std::uint32_t inode_of(const std::string& path) {
  static const dev_t kFileSystem = [] {
    struct stat own {};
    return ::stat("/proc/self/ns/net", &own) == 0 ? own.st_dev : dev_t{};
  }();
  struct stat status {};
  const bool is_one = ::stat(path.c_str(), &status) == 0 && status.st_dev == kFileSystem;
  return is_one ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && rest == end;
}

std::string path_of_process(std::uint32_t pid) {
  return "/proc/" + std::to_string(pid) + "/ns/net";
}

std::map<std::uint32_t, Netns> find_all() {
  std::map<std::uint32_t, Netns> found;
  for_each_entry(kNamedNamespaces.c_str(), [&](const std::string& name) {
    const std::string path = kNamedNamespaces + name;
    if (const std::uint32_t inode = inode_of(path); inode != 0) {
      found.try_emplace(inode, Netns{.inode = inode, .name = name, .path = path});
    }
  });
  for_each_entry("/proc", [&](const std::string& process) {
    std::uint32_t pid = 0;
    if (!read_whole(std::string_view(process), pid)) return;
    const std::string path = path_of_process(pid);
    const std::uint32_t inode = inode_of(path);
    if (inode == 0) return;
    Netns& netns = found.try_emplace(inode, Netns{.inode = inode, .path = path}).first->second;
    if (netns.pid == 0 || pid < netns.pid) netns.pid = pid;
  });
  return found;
}

// The list as it was last made; several threads look at it.
struct Known {
  std::mutex lock;
  std::map<std::uint32_t, Netns> all;
  std::uint64_t listed_ns = 0;
};

Known& known() {
  static Known known;
  return known;
}

// The number of a namespace may soon be that of another one, and a process id that of another process.
UniqueFd open_as(const std::string& path, std::uint32_t inode) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return {};
  if (status.st_ino == inode) return fd;
  errno = ENOENT;
  return {};
}

}  // namespace

std::uint32_t own_netns() {
  return inode_of("/proc/self/ns/net");
}

std::vector<Netns> list_netns() {
  std::map<std::uint32_t, Netns> all = find_all();
  std::vector<Netns> list;
  list.reserve(all.size());
  for (auto& [inode, netns] : all) {
    if (netns.pid != 0) netns.start_ns = process_start_ns(netns.pid).value_or(0);
    list.push_back(netns);
  }
  const std::lock_guard guard(known().lock);
  known().all = std::move(all);
  known().listed_ns = monotonic_now_ns();
  return list;
}

Netns netns_of(std::uint32_t inode) {
  if (inode == 0) return {};
  const std::uint64_t now = monotonic_now_ns();
  {
    const std::lock_guard guard(known().lock);
    const auto found = known().all.find(inode);
    if (found != known().all.end()) return found->second;
    if (known().listed_ns != 0 && now - known().listed_ns < kListAgainNs) return {};
  }
  (void)list_netns();
  const std::lock_guard guard(known().lock);
  const auto found = known().all.find(inode);
  return found == known().all.end() ? Netns{} : found->second;
}

UniqueFd open_netns(std::uint32_t inode) {
  const std::string path = netns_of(inode).path;
  if (!path.empty()) {
    if (UniqueFd fd = open_as(path, inode)) return fd;
  }
  for (const Netns& netns : list_netns()) {
    if (netns.inode == inode) return open_as(netns.path, inode);
  }
  errno = ENOENT;
  return {};
}

Result<> in_netns(std::uint32_t inode, const std::function<void()>& action) {
  const UniqueFd fd = open_netns(inode);
  int err = fd ? 0 : errno;
  if (fd) {
    auto thread = start_thread("enters a network namespace", [&] {
      if (::setns(fd.get(), CLONE_NEWNET) == 0) {
        action();
      } else {
        err = errno;
      }
    });
    if (!thread) return thread.take_error();
    thread->join();
  }
  if (err == 0) return ok();
  auto error = Error::from_errno(err, "enter a network namespace");
  return err == EPERM ? std::move(error).hint("needs CAP_SYS_ADMIN: run ringtap with sudo") : std::move(error);
}

Result<Netns> find_netns(const std::string& word) {
  const std::string what = "--netns " + word;
  Netns found{.path = word};
  std::uint32_t pid = 0;
  const bool is_number = read_whole(std::string_view(word), pid);
  if (word.find('/') == std::string::npos) found.path = kNamedNamespaces + word;
  UniqueFd fd(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT && is_number) {
    found.path = path_of_process(pid);
    fd.reset(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd && errno == ENOENT) return Error(what + ": there is no process with this id", ErrorKind::kUsage);
  }
  if (!fd && errno == ENOENT) {
    return Error(what + ": there is no such network namespace", ErrorKind::kUsage)
        .hint("ip netns list shows those that have a name; a process id or a path will do, too");
  }
  if (!fd) return Error::from_errno(errno, what).hint("to look into other processes needs root, or CAP_SYS_PTRACE");
  struct stat status {};
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET || ::fstat(fd.get(), &status) != 0) {
    return Error(what + ": not a network namespace", ErrorKind::kUsage);
  }
  found.inode = static_cast<std::uint32_t>(status.st_ino);
  for_each_entry(kNamedNamespaces.c_str(), [&](const std::string& name) {
    if (found.name.empty() && inode_of(kNamedNamespaces + name) == found.inode) found.name = name;
  });
  if (found.path == kNamedNamespaces + word) found.name = word;
  if (found.name.empty()) found.name = is_number ? word : word.substr(word.rfind('/') + 1);
  // "/proc/4711/ns/net" says nothing by its last part.
  if (found.name == "net" || found.name.empty()) found.name = std::to_string(found.inode);
  const std::lock_guard guard(known().lock);
  known().all.insert_or_assign(found.inode, found);
  return found;
}

std::string netns_line(const Netns& netns) {
  constexpr std::size_t kMostName = 255;
  std::string name = netns.name.substr(0, kMostName);
  std::replace(name.begin(), name.end(), '\n', ' ');
  return std::to_string(netns.inode) + ' ' + std::to_string(netns.id) + ' ' + std::to_string(netns.pid) + ' ' +
         std::to_string(netns.start_ns) + ' ' + name + '\n';
}

std::vector<Netns> parse_netns_lines(std::string_view text) {
  std::vector<Netns> list;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto next = [&line] {
      const std::size_t space = std::min(line.find(' '), line.size());
      const std::string_view word = line.substr(0, space);
      line.remove_prefix(std::min(space + 1, line.size()));
      return word;
    };
    Netns netns;
    if (!read_whole(next(), netns.inode) || !read_whole(next(), netns.id) || !read_whole(next(), netns.pid) ||
        !read_whole(next(), netns.start_ns) || netns.inode == 0) {
      continue;
    }
    netns.name = line;
    list.push_back(std::move(netns));
  }
  return list;
}

}  // namespace ringtap
