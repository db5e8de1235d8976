// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The versions of the libraries that only a program with the kernel side has, for --version. Constant while the program
// runs; any thread.
#pragma once

#include <string>

namespace ringtap {

// "libbpf version 1.1", or that there is none.
std::string kernel_library_version();

}  // namespace ringtap
