// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The devices of this network namespace as -D lists them and -i accepts them. Asks the kernel at each call; any thread.
// Numbers are valid only as long as no device appears, disappears or changes its state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

// One line for each device, including `any`, in tcpdump's format: "1.eth0 [Up, Running]".
Result<std::vector<std::string>> device_list();

// Turns a number from that list into the device's name; returns anything else unchanged, also a number that is the name
// of a device.
Result<std::string> resolve_device(const std::string& name_or_number);

// The netmask of the device's first IPv4 address, in network byte order; nothing if it has none.
std::optional<std::uint32_t> ipv4_netmask(const std::string& device);

// Whether it has an IPv4 address, or an IPv6 address other than the link-local one that every device gets
// automatically.
bool has_address(const std::string& device);

}  // namespace ringtap
