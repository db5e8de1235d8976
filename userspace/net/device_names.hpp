// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of devices that are not captured, here and in other network namespaces, by number. A name is looked up when it
// is first asked for, by a thread that enters the namespace, for which the caller waits; where the namespaces are is
// listed at most once a second. What cannot be found out (no right to enter the namespace, gone) is empty. Keeps at
// most kMostNames names. One thread. A result lives until the same function
// is called again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ringtap {

// What `ip netns` calls the network namespace with this id in ours (ip-netns(8), list-id); empty if it has no name.
std::string netns_called(std::int32_t id);

class DeviceNames {
 public:
  static constexpr std::size_t kMostNames = 4096;

  // `netns`: inode number of the network namespace, 0 for this one.
  std::string_view device(std::uint32_t netns, std::uint32_t ifindex);
  // Names in this namespace have changed.
  void forget_here();
  // What `ip netns` calls it: a name in /run/netns.
  std::string_view netns(std::uint32_t netns) { return find(netns).name; }

 private:
  static constexpr std::uint64_t kListAgainNs = 1'000'000'000;
  struct Netns {
    std::string name;
    std::string path;
  };
  const Netns& find(std::uint32_t netns);
  void list_namespaces();

  std::map<std::uint32_t, Netns> namespaces_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> devices_;
  std::uint64_t listed_ns_ = 0;
};

}  // namespace ringtap
