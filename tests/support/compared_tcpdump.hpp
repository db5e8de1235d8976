// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The release of tcpdump and libpcap that tests compare text with, word for word. Other releases print other lines for
// some packets and other words for some mistakes: who moves on reads what changed and names the new one here.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "support/requirements.hpp"

namespace ringtap::testing {

// How `tcpdump --version` begins.
inline constexpr std::string_view kComparedTcpdump = "tcpdump version 4.99.3\nlibpcap version 1.10.3";

inline std::string tcpdump_version() {
  FILE* pipe = ::popen("PATH=$PATH:/usr/sbin:/sbin tcpdump --version 2>&1", "r");
  if (pipe == nullptr) return {};
  std::array<char, 1024> text{};
  const std::size_t size = std::fread(text.data(), 1, text.size(), pipe);
  ::pclose(pipe);
  return {text.data(), size};
}

}  // namespace ringtap::testing

#define REQUIRE_COMPARED_TCPDUMP()                                                                         \
  RINGTAP_REQUIRE(::ringtap::testing::tcpdump_version().starts_with(::ringtap::testing::kComparedTcpdump), \
                  ::ringtap::testing::kComparedTcpdump << ", here is:\n"                                   \
                                                       << ::ringtap::testing::tcpdump_version())
