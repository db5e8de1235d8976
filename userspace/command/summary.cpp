// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/summary.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/now.hpp"
#include "base/write_all.hpp"
#include "command/messages.hpp"
#include "summary/traffic_summary.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kClear = "\x1b[H\x1b[2J";

class Screen {
 public:
  Screen(TrafficSummary& summary, const Options& options)
      : summary_(summary),
        style_(*options.output.summary),
        is_shown_(options.read_paths.empty() && !style_.json && ::isatty(STDOUT_FILENO) == 1) {}

  void show() {
    if (!is_shown_) return;
    winsize size{};
    constexpr unsigned short kLines = 24;
    constexpr unsigned short kColumns = 80;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
      size = {.ws_row = kLines, .ws_col = kColumns};
    const std::uint64_t now = monotonic_now_ns();
    const double seconds = static_cast<double>(now - shown_ns_) / kNsPerSecond;
    shown_ns_ = now;
    write(std::string(kClear) + summary_.screen(size.ws_row, size.ws_col, seconds));
  }
  int end() {
    if (is_shown_) write(kClear);
    return print(style_.json ? summary_.json() : summary_.text(style_.rows));
  }

 private:
  // What the summary shows is plain text already.
  static void write(std::string_view text) { (void)write_all(STDOUT_FILENO, std::as_bytes(std::span(text)), false); }

  TrafficSummary& summary_;
  SummaryStyle style_;
  bool is_shown_;
  std::uint64_t shown_ns_ = monotonic_now_ns();
};

}  // namespace

Result<Output> open_summary(const OutputContext& context) {
  auto summary = std::make_unique<TrafficSummary>(*context.options.output.summary);
  auto screen = std::make_shared<Screen>(*summary, context.options);
  Output output;
  output.on_second = [screen] { screen->show(); };
  output.tell_end = [screen] { return screen->end(); };
  output.sink = std::move(summary);
  return output;
}

}  // namespace ringtap
