// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cuts the pcapng stream of a capture on this machine into sections for batches: each has the section header and all
// interfaces so far in front of its packets, so that it can be read without those before it. Times have to be in
// nanoseconds, as ringtap writes them. Statistics of interfaces are added up, and the latest of each interface is kept
// for a section at the end. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "fleet/batch.hpp"
#include "fleet/host_counters.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct BuiltSection {
  std::vector<std::byte> buffer;  // kBatchRoom bytes, and the section
  std::size_t size = 0;           // of the section; 0: there is none
  std::uint64_t packets = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t lost = 0;  // that its records tell of
  HostCounters before;     // as far as they were read
  HostCounters after;

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return size == 0 ? std::span<const std::byte>() : std::span(buffer).subspan(kBatchRoom, size);
  }
};

class BatchBuilder {
 public:
  // Where the next bytes of the stream are to be read into: some up to the size with which the section is full, or up
  // to the end of a block that is longer. Never empty; until the next call of another function.
  std::span<std::byte> room(std::size_t full);
  // So many have been read there. An Error if the stream is not pcapng; what came whole before stays.
  Result<> added(std::size_t size);
  // Also where a block that has come in part would pass that size: it gets a section of its own.
  [[nodiscard]] bool is_full(std::size_t full) const {
    return has_content_ && std::max(end_ + kLeastRoom, end_of_block()) > full;
  }
  [[nodiscard]] bool is_empty() const { return !has_content_; }
  // Whether a block is only in part here.
  [[nodiscard]] bool is_between_blocks() const { return parsed_ == end_; }
  // What came since the last call, as a section of its own.
  BuiltSection take();
  // Its memory is used for the next one.
  void give_back(BuiltSection section) { spare_ = std::move(section.buffer); }
  // The latest statistics of interfaces, as many as fit; empty: that was all.
  BuiltSection take_statistics(std::size_t most_bytes);

  [[nodiscard]] std::size_t interfaces() const { return interfaces_; }
  // Section header and interfaces.
  [[nodiscard]] std::span<const std::byte> head() const { return head_; }

 private:
  static constexpr std::size_t kLeastRoom = 4096;
  // Where the block ends of which the header is here; 0: none is.
  [[nodiscard]] std::size_t end_of_block() const;
  Result<bool> look_at(std::span<const std::byte> block);
  Result<> add_statistics(std::span<const std::byte> block);
  void begin_section(std::span<const std::byte> partial);

  std::vector<std::byte> head_;
  std::vector<std::byte> buffer_;  // the section that grows, after kBatchRoom bytes
  std::size_t parsed_ = 0;         // of the section: up to there are whole blocks
  std::size_t end_ = 0;            // … and up to there part of one
  bool has_content_ = false;       // more than its head
  std::vector<std::byte> spare_;   // the memory of the section before
  std::size_t interfaces_ = 0;
  BuiltSection built_;  // its counts
  struct Statistics {
    HostCounters counters;
    std::vector<std::byte> block;
  };
  std::map<std::uint32_t, Statistics> statistics_;  // by interface
  HostCounters counters_;                           // their sum
  HostCounters taken_;                              // with the section before
};

}  // namespace ringtap
