// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Completes files that get no more records: Sink::finish(), which with --sync waits for the disk, and then `closed`. At
// once, or by a thread of its own, so that the next file can be written meanwhile; one after the other, in the order in
// which they came. At most kMostWaiting wait, then close() waits, too. Owns the sinks. Called by one thread; the
// destructor waits for what was begun.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/worker.hpp"
#include "ringtap/result.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class FileCloser {
 public:
  static constexpr std::size_t kMostWaiting = 16;
  // Called for each file that is complete; by the thread, if there is one.
  using Closed = std::function<void(const std::string& path)>;

  FileCloser(Closed closed, bool by_thread) : closed_(std::move(closed)) {
    if (by_thread) worker_.emplace("completes files", kMostWaiting);
  }

  // Writes what `file` has buffered before it returns. `tells`: `closed` is called for it. An Error may be of a file
  // that came before; each is returned once.
  Result<> close(std::unique_ptr<Sink> file, std::string path, bool tells);
  // An Error of a file that came before, or nothing.
  Result<> failure();
  // Returns when all are complete.
  Result<> wait();
  // In all of them. One that the disk did not take has none.
  [[nodiscard]] std::uint64_t records_stored() const;

 private:
  struct File {
    std::unique_ptr<Sink> sink;
    std::string path;
    bool tells;
    std::uint64_t records;  // of stored_
  };
  void complete(const File& file);

  Closed closed_;
  mutable std::mutex mutex_;  // of the following
  std::uint64_t stored_ = 0;
  Result<> failure_;
  std::optional<Worker> worker_;  // last: it uses the others
};

}  // namespace ringtap
