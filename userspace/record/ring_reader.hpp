// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reads the records of one BPF ring buffer through the memory that it shares with the kernel, without a system call but
// those of RingGrowth.
// Layout and protocol: kernel/bpf/ringbuf.c and the UAPI header (BPF_RINGBUF_HDR_SZ, BUSY and DISCARD bits). Nothing in
// that memory is believed: a sample that is not whole is counted and skipped, and one whose size cannot be right is
// skipped with everything after it that is there. Borrows the memory; records are borrowed from it until release().
// Single consumer, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "record/event.hpp"

namespace ringtap {

// Memory of which a part only can be read yet.
class RingGrowth {
 public:
  virtual ~RingGrowth() = default;
  // Makes what the kernel has reserved up to `position` readable, and returns up to where it is so now: at least that.
  // Throws std::bad_alloc.
  virtual std::uint64_t read_up_to(std::uint64_t position) = 0;
};

struct RingMemory {
  const std::uint64_t* producer = nullptr;  // bytes that the kernel has ever reserved
  std::uint64_t* consumer = nullptr;        // bytes that were ever given back
  std::span<const std::byte> data;          // and its beginning once more, for a sample that goes past the end
  std::size_t size = 0;                     // of the data, a power of two of at least 8
  RingGrowth* growth = nullptr;             // none: all of it can be read
};

// On cache lines of its own: readers beside each other in memory may belong to different threads.
class alignas(64) RingReader final : public EventStream {
 public:
  explicit RingReader(const RingMemory& memory)
      : memory_(memory), readable_(memory.growth == nullptr ? UINT64_MAX : 0) {}

  // Checks for data that the kernel has published since the last call; true if there is a record at the head.
  bool refresh();
  // Moves past the head; releases memory to the kernel once a large part of the ring has been read.
  void pop() override;
  // Releases the memory of everything popped, now.
  void release();

  // How often something that is not a valid record was skipped.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  bool next_sample();
  void skip_all();
  void load_head();

  RingMemory memory_;
  std::uint64_t readable_;      // up to where the memory can be read
  std::uint64_t position_ = 0;  // start of the sample being read
  std::uint64_t released_ = 0;  // up to where the kernel may write again
  std::uint64_t producer_ = 0;  // as last seen
  std::uint64_t sample_end_ = 0;
  EventReader sample_;
  std::uint64_t malformed_ = 0;
};

}  // namespace ringtap
