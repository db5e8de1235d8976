// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How far the files of -r have been read, shown on standard error if that takes more than two seconds and somebody
// looks: on a terminal only, and not among lines of text that go to one. It is gone at the end. Borrows the files and
// the source above them. One thread.
#pragma once

#include <cstdint>
#include <functional>

#include "app/beside.hpp"
#include "cli/options.hpp"
#include "command/inputs.hpp"

namespace ringtap {

class ReadingProgress {
 public:
  ReadingProgress(const FileInput& files, const Options& options);
  ReadingProgress(const ReadingProgress&) = delete;
  ReadingProgress& operator=(const ReadingProgress&) = delete;
  ~ReadingProgress();

  // To read from; removes the line before what comes at the end.
  [[nodiscard]] RecordSource& source() { return source_; }
  // Once a second.
  void look() const;

 private:
  const FileInput& files_;
  bool is_shown_;
  std::uint64_t begin_ns_;
  Beside source_;
};

}  // namespace ringtap
