// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/spill_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ringtap {

Result<SpillFile> SpillFile::create(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return Error::from_errno(errno, "--spill " + folder);
  return SpillFile(std::move(file), folder);
}

Result<std::uint64_t> SpillFile::append(std::span<const std::byte> bytes) {
  const std::uint64_t at = size_;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int err = written == 0 ? ENOSPC : errno;
      size_ = at;
      // What stays behind this place is written over.
      [[maybe_unused]] const int cut = ::ftruncate(file_.get(), static_cast<off_t>(size_));
      return Error::from_errno(err, "--spill " + folder_);
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return at;
}

Result<std::vector<std::byte>> SpillFile::read(std::uint64_t at, std::size_t size) const {
  std::vector<std::byte> bytes(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(file_.get(), bytes.data() + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error::from_errno(got == 0 ? EIO : errno, "--spill " + folder_);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void SpillFile::clear() {
  if (size_ == 0) return;
  size_ = 0;
  [[maybe_unused]] const int cut = ::ftruncate(file_.get(), 0);  // as above
}

}  // namespace ringtap
