// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/rings.hpp"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "loader/refusal.hpp"

namespace ringtap {
namespace {

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The longest sample (bpf/emit.bpf.h, stage_flush()), with the ring's header. The kernel maps a ring's data twice in a
// row, so that a sample which goes past the end is in one piece. Only so much of the second copy is ever read, and
// pages that are mapped twice count twice in a process's resident memory.
constexpr std::size_t kLongestSample = BPF_RINGBUF_HDR_SZ + RINGTAP_BATCH_BYTES + RINGTAP_RECORD_ALIGN +
                                       sizeof(ringtap_event) + sizeof(ringtap_trace) + sizeof(ringtap_owners) +
                                       RINGTAP_MAX_SNAPLEN;

constexpr std::size_t kLargestRing = std::size_t{1} << 30;

std::size_t share_of(std::uint64_t total_bytes, std::size_t rings) {
  const std::uint64_t share = std::max<std::uint64_t>(total_bytes / rings, page_size());
  return std::bit_floor(std::min<std::uint64_t>(share, kLargestRing));
}

// The producer's page, the data, and as much of its second copy as a sample can reach.
std::size_t mapped_bytes_of(std::size_t size) {
  const std::size_t more = (kLongestSample + page_size() - 1) / page_size() * page_size();
  return page_size() + size + std::min(size, more);
}

}  // namespace

Result<RingMapping> RingMapping::open(UniqueFd map, std::size_t size) {
  void* consumer = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (consumer == MAP_FAILED) {
    const int err = errno;
    return Error::from_errno(err, "map a ring's consumer page").hint(refusal_hint(err));
  }
  const std::size_t length = mapped_bytes_of(size);
  void* producer = mmap(nullptr, length, PROT_READ, MAP_SHARED, map.get(), static_cast<off_t>(page_size()));
  if (producer == MAP_FAILED) {
    const int err = errno;
    munmap(consumer, page_size());
    return Error::from_errno(err, "map a ring's data").hint(refusal_hint(err));
  }
  // Packets are not for helper processes.
  ::madvise(consumer, page_size(), MADV_DONTFORK);
  ::madvise(producer, length, MADV_DONTFORK);
  return RingMapping(std::move(map), size, consumer, producer);
}

RingMapping::RingMapping(UniqueFd map, std::size_t size, void* consumer_page, void* producer_pages)
    : map_(std::move(map)), size_(size), consumer_page_(consumer_page), producer_pages_(producer_pages) {}

RingMapping::RingMapping(RingMapping&& other) noexcept
    : map_(std::move(other.map_)),
      size_(other.size_),
      consumer_page_(std::exchange(other.consumer_page_, nullptr)),
      producer_pages_(std::exchange(other.producer_pages_, nullptr)) {}

RingMapping::~RingMapping() {
  if (consumer_page_ != nullptr) munmap(consumer_page_, page_size());
  if (producer_pages_ != nullptr) munmap(producer_pages_, mapped_bytes_of(size_));
}

RingMemory RingMapping::memory() const {
  const auto* pages = static_cast<const std::byte*>(producer_pages_);
  return {.producer = static_cast<const std::uint64_t*>(producer_pages_),
          .consumer = static_cast<std::uint64_t*>(consumer_page_),
          .data = {pages + page_size(), mapped_bytes_of(size_) - page_size()},
          .size = size_};
}

std::vector<int> Rings::fds() const {
  std::vector<int> fds;
  for (const RingMapping& mapping : mappings_) fds.push_back(mapping.fd());
  return fds;
}

Result<Rings> Rings::create(std::uint64_t total_bytes, std::span<const unsigned> cpus) {
  const std::size_t bytes = share_of(total_bytes, cpus.size());
  auto made = CpuMaps::create({.name = "rings",
                               .type = BPF_MAP_TYPE_RINGBUF,
                               .key_size = 0,
                               .value_size = 0,
                               .entries = static_cast<std::uint32_t>(bytes),
                               .flags = 0},
                              cpus);
  if (!made) return made.take_error();
  Rings rings(std::move(made->maps), total_bytes, bytes);
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    if (auto read = rings.read_from(std::move(made->inner[i]), bytes, cpus[i]); !read) return read.take_error();
  }
  return rings;
}

Result<> Rings::add(unsigned cpu) {
  const std::size_t bytes = std::min(share_of(total_bytes_, cpus_.size() + 1), bytes_each_);
  auto made = maps_.add(cpu, static_cast<std::uint32_t>(bytes));
  return made ? read_from(made.take(), bytes, cpu) : Result<>(made.take_error());
}

Result<> Rings::read_from(UniqueFd map, std::size_t bytes, unsigned cpu) {
  auto mapping = RingMapping::open(std::move(map), bytes);
  if (!mapping) return mapping.take_error();
  mappings_.push_back(mapping.take());
  readers_.emplace_back(mappings_.back().memory());
  cpus_.push_back(cpu);
  return ok();
}

}  // namespace ringtap
