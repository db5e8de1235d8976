// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// compare on live packets, with --nft-rule.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "app/beside.hpp"
#include "base/now.hpp"
#include "command/commands.hpp"
#include "command/comparison.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "command/run.hpp"
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
  how.device_name = [&names](std::uint32_t ifindex) { return std::string(names.device(0, ifindex)); };
  auto comparer = make_comparer(options, live->interfaces, std::move(how));
  if (!comparer) return fail(comparer.error());
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

  const auto read_rules = [&](bool last) -> Result<> {
    if (!rules) return ok();
    if (last) rules->settle(kRulePatience);
    return rules->drain([&](const RuleVerdict& verdict) { (*comparer)->on_rule(verdict); });
  };
  Beside source(*live->source, read_rules, [&] { (*comparer)->end(epoch_now_ns()); });
  const int code = run_comparison(source, **comparer, *signals, options);
  if (rules && rules->statistics().lost > 0) {
    say("--nft-rule: " + std::to_string(rules->statistics().lost) +
        " nftables trace messages were lost; the rules of some drops are not named");
  }
  return end_run(code);
}

}  // namespace ringtap
