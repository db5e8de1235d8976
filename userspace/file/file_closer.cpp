// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/file_closer.hpp"

#include <utility>

namespace ringtap {

Result<> FileCloser::close(std::unique_ptr<Sink> file, std::string path, bool tells) {
  Result<> flushed = file->flush();
  const std::uint64_t records = file->records_stored();
  auto one = std::make_shared<File>(File{std::move(file), std::move(path), tells && flushed, records});
  {
    const std::lock_guard lock(mutex_);
    stored_ += records;
  }
  if (worker_) {
    worker_->give([this, one] { complete(*one); });
  } else {
    complete(*one);
  }
  Result<> failed = failure();
  return flushed ? std::move(failed) : std::move(flushed);
}

void FileCloser::complete(const File& file) {
  Result<> finished = file.sink->finish();
  if (finished && file.tells) closed_(file.path);
  const std::lock_guard lock(mutex_);
  stored_ += file.sink->records_stored() - file.records;
  if (failure_) failure_ = std::move(finished);
}

Result<> FileCloser::failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, ok());
}

Result<> FileCloser::wait() {
  if (worker_) worker_->wait();
  return failure();
}

std::uint64_t FileCloser::records_stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

}  // namespace ringtap
