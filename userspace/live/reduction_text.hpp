// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a capture leaves out on purpose, in words, for the description of an interface in a file. A pure function, any
// thread.
#pragma once

#include <string>

#include "ringtap/capture.hpp"

namespace ringtap {

// "cut after the headers of layer 4 plus 64 bytes, 1 of 8 flows"; empty if nothing is left out.
std::string reduction_text(const Reduction& reduction);

}  // namespace ringtap
