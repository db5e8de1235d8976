// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of devices that are not captured, here and in other network namespaces, by number. A name is looked up when it
// is first asked for, by a thread that enters the namespace or by a helper process, for which the caller waits; what
// cannot be found out (no right to enter the namespace, gone) is empty, and looked up again after a second. Keeps at
// most kMostNames names. One thread. A result lives until the same function is called again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/namespaces.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// What `ip netns` calls the network namespace with this id in ours (ip-netns(8), list-id); empty if it has no name.
std::string netns_called(std::int32_t id);

// What there is to ask, as it is sent to the helper process.
struct DeviceQuestion {
  // The last two only of a helper that follows namespaces: those with a number above `netns`, and a socket in one.
  enum Kind : std::uint32_t { kDevice, kNetns, kNetnsById, kList, kSocket } kind;
  std::uint32_t netns = 0;
  std::uint32_t ifindex = 0;
  std::int32_t id = 0;
};
// Nothing if these bytes are no question.
std::optional<DeviceQuestion> parse_device_question(std::string_view request);

// From now on a helper process looks everything up, with the right to enter namespaces.
Result<> start_device_name_helper(bool follows_netns = false);

// What is known of one network namespace: its name, and a process in it.
Netns netns_about(std::uint32_t inode);
// All network namespaces that can be found, by inode; each gets an id here if it has none.
std::vector<Netns> all_netns();
// Every device of one of them, by index.
Result<std::vector<rtnetlink::Device>> devices_in(std::uint32_t netns);

class DeviceNames {
 public:
  static constexpr std::size_t kMostNames = 4096;

  // `netns`: inode number of the network namespace, 0 for this one.
  std::string_view device(std::uint32_t netns, std::uint32_t ifindex);
  // What `ip netns` calls it: a name in /run/netns.
  std::string_view netns(std::uint32_t netns);
  // Names in this namespace have changed.
  void forget_here();

 private:
  struct Name {
    std::string text;
    std::uint64_t asked_ns = 0;
  };
  static bool is_due(const Name& name);

  std::map<std::pair<std::uint32_t, std::uint32_t>, Name> devices_;
  std::map<std::uint32_t, Name> namespaces_;
};

}  // namespace ringtap
