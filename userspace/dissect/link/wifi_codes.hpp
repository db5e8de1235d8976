// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the reason and status codes of IEEE 802.11-2016, 9.4.1.7 and 9.4.1.9, mean, in tcpdump's words. Pure functions,
// any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringtap {

std::string_view wifi_reason(std::uint16_t code);
std::string_view wifi_status(std::uint16_t code);

}  // namespace ringtap
