// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/device_names.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "base/now.hpp"
#include "base/thread.hpp"
#include "net/rtnetlink.hpp"
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

// Calls `use` with the path of each entry of the folder, which may change meanwhile.
template <class Use>
void for_each_entry(const char* folder, Use use) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    use(entry->path());
  }
}

std::uint32_t inode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

constexpr const char* kNamedNamespaces = "/run/netns";  // ip-netns(8)

}  // namespace

std::string netns_called(std::int32_t id) {
  std::string name;
  for_each_entry(kNamedNamespaces, [&](const fs::path& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd && rtnetlink::netns_id(fd.get()) == id) name = path.filename();
  });
  return name;
}

std::string_view DeviceNames::device(std::uint32_t netns, std::uint32_t ifindex) {
  const std::pair key(netns, ifindex);
  if (const auto known = devices_.find(key); known != devices_.end()) return known->second;
  const std::string path = netns == 0 ? "" : find(netns).path;
  if (netns != 0 && path.empty()) return "";
  if (devices_.size() >= kMostNames) devices_.clear();
  return devices_[key] = netns == 0 ? name_here(ifindex) : name_there(path, ifindex);
}

void DeviceNames::forget_here() {
  std::erase_if(devices_, [](const auto& entry) { return entry.first.first == 0; });
}

const DeviceNames::Netns& DeviceNames::find(std::uint32_t netns) {
  static const Netns kUnknown;
  if (netns == 0) return kUnknown;
  const auto known = namespaces_.find(netns);
  if (known != namespaces_.end()) return known->second;
  const std::uint64_t now = monotonic_now_ns();
  if (listed_ns_ != 0 && now - listed_ns_ < kListAgainNs) return kUnknown;
  list_namespaces();
  listed_ns_ = now;
  const auto found = namespaces_.find(netns);
  return found == namespaces_.end() ? kUnknown : found->second;
}

void DeviceNames::list_namespaces() {
  namespaces_.clear();
  for_each_entry(kNamedNamespaces, [&](const fs::path& path) {
    namespaces_.try_emplace(inode_of(path), Netns{path.filename(), path});
  });
  // To enter one, any process in it will do.
  for_each_entry("/proc", [&](const fs::path& process) {
    const fs::path path = process / "ns/net";
    if (const std::uint32_t netns = inode_of(path); netns != 0) namespaces_.try_emplace(netns, Netns{"", path});
  });
}

}  // namespace ringtap
