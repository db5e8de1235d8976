// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/spill_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace ringtap {
namespace {

constexpr std::uint64_t kBlock = 4096;

// Each batch begins with a block of its own, so that a hole gives back all of it.
constexpr std::uint64_t in_blocks(std::size_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

}  // namespace

Result<SpillFile> SpillFile::create(const std::string& folder, std::uint64_t most_bytes) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file && errno == EOPNOTSUPP) {  // NFS, overlayfs before Linux 6.3
    std::string name = folder + "/ringtap-spill-XXXXXX";
    file = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (file && ::unlink(name.c_str()) != 0) return Error::from_errno(errno, "--spill: remove the name " + name);
  }
  if (!file) return Error::from_errno(errno, "--spill " + folder);
  return SpillFile(std::move(file), folder, most_bytes);
}

Result<std::uint64_t> SpillFile::append(std::span<const std::byte> bytes) {
  const std::uint64_t at = end_;
  const std::uint64_t blocks = in_blocks(bytes.size());
  if (blocks > most_bytes_ || used() > most_bytes_ - blocks) {
    return Error("--spill " + folder_ + ": as full as --spill-size allows");
  }
  std::uint64_t to = at;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(to));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int err = written == 0 ? ENOSPC : errno;
      // What stays behind this place is written over.
      [[maybe_unused]] const int cut = ::ftruncate(file_.get(), static_cast<off_t>(at));
      return Error::from_errno(err, "--spill " + folder_);
    }
    to += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  end_ += blocks;
  waiting_ += blocks;
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

void SpillFile::give_back(std::uint64_t at, std::size_t size) {
  waiting_ -= in_blocks(size);
  if (waiting_ == 0) {
    end_ = 0;
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), 0);  // as above
    return;
  }
  has_holes_ = has_holes_ && ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                         static_cast<off_t>(at), static_cast<off_t>(in_blocks(size))) == 0;
}

}  // namespace ringtap
