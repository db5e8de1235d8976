// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/rings.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "loader/refusal.hpp"

namespace ringtap {
namespace {

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::uint64_t* position(void* page) {
  return static_cast<std::uint64_t*>(page);
}

constexpr std::size_t kReleaseParts = 16;

constexpr std::uint64_t round_up_8(std::uint64_t value) {
  return (value + 7) / 8 * 8;
}

}  // namespace

Result<RingReader> RingReader::open(UniqueFd map, std::size_t size) {
  void* consumer = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (consumer == MAP_FAILED) {
    const int err = errno;
    return Error::from_errno(err, "map a ring's consumer page").hint(refusal_hint(err));
  }
  void* producer =
      mmap(nullptr, page_size() + 2 * size, PROT_READ, MAP_SHARED, map.get(), static_cast<off_t>(page_size()));
  if (producer == MAP_FAILED) {
    const int err = errno;
    munmap(consumer, page_size());
    return Error::from_errno(err, "map a ring's data").hint(refusal_hint(err));
  }
  // Packets are not for helper processes.
  ::madvise(consumer, page_size(), MADV_DONTFORK);
  ::madvise(producer, page_size() + 2 * size, MADV_DONTFORK);
  return RingReader(std::move(map), size, consumer, producer);
}

RingReader::RingReader(UniqueFd map, std::size_t size, void* consumer_page, void* producer_pages)
    : map_(std::move(map)), size_(size), consumer_page_(consumer_page), producer_pages_(producer_pages) {}

RingReader::RingReader(RingReader&& other) noexcept
    : EventStream(other.head_),
      map_(std::move(other.map_)),
      size_(other.size_),
      consumer_page_(std::exchange(other.consumer_page_, nullptr)),
      producer_pages_(std::exchange(other.producer_pages_, nullptr)),
      position_(other.position_),
      released_(other.released_),
      producer_(other.producer_),
      sample_end_(other.sample_end_),
      sample_(other.sample_),
      malformed_(other.malformed_) {}

RingReader::~RingReader() {
  if (consumer_page_ != nullptr) munmap(consumer_page_, page_size());
  if (producer_pages_ != nullptr) munmap(producer_pages_, page_size() + 2 * size_);
}

bool RingReader::refresh() {
  if (!head_) load_head();
  return ready();
}

void RingReader::pop() {
  head_ = sample_.next();
  if (!head_) load_head();
  // Each store takes the cache line from the producing CPU, so it is done once per batch.
  if (position_ - released_ >= size_ / kReleaseParts) release();
}

void RingReader::release() {
  if (position_ == released_) return;
  released_ = position_;
  __atomic_store_n(position(consumer_page_), position_, __ATOMIC_RELEASE);
}

// Moves past the sample that has been read and opens the next committed one; false if there is none yet.
bool RingReader::next_sample() {
  const auto* data = static_cast<const std::byte*>(producer_pages_) + page_size();
  for (;;) {
    position_ = std::max(position_, sample_end_);
    if (position_ >= producer_) {
      producer_ = __atomic_load_n(position(producer_pages_), __ATOMIC_ACQUIRE);
      if (position_ >= producer_) return false;
    }
    const std::byte* header = data + (position_ & (size_ - 1));
    const std::uint32_t length = __atomic_load_n(reinterpret_cast<const std::uint32_t*>(header), __ATOMIC_ACQUIRE);
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return false;
    const std::uint32_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    sample_end_ = position_ + round_up_8(BPF_RINGBUF_HDR_SZ + size);
    if ((length & BPF_RINGBUF_DISCARD_BIT) != 0) continue;
    sample_ = EventReader({header + BPF_RINGBUF_HDR_SZ, size});
    return true;
  }
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

Result<Rings> Rings::create(std::uint64_t total_bytes) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return Error::from_errno(cpus, "count the possible CPUs");
  Rings rings;
  const std::uint64_t share = std::max<std::uint64_t>(total_bytes / static_cast<unsigned>(cpus), page_size());
  rings.bytes_each_ = std::bit_floor(std::min<std::uint64_t>(share, std::uint64_t{1} << 30));

  std::vector<std::uint32_t> keys(static_cast<std::size_t>(cpus));
  std::iota(keys.begin(), keys.end(), 0U);
  std::vector<int> inner;
  for (int cpu = 0; cpu < cpus; ++cpu) {
    UniqueFd ring(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ringtap_ring", 0, 0,
                                 static_cast<std::uint32_t>(rings.bytes_each_), nullptr));
    if (!ring) {
      const int err = errno;
      return Error::from_errno(err, "create a ring of " + std::to_string(rings.bytes_each_ / 1024) + " KiB for CPU " +
                                        std::to_string(cpu))
          .hint(refusal_hint(err));
    }
    inner.push_back(ring.get());
    auto reader = RingReader::open(std::move(ring), rings.bytes_each_);
    if (!reader) return reader.take_error();
    rings.readers_.push_back(reader.take());
  }

  LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<std::uint32_t>(inner.front()));
  rings.map_.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "rings", sizeof(std::uint32_t), sizeof(std::uint32_t),
                                  static_cast<std::uint32_t>(cpus), &options));
  if (!rings.map_) {
    const int err = errno;
    return Error::from_errno(err, "create the map of rings").hint(refusal_hint(err));
  }
  // In one call: each single update of a map of maps waits for an RCU grace period (kernel/bpf/syscall.c,
  // maybe_wait_bpf_programs), which is seconds on a machine with hundreds of CPUs. Older kernels lack the batch.
  std::uint32_t count = static_cast<std::uint32_t>(cpus);
  if (bpf_map_update_batch(rings.map_.get(), keys.data(), inner.data(), &count, nullptr) != 0) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (bpf_map_update_elem(rings.map_.get(), &keys[i], &inner[i], BPF_ANY) != 0) {
        return Error::from_errno(errno, "put the ring of CPU " + std::to_string(keys[i]) + " into its map");
      }
    }
  }
  return rings;
}

}  // namespace ringtap
