// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What comparisons of files and live comparisons share: the comparer with its outputs, and the run. Everything except
// what a function returns is borrowed; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/session.hpp"
#include "app/signals.hpp"
#include "cli/options.hpp"
#include "compare/comparer.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

// The comparer writes its report to standard output and, with -w, a file. Settings in `compare` that come from the
// options are filled in here. `inputs`: the interfaces or files that are read, for the answer if no packet came.
Result<std::unique_ptr<Comparer>> make_comparer(const Options& options, const std::vector<std::string>& inputs,
                                                CompareOptions compare);

// Runs until a signal, the end of the source or of the duration, or until the number of packets given with -c have been
// followed to their end. `watch`: as in SessionOptions, all of them may be null. The exit code, and the totals.
struct ComparisonWatch {
  std::function<void()> on_turn = {};  // between turns
  std::function<void(const SessionTotals& totals)> on_progress = {};
};
struct EndedComparison {
  int code = 0;
  SessionTotals totals;
};
EndedComparison run_comparison(RecordSource& source, Comparer& comparer, Signals& signals, const Options& options,
                               ComparisonWatch watch);

}  // namespace ringtap
