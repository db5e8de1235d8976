// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The report of a comparison as a page for a browser: one file that loads nothing and has no script, so that it can be
// sent around; its own policy forbids both. The path as a picture, the outcomes, the places, and packets with the times
// between their places. All text from outside is escaped (compare/html_text.hpp). Pure function, any thread.
#pragma once

#include <string>

#include "compare/comparer.hpp"
#include "compare/path_flow.hpp"

namespace ringtap {

std::string report_html(const CompareTotals& totals, const PathFlow& flow, const Places& places, const Texts& texts,
                        const CompareOptions& options);

}  // namespace ringtap
