// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// compare on live packets, with --nft-rule.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/beside.hpp"
#include "base/end_request.hpp"
#include "base/now.hpp"
#include "base/terminal.hpp"
#include "command/commands.hpp"
#include "command/comparison.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "command/monitor.hpp"
#include "command/outputs.hpp"
#include "command/run.hpp"
#include "command/screen.hpp"
#include "compare/live_table.hpp"
#include "net/device_names.hpp"
#include "nft/nft_trace.hpp"

namespace ringtap {
namespace {

// When the taps are detached, trace messages still wait in the socket; listing a long chain may delay reading them.
constexpr auto kRulePatience = std::chrono::seconds(5);
// While they are on it comes that much later than the packet at most; a dropped one is kept for it so long.
constexpr auto kRuleDelay = std::chrono::seconds(2);

// A comparison is useful without rules, too, so a failure is only reported.
std::optional<NftTrace> trace_rules(const Options& options, LiveInput& live) {
  if (!options.nft_rule) return std::nullopt;
  NftTraceOptions how;
  const bool any = std::find(live.interfaces.begin(), live.interfaces.end(), "any") != live.interfaces.end();
  if (!any) how.interfaces = live.interfaces;
  for (const LinkType link_type : live.link_types) how.programs.push_back(live.filter->program(link_type));
  auto trace = NftTrace::start(how);
  if (!trace) {
    fail(std::move(trace.take_error()).context("--nft-rule"));
    return std::nullopt;
  }
  if (options.compare.verbosity > 0) say("--nft-rule: " + trace->description());
  return trace.take();
}

// "eth0 at the taps xdp, tc", "42 interfaces at …": each tap and each device once.
std::string places_text(const LiveSource& source) {
  std::vector<std::string_view> devices;
  std::vector<std::string_view> taps;
  const auto add = [](std::vector<std::string_view>& list, std::string_view word) {
    if (!word.empty() && std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
  };
  for (const Interface& interface : source.interfaces()) {
    const std::string_view name = interface.name;
    const std::size_t colon = std::min(name.rfind(':'), name.size());
    add(devices, name.substr(0, colon));
    add(taps, name.substr(std::min(colon + 1, name.size())));
  }
  const auto joined = [](const std::vector<std::string_view>& list) {
    std::string text;
    for (const std::string_view word : list) text.append(text.empty() ? "" : ", ").append(word);
    return text;
  };
  constexpr std::size_t kMostNames = 6;
  return (devices.size() > kMostNames ? std::to_string(devices.size()) + " interfaces" : joined(devices)) +
         (taps.empty() ? "" : " at the taps " + joined(taps));
}

// The table on a terminal, and its keys.
class LiveView {
 public:
  // Without a screen nothing is shown.
  LiveView(std::unique_ptr<Screen> screen, Comparer& comparer, const Options& options)
      : screen_(std::move(screen)), comparer_(comparer) {
    if (screen_ == nullptr) return;
    comparer.keep_recent();
    style_.has_color = wants_color(options.text_style.color, STDOUT_FILENO);
    style_.has_utf8 = takes_utf8();
  }

  void look_at_keys() {
    if (screen_ == nullptr) return;
    for (char key = screen_->key(); key != 0; key = screen_->key()) {
      if (key == 'q' || key == 'Q') EndRequest::of_this_run().ask();
      packet_ = key == 'p' || key == 'd' ? comparer_.recent_packet(key == 'd') : "";
      is_new_ = true;
    }
    if (std::exchange(is_new_, false)) show(0);
  }
  void show_anew() {
    const std::uint64_t now = monotonic_now_ns();
    show(static_cast<double>(now - std::exchange(shown_ns_, now)) / kNsPerSecond);
  }
  void leave() {
    if (screen_ != nullptr) screen_->leave();
  }

 private:
  // Between two seconds the rates stay what they are.
  void show(double seconds) {
    if (screen_ == nullptr) return;
    const Screen::Size size = Screen::size();
    style_.lines = size.lines;
    style_.columns = size.columns;
    screen_->show(table_.text(comparer_, packet_, seconds, style_));
  }

  std::unique_ptr<Screen> screen_;
  Comparer& comparer_;
  LiveTable table_;
  LiveTableStyle style_;
  std::string packet_;
  bool is_new_ = false;
  std::uint64_t shown_ns_ = monotonic_now_ns();
};

// What a comparison has to tell beyond what every capture has.
Output counts_of(const Comparer& comparer) {
  Output output;
  output.add_counts = [&comparer](RunCounts& counts) {
    const CompareTotals totals = comparer.totals();
    for (const auto& [outcome, packets] : totals.outcomes) {
      counts.outcomes[std::string(outcome_name(outcome.kind))] += packets;
      if (outcome.kind != OutcomeKind::kDropped) continue;
      const std::string& reason = comparer.texts()[outcome.reason];
      counts.drops[reason.empty() ? "unknown" : reason] += packets;
    }
  };
  return output;
}

}  // namespace

int compare_live(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  if (auto begun = begin_run(options); !begun) return fail(begun.error());
  auto live = open_live(options, true, signals->wake_fd());
  if (!live) return fail(live.error());
  CompareOptions how;
  how.live = true;
  if (options.nft_rule) how.correlator.freed_age_ns = how.rule_delay_ns = std::chrono::nanoseconds(kRuleDelay).count();
  DeviceNames names;
  how.device_name = [&names](std::uint32_t netns, std::uint32_t ifindex) {
    return std::string(names.device(netns, ifindex));
  };
  const bool has_table = !options.compare.each && !options.compare.json;
  auto screen = has_table ? Screen::prepare() : Result(std::unique_ptr<Screen>());
  if (!screen) return fail(screen.error());
  auto monitor = Monitor::prepare(options);
  if (!monitor) return fail(monitor.error());
  auto comparer = make_comparer(options, live->interfaces, std::move(how));
  if (!comparer) return fail(comparer.error());
  LiveView view(screen.take(), **comparer, options);
  const Output counts = counts_of(**comparer);
  signals->install();
  if (auto started = start_helpers(options, *live->source); !started) return fail(started.error());
  auto rules = trace_rules(options, *live);  // before the taps, so that every packet that one sees is traced
  auto needs = attach(options, *live->source);
  if (!needs) return fail(needs.error());
  say("following packets on " + places_text(*live->source) + "; Ctrl-C shows where they went");
  if (options.compare.verbosity > 0) say(live->source->buffer_text());
  (*comparer)->begin(epoch_now_ns());
  if (auto ready = make_ready_file(options); !ready) return fail(ready.error());
  if (auto gone = give_up_privileges(options, *needs); !gone) return fail(gone.error());
  confine(options, *needs);
  if (auto started = (*monitor)->start(*live->source, counts); !started) return fail(started.error());

  const auto read_rules = [&](bool last) -> Result<> {
    if (!rules) return ok();
    if (last) rules->settle(kRulePatience);
    return rules->drain([&](const RuleVerdict& verdict) { (*comparer)->on_rule(verdict); });
  };
  Beside source(*live->source, read_rules, [&] {
    (*comparer)->end(epoch_now_ns());
    view.leave();  // what comes now is to stay
  });
  const EndedComparison ended = run_comparison(source, **comparer, *signals, options,
                                               {.on_turn = [&] { view.look_at_keys(); },
                                                .on_progress =
                                                    [&](const SessionTotals& totals) {
                                                      view.show_anew();
                                                      (*monitor)->look(totals);
                                                    }});
  (*monitor)->end(ended.totals);
  if (rules && rules->statistics().lost > 0) {
    say("--nft-rule: " + std::to_string(rules->statistics().lost) +
        " nftables trace messages were lost; the rules of some drops are not named");
  }
  return end_run(ended.code);
}

}  // namespace ringtap
