// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/messages.hpp"

#include <cerrno>
#include <cstdio>

#include "base/plain_text.hpp"

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
  std::fprintf(stderr, "ringtap: %s\n", plain_line(text).c_str());
}

void print_to_stderr(std::string_view text) {
  std::fputs(plain_text(text).c_str(), stderr);
}

void show_count(std::uint64_t packets) {
  std::fprintf(stderr, "Got %llu\r", static_cast<unsigned long long>(packets));
}

int print(std::string_view text) {
  errno = 0;
  const std::string plain = plain_text(text);
  if (std::fwrite(plain.data(), 1, plain.size(), stdout) == plain.size() && std::fflush(stdout) == 0) return 0;
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
