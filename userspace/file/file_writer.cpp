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
constexpr std::size_t kSmallBlock = 64;  // of smaller ones on average the list is full before the buffer

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
    : fd_(std::move(fd)), name_(std::move(name)), is_regular_(is_regular), durability_(durability) {}

FileWriter::~FileWriter() {
  if (handed_over_ > 0) disk_->worker().wait();
  if (direct_ != nullptr && chunk_ != nullptr) disk_->pool().give_back(std::move(chunk_));
}

void FileWriter::write_by(std::shared_ptr<DiskThread> disk) {
  if (!is_regular_ || !DirectFile::is_for(fd_.get()) || ::lseek(fd_.get(), 0, SEEK_END) != 0) return;
  disk_ = std::move(disk);
  direct_ = std::make_unique<DirectFile>(std::move(fd_), name_);
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
  return writer;
}

bool FileWriter::make_chunk(std::size_t room) {
  if (direct_ != nullptr && room <= Chunk::kRoom) {
    chunk_ = disk_->pool().take();
    if (chunk_ != nullptr) chunk_->clear(bytes_taken_ % Chunk::kAlign);  // where it will stand in its page
  } else {
    chunk_ = std::make_unique<Chunk>(std::max(room, kBufferSize));
  }
  if (chunk_ == nullptr || !chunk_->has_memory()) return false;
  chunk_->reserve_ends(chunk_->room() / kSmallBlock);
  return true;
}

Result<> FileWriter::write(Parts parts) {
  if (failed_errno_ != 0) return failure();
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  if (chunk_ != nullptr && (size > chunk_->space() || chunk_->ends().size() == chunk_->room() / kSmallBlock)) {
    if (auto done = direct_ == nullptr ? store() : hand_over(); !done) return done;
    if (chunk_ != nullptr && size > chunk_->room()) chunk_.reset();
  }
  if (chunk_ == nullptr && !make_chunk(size)) {
    return Error::from_errno(ENOMEM, "write " + name_, ErrorKind::kOutput);
  }
  bytes_taken_ += size;
  for (const auto part : parts) chunk_->append(part);
  chunk_->end_block();
  return ok();
}

Result<> FileWriter::flush() {
  if (failed_errno_ != 0) return failure();
  if (chunk_ == nullptr || chunk_->size() == 0) return ok();
  if (direct_ == nullptr) return store();
  // A little at a time is not worth the way to the disk and back.
  const bool is_much = chunk_->size() >= DirectFile::kWorthTheDisk;
  if (is_much || handed_over_ > 0) return hand_over();
  append(*chunk_, false);
  chunk_->clear(bytes_taken_ % Chunk::kAlign);
  return failed_errno_ == 0 ? ok() : Result<>(failure());
}

// Everything in the chunk, by the thread.
Result<> FileWriter::hand_over() {
  ++handed_over_;
  disk_->worker().give([this, chunk = std::make_shared<std::unique_ptr<Chunk>>(std::move(chunk_))] {
    // What the disk does not take in time the page cache does, as far as there is memory for it.
    append(**chunk, (*chunk)->size() >= DirectFile::kWorthTheDisk && disk_->pool().spare() >= DiskThread::kChunks / 2);
    disk_->pool().give_back(std::move(*chunk));
    --handed_over_;
  });
  return ok();
}

// By the thread, or while it has nothing to do.
void FileWriter::append(Chunk& chunk, bool past_cache) {
  if (failed_errno_ != 0) return;
  const auto appended = direct_->append(chunk, past_cache);
  blocks_stored_ += appended.blocks;
  failed_errno_ = appended.error;
}

Result<> FileWriter::store() {
  const auto [done, error] = write_all(fd_.get(), chunk_->bytes(), is_regular_);
  failed_errno_ = error;
  const auto ends = chunk_->ends();
  const auto whole = std::upper_bound(ends.begin(), ends.end(), done) - ends.begin();
  blocks_stored_ += static_cast<std::uint64_t>(whole);
  if (error != 0) {
    const std::size_t boundary = whole == 0 ? 0 : ends[static_cast<std::size_t>(whole) - 1];
    torn_ = done > boundary && !cut_back(done - boundary);
  }
  chunk_->clear();
  return error == 0 ? ok() : Result<>(failure());
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

Error FileWriter::failure() {
  failure_told_ = true;
  return write_error(failed_errno_, "write " + name_ + ", which holds " + std::to_string(blocks_stored_) +
                                        " complete blocks" + (torn_ ? " and part of another" : ""));
}

Result<> FileWriter::close() {
  if (!fd_ && direct_ == nullptr) return ok();
  const bool was_told = failure_told_;
  Result<> flushed = failed_errno_ != 0 ? ok() : flush();
  if (handed_over_ > 0) disk_->worker().wait();
  if (flushed && !was_told && failed_errno_ != 0) flushed = failure();
  Result<> synced = durability_ == Durability::kOnDisk ? reach_disk() : ok();
  if (flushed) flushed = std::move(synced);
  int err = 0;
  if (direct_ != nullptr) {
    err = direct_->close();
    direct_.reset();
    if (chunk_ != nullptr) disk_->pool().give_back(std::move(chunk_));
  } else if (::close(fd_.release()) != 0 && errno != EINTR) {
    err = errno;  // Linux has released the descriptor even if close() was interrupted, close(2)
  }
  if (!flushed || failed_errno_ != 0 || err == 0) return flushed;
  failed_errno_ = err;
  return Error::from_errno(
      err, "close " + name_ + ", which may hold fewer than the " + std::to_string(blocks_stored_) + " blocks written",
      ErrorKind::kOutput);
}

Result<> FileWriter::reach_disk() {
  int err = direct_ != nullptr ? direct_->sync() : ::fdatasync(fd_.get()) == 0 ? 0 : errno;
  if (err == 0 && folder_ && ::fsync(folder_.get()) != 0) err = errno;
  if (err == 0) return ok();
  failed_errno_ = err;
  const std::uint64_t blocks = blocks_stored_.exchange(0);
  return Error::from_errno(err,
                           "sync " + name_ + ", of whose " + std::to_string(blocks) + " blocks the disk may hold fewer",
                           ErrorKind::kOutput);
}

bool FileWriter::is_file_of(int fd) const {
  struct stat ours {};
  struct stat other {};
  const int own = direct_ != nullptr ? direct_->fd() : fd_.get();
  return ::fstat(own, &ours) == 0 && ::fstat(fd, &other) == 0 && ours.st_dev == other.st_dev &&
         ours.st_ino == other.st_ino;
}

Result<std::unique_ptr<FileWriter>> open_output_anew(const std::string& path, const FileWriter& present) {
  auto fd = open_file(path, FileUse::kLookAt);
  if (!fd) return fd.take_error();
  if (present.is_file_of(fd->get())) return std::unique_ptr<FileWriter>();
  if (::ftruncate(fd->get(), 0) != 0) return Error::from_errno(errno, "empty " + path, ErrorKind::kOutput);
  return adopt_named(fd.take(), path, present.durability());
}

Result<UniqueFd> duplicate_of_standard_output() {
  UniqueFd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return Error::from_errno(errno, "standard output", ErrorKind::kOutput);
  return fd;
}

Result<std::unique_ptr<FileWriter>> open_output(const std::string& path, Durability durability) {
  if (path != "-") return FileWriter::create(path, durability);
  auto fd = duplicate_of_standard_output();
  if (!fd) return fd.take_error();
  return FileWriter::adopt(fd.take(), "standard output", durability);
}

}  // namespace ringtap
