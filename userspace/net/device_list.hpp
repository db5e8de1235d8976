// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Devices as -D lists them and -i accepts them, and the addresses of those of this network namespace. Any thread.
// Numbers are valid only as long as no device appears, disappears or changes its state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/rtnetlink.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// One line for each device, including `any`, in tcpdump's format: "1.eth0 [Up, Running]".
std::vector<std::string> device_list(const std::vector<rtnetlink::Device>& devices);

// The name that a device has in the list, for what users call it: one of its names, perhaps with a label ("eth0:1"), or
// a number from the list that is not the name of a device. Returns anything else unchanged.
Result<std::string> resolve_device(const std::string& name_or_number, const std::vector<rtnetlink::Device>& devices);

// The netmask of the device's first IPv4 address, in network byte order; nothing if it has none. An address that has a
// label is that of "eth0:1" alone (ip-address(8)).
std::optional<std::uint32_t> ipv4_netmask(const std::string& device);

// Whether it has an IPv4 address, or an IPv6 address other than the link-local one that every device gets
// automatically.
bool has_address(const std::string& device);

}  // namespace ringtap
