// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ByteSource over bytes in memory, which are handed out in pieces of a chosen size: a read never crosses the border
// of a piece, as with a pipe. Owns the bytes. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "file/byte_source.hpp"

namespace ringtap::testing {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes, std::size_t piece = SIZE_MAX)
      : bytes_(std::move(bytes)), piece_(piece) {}

  Result<ReadResult> read(std::span<std::byte> into, Deadline) override {
    const std::size_t size = std::min({into.size(), piece_, bytes_.size() - position_});
    if (size == 0) return ReadResult{ReadState::kEnd};
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position_), size, into.begin());
    position_ += size;
    return ReadResult{ReadState::kData, size};
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t piece_;
  std::size_t position_ = 0;
};

}  // namespace ringtap::testing
