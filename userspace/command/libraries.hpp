// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The versions, for --version, of the libraries that only a build with the kernel side has. Constant while the program
// runs; any thread.
#pragma once

#include <string>

namespace ringtap {

// "libbpf version 1.1", or "without libbpf".
std::string kernel_library_version();

}  // namespace ringtap
