// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/summary.hpp"

#include <cstdint>
#include <memory>
#include <utility>

#include "base/end_request.hpp"
#include "base/now.hpp"
#include "command/messages.hpp"
#include "command/screen.hpp"
#include "summary/traffic_summary.hpp"

namespace ringtap {
namespace {

class View {
 public:
  View(TrafficSummary& summary, const SummaryStyle& style, Screen* screen)
      : summary_(summary), style_(style), screen_(screen) {}

  void show() {
    if (screen_ == nullptr) return;
    const Screen::Size size = Screen::size();
    const std::uint64_t now = monotonic_now_ns();
    const double seconds = static_cast<double>(now - std::exchange(shown_ns_, now)) / kNsPerSecond;
    screen_->show(summary_.screen(size.lines, seconds));
  }
  // Of the keys there is one to stop.
  void look_at_keys() {
    const char key = screen_ == nullptr ? '\0' : screen_->key();
    if (key == 'q' || key == 'Q') EndRequest::of_this_run().ask();
  }
  int end() {
    if (screen_ != nullptr) screen_->leave();
    return print(style_.json ? summary_.json() : summary_.text(style_.rows));
  }

 private:
  TrafficSummary& summary_;
  SummaryStyle style_;
  Screen* screen_;
  std::uint64_t shown_ns_ = monotonic_now_ns();
};

}  // namespace

Result<Output> open_summary(const OutputContext& context) {
  auto summary = std::make_unique<TrafficSummary>(*context.options.output.summary);
  auto view = std::make_shared<View>(*summary, *context.options.output.summary, context.screen);
  Output output;
  output.is_done = [view] {
    view->look_at_keys();
    return false;
  };
  output.on_second = [view] { view->show(); };
  output.tell_end = [view] { return view->end(); };
  output.sink = std::move(summary);
  return output;
}

}  // namespace ringtap
