// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The output of `ringtap stats` and `ringtap drops`: on a terminal a table that is shown anew each second of a live
// run, and at the end tables or JSON on standard output. One thread.
#pragma once

#include "command/outputs.hpp"

namespace ringtap {

Result<Output> open_summary(const OutputContext& context);

}  // namespace ringtap
