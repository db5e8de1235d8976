// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The sinks of a capture whose rings several threads read (--threads): each thread has one, which it calls itself, and
// the session gets all of them as one sink, which takes no records, but ends them and adds up what they took. The
// session's part is used by its thread while the others run, and ends the sinks when these have ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "ringtap/sink.hpp"

namespace ringtap {

// The sink of one thread, which calls it; counts by any thread.
class alignas(64) ThreadSink final : public Sink {
 public:
  struct Hooks {
    std::function<std::uint64_t()> written;     // how many bytes `sink` has taken
    std::function<Result<>()> start_next_file;  // in which `sink` goes on; null: another one's sink does it for both
  };
  // `flushes`: after each record.
  ThreadSink(std::unique_ptr<Sink> sink, Hooks hooks, bool flushes)
      : sink_(std::move(sink)), hooks_(std::move(hooks)), flushes_(flushes) {}

  // After an Error, which is returned once, and after a second signal to end, records are discarded and counted.
  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  void on_time(std::uint64_t until_ns) override { sink_->on_time(until_ns); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override { return sink_->on_statistics(statistics); }
  Result<> flush() override;
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override { return sink_->records_stored(); }
  [[nodiscard]] std::uint64_t records_left_out() const override { return sink_->records_left_out(); }

  // By another thread while this one stands still.
  Result<> start_next_file() { return works_ && hooks_.start_next_file ? note(hooks_.start_next_file()) : Result<>(); }

  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }  // at the last flush
  [[nodiscard]] std::uint64_t discarded() const { return discarded_.load(std::memory_order_relaxed); }

 private:
  Result<> note(Result<> result);

  std::unique_ptr<Sink> sink_;
  Hooks hooks_;
  bool flushes_;
  bool works_ = true;
  std::atomic<std::uint64_t> taken_ = 0;  // written by one thread only
  std::atomic<std::uint64_t> discarded_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

class ThreadSinks final : public Sink {
 public:
  // `are_joined`: what the threads do goes into one file, which waits for all of them.
  explicit ThreadSinks(bool are_joined) : are_joined_(are_joined) {}
  [[nodiscard]] bool are_joined() const { return are_joined_; }
  void add(std::unique_ptr<ThreadSink> sink) { sinks_.push_back(std::move(sink)); }
  [[nodiscard]] std::vector<Sink*> each() const;

  // Never called: the threads have the records.
  Result<> on_interface(const Interface&) override { return {}; }
  Result<> on_record(const RecordView&) override { return {}; }
  // At the end: the totals are those of all threads, and stand in the file of the first.
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  // The threads do.
  Result<> flush() override { return {}; }
  // While the threads stand still.
  Result<> start_next_files();
  // Tells the sinks that the threads have ended, too; the first one last, which may have the file of all.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;
  [[nodiscard]] std::uint64_t records_left_out() const override;

  [[nodiscard]] std::uint64_t taken() const;
  [[nodiscard]] std::uint64_t discarded() const;
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  // Of all of them, whatever one returns; the Error that came first.
  Result<> each_backwards(Result<> (ThreadSink::*what)());

  bool are_joined_;
  std::vector<std::unique_ptr<ThreadSink>> sinks_;
};

}  // namespace ringtap
