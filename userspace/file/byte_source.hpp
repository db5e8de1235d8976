// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where bytes come from: a file, a pipe, a decompressor over either. Reading waits at most until a deadline, so that a
// run that reads a silent pipe still reacts to signals. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "ringtap/result.hpp"

namespace ringtap {

using Deadline = std::chrono::steady_clock::time_point;

enum class ReadState {
  kData,
  kNothingYet,  // the deadline passed, or a signal came
  kEnd,
};

struct ReadResult {
  ReadState state = ReadState::kEnd;
  std::size_t size = 0;  // more than 0 only with kData
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Returns bytes as soon as there are any; `into` must not be empty.
  virtual Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) = 0;
};

}  // namespace ringtap
