// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/file_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/write_all.hpp"
#include "file/open_file.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kBufferSize = 256 * 1024;
constexpr std::size_t kBufferAlign = 4096;
constexpr std::size_t kMaxBlocks =
    kBufferSize / 64;  // smaller blocks than this on average fill the list before the buffer

Result<std::unique_ptr<FileWriter>> adopt_named(UniqueFd fd, const std::string& path, Durability durability) {
  auto writer = FileWriter::adopt(std::move(fd), path, durability);
  if (!writer || durability == Durability::kInKernel) return writer;
  auto folder = open_file(path, FileUse::kFolder);
  if (!folder) return folder.take_error();
  (*writer)->keep_name_in(folder.take());
  return writer;
}

}  // namespace

FileWriter::FileWriter(UniqueFd fd, std::string name, bool is_regular, Durability durability)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      is_regular_(is_regular),
      durability_(durability),
      buffer_(static_cast<std::byte*>(std::aligned_alloc(kBufferAlign, kBufferSize))) {
  ends_.reserve(kMaxBlocks);
}

Result<std::unique_ptr<FileWriter>> FileWriter::create(const std::string& path, Durability durability) {
  auto fd = open_file(path, FileUse::kWrite);
  if (!fd) return fd.take_error();
  return adopt_named(fd.take(), path, durability);
}

Result<std::unique_ptr<FileWriter>> FileWriter::adopt(UniqueFd fd, std::string name, Durability durability) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error::from_errno(errno, "examine " + name, ErrorKind::kOutput);
  const bool is_regular = S_ISREG(status.st_mode);
  if (durability == Durability::kOnDisk && !is_regular && !S_ISBLK(status.st_mode)) {
    return Error("--sync: " + name + " is not a file, so there is no disk to wait for", ErrorKind::kUsage)
        .hint("leave out --sync, or name a file");
  }
  std::unique_ptr<FileWriter> writer(new FileWriter(std::move(fd), std::move(name), is_regular, durability));
  if (writer->buffer_ == nullptr) return Error::from_errno(ENOMEM, "write " + writer->name_, ErrorKind::kOutput);
  return writer;
}

Result<> FileWriter::write(Parts parts) {
  if (failed_errno_ != 0) return failure();
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  if (size > kBufferSize - used_ || ends_.size() == kMaxBlocks) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  bytes_taken_ += size;
  if (size > kBufferSize) return store_alone(parts);
  for (const auto part : parts) {
    std::copy(part.begin(), part.end(), buffer_.get() + used_);
    used_ += part.size();
  }
  ends_.push_back(static_cast<std::uint32_t>(used_));
  return ok();
}

// A block that is larger than the buffer.
Result<> FileWriter::store_alone(Parts parts) {
  std::vector<std::byte> block;
  for (const auto part : parts) block.insert(block.end(), part.begin(), part.end());
  const auto end = static_cast<std::uint32_t>(block.size());
  return store(block, {&end, 1});
}

Result<> FileWriter::flush() {
  if (failed_errno_ != 0) return failure();
  auto stored = store({buffer_.get(), used_}, ends_);
  used_ = 0;
  ends_.clear();
  return stored;
}

Result<> FileWriter::store(std::span<const std::byte> bytes, std::span<const std::uint32_t> ends) {
  const auto [done, error] = write_all(fd_.get(), bytes, is_regular_);
  failed_errno_ = error;
  const auto whole = std::upper_bound(ends.begin(), ends.end(), done) - ends.begin();
  blocks_stored_ += static_cast<std::uint64_t>(whole);
  if (failed_errno_ == 0) return ok();
  const std::size_t boundary = whole == 0 ? 0 : ends[static_cast<std::size_t>(whole) - 1];
  torn_ = done > boundary && !cut_back(done - boundary);
  return failure();
}

// Only if our bytes are the last of the file: after a position inside it (`1<>file`) there are bytes of others.
bool FileWriter::cut_back(std::size_t excess) {
  if (!is_regular_) return false;
  const off_t position = ::lseek(fd_.get(), 0, SEEK_CUR);
  struct stat status {};
  if (position < 0 || ::fstat(fd_.get(), &status) != 0 || status.st_size != position) return false;
  const off_t boundary = position - static_cast<off_t>(excess);
  return ::ftruncate(fd_.get(), boundary) == 0;
}

Error FileWriter::failure() const {
  return write_error(failed_errno_, "write " + name_ + ", which holds " + std::to_string(blocks_stored_) +
                                        " complete blocks" + (torn_ ? " and part of another" : ""));
}

Result<> FileWriter::close() {
  if (!fd_) return ok();
  Result<> flushed = failed_errno_ == 0 ? flush() : ok();
  Result<> synced = durability_ == Durability::kOnDisk ? reach_disk() : ok();
  if (flushed) flushed = std::move(synced);
  // Linux has released the descriptor even if close() was interrupted, close(2).
  const int err = ::close(fd_.release()) == 0 ? 0 : errno;
  if (!flushed || failed_errno_ != 0 || err == 0 || err == EINTR) return flushed;
  failed_errno_ = err;
  return Error::from_errno(
      err, "close " + name_ + ", which may hold fewer than the " + std::to_string(blocks_stored_) + " blocks written",
      ErrorKind::kOutput);
}

Result<> FileWriter::reach_disk() {
  const bool all = ::fdatasync(fd_.get()) == 0 && (!folder_ || ::fsync(folder_.get()) == 0);
  if (all) return ok();
  failed_errno_ = errno;
  const std::uint64_t blocks = std::exchange(blocks_stored_, 0);
  return Error::from_errno(failed_errno_,
                           "sync " + name_ + ", of whose " + std::to_string(blocks) + " blocks the disk may hold fewer",
                           ErrorKind::kOutput);
}

bool FileWriter::is_file_of(int fd) const {
  struct stat ours {};
  struct stat other {};
  return ::fstat(fd_.get(), &ours) == 0 && ::fstat(fd, &other) == 0 && ours.st_dev == other.st_dev &&
         ours.st_ino == other.st_ino;
}

Result<std::unique_ptr<FileWriter>> open_output_anew(const std::string& path, const FileWriter& present) {
  auto fd = open_file(path, FileUse::kLookAt);
  if (!fd) return fd.take_error();
  if (present.is_file_of(fd->get())) return std::unique_ptr<FileWriter>();
  if (::ftruncate(fd->get(), 0) != 0) return Error::from_errno(errno, "empty " + path, ErrorKind::kOutput);
  return adopt_named(fd.take(), path, present.durability());
}

Result<std::unique_ptr<FileWriter>> open_output(const std::string& path, Durability durability) {
  if (path != "-") return FileWriter::create(path, durability);
  UniqueFd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return Error::from_errno(errno, "standard output", ErrorKind::kOutput);
  return FileWriter::adopt(std::move(fd), "standard output", durability);
}

}  // namespace ringtap
