// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/lane_threads.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/now.hpp"
#include "base/thread.hpp"
#include "live/reader_wait.hpp"
#include "record/merge.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kFlushIntervalNs = 5'000'000;  // as the session's

}  // namespace

LaneThreads::Still::Still(LaneThreads& threads) {
  ++threads.want_still_;
  locks_.reserve(threads.mutexes_.size());
  for (const auto& mutex : threads.mutexes_) locks_.emplace_back(*mutex);  // always in this order
  --threads.want_still_;
}

LaneThreads::LaneThreads(std::vector<Lane>& lanes, std::span<Sink* const> sinks, bool in_step, SlotTable& slots,
                         KernelSide& kernel)
    : slots_(slots),
      kernel_(kernel),
      in_step_(in_step),
      placement_{.allowed = allowed_cpus(), .node_of = kernel.memory_nodes(), .delivered = {}} {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    mutexes_.push_back(std::make_unique<std::mutex>());
    auto& thread = threads_.emplace_back(std::make_unique<Thread>());
    thread->lane = &lanes[i];
    thread->sink = sinks[i];
    lanes[i].set_make_interface([this, i](Slot& slot, Tap tap) { make_interface(i, slot, tap); });
  }
}

LaneThreads::~LaneThreads() {
  finish();
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

Result<> LaneThreads::start() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    auto thread = start_thread("reads rings", [this, i] { run(i); });
    if (!thread) return thread.take_error();
    threads_[i]->thread = thread.take();
  }
  return ok();
}

// In the thread of the lane that asks, which has its own mutex: that is given up first, so that all are locked in
// order.
void LaneThreads::make_interface(std::size_t asking, Slot& slot, Tap tap) {
  mutexes_[asking]->unlock();
  {
    const Still still(*this);
    slots_.interface_of(slot, tap);
  }
  mutexes_[asking]->lock();
}

void LaneThreads::give_way(std::unique_lock<std::mutex>& lock) const {
  lock.unlock();
  while (want_still_ > 0) std::this_thread::yield();
  lock.lock();
}

void LaneThreads::run(std::size_t number) {
  Thread& own = *threads_[number];
  const auto note = [&own](Result<> result) {
    if (result || !own.result) return;
    own.result = std::move(result);
    own.failed = true;
  };
  std::vector<EventStream*> heads;
  std::uint64_t flushed_ns = monotonic_now_ns();
  int idle_naps = 0;
  std::unique_lock lock(*mutexes_[number]);
  for (;;) {
    if (std::exchange(own.is_moved, false)) run_on(own.cpus);
    const bool stopped = stopped_;
    const Lane::Bounds bounds{
        .due_ns = stopped ? Lane::kNever : due_ns_.load(), .hold_ns = hold_ns_, .stopped = stopped};
    note(own.lane->announce(*own.sink));
    heads.clear();
    Lane::Drained drained = own.lane->drain(*own.sink, bounds, heads);
    note(std::move(drained.result));
    if (drained.until_ns != 0) {
      own.done_until_ns = drained.until_ns;
      own.sink->on_time(own.lane->epoch_ns(drained.until_ns));
    }
    const std::uint64_t now = monotonic_now_ns();
    if (drained.handled == 0 || now - flushed_ns >= kFlushIntervalNs) {
      note(own.sink->flush());
      flushed_ns = now;
    }
    if (drained.handled > 0) {
      own.due_ns = bounds.due_ns;
      idle_naps = 0;
      give_way(lock);
    } else if (stopped && !drained.left && bounds.hold_ns == Lane::kNever) {
      break;
    } else if (stopped || drained.left || idle_naps < ReaderWait::kNapsBeforeSleep) {
      ++idle_naps;
      lock.unlock();
      ReaderWait::nap(ReaderWait::kNap);
      lock.lock();
    } else {
      own.idle = true;
      own.woken.wait(lock, [&] { return own.is_woken || stopped_; });
      own.is_woken = own.idle = false;
      idle_naps = 0;
    }
  }
  own.done_until_ns = Lane::kNever;
  own.ended = true;
}

void LaneThreads::place() {
  std::vector<std::uint64_t> delivered(kernel_.possible_cpus());
  for (const auto& thread : threads_) {
    const auto of_lane = thread->lane->totals().delivered_by_cpu();
    std::transform(delivered.begin(), delivered.end(), of_lane.begin(), delivered.begin(), std::plus<>());
  }
  const std::vector<bool> receiving = placement_.receiving(delivered);
  for (const auto& thread : threads_) {
    std::vector<unsigned> cpus = placement_.place_for(thread->lane->rings().cpus, receiving);
    thread->is_moved |= cpus != thread->cpus;
    thread->cpus = std::move(cpus);
  }
}

void LaneThreads::allow(std::uint64_t due_ns, std::uint64_t hold_ns) {
  hold_ns_ = hold_ns;
  due_ns_ = due_ns;
}

std::uint64_t LaneThreads::done_until() const {
  std::uint64_t until = Lane::kNever;
  for (const auto& thread : threads_) until = std::min(until, thread->done_until_ns.load());
  return until;
}

bool LaneThreads::are_idle() const {
  return std::all_of(threads_.begin(), threads_.end(), [](const auto& t) { return t->idle || t->ended; });
}

// Nobody else looks at the rings of a thread that waits.
bool LaneThreads::has_news(std::size_t number) {
  const std::lock_guard lock(*mutexes_[number]);
  return threads_[number]->idle && kernel_.has_news(threads_[number]->lane->rings());
}

bool LaneThreads::have_news() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i]->idle && has_news(i)) return true;
  }
  return false;
}

void LaneThreads::wake(bool all) {
  std::uint64_t wanted_ns = 0;  // up to which nothing may wait
  for (const auto& thread : threads_) wanted_ns = in_step_ ? std::max(wanted_ns, thread->due_ns.load()) : 0;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!threads_[i]->idle) continue;
    if (!all && threads_[i]->done_until_ns >= wanted_ns && !has_news(i)) continue;
    {
      const std::lock_guard lock(*mutexes_[i]);
      threads_[i]->is_woken = true;
    }
    threads_[i]->woken.notify_one();
  }
}

void LaneThreads::finish() {
  stopped_ = true;
  wake(true);
}

bool LaneThreads::ended() const {
  return std::all_of(threads_.begin(), threads_.end(),
                     [](const auto& thread) { return thread->ended || !thread->thread.joinable(); });
}

Result<> LaneThreads::take_error() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!threads_[i]->failed) continue;
    const std::lock_guard lock(*mutexes_[i]);
    threads_[i]->failed = false;
    return std::exchange(threads_[i]->result, ok());
  }
  return ok();
}

}  // namespace ringtap
