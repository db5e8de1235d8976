// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the program says on standard error, and the exit code that an error deserves. A message is one line; any thread.
// Nothing else of the program prints there but reports and tcpdump's own lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ringtap/result.hpp"

namespace ringtap {

inline constexpr int kExitLoss = 3;

// "ringtap: TEXT"
void say(const std::string& text);

// To standard output, all of it. Returns the exit code: 0, or what the error deserves, which is said.
int print(std::string_view text);

// Says the error with its hint and returns its exit code.
int fail(const Error& error);

// The same for a run that wrote so many packets before.
int fail_run(const Error& error, std::uint64_t packets_written);

}  // namespace ringtap
