// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/direct_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringtap {
namespace {

constexpr std::uint32_t kCifsMagic = 0xff534d42;   // fs/smb/client/cifsfs.h
constexpr std::uint32_t kSmb2Magic = 0xfe534d42;   // statfs(2)
constexpr std::uint32_t kCephMagic = 0x00c36400;   // statfs(2)
constexpr std::uint32_t kNinepMagic = 0x01021997;  // linux/magic.h: V9FS_MAGIC
constexpr std::array<std::uint32_t, 8> kElsewhere = {TMPFS_MAGIC, RAMFS_MAGIC, NFS_SUPER_MAGIC, FUSE_SUPER_MAGIC,
                                                     kCifsMagic,  kSmb2Magic,  kCephMagic,      kNinepMagic};

}  // namespace

DirectFile::DirectFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {
  if (!is_for(fd_.get())) no_direct_ = EOPNOTSUPP;
}

bool DirectFile::is_for(int fd) {
  struct stat status {};
  struct statfs system {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && ::fstatfs(fd, &system) == 0 &&
         std::find(kElsewhere.begin(), kElsewhere.end(), static_cast<std::uint32_t>(system.f_type)) == kElsewhere.end();
}

bool DirectFile::set_direct(bool direct) {
  if (direct == is_direct_) return true;
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags >= 0 && ::fcntl(fd_.get(), F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0) {
    is_direct_ = direct;
    return true;
  }
  no_direct_ = errno;
  return false;
}

std::string DirectFile::why_cached() const {
  return no_direct_ == 0 ? "" : std::string("O_DIRECT: ") + std::strerror(no_direct_);
}

DirectFile::Appended DirectFile::append(Chunk& chunk, bool past_cache) {
  if (chunk.size() == 0) return {};
  const std::span<const std::uint32_t> ends = chunk.ends();
  const std::size_t lead = size_ % Chunk::kAlign;
  const std::span<const std::byte> bytes = chunk.with(std::span(tail_).first(lead));
  const auto start = static_cast<off_t>(size_ - lead);
  std::size_t written = lead;
  bool direct = past_cache && no_direct_ == 0 && set_direct(true);
  if (direct) written = 0;  // whole pages
  while (written < bytes.size()) {
    const std::size_t left = bytes.size() - written;
    std::size_t size = left;
    if (direct) {
      size = left / Chunk::kAlign * Chunk::kAlign;
      // A short write may have ended within a page.
      if (size == 0 || written % Chunk::kAlign != 0) {
        direct = false;
        size = left;
        written = std::max(written, lead);
        if (!set_direct(false)) return cut_back(bytes, written, ends);
        continue;
      }
    } else if (!set_direct(false)) {
      return cut_back(bytes, written, ends);
    }
    const ssize_t count = ::pwrite(fd_.get(), bytes.data() + written, size, start + static_cast<off_t>(written));
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    const int error = count == 0 ? EIO : errno;
    if (error == EINTR) continue;
    if (direct && (error == EINVAL || error == EOPNOTSUPP)) {  // known only once it is tried
      no_direct_ = error;
      direct = false;
      written = std::max(written, lead);
      continue;
    }
    Appended appended = cut_back(bytes, std::max(written, lead), ends);
    appended.error = error;
    return appended;
  }
  keep_tail(bytes, written);
  return {.blocks = ends.empty() ? 1 : ends.size(), .error = 0};
}

void DirectFile::keep_tail(std::span<const std::byte> bytes, std::size_t written) {
  size_ += written - size_ % Chunk::kAlign;
  const std::size_t rest = written % Chunk::kAlign;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(written - rest), rest, tail_.begin());
}

// `written` bytes of `bytes` are in the file: those of the last block that is complete stay.
DirectFile::Appended DirectFile::cut_back(std::span<const std::byte> bytes, std::size_t written,
                                          std::span<const std::uint32_t> ends) {
  const int error = errno;
  const std::size_t lead = size_ % Chunk::kAlign;
  const auto whole = static_cast<std::size_t>(
      std::upper_bound(ends.begin(), ends.end(), static_cast<std::uint32_t>(written - lead)) - ends.begin());
  const std::size_t kept = lead + (whole == 0 ? 0 : ends[whole - 1]);
  keep_tail(bytes, kept);
  static_cast<void>(::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0);
  return {.blocks = whole, .error = error};
}

int DirectFile::sync() {
  return ::fdatasync(fd_.get()) == 0 ? 0 : errno;
}

int DirectFile::close() {
  // Linux has released the descriptor even if close() was interrupted, close(2).
  const int error = ::close(fd_.release()) == 0 ? 0 : errno;
  return error == EINTR ? 0 : error;
}

}  // namespace ringtap
