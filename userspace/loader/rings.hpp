// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The BPF ring buffers, one per CPU that is online: created and put into their map of maps before the programs are
// loaded, and read through shared memory without a system call. Layout and protocol of the pages: kernel/bpf/ringbuf.c
// and the UAPI header (BPF_RINGBUF_HDR_SZ, BUSY and DISCARD bits). One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "loader/cpu_maps.hpp"
#include "record/event.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// Reads one ring. Records are borrowed from the ring's memory until release(). Single consumer, one thread.
class RingReader final : public EventStream {
 public:
  static Result<RingReader> open(UniqueFd map, std::size_t size);
  RingReader(RingReader&& other) noexcept;
  RingReader& operator=(RingReader&&) = delete;
  ~RingReader() override;

  // Checks for data that the kernel has published since the last call; true if there is a record at the head.
  bool refresh();
  // Moves past the head; releases memory to the kernel once a large part of the ring has been read.
  void pop() override;
  // Releases the memory of everything popped, now.
  void release();

  [[nodiscard]] int fd() const { return map_.get(); }
  // Samples that were not valid records; they are skipped.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  RingReader(UniqueFd map, std::size_t size, void* consumer_page, void* producer_pages);
  bool next_sample();
  void load_head();

  UniqueFd map_;
  std::size_t size_;
  void* consumer_page_;         // read and write: the consumer position
  void* producer_pages_;        // read only: the producer position, the data, and its beginning once more
  std::uint64_t position_ = 0;  // start of the sample being read
  std::uint64_t released_ = 0;  // up to where the kernel may write again
  std::uint64_t producer_ = 0;  // as last seen
  std::uint64_t sample_end_ = 0;
  EventReader sample_;
  std::uint64_t malformed_ = 0;
};

// All rings and their map.
class Rings {
 public:
  // `total_bytes` is split evenly, each share rounded down to a power of two of at least one page and at most 1 GiB.
  static Result<Rings> create(std::uint64_t total_bytes, std::span<const unsigned> cpus);
  // For a CPU that has come online: the share that each would have with it, but no more than the others have.
  Result<> add(unsigned cpu);

  [[nodiscard]] const CpuMaps& maps() const { return maps_; }
  [[nodiscard]] std::size_t bytes_each() const { return bytes_each_; }
  // readers()[i] is the ring of CPU cpus()[i]. Invalid after add().
  [[nodiscard]] std::vector<RingReader>& readers() { return readers_; }
  [[nodiscard]] const std::vector<RingReader>& readers() const { return readers_; }
  [[nodiscard]] const std::vector<unsigned>& cpus() const { return cpus_; }

 private:
  Rings(CpuMaps maps, std::uint64_t total_bytes, std::size_t bytes_each)
      : maps_(std::move(maps)), total_bytes_(total_bytes), bytes_each_(bytes_each) {}
  Result<> read_from(UniqueFd map, std::size_t bytes, unsigned cpu);

  CpuMaps maps_;
  std::vector<RingReader> readers_;
  std::vector<unsigned> cpus_;
  std::uint64_t total_bytes_;
  std::size_t bytes_each_;
};

}  // namespace ringtap
