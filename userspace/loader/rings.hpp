// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The BPF ring buffers, one per CPU that is online: created, put into their map of maps and mapped for their readers,
// while the programs are loaded. Layout of the pages: kernel/bpf/ringbuf.c. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/thread.hpp"
#include "loader/cpu_maps.hpp"
#include "record/ring_reader.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// The pages of one ring, mapped as far as they were ever used: mapping costs time, and each page counts as memory of
// this process. Owns the map and the mapping.
class RingMapping final : public RingGrowth {
 public:
  static Result<RingMapping> open(UniqueFd map, std::size_t size);
  RingMapping(RingMapping&& other) noexcept;
  RingMapping& operator=(RingMapping&&) = delete;
  ~RingMapping() override;

  [[nodiscard]] int fd() const { return map_.get(); }
  // Borrows this.
  [[nodiscard]] RingMemory memory();
  std::uint64_t read_up_to(std::uint64_t position) override;

 private:
  RingMapping(UniqueFd map, std::size_t size, void* consumer_page, void* producer_pages);
  bool map_data(std::size_t bytes);

  UniqueFd map_;
  std::size_t size_;
  void* consumer_page_;   // read and write: the consumer position
  void* producer_pages_;  // read only: the producer position, the data, and its beginning once more
  std::size_t mapped_;    // bytes of the data and its second copy that are mapped
};

// All rings and their map.
class Rings {
 public:
  // `total_bytes` is split evenly, each share rounded down to a power of two of at least one page and at most 1 GiB.
  // `cpus` is not empty. Programs can be loaded at once; another thread gets the memory meanwhile.
  static Result<Rings> create(std::uint64_t total_bytes, std::span<const unsigned> cpus);
  // Waits until every CPU has its ring, and gives them readers: before packets come.
  Result<> filled();
  // For a CPU that has come online: the share that each would have with it, but no more than the others have.
  Result<> add(unsigned cpu);

  [[nodiscard]] const CpuMaps& maps() const { return *maps_; }
  [[nodiscard]] std::size_t bytes_each() const { return bytes_each_; }
  // readers()[i] is the ring of CPU cpus()[i]; it stays where it is.
  [[nodiscard]] std::deque<RingReader>& readers() { return readers_; }
  [[nodiscard]] const std::deque<RingReader>& readers() const { return readers_; }
  [[nodiscard]] const std::vector<unsigned>& cpus() const { return cpus_; }
  // fds()[i], too: readable when a program has woken the reader.
  [[nodiscard]] std::vector<int> fds() const;

 private:
  Rings(std::shared_ptr<const CpuMaps> maps, std::uint64_t total_bytes, std::size_t bytes_each)
      : maps_(std::move(maps)), total_bytes_(total_bytes), bytes_each_(bytes_each) {}
  void read_from(RingMapping mapping);

  std::shared_ptr<const CpuMaps> maps_;
  std::optional<Meanwhile<std::vector<RingMapping>>> making_;
  std::deque<RingMapping> mappings_;
  std::deque<RingReader> readers_;
  std::vector<unsigned> cpus_;
  std::uint64_t total_bytes_;
  std::size_t bytes_each_;
};

}  // namespace ringtap
