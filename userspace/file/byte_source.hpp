// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where bytes come from: a file, a pipe, a decompressor over either. Reading waits at most until a deadline, so that a
// run that reads a silent pipe still reacts to signals. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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

// How far a file has been read, as it is stored.
struct ReadPosition {
  std::uint64_t bytes = 0;
  std::uint64_t size = 0;  // of the file
  bool has_size = true;    // a pipe has none

  ReadPosition& operator+=(const ReadPosition& other) {
    bytes += other.bytes;
    size += other.size;
    has_size = has_size && other.has_size;
    return *this;
  }
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Returns bytes as soon as there are any; `into` must not be empty.
  virtual Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) = 0;
  [[nodiscard]] virtual ReadPosition position() const { return {}; }
};

}  // namespace ringtap
