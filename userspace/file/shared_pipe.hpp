// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A pipe in memory that two processes share: the reader works on the bytes where the writer has put them, and the
// kernel copies none. It is a memfd, memfd_create(2), that the reader makes and that can neither shrink nor grow;
// beside it goes the writer's standard output, a true pipe, as a bell: a byte on it says that there is something to
// read, if the reader has asked for that, and its end that the writer is gone. Each end is for one thread. The memory
// is freed when both are closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "ringtap/byte_writer.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// Address space in which a ring lies twice, so that none of its parts ends at its end. Owns it, not the descriptor.
class SharedPipeMemory {
 public:
  static constexpr std::size_t kRingBytes = std::size_t{4} << 20;
  // Before what waits, for the reader.
  static constexpr std::size_t kFrontBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMostWaiting = kRingBytes - kFrontBytes;

  // Positions count all bytes since the beginning.
  struct Control {
    alignas(64) std::atomic<std::uint64_t> written;
    alignas(64) std::atomic<std::uint64_t> taken;
    alignas(64) std::atomic<std::uint32_t> wants_bell;
  };

  static Result<UniqueFd> create();
  // An Error of kind kUsage if the descriptor is not that of create().
  static Result<SharedPipeMemory> map(int fd);

  [[nodiscard]] Control& control() const { return *reinterpret_cast<Control*>(memory_.get()); }
  // At least kFrontBytes of the ring are before it, and kMostWaiting from there on.
  [[nodiscard]] std::byte* at(std::uint64_t position) const;

 private:
  struct Unmap {
    void operator()(std::byte* memory) const;
  };
  explicit SharedPipeMemory(std::byte* memory) : memory_(memory) {}

  std::unique_ptr<std::byte, Unmap> memory_;
};

class SharedPipeReader {
 public:
  static Result<SharedPipeReader> create();
  // The writer's, by attach(); not kept open by a program that is executed.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // All that was written and not taken; never less than at the last call. It, and kFrontBytes before it, may be
  // overwritten. Until take().
  std::span<std::byte> waiting();
  void take(std::size_t size);
  // The bell is to ring once there is more than what waiting() has given; false: there is.
  bool ask_for_bell();
  // How much was ever written, as far as waiting() has seen.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }

 private:
  SharedPipeReader(UniqueFd fd, SharedPipeMemory memory) : fd_(std::move(fd)), memory_(std::move(memory)) {}

  UniqueFd fd_;
  SharedPipeMemory memory_;
  std::uint64_t taken_ = 0;
  std::uint64_t seen_ = 0;
};

// Waits while the memory is full, but not beyond the patience of EndRequest. A block may be as long as kMostWaiting;
// what the reader has of a longer one it cannot take. The caller ignores SIGPIPE.
class SharedPipeWriter final : public ByteWriter {
 public:
  static Result<std::unique_ptr<SharedPipeWriter>> attach(int memory_fd, UniqueFd bell);

  // After an Error both discard their data and return the same Error again.
  using ByteWriter::write;
  Result<> write(Parts parts) override;
  Result<> flush() override;
  Result<> close() override;
  [[nodiscard]] std::uint64_t bytes_taken() const override { return written_; }
  [[nodiscard]] std::uint64_t blocks_stored() const override { return blocks_; }

 private:
  SharedPipeWriter(SharedPipeMemory memory, UniqueFd bell) : memory_(std::move(memory)), bell_(std::move(bell)) {}
  void publish();
  void ring();
  bool wait_for_room();

  SharedPipeMemory memory_;
  UniqueFd bell_;
  std::uint64_t written_ = 0;
  std::uint64_t taken_ = 0;  // when last looked
  std::uint64_t rang_ = 0;   // written_ when the bell was last looked at
  std::uint64_t blocks_ = 0;
  int error_ = 0;
};

}  // namespace ringtap
