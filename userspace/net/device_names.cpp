// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/device_names.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "base/thread.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

namespace fs = std::filesystem;

std::string name_here(std::uint32_t ifindex) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(ifindex, name.data()) == nullptr ? "" : name.data();
}

std::string name_there(const std::string& path, std::uint32_t ifindex) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return "";
  std::string name;
  auto thread = start_thread("enters a network namespace", [&] {
    if (::setns(fd.get(), CLONE_NEWNET) == 0) name = name_here(ifindex);
  });
  if (!thread) return "";
  thread->join();
  return name;
}

bool is_netns(const fs::path& path, std::uint32_t netns) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_ino == netns;
}

}  // namespace

std::string_view DeviceNames::device(std::uint32_t netns, std::uint32_t ifindex) {
  const auto [at, is_new] = devices_.try_emplace({netns, ifindex});
  if (!is_new) return at->second;
  if (netns == 0) return at->second = name_here(ifindex);
  const std::string& path = find(netns).path;
  if (!path.empty()) at->second = name_there(path, ifindex);
  return at->second;
}

const DeviceNames::Netns& DeviceNames::find(std::uint32_t netns) {
  const auto [at, is_new] = namespaces_.try_emplace(netns);
  if (!is_new || netns == 0) return at->second;
  std::error_code ignored;
  // ip-netns(8).
  for (const fs::directory_entry& entry : fs::directory_iterator("/run/netns", ignored)) {
    if (!is_netns(entry.path(), netns)) continue;
    at->second = {entry.path().filename(), entry.path()};
    return at->second;
  }
  // Any process in it will do.
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
    const fs::path path = entry.path() / "ns/net";
    if (!is_netns(path, netns)) continue;
    at->second.path = path;
    break;
  }
  return at->second;
}

}  // namespace ringtap
