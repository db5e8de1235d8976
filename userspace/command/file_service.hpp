// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The helper process that opens the files of the command line by name, and runs the command of -z on those that are
// complete, for a process in the sandbox. It keeps the caller's rights, or has those of the user of -Z; it opens the
// inputs, what -w names, and nothing else. One thread.
#pragma once

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "ringtap/result.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {

// Started if a file may be opened later; from then on open_file() asks it. An Error of kind kUsage if -w is one of the
// inputs.
Result<> start_file_service(const Options& options);

// -z, by the helper process, which reports what fails.
Result<> run_file_command(const std::string& path);
// At the end of a run: how many commands of -z failed; empty: none did.
std::string file_command_text(const Options& options);

}  // namespace ringtap
