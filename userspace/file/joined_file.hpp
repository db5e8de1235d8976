// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One file in time order of what several threads capture (--threads). Each thread has a Part, a sink that encodes its
// records into memory and hands them over by Sink::on_time(); a thread of the file's own puts those of all parts into
// order and writes them, up to the time that every part has reached. A part that has handed over kMostWaiting waits for
// that thread, so that the kernel side counts what does not fit, but never for another part: where that is behind, more
// is kept. Owns the sink of the file. Parts: one thread each.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/worker.hpp"
#include "file/file_sink.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class JoinedFile {
 public:
  static constexpr std::size_t kMostWaiting = std::size_t{4} << 20;  // bytes of a part

  // `written`: how many bytes `file` has taken.
  JoinedFile(std::unique_ptr<EncodedSink> file, std::function<std::uint64_t()> written, std::size_t parts);
  JoinedFile(const JoinedFile&) = delete;
  JoinedFile& operator=(const JoinedFile&) = delete;
  ~JoinedFile() = default;

  // A sink for each thread; they share this. The first of them stands for the file where there is one answer: its
  // counts, the totals at the end and the end itself, when all threads have ended. An Error of the file comes once,
  // from whichever part is called next.
  static std::vector<std::unique_ptr<Sink>> parts(const std::shared_ptr<JoinedFile>& file);

  // By any thread; not of what was handed over a moment ago.
  [[nodiscard]] std::uint64_t bytes_taken() const { return bytes_taken_; }

  // Does `work` with the file's sink while nothing is written, unless there was an Error; after one of `work` nothing
  // more is written.
  Result<> with_file(const std::function<Result<>()>& work);

 private:
  struct Entry {
    std::uint64_t time_ns;
    std::uint32_t size;
    std::uint32_t cap_len;
    LinkType link_type;
  };
  struct Batch {
    std::vector<std::byte> bytes;
    std::vector<Entry> entries;

    // Appends what `other` has, if there is room; then that is empty.
    bool take(Batch& other);
  };
  // What a thread hands over, and what the file's thread makes of it, on cache lines of their own.
  struct alignas(64) Lane {
    std::vector<Batch> handed_over;              // with mutex_
    std::vector<Batch> empty;                    // … to be filled again
    std::uint64_t until_ns = 0;                  // … every record up to this time has been handed over
    bool is_stepped = false;                     // … the clock was set back
    std::atomic<std::size_t> waiting_bytes = 0;  // handed over and not written
    alignas(64) std::deque<Batch> batches;       // that are not written
    std::size_t entry = 0;                       // the next one of the first
    std::size_t offset = 0;                      // … of its bytes
    std::vector<Batch> written;

    [[nodiscard]] std::uint64_t next_ns() const;  // of the next record
  };
  class Part;

  void announce(const Interface& interface, std::uint32_t number);
  void hand_over(std::size_t part, Batch& batch, std::uint64_t until_ns);
  Result<> take_error();
  void note(Result<> result);

  // By the file's thread.
  void write_what_is_ready();
  std::uint64_t take_over();
  void write_up_to(std::uint64_t bound_ns);
  void write(Lane& lane, std::uint64_t bound_ns);

  std::unique_ptr<EncodedSink> file_;
  std::function<std::uint64_t()> written_;
  std::mutex file_mutex_;  // of both
  std::atomic<std::uint64_t> bytes_taken_ = 0;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::condition_variable room_;       // for a part that waits
  std::vector<Interface> interfaces_;  // with mutex_; to be announced
  std::uint32_t announced_ = 0;        // … how many there were
  bool has_news_ = false;              // … something was handed over
  bool is_idle_ = true;                // … the file's thread can write nothing of what it has
  Result<> error_;                     // …
  std::uint64_t flushed_ns_ = 0;
  // Read for each record, so on a cache line that nothing else changes.
  alignas(64) std::atomic<bool> failed_ = false;     // there was an Error
  std::atomic<bool> has_error_ = false;              // … which nobody has been told
  alignas(64) Worker worker_{"writes the file", 1};  // last: it uses the others
};

}  // namespace ringtap
