// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a test needs of the machine. Where it is missing the test is skipped with the reason; under
// RINGTAP_REQUIRE_ALL=1 (CI) it fails, so that nothing is skipped unseen. Use the macros in the body of a TEST or in
// SetUp().
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace ringtap::testing {

inline bool every_requirement_must_hold() {
  const char* value = std::getenv("RINGTAP_REQUIRE_ALL");
  return value != nullptr && std::string_view(value) == "1";
}

inline bool is_root() {
  return ::geteuid() == 0;
}

// `capability` is a number of <linux/capability.h>; the effective set is a hexadecimal mask in proc_pid_status(5).
inline bool has_capability(int capability) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) return (std::stoull(line.substr(7), nullptr, 16) >> capability & 1) != 0;
  }
  return false;
}

// Searches PATH and the sbin folders, which a plain user's PATH does not name.
inline bool has_tool(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path != nullptr ? path : "") + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && ::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace ringtap::testing

#define RINGTAP_REQUIRE(condition, what)                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      if (::ringtap::testing::every_requirement_must_hold()) FAIL() << "needs " << what; \
      GTEST_SKIP() << "needs " << what;                                                  \
    }                                                                                    \
  } while (false)

#define REQUIRE_ROOT() RINGTAP_REQUIRE(::ringtap::testing::is_root(), "root")
#define REQUIRE_CAPABILITY(capability) RINGTAP_REQUIRE(::ringtap::testing::has_capability(capability), #capability)
#define REQUIRE_TOOL(name) RINGTAP_REQUIRE(::ringtap::testing::has_tool(name), "the program " << (name))
