// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How capture files are opened by name: by this process, or once it may not do that any more by whoever was named here.
// One thread.
#pragma once

#include <functional>
#include <string>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

enum class FileUse {
  kRead,
  kWrite,   // created if it does not exist, emptied if it does
  kLookAt,  // created if it does not exist, left as it is if it does; for writing
  kFolder,  // the folder that it is in, to fsync(2) its name
};

// Errors say what was to be done with which file.
using FileOpener = std::function<Result<UniqueFd>(const std::string& path, FileUse use)>;

Result<UniqueFd> open_file(const std::string& path, FileUse use);
// By this process, whatever was set.
Result<UniqueFd> open_file_here(const std::string& path, FileUse use);
// From now on for open_file(); null: open_file_here.
void set_file_opener(FileOpener opener);

}  // namespace ringtap
