// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/file_closer.hpp"

#include <utility>

#include "base/thread.hpp"

namespace ringtap {

Result<std::unique_ptr<FileCloser>> FileCloser::create(Closed closed, bool by_thread) {
  std::unique_ptr<FileCloser> closer(new FileCloser(std::move(closed)));
  if (by_thread) {
    auto thread = start_thread("completes files", [self = closer.get()] { self->work(); });
    if (!thread) return thread.take_error();
    closer->thread_ = thread.take();
  }
  return closer;
}

FileCloser::~FileCloser() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<> FileCloser::close(std::unique_ptr<Sink> file, std::string path, bool tells) {
  Result<> flushed = file->flush();
  const std::uint64_t records = file->records_stored();
  File one{std::move(file), std::move(path), tells && flushed, records};
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kMostWaiting; });
    stored_ += records;
    waiting_.push_back(std::move(one));
    changed_.notify_all();
  } else {
    stored_ += records;
    complete(std::move(one));
  }
  Result<> failed = failure();
  return flushed ? std::move(failed) : std::move(flushed);
}

void FileCloser::complete(File file) {
  Result<> finished = file.sink->finish();
  if (finished && file.tells) closed_(file.path);
  const std::lock_guard lock(mutex_);
  stored_ += file.sink->records_stored() - file.records;
  if (failure_) failure_ = std::move(finished);
}

void FileCloser::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    File file = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    complete(std::move(file));
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

Result<> FileCloser::failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, ok());
}

Result<> FileCloser::wait() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !busy_; });
  }
  return failure();
}

std::uint64_t FileCloser::records_stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

}  // namespace ringtap
