// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The rights that a helper process keeps which opens files by name for a process in the sandbox: those of the caller or
// of the user of -Z, to open files and for nothing else, and to write only below `folders` where the kernel has
// landlock. A command of -z gets no rights, and may write where it likes. Called in the helper process, first.
#pragma once

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

Result<> keep_rights_for_files(const Options& options, const std::vector<std::string>& folders);

}  // namespace ringtap
