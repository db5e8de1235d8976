// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A large expression as one classic program, joined from parts that are compiled by themselves. libpcap's own code
// generator takes quadratic time (10,000 hosts: hours) and recursion as deep as the expression is long. The joined
// program tests in the order in which libpcap's would: the parts of an `or` from first to last until one matches; a
// load outside the frame ends the whole. Pure but for `compile`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "filter/classic_program.hpp"
#include "filter/expression_tree.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// An `or` of this many terms is a run (ClassicRun).
constexpr std::size_t kRunTerms = 64;

using CompilePart = std::function<Result<ClassicProgram>(const std::string& expression)>;

[[nodiscard]] bool has_run(const ExpressionNode& node);

// `accepted`: what the program returns for a match, as all parts do.
Result<ClassicProgram> compose(const ExpressionNode& node, std::uint32_t accepted, const CompilePart& compile);

// What `first` does not match, `second` decides.
ClassicProgram joined_by_or(ClassicProgram first, const ClassicProgram& second);

}  // namespace ringtap
