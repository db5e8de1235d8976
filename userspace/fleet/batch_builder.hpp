// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cuts the pcapng stream of a capture on this machine into sections for batches: each has the section header and all
// interfaces so far in front of its packets, so that it can be read without those before it, and is made where the
// stream is. Times have to be in nanoseconds, as ringtap writes them. Statistics of interfaces are added up, and the
// latest of each interface is kept for a section at the end. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "fleet/batch.hpp"
#include "fleet/host_counters.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct BuiltSection {
  std::span<std::byte> message;  // kBatchRoom bytes that may be overwritten, and the section; empty: there is none
  std::size_t used = 0;          // of what waits
  std::uint64_t packets = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t lost = 0;  // that its records tell of
  HostCounters before;     // as far as they were read
  HostCounters after;

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return message.empty() ? std::span<const std::byte>() : message.subspan(kBatchRoom);
  }
};

class BatchBuilder {
 public:
  // What a section needs in front of the bytes it is made of.
  [[nodiscard]] std::size_t front() const { return kBatchRoom + head_.size(); }
  // `waiting`: the stream from where the last section ended, as far as it has come, and no less than at the last call;
  // overwritten where needed. Looks at the blocks that are new there, up to the size with which the section is full. An
  // Error if the stream is not pcapng, or a block longer than `longest`; what came whole before stays.
  Result<> look(std::span<std::byte> waiting, std::size_t full, std::size_t longest);
  // What waits does not fit into this section any more. A block that is too long for any gets one of its own.
  [[nodiscard]] bool is_full() const { return is_full_; }
  [[nodiscard]] bool is_empty() const { return begin_ == end_; }
  // Nothing that look() was given waits for the next section, nor for the rest of a block.
  [[nodiscard]] bool has_looked_at_all() const { return has_looked_at_all_; }
  // What came since the last call, as a section of its own: in the memory that begins front() bytes before that of
  // `waiting`, which is as at the last look().
  BuiltSection take(std::span<std::byte> waiting);
  // The latest statistics of interfaces, as many as fit; without a message: that was all. Until the next call.
  BuiltSection take_statistics(std::size_t most_bytes);

  // The latest time of all packets so far.
  [[nodiscard]] std::uint64_t newest_ns() const { return newest_ns_; }
  [[nodiscard]] std::size_t interfaces() const { return interfaces_; }

 private:
  void close_gap(std::span<std::byte> waiting);
  Result<bool> look_at(std::span<const std::byte> block);
  Result<> add_statistics(std::span<const std::byte> block);

  std::vector<std::byte> head_;  // section header and interfaces
  // In what waits: the section's blocks, and how far was looked. What is before and between does not stay.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t looked_ = 0;
  bool is_full_ = false;
  bool has_looked_at_all_ = true;
  std::size_t interfaces_ = 0;
  std::uint64_t newest_ns_ = 0;
  BuiltSection built_;  // its counts
  struct Statistics {
    HostCounters counters;
    std::vector<std::byte> block;
  };
  std::map<std::uint32_t, Statistics> statistics_;  // by interface
  HostCounters counters_;                           // their sum
  HostCounters taken_;                              // with the section before
  std::vector<std::byte> last_;                     // of take_statistics()
};

}  // namespace ringtap
