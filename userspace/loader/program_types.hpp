// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The part of the kernel's types that BPF programs name, as BTF of its own. Given all of them, libbpf copies and checks
// 150,000 types, and looks through them again for each struct that a program reads, some 2 ms each: half of the time in
// which a capture starts. Types have other numbers in it than in the kernel's, so a program cannot ask for the number
// of a type (bpf_core_type_id_kernel). Pure function, any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "loader/kernel_types.hpp"

struct btf;

namespace ringtap {

// All structs and unions of `kernel` that have the name of one in `programs`, with the members that those can name: a
// member whose type is a struct that `programs` does not have is left out, pointers point to nothing, and enumerations
// have no values.
std::vector<std::uint32_t> types_for(const btf* programs, const KernelTypes& kernel);

}  // namespace ringtap
