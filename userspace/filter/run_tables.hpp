// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pass over decoded instructions: a ClassicRun (a long `or`) becomes a few tests and look-ups in tables, however many
// terms it has. What the terms ask (term_paths) is sorted by shape: tests of the same fields in the same way, which
// differ only in the values that the fields are compared with. A shape with several such fields is searched one field
// after the other: each look-up gives a number for what was found so far, which is part of the key of the next.
//
// The order of the terms is lost. It matters only for frames that end within the fields that are asked for: there one
// term ends the whole by a load outside the frame, and another, if it comes first, matches. So the bytes that any of
// the terms could need are checked first, and where the frame does not have them the filter returns kRecheckVerdict.
// Post-condition: same verdicts, or kRecheckVerdict for frames shorter than kRecheckBytes; a run that is not of this
// kind stays as it is.
#pragma once

#include <vector>

#include "filter/classic_program.hpp"
#include "filter/decode.hpp"
#include "filter/lookup_table.hpp"

namespace ringtap {

// Frames of this length and more are never left to user space because of a run.
constexpr std::uint32_t kRecheckBytes = 256;

// Appends to `tables`; kLookUp operations of the result have its indices.
std::vector<DecodedInsn> tabulate_runs(std::vector<DecodedInsn> insns, const std::vector<ClassicRun>& runs,
                                       std::vector<LookupTable>& tables);

}  // namespace ringtap
