// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The devices of this network namespace as -D lists them and -i takes them. Asks the kernel anew at each call; any
// thread. Numbers hold only as long as no device comes, goes or changes its state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

// One line each in tcpdump's form, "1.eth0 [Up, Running]"; `any` among them.
Result<std::vector<std::string>> device_list();

// Turns a number from that list into its name; anything else comes back unchanged. A name that begins with digits and
// exists is a name.
Result<std::string> resolve_device(const std::string& name_or_number);

// The mask of the device's first IPv4 address, network byte order; nothing where it has none.
std::optional<std::uint32_t> ipv4_netmask(const std::string& device);

// Whether it has an IPv4 address, or an IPv6 address that is not link-local: every device gets a link-local one by
// itself.
bool has_address(const std::string& device);

}  // namespace ringtap
