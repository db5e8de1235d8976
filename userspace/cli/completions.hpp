// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Completions of the command line for bash, zsh and fish, made from the table of options, so that each has every option
// with its help. Pure function, any thread.
#pragma once

#include <string>

namespace ringtap {

enum class Shell { kBash, kZsh, kFish };

// The text of the file that the shell loads for `ringtap`.
std::string completions(Shell shell);

}  // namespace ringtap
