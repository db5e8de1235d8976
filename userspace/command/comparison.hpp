// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a comparison of files and a live one have in common: the comparer with its outputs, and the run. Everything is
// borrowed but what a function returns; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "app/signals.hpp"
#include "cli/options.hpp"
#include "compare/comparer.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

// Writes its report to standard output, and a file where -w asks for one. `compare` says how; what the options say is
// filled in.
Result<std::unique_ptr<Comparer>> make_comparer(const Options& options, std::uint32_t snaplen, CompareOptions compare);

// Until a signal, the end of the source, the duration, or until as many packets as -c says were followed to their end.
// Returns the exit code.
int run_comparison(RecordSource& source, Comparer& comparer, Signals& signals, const Options& options);

}  // namespace ringtap
