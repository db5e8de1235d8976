// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/ring_reader.hpp"

#include <linux/bpf.h>

#include <algorithm>

namespace ringtap {
namespace {

constexpr std::size_t kReleaseParts = 16;

constexpr std::uint64_t round_up_8(std::uint64_t value) {
  return (value + 7) / 8 * 8;
}

}  // namespace

bool RingReader::refresh() {
  if (!head_) load_head();
  return ready();
}

void RingReader::pop() {
  head_ = sample_.next();
  if (!head_) load_head();
  // Each store takes the cache line from the producing CPU, so it is done once per batch.
  if (position_ - released_ >= memory_.size / kReleaseParts) release();
}

void RingReader::release() {
  if (position_ == released_) return;
  released_ = position_;
  __atomic_store_n(memory_.consumer, position_, __ATOMIC_RELEASE);
}

// Moves past the sample that has been read and opens the next committed one; false if there is none yet.
bool RingReader::next_sample() {
  for (;;) {
    position_ = std::max(position_, sample_end_);
    if (position_ >= producer_) {
      producer_ = __atomic_load_n(memory_.producer, __ATOMIC_ACQUIRE);
      if (position_ >= producer_) return false;
      if (producer_ - position_ > memory_.size) {
        skip_all();
        continue;
      }
      if (producer_ > readable_) readable_ = memory_.growth->read_up_to(producer_);
    }
    const auto from = memory_.data.subspan(position_ & (memory_.size - 1));
    const std::byte* header = from.data();
    const std::uint32_t length = __atomic_load_n(reinterpret_cast<const std::uint32_t*>(header), __ATOMIC_ACQUIRE);
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return false;
    const std::uint32_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    const std::uint64_t whole_size = round_up_8(std::uint64_t{BPF_RINGBUF_HDR_SZ} + size);
    if (whole_size > producer_ - position_) {
      skip_all();
      continue;
    }
    sample_end_ = position_ + whole_size;
    if ((length & BPF_RINGBUF_DISCARD_BIT) != 0) continue;
    if (from.size() < BPF_RINGBUF_HDR_SZ + size) {
      ++malformed_;
      continue;
    }
    sample_ = EventReader(from.subspan(BPF_RINGBUF_HDR_SZ, size));
    return true;
  }
}

// Where the next sample would begin is not known. At the end of all numbers there is none.
void RingReader::skip_all() {
  ++malformed_;
  position_ = sample_end_ = producer_ > UINT64_MAX - 7 ? UINT64_MAX : round_up_8(producer_);
}

void RingReader::load_head() {
  head_.reset();
  while (!head_) {
    if (sample_.malformed()) {
      ++malformed_;
      sample_ = EventReader();
    }
    if (!next_sample()) return;
    head_ = sample_.next();
  }
}

}  // namespace ringtap
