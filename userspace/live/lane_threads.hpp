// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The threads of a capture with --threads: each runs one lane into a sink of its own, and naps or sleeps while there is
// nothing for it. The thread of the session looks after what changes (devices, clocks, CPUs) and does so while no lane
// runs; it decides up to when records may be taken. Per record there is no lock: a thread locks its own mutex for a
// drain of up to Lane::kMostPerDrain records. Used by the thread of the session; sinks are called by the lanes' threads
// until ended() is true.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "live/lane.hpp"
#include "live/lane_placement.hpp"
#include "ringtap/result.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class LaneThreads {
 public:
  // `sinks`: one for each lane; borrowed. `in_step`: what one lane hands over waits for the others to have come so far.
  // Starts nothing yet.
  LaneThreads(std::vector<Lane>& lanes, std::span<Sink* const> sinks, bool in_step, SlotTable& slots,
              KernelSide& kernel);
  LaneThreads(const LaneThreads&) = delete;
  LaneThreads& operator=(const LaneThreads&) = delete;
  // The taps are detached by then.
  ~LaneThreads();

  // They have no more rights than the process has by then. An Error if there can be none.
  Result<> start();

  // While one lives no lane runs, and what they share may be changed.
  class Still {
   public:
    explicit Still(LaneThreads& threads);

   private:
    std::vector<std::unique_lock<std::mutex>> locks_;
  };

  // While they are still, once in a while: chooses anew on which CPUs they run.
  void place();

  // Records up to this time are taken: what changed before is known, and no older one is on its way to its ring.
  // `hold_ns`: not those after it, until everything up to it has been handed over.
  void allow(std::uint64_t due_ns, std::uint64_t hold_ns);
  // Up to when every lane has handed over everything.
  [[nodiscard]] std::uint64_t done_until() const;
  // Whether all of them wait to be woken.
  [[nodiscard]] bool are_idle() const;
  // Those that wait and have news, or that others wait for (`all`: each that waits).
  void wake(bool all);
  // Whether one of those that wait has news.
  [[nodiscard]] bool have_news();
  // The taps are detached: each thread ends when its rings are empty.
  void finish();
  [[nodiscard]] bool ended() const;
  // The first Error of a sink that has not been returned yet. The other lanes go on.
  Result<> take_error();

 private:
  struct alignas(64) Thread {
    Lane* lane = nullptr;
    Sink* sink = nullptr;
    std::condition_variable woken;
    bool is_woken = false;             // with the mutex
    std::vector<unsigned> cpus;        // … too: where it is to run; empty: anywhere
    bool is_moved = false;             // … and has not been told
    Result<> result;                   // … too
    std::atomic<bool> failed = false;  // `result` is an Error that was not taken yet
    std::atomic<bool> idle = false;    // waits to be woken
    std::atomic<bool> ended = false;
    std::atomic<std::uint64_t> done_until_ns = 0;
    std::atomic<std::uint64_t> due_ns = 0;  // up to which the last records were handed over
    std::thread thread;
  };

  void run(std::size_t number);
  // Lets another thread have the mutex that wants all of them.
  void give_way(std::unique_lock<std::mutex>& lock) const;
  bool has_news(std::size_t number);
  void make_interface(std::size_t asking, Slot& slot, Tap tap);

  SlotTable& slots_;
  KernelSide& kernel_;
  bool in_step_;
  std::vector<std::unique_ptr<std::mutex>> mutexes_;  // of the threads
  std::vector<std::unique_ptr<Thread>> threads_;
  Placement placement_;
  std::atomic<int> want_still_ = 0;
  std::atomic<std::uint64_t> due_ns_ = 0;
  std::atomic<std::uint64_t> hold_ns_ = Lane::kNever;
  std::atomic<bool> stopped_ = false;
};

}  // namespace ringtap
