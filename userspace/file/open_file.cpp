// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/open_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ringtap {
namespace {

FileOpener& the_opener() {
  static FileOpener opener;
  return opener;
}

Result<UniqueFd> open_folder_of(const std::string& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);  // its name may be a symbolic link
  const std::string folder = error ? path : file.parent_path().string();
  UniqueFd fd(error ? -1 : ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  return Error::from_errno(error ? error.value() : errno, "open " + folder + " for --sync", ErrorKind::kOutput);
}

}  // namespace

Result<UniqueFd> open_file_here(const std::string& path, FileUse use) {
  if (use == FileUse::kFolder) return open_folder_of(path);
  if (use == FileUse::kRead) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return Error::from_errno(errno, "open " + path);
    return fd;
  }
  const int emptied = use == FileUse::kWrite ? O_TRUNC : O_NONBLOCK;  // a pipe that nobody reads is not waited for
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | emptied | O_CLOEXEC, 0666));
  if (!fd) return Error::from_errno(errno, "create " + path, ErrorKind::kOutput);
  return fd;
}

Result<UniqueFd> open_file(const std::string& path, FileUse use) {
  return the_opener() ? the_opener()(path, use) : open_file_here(path, use);
}

void set_file_opener(FileOpener opener) {
  the_opener() = std::move(opener);
}

}  // namespace ringtap
