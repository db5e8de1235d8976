// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/rings.hpp"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
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

// Of the data, at first: with hundreds of CPUs rings are small.
std::size_t first_piece_of(std::size_t size) {
  constexpr std::size_t kMost = std::size_t{1} << 20;
  return std::max(page_size(), std::min(kMost, size / 16));
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
  // Room for all of it, of which the producer's page is there at once.
  void* room = mmap(nullptr, mapped_bytes_of(size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    const int err = errno;
    munmap(consumer, page_size());
    return Error::from_errno(err, "find room for a ring's data").hint(refusal_hint(err));
  }
  RingMapping mapping(std::move(map), size, consumer, room);
  const auto page = static_cast<off_t>(page_size());
  if (mmap(room, page_size(), PROT_READ, MAP_SHARED | MAP_FIXED, mapping.fd(), page) == MAP_FAILED ||
      !mapping.map_data(first_piece_of(size))) {
    const int err = errno;
    return Error::from_errno(err, "map a ring's data").hint(refusal_hint(err));
  }
  // Packets are not for helper processes.
  ::madvise(consumer, page_size(), MADV_DONTFORK);
  ::madvise(room, page_size(), MADV_DONTFORK);
  return mapping;
}

// False with errno. The next piece begins where the last one ended.
bool RingMapping::map_data(std::size_t bytes) {
  const std::size_t begin = page_size() + mapped_;
  void* const at = static_cast<std::byte*>(producer_pages_) + begin;
  const std::size_t more = bytes - mapped_;
  if (mmap(at, more, PROT_READ, MAP_SHARED | MAP_FIXED, fd(), static_cast<off_t>(page_size() + begin)) == MAP_FAILED) {
    // The kernel may have made room by then, into which others must not come.
    const int err = errno;
    (void)mmap(at, more, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    errno = err;
    return false;
  }
  ::madvise(at, more, MADV_DONTFORK);
  mapped_ = bytes;
  return true;
}

// In few pieces, since a process may have some 65,000 (vm.max_map_count): as much again as there is.
std::uint64_t RingMapping::read_up_to(std::uint64_t position) {
  const std::size_t all = mapped_bytes_of(size_) - page_size();
  while (mapped_ < all && position > mapped_) {
    const std::size_t next = 2 * mapped_ < size_ ? 2 * mapped_ : all;
    while (!map_data(next)) {  // as operator new does it
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr || errno != ENOMEM) throw std::bad_alloc();
      handler();
    }
  }
  return mapped_ == all ? UINT64_MAX : mapped_;
}

RingMapping::RingMapping(UniqueFd map, std::size_t size, void* consumer_page, void* producer_pages)
    : map_(std::move(map)), size_(size), consumer_page_(consumer_page), producer_pages_(producer_pages), mapped_(0) {}

RingMapping::RingMapping(RingMapping&& other) noexcept
    : map_(std::move(other.map_)),
      size_(other.size_),
      consumer_page_(std::exchange(other.consumer_page_, nullptr)),
      producer_pages_(std::exchange(other.producer_pages_, nullptr)),
      mapped_(other.mapped_) {}

RingMapping::~RingMapping() {
  if (consumer_page_ != nullptr) munmap(consumer_page_, page_size());
  if (producer_pages_ != nullptr) munmap(producer_pages_, mapped_bytes_of(size_));
}

RingMemory RingMapping::memory() {
  const auto* pages = static_cast<const std::byte*>(producer_pages_);
  return {.producer = static_cast<const std::uint64_t*>(producer_pages_),
          .consumer = static_cast<std::uint64_t*>(consumer_page_),
          .data = {pages + page_size(), mapped_bytes_of(size_) - page_size()},
          .size = size_,
          .growth = this};
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
                              cpus.front());
  if (!made) return made.take_error();
  Rings rings(std::make_shared<const CpuMaps>(made.take()), total_bytes, bytes);
  rings.cpus_.assign(cpus.begin(), cpus.end());
  rings.making_.emplace([maps = rings.maps_, of = rings.cpus_, bytes]() -> Result<std::vector<RingMapping>> {
    auto inner = maps->make(of);
    if (!inner) return inner.take_error();
    if (auto filled = maps->fill(of, *inner); !filled) return filled.take_error();
    std::vector<RingMapping> mappings;
    for (UniqueFd& map : *inner) {
      auto mapping = RingMapping::open(std::move(map), bytes);
      if (!mapping) return mapping.take_error();
      mappings.push_back(mapping.take());
    }
    return mappings;
  });
  return rings;
}

Result<> Rings::filled() {
  if (!making_) return ok();
  auto made = making_->get();
  making_.reset();
  if (!made) return made.take_error();
  for (RingMapping& mapping : *made) read_from(std::move(mapping));
  return ok();
}

Result<> Rings::add(unsigned cpu) {
  const std::size_t bytes = std::min(share_of(total_bytes_, cpus_.size() + 1), bytes_each_);
  auto made = maps_->add(cpu, static_cast<std::uint32_t>(bytes));
  if (!made) return made.take_error();
  auto mapping = RingMapping::open(made.take(), bytes);
  if (!mapping) return mapping.take_error();
  read_from(mapping.take());
  cpus_.push_back(cpu);
  return ok();
}

void Rings::read_from(RingMapping mapping) {
  mappings_.push_back(std::move(mapping));
  readers_.emplace_back(mappings_.back().memory());
}

}  // namespace ringtap
