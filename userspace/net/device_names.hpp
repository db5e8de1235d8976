// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of devices that are not captured, here and in other network namespaces, by number. They are looked up once,
// when they are first asked for; what cannot be found out (no right to enter the namespace, gone) is empty. One thread,
// which a lookup in another namespace blocks while a thread of its own enters it. Results live as long as the object.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ringtap {

class DeviceNames {
 public:
  // `netns`: inode number of the network namespace, 0 for this one.
  std::string_view device(std::uint32_t netns, std::uint32_t ifindex);
  // What `ip netns` calls it: a name in /run/netns.
  std::string_view netns(std::uint32_t netns) { return find(netns).name; }

 private:
  struct Netns {
    std::string name;
    std::string path;  // to enter it; empty: unknown
  };
  const Netns& find(std::uint32_t netns);

  std::map<std::uint32_t, Netns> namespaces_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> devices_;
};

}  // namespace ringtap
