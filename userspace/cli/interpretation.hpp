// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the options of a command line mean in combination: how one affects another, and which cannot be combined. Pure
// functions except for reading the files of -F and -V; any thread.
#pragma once

#include <string>

#include "cli/option_table.hpp"
#include "cli/options.hpp"

namespace ringtap {

// `expression`: the arguments that belong to no option, separated by blanks.
Result<Options> interpret(Draft draft, Form form, const std::string& expression);

// Whether several threads may read the rings of this capture: each has a part of the packets, and whoever has all of
// them has only what stands in the file. The Error says what cannot be used with --threads.
Result<> check_threads(const Options& options);

}  // namespace ringtap
