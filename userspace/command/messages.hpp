// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the commands print besides packets, and the exit codes of errors. Text from outside goes through here to a
// terminal as plain text (base/plain_text.hpp). Where standard error is the journal of systemd, lines have a priority
// in front: an error's, a warning's, or that of information. A message is one line; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/session.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

inline constexpr int kExitLoss = 3;

// "ringtap: TEXT"
void say(const std::string& text);
// The same of what may need somebody to act, such as loss.
void warn(const std::string& text);

// From now on only errors are printed: what else goes to standard error Wireshark would show as one.
void say_only_errors();

// Reports, and the lines that tcpdump prints, too.
void print_to_stderr(std::string_view text);

// tcpdump's "Got 5", on a terminal only: the next line of any kind takes its place.
void show_count(std::uint64_t packets);

// A line on a terminal that the next one of any kind takes the place of, such as how far a file has been read; an empty
// one only removes it.
void show_passing_line(const std::string& text);

// From now on what goes to standard error waits if that is a terminal, since it would be lost on a screen that is drawn
// again and again; at most kMostHeld bytes. And: it is printed.
inline constexpr std::size_t kMostHeld = 65536;
void hold_messages();
void release_messages();

// Writes all of `text` to standard output. Returns the exit code: 0, or after an error message that of the error.
int print(std::string_view text);

// With its hint, and the limit of this process that it is about (base/limit_text.hpp).
std::string error_text(const Error& error);

// Prints that and returns the exit code of the error.
int fail(const Error& error);

// The same for a run; if packets could not be written, it also says how many were.
int fail_run(const Error& error, const SessionTotals& totals);

}  // namespace ringtap
