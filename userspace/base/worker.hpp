// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A thread of its own that does pieces of work one after the other, in the order in which they were given. It starts
// with the first piece, so that it has no more rights than the process has by then; where there can be no thread the
// work is done by whoever gives it. Given by any thread; the destructor waits until all are done. What the work uses
// has to live as long.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/thread.hpp"

namespace ringtap {

class Worker {
 public:
  using Work = std::function<void()>;

  // `purpose`: see start_thread(). At most `most_waiting` pieces wait; then give() waits, too.
  Worker(std::string purpose, std::size_t most_waiting) : purpose_(std::move(purpose)), most_waiting_(most_waiting) {}
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
    if (!thread_.joinable()) {
      auto thread = start_thread(purpose_, [this] { run(); });
      if (!thread) {
        lock.unlock();
        return work();
      }
      thread_ = thread.take();
    }
    changed_.wait(lock, [this] { return waiting_.size() < most_waiting_; });
    waiting_.push_back(std::move(work));
    changed_.notify_all();
  }

  // Returns when everything given before is done, whatever comes after.
  void wait() {
    if (!has_begun()) return;
    std::promise<void> done;
    give([&done] { done.set_value(); });
    done.get_future().wait();
  }

 private:
  // Whoever gave the first piece may be one that was told where to run: this thread runs where the process may.
  static void leave_cpus_of_giver() {
    cpu_set_t cpus;
    if (::sched_getaffinity(::getpid(), sizeof cpus, &cpus) == 0) (void)::sched_setaffinity(0, sizeof cpus, &cpus);
  }
  bool has_begun() {
    const std::lock_guard lock(mutex_);
    return thread_.joinable();
  }
  void run() {
    leave_cpus_of_giver();
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Work work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      work();
      work = nullptr;  // what it holds is released before somebody is told that it is done
      lock.lock();
    }
  }

  const std::string purpose_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool ends_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ringtap
