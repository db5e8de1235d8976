// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/messages.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>

#include "app/service_manager.hpp"
#include "base/limit_text.hpp"
#include "base/plain_text.hpp"
#include "base/write_all.hpp"

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

// sd-daemon(3).
constexpr char kErrorPriority = '3';
constexpr char kWarningPriority = '4';
constexpr char kInfoPriority = '6';

std::atomic<bool> only_errors = false;

std::mutex mutex;  // of the following
bool is_held = false;
std::string held;
bool has_passing_line = false;

void write_to_stderr(std::string_view text) {
  // If that fails, there is nobody to tell.
  (void)write_all(STDERR_FILENO, std::as_bytes(std::span(text)), is_regular_file(STDERR_FILENO));
}

// The line that shall not stay.
void remove_passing_line() {
  if (std::exchange(has_passing_line, false)) write_to_stderr("\r\x1b[K");
}

void print_lines(std::string_view text, char priority) {
  if (only_errors && priority > kErrorPriority) return;
  static const bool has_priorities = is_journal(STDERR_FILENO);
  std::string plain = plain_text(text);
  if (has_priorities) {
    const std::string prefix = {'<', priority, '>'};
    for (std::size_t at = 0; at < plain.size();) {
      plain.insert(at, prefix);
      at = std::min(plain.find('\n', at), plain.size() - 1) + 1;
    }
  }
  const std::lock_guard lock(mutex);
  if (is_held) {
    if (held.size() + plain.size() <= kMostHeld) held += plain;
    return;
  }
  remove_passing_line();
  write_to_stderr(plain);
}

void say_line(const std::string& text, char priority) {
  print_lines("ringtap: " + plain_line(text) + "\n", priority);
}

}  // namespace

void say(const std::string& text) {
  say_line(text, kInfoPriority);
}

void warn(const std::string& text) {
  say_line(text, kWarningPriority);
}

void say_only_errors() {
  only_errors = true;
}

void print_to_stderr(std::string_view text) {
  print_lines(text, kInfoPriority);
}

void show_count(std::uint64_t packets) {
  std::fprintf(stderr, "Got %llu\r", static_cast<unsigned long long>(packets));
}

void show_passing_line(const std::string& text) {
  const std::lock_guard lock(mutex);
  remove_passing_line();
  if (text.empty()) return;
  has_passing_line = true;
  write_to_stderr("ringtap: " + plain_line(text));
}

void hold_messages() {
  const std::lock_guard lock(mutex);
  is_held = ::isatty(STDERR_FILENO) == 1;
}

void release_messages() {
  const std::lock_guard lock(mutex);
  is_held = false;
  write_to_stderr(std::exchange(held, ""));
}

int print(std::string_view text) {
  const std::string plain = plain_text(text);
  const auto written = write_all(STDOUT_FILENO, std::as_bytes(std::span(plain)), is_regular_file(STDOUT_FILENO));
  return written.error == 0 ? 0 : fail(write_error(written.error, "write to standard output"));
}

std::string error_text(const Error& error) {
  std::string hint = error.hint();
  const std::string limit = limit_text(error.errno_value());
  if (!limit.empty() && hint.find(limit) == std::string::npos) hint = limit + (hint.empty() ? "" : "; " + hint);
  return error.text() + (hint.empty() ? "" : " (hint: " + hint + ")");
}

int fail(const Error& error) {
  say_line(error_text(error), kErrorPriority);
  return exit_code(error);
}

int fail_run(const Error& error, const SessionTotals& totals) {
  const bool unwritten = totals.discards[static_cast<std::size_t>(Discard::kOutput)] > 0;
  if (error.kind() == ErrorKind::kOutput && unwritten) {
    say(std::to_string(totals.written) + " packets were written before the error");
  }
  return fail(error);
}

}  // namespace ringtap
