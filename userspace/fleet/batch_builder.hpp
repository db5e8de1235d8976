// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cuts the pcapng stream of a capture on this machine into sections for batches: each has the section header and all
// interfaces so far in front of its packets, so that it can be read without those before it. Times have to be in
// nanoseconds, as ringtap writes them. Statistics of interfaces are added up, and the latest of each interface is kept
// for a section at the end. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "fleet/host_counters.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct BuiltSection {
  std::vector<std::byte> bytes;  // empty if there is nothing in it
  std::uint64_t packets = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t lost = 0;  // that its records tell of
  HostCounters before;     // as far as they were read
  HostCounters after;
};

class BatchBuilder {
 public:
  // Takes what has been read, in pieces of any size, up to the end of the first block with which the section is full.
  // Returns how much that was.
  Result<std::size_t> add(std::span<const std::byte> bytes, std::size_t full);
  [[nodiscard]] bool is_full(std::size_t full) const { return body_.size() >= full; }
  [[nodiscard]] bool is_empty() const { return body_.empty(); }
  // Whether a block is only in part here.
  [[nodiscard]] bool is_between_blocks() const { return partial_.empty(); }
  // What came since the last call, as a section of its own.
  BuiltSection take();
  // Its memory is used for the next one.
  void give_back(BuiltSection section) { spare_ = std::move(section.bytes); }
  // The latest statistics of interfaces, as many as fit; empty: that was all.
  BuiltSection take_statistics(std::size_t most_bytes);

  [[nodiscard]] std::size_t interfaces() const { return interfaces_; }
  // Section header and interfaces.
  [[nodiscard]] std::span<const std::byte> head() const { return head_; }

 private:
  Result<> add_block(std::span<const std::byte> block);
  Result<> add_statistics(std::span<const std::byte> block);

  std::vector<std::byte> head_;
  std::vector<std::byte> body_;   // of the section that grows: empty, or the head and what follows
  std::vector<std::byte> spare_;  // the memory of the section before
  std::vector<std::byte> partial_;
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
