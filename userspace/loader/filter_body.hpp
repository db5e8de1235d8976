// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A filter for the taps: translated for the place where it runs, using the features of the kernel. Pure
// function, any thread.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "filter/classic_program.hpp"
#include "loader/features.hpp"
#include "loader/tap_programs.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// `program` must be compiled for Ethernet or, if place.l3, for raw IP.
Result<std::vector<bpf_insn>> filter_body(const ClassicProgram& program, const FilterPlace& place,
                                          const KernelFeatures& features);

}  // namespace ringtap
