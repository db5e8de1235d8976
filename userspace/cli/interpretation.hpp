// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the options of a command line mean together: what one decides for another, and what does not go together. Pure
// functions but for reading -F's file and -V's; any thread.
#pragma once

#include <string>

#include "cli/option_table.hpp"
#include "cli/options.hpp"

namespace ringtap {

// `expression`: the words that belong to no option, with blanks between them.
Result<Options> interpret(Draft draft, Form form, const std::string& expression);

}  // namespace ringtap
