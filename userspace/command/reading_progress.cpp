// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/reading_progress.hpp"

#include <unistd.h>

#include <string>

#include "base/byte_text.hpp"
#include "base/now.hpp"
#include "base/terminal.hpp"
#include "command/messages.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kPatienceNs = 2 * kNsPerSecond;

bool prints_packets(const Options& options) {
  return options.action == Action::kCompareFile ? options.compare.each : options.output.print;
}

}  // namespace

ReadingProgress::ReadingProgress(const FileInput& files, const Options& options)
    : files_(files),
      is_shown_(obeys_escapes(STDERR_FILENO) && options.action != Action::kQuery &&
                !(prints_packets(options) && ::isatty(STDOUT_FILENO) == 1)),
      begin_ns_(monotonic_now_ns()),
      source_(
          *files.source, [](bool) { return ok(); }, [] { show_passing_line(""); }) {}

ReadingProgress::~ReadingProgress() {
  show_passing_line("");
}

void ReadingProgress::look() const {
  if (!is_shown_ || monotonic_now_ns() - begin_ns_ < kPatienceNs) return;
  const ReadPosition position = files_.files->position();
  std::string text = bytes_text(position.bytes);
  if (position.has_size && position.size > 0) {
    constexpr std::uint64_t kPercent = 100;
    text += " of " + bytes_text(position.size) + " read, " + std::to_string(position.bytes * kPercent / position.size) +
            " %";
  } else {
    text += " read";
  }
  show_passing_line(text);
}

}  // namespace ringtap
