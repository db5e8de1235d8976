// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A thread of its own that does pieces of work one after the other, in the order in which they were given. Given by any
// thread; the destructor waits until all are done. What the work uses has to live as long.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/thread.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class Worker {
 public:
  using Work = std::function<void()>;

  // `purpose`: see start_thread(). At most `most_waiting` pieces wait; then give() waits, too.
  static Result<std::unique_ptr<Worker>> start(const std::string& purpose, std::size_t most_waiting) {
    std::unique_ptr<Worker> worker(new Worker(most_waiting));
    auto thread = start_thread(purpose, [self = worker.get()] { self->run(); });
    if (!thread) return thread.take_error();
    worker->thread_ = thread.take();
    return worker;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void give(Work work) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < most_waiting_; });
    waiting_.push_back(std::move(work));
    changed_.notify_all();
  }

  // Returns when everything given before is done.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !busy_; });
  }

 private:
  explicit Worker(std::size_t most_waiting) : most_waiting_(most_waiting) {}

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Work work = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
      lock.unlock();
      work();
      work = nullptr;  // what it holds is released before the next one waits for it
      lock.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool busy_ = false;  // with one that is not in waiting_ any more
  bool ends_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ringtap
