// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The thread that writes files on a disk past the page cache, and the chunks on their way to it: shared by the files of
// a run, which follow each other. Any thread.
#pragma once

#include "base/worker.hpp"
#include "file/chunk.hpp"

namespace ringtap {

class DiskThread {
 public:
  static constexpr std::size_t kChunks = 8;

  [[nodiscard]] ChunkPool& pool() { return pool_; }
  [[nodiscard]] Worker& worker() { return worker_; }

 private:
  ChunkPool pool_{kChunks};
  Worker worker_{"writes files", kChunks};  // last: what it does gives back chunks
};

}  // namespace ringtap
