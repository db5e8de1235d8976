// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/messages.hpp"

#include <cerrno>
#include <cstdio>

namespace ringtap {
namespace {

int exit_code(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kFailure:
      return 1;
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kOutput:
      return 4;
  }
  return 1;
}

}  // namespace

void say(const std::string& text) {
  std::fprintf(stderr, "ringtap: %s\n", text.c_str());
}

int print(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  return fail(Error::from_errno(errno, "write to standard output", ErrorKind::kOutput));
}

int fail(const Error& error) {
  say(error.text() + (error.hint().empty() ? "" : " (hint: " + error.hint() + ")"));
  return exit_code(error);
}

int fail_run(const Error& error, std::uint64_t packets_written) {
  if (error.kind() == ErrorKind::kOutput)
    say(std::to_string(packets_written) + " packets were written before the error");
  return fail(error);
}

}  // namespace ringtap
