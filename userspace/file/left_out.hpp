// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Counts the parts of a file that a writer leaves out, for one message at the end of the run. Pure functions on plain
// values; any thread.
#pragma once

#include <string>

#include "ringtap/output.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

void leave_out(const FileBlockView& block, Conversion& conversion);

// "3 comments, 1 block of names"; empty: nothing was left out.
std::string left_out_text(const Conversion& conversion);

}  // namespace ringtap
