// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/device_list.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "net/rtnetlink.hpp"

namespace ringtap {
namespace {

struct Listed {
  std::string name;
  std::string line;
  int rank;  // ordinary devices that run, then `any`, loopback, what is down
};

std::vector<Listed> listed_devices(const std::vector<rtnetlink::Device>& devices) {
  std::vector<Listed> list;
  list.push_back({"any", "any (Pseudo-device that captures on all interfaces) [Up, Running]", 1});
  for (const auto& device : devices) {
    std::string state;
    const auto add = [&](bool set, const char* word) {
      if (set) state += (state.empty() ? "" : ", ") + std::string(word);
    };
    add(device.up(), "Up");
    add(device.running(), "Running");
    add(device.loopback(), "Loopback");
    const int rank = !device.up() ? 3 : device.loopback() ? 2 : 0;
    list.push_back({device.name, device.name + " [" + (state.empty() ? "none" : state) + "]", rank});
  }
  std::stable_sort(list.begin(), list.end(), [](const Listed& a, const Listed& b) { return a.rank < b.rank; });
  return list;
}

// Entries of getifaddrs(3) that have an address and are of this device.
template <class Visit>
void for_each_address(const std::string& device, Visit&& visit) {
  ifaddrs* addresses = nullptr;
  if (getifaddrs(&addresses) != 0) return;
  const std::unique_ptr<ifaddrs, decltype([](ifaddrs* list) { freeifaddrs(list); })> owner(addresses);
  for (const ifaddrs* entry = addresses; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr != nullptr && entry->ifa_name == device) visit(*entry);
  }
}

template <class T>
T copy_of(const sockaddr* address) {
  T copy{};
  std::memcpy(&copy, address, sizeof(copy));
  return copy;
}

}  // namespace

std::vector<std::string> device_list(const std::vector<rtnetlink::Device>& devices) {
  std::vector<std::string> lines;
  for (const Listed& device : listed_devices(devices))
    lines.push_back(std::to_string(lines.size() + 1) + "." + device.line);
  return lines;
}

Result<std::string> resolve_device(const std::string& name_or_number, const std::vector<rtnetlink::Device>& devices) {
  const auto called = std::find_if(devices.begin(), devices.end(),
                                   [&](const rtnetlink::Device& device) { return device.is_called(name_or_number); });
  // A name without its namespace means the devices of all.
  if (called != devices.end()) return called->netns == 0 ? called->name : name_or_number;
  std::size_t number = 0;
  const char* end = name_or_number.data() + name_or_number.size();
  const auto [rest, error] = std::from_chars(name_or_number.data(), end, number);
  if (error != std::errc() || rest != end) return name_or_number;
  const std::vector<Listed> list = listed_devices(devices);
  if (number == 0 || number > list.size()) {
    return Error("interface number " + name_or_number + ": the list ends at " + std::to_string(list.size()),
                 ErrorKind::kUsage)
        .hint("ringtap -D shows the list");
  }
  return list[number - 1].name;
}

std::optional<std::uint32_t> ipv4_netmask(const std::string& device) {
  std::optional<std::uint32_t> mask;
  for_each_address(device, [&](const ifaddrs& entry) {
    if (mask || entry.ifa_netmask == nullptr || entry.ifa_addr->sa_family != AF_INET) return;
    mask = copy_of<sockaddr_in>(entry.ifa_netmask).sin_addr.s_addr;
  });
  return mask;
}

bool has_address(const std::string& device) {
  bool found = false;
  for_each_address(device, [&](const ifaddrs& entry) {
    if (entry.ifa_addr->sa_family == AF_INET) found = true;
    if (entry.ifa_addr->sa_family != AF_INET6) return;
    const auto address = copy_of<sockaddr_in6>(entry.ifa_addr).sin6_addr;
    found = found || !IN6_IS_ADDR_LINKLOCAL(&address);
  });
  return found;
}

}  // namespace ringtap
