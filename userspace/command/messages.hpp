// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Messages on standard error, and the exit codes of errors. A message is one line; any thread. Apart from these only
// reports and the lines that tcpdump prints, too, go to standard error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ringtap/result.hpp"

namespace ringtap {

inline constexpr int kExitLoss = 3;

// "ringtap: TEXT"
void say(const std::string& text);

// Writes all of `text` to standard output. Returns the exit code: 0, or after an error message that of the error.
int print(std::string_view text);

// Prints the error with its hint and returns its exit code.
int fail(const Error& error);

// The same for a run that had written this many packets.
int fail_run(const Error& error, std::uint64_t packets_written);

}  // namespace ringtap
