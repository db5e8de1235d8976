// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/fleet_comparison.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "command/fleet_report.hpp"
#include "fleet/clock_quality.hpp"

namespace ringtap {
namespace {

HostFacts facts_of(const FleetHostAccount& account) {
  return {.host = account.host,
          .clock = {.boot = account.boot,
                    .is_synchronised = account.clock == kSynchronised,
                    .error_ns = account.clock_error_ns},
          .netns = account.netns,
          .begin_ns = account.opened_ns,
          .end_ns = account.ended_ns,
          .lost = lost_of(account),
          .left_out = left_out_of(account),
          .trouble = account.trouble};
}

}  // namespace

Result<Output> open_fleet_comparison(const Options& options, const FleetSource& source, std::vector<HostFacts> others) {
  HostsCompareOptions how;
  static_cast<CompareStyle&>(how) = options.compare;
  how.taps = options.capture.taps;
  const auto& devices = options.capture.interfaces;
  how.all_devices = std::find(devices.begin(), devices.end(), "any") != devices.end();
  if (options.follow) how.taps.insert(Tap::kEnd);
  how.filter = options.filter.expression;
  how.facts = [&source, others = std::move(others)] {
    std::vector<HostFacts> all = others;
    for (const FleetHostAccount& account : source.accounts()) all.push_back(facts_of(account));
    return all;
  };
  std::unique_ptr<Sink> file;
  if (!options.output.path.empty()) {
    auto opened = open_capture_file({.options = options}, options.output.path);
    if (!opened) return opened.take_error();
    file = std::move(opened->sink);
  }
  auto out = open_output("-");
  if (!out) return out.take_error();
  ::tzset();  // while the file of the time zone can be opened
  Output output;
  output.sink = std::make_unique<HostsComparer>(std::move(how), out.take(), std::move(file));
  return output;
}

}  // namespace ringtap
