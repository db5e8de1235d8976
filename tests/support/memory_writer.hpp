// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ByteWriters for tests: one that keeps the bytes, one whose disk is full after so many blocks. What they wrote is kept
// in a Stored that outlives them, since sinks own their writers. One thread.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ringtap/byte_writer.hpp"

namespace ringtap::testing {

struct Stored {
  std::vector<std::byte> bytes;
  std::vector<std::size_t> block_ends;
  bool is_closed = false;
};

class MemoryWriter : public ByteWriter {
 public:
  explicit MemoryWriter(std::shared_ptr<Stored> stored) : stored_(std::move(stored)) {}

  using ByteWriter::write;
  Result<> write(Parts parts) override {
    for (const auto part : parts) stored_->bytes.insert(stored_->bytes.end(), part.begin(), part.end());
    stored_->block_ends.push_back(stored_->bytes.size());
    return ok();
  }
  Result<> flush() override { return ok(); }
  Result<> close() override {
    stored_->is_closed = true;
    return ok();
  }
  [[nodiscard]] std::uint64_t bytes_taken() const override { return stored_->bytes.size(); }
  [[nodiscard]] std::uint64_t blocks_stored() const override { return stored_->block_ends.size(); }

 private:
  std::shared_ptr<Stored> stored_;
};

// Takes `room` blocks; every one after fails with ENOSPC.
class FailingWriter final : public MemoryWriter {
 public:
  FailingWriter(std::shared_ptr<Stored> stored, std::uint64_t room) : MemoryWriter(std::move(stored)), room_(room) {}

  Result<> write(Parts parts) override {
    if (blocks_stored() == room_) return Error::from_errno(ENOSPC, "write memory", ErrorKind::kOutput);
    return MemoryWriter::write(parts);
  }

 private:
  std::uint64_t room_;
};

}  // namespace ringtap::testing
