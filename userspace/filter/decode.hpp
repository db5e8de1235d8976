// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// First pass: classic instructions → operations and block ends, or an Error for invalid instructions.
// Post-condition: every opcode is defined by FilterOp or FilterEnd, every memory index is below
// kMemoryWords, every branch target is an instruction of the program, and the last instruction does not fall through.
#pragma once

#include <variant>
#include <vector>

#include "filter/classic_program.hpp"
#include "filter/filter_ops.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

using DecodedInsn = std::variant<FilterOp, FilterEnd>;  // targets of an end are instruction numbers

Result<std::vector<DecodedInsn>> decode(const ClassicProgram& program);

}  // namespace ringtap
