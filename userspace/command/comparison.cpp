// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/comparison.hpp"

#include <ctime>
#include <utility>

#include "app/report.hpp"
#include "app/session.hpp"
#include "command/messages.hpp"
#include "command/outputs.hpp"
#include "file/file_writer.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

// "eth0, eth1 for 'udp port 5000'", "any in --netns web for 'icmp'"
std::string input_text(const Options& options, const std::vector<std::string>& inputs) {
  std::string text;
  for (const std::string& name : inputs) text += (text.empty() ? "" : ", ") + name;
  for (const std::string& netns : options.capture.namespaces) {
    text += (&netns == options.capture.namespaces.data() ? " in --netns " : ", ") + netns;
  }
  if (!options.filter.expression.empty()) text += " for '" + options.filter.expression + "'";
  return text;
}

}  // namespace

Result<std::unique_ptr<Comparer>> make_comparer(const Options& options, const std::vector<std::string>& inputs,
                                                CompareOptions compare) {
  static_cast<CompareStyle&>(compare) = options.compare;
  compare.taps = options.capture.taps;
  if (options.limits.count) compare.correlator.follow = *options.limits.count;
  compare.program = version_text();
  compare.listened_at = input_text(options, inputs);
  std::unique_ptr<Sink> file;
  if (!options.output.path.empty()) {
    auto opened = open_capture_file({.options = options}, options.output.path);
    if (!opened) return opened.take_error();
    file = std::move(opened->sink);
  }
  std::unique_ptr<ByteWriter> page;
  if (!options.output.html_path.empty()) {
    auto opened = open_output(options.output.html_path);
    if (!opened) return std::move(opened.take_error()).context("--html");
    page = opened.take();
  }
  auto out = open_output("-");
  if (!out) return out.take_error();
  ::tzset();  // while the file of the time zone can be opened
  auto comparer = std::make_unique<Comparer>(std::move(compare), out.take(), std::move(file));
  if (page != nullptr) comparer->make_page(std::move(page));
  return comparer;
}

EndedComparison run_comparison(RecordSource& source, Comparer& comparer, Signals& signals, const Options& options,
                               ComparisonWatch watch) {
  // -c counts packets that were followed to their end, not records.
  Session session(source, comparer, signals,
                  {.limits = {.count = {}, .duration = options.limits.duration},
                   .is_done =
                       [&comparer, &watch] {
                         if (watch.on_turn) watch.on_turn();
                         return comparer.is_done();
                       },
                   .on_progress = std::move(watch.on_progress)},
                  [&comparer](const SessionTotals&) { print_to_stderr(comparer.report()); });
  const Result<> result = session.run();
  if (const auto account = source.account(); account && options.compare.verbosity > 0 && options.read_paths.empty()) {
    print_to_stderr(accounting_text(*account, session.totals(), options.compare.verbosity > 1));
  }
  return {.code = result ? 0 : fail(result.error()), .totals = session.totals()};
}

}  // namespace ringtap
