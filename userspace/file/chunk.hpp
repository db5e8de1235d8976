// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A piece of a file in memory that write(2) accepts for a descriptor with O_DIRECT, and a pool of them. A chunk has
// room in front of its bytes for those that stand before them in their page of the file. One thread at a time; the
// pool, any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace ringtap {

class Chunk {
 public:
  static constexpr std::size_t kAlign = 4096;  // at least what any disk asks for, open(2)
  static constexpr std::size_t kRoom = std::size_t{1} << 20;

  // `room`: bytes that it can hold.
  explicit Chunk(std::size_t room = kRoom)
      : room_(room),
        memory_(static_cast<std::byte*>(std::aligned_alloc(kAlign, kAlign + (room + kAlign - 1) / kAlign * kAlign))) {}

  [[nodiscard]] bool has_memory() const { return memory_ != nullptr; }
  // `lead`: how many bytes stand before them in their page, less than kAlign.
  void clear(std::size_t lead = 0) {
    lead_ = lead;
    size_ = 0;
    ends_.clear();
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return room_; }
  [[nodiscard]] std::size_t space() const { return room_ - size_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {memory_.get() + lead_, size_}; }
  // There must be space.
  void append(std::span<const std::byte> bytes) {
    std::memcpy(memory_.get() + lead_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  // So that end_block() allocates nothing for this many.
  void reserve_ends(std::size_t blocks) { ends_.reserve(blocks); }
  // A block ends here; without any end all is one block.
  void end_block() { ends_.push_back(static_cast<std::uint32_t>(size_)); }
  [[nodiscard]] std::span<const std::uint32_t> ends() const { return ends_; }

  // The bytes with `before`, less than a page, in front of them; they begin at an aligned address.
  std::span<const std::byte> with(std::span<const std::byte> before) {
    if (before.size() != lead_) std::memmove(memory_.get() + before.size(), memory_.get() + lead_, size_);
    lead_ = before.size();
    if (lead_ > 0) std::memcpy(memory_.get(), before.data(), lead_);
    return {memory_.get(), lead_ + size_};
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };

  std::size_t room_;
  std::size_t lead_ = 0;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> ends_;  // of blocks
  std::unique_ptr<std::byte[], Free> memory_;
};

// Chunks that are used again and again. take() waits when all are in use: for as long as it takes to write one.
class ChunkPool {
 public:
  explicit ChunkPool(std::size_t most) : most_(most) {}

  // None if there is no memory for the first one.
  std::unique_ptr<Chunk> take() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (auto chunk = take_now()) return chunk;
      if (made_ == 0) return nullptr;
      ++waits_;
      changed_.wait(lock, [this] { return !free_.empty(); });
    }
  }
  // None if that would take a wait.
  std::unique_ptr<Chunk> try_take() {
    const std::lock_guard lock(mutex_);
    return take_now();
  }
  // One of another size is not of this pool, and freed.
  void give_back(std::unique_ptr<Chunk> chunk) {
    if (chunk->room() != Chunk::kRoom) return;
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(chunk));
    changed_.notify_one();
  }
  // How many are not in use, those not made yet included.
  [[nodiscard]] std::size_t spare() const {
    const std::lock_guard lock(mutex_);
    return free_.size() + most_ - made_;
  }
  // How often take() had to wait.
  [[nodiscard]] std::size_t waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  std::unique_ptr<Chunk> take_now() {
    if (!free_.empty()) {
      auto chunk = std::move(free_.back());
      free_.pop_back();
      return chunk;
    }
    if (made_ == most_) return nullptr;
    auto chunk = std::make_unique<Chunk>();
    if (!chunk->has_memory()) {
      most_ = made_;
      return nullptr;
    }
    ++made_;
    return chunk;
  }

  std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Chunk>> free_;
  std::size_t made_ = 0;
  std::size_t waits_ = 0;
};

}  // namespace ringtap
