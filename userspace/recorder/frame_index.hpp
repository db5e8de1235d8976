// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The index file of a segment (docs/file-format.md): what each frame of it may hold. A frame is a range of whole pcapng
// blocks, compressed by itself or not at all. The index may say that a frame holds something which it does not, never
// the other way round. A FrameIndexer has the keys of one frame in memory, some ten for each packet at most, and
// belongs to one thread; the rest is pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ringtap/owner.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

inline constexpr std::uint32_t kMostFrameBytes = 1 << 20;  // of pcapng, unless a single block is larger

// Bits of FrameEntry::flags.
inline constexpr std::uint8_t kHasOther = 1;   // other blocks than packets: the frame is always read
inline constexpr std::uint8_t kOpaque = 2;     // no filter: a packet may have any key
inline constexpr std::uint8_t kHasPlaced = 4;  // of the other blocks one has its place between packets: anything but
                                               // statistics, and what comes before the first packet of the segment
inline constexpr std::uint8_t kHasOwners = 8;  // the keys of its packets' owners are there, if these are known

struct FrameEntry {
  std::uint64_t offset = 0;       // in the file
  std::uint32_t stored_size = 0;  // its bytes there
  std::uint32_t size = 0;         // its bytes of pcapng
  std::uint64_t first_ns = 0;     // the smallest and the largest time of its packets; 0 without any
  std::uint64_t last_ns = 0;
  std::uint32_t packets = 0;
  std::uint8_t hashes = 0;
  std::uint8_t flags = 0;
  std::span<const std::byte> bloom;  // borrowed; empty with kOpaque, and without any key

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  // Whether a packet of the frame may have the key, a hash of index_keys.hpp.
  [[nodiscard]] bool may_have(std::uint32_t key) const;
};

// What comes first in an index file.
std::array<std::byte, 16> index_file_header();

// Other blocks than packets.
enum class OtherBlock : std::uint8_t { kPlaced, kStatistics };

class FrameIndexer {
 public:
  FrameIndexer();

  void add(const RecordView& record, LinkType link_type);
  void add_other(OtherBlock block = OtherBlock::kPlaced);
  // The entry and its filter as bytes for the index file; the next frame begins. Borrowed until the next call.
  std::span<const std::byte> finish(std::uint64_t offset, std::uint32_t stored_size, std::uint32_t size);

  // Packets of the frame so far.
  [[nodiscard]] std::uint32_t packets() const { return packets_; }

 private:
  void insert(std::uint32_t key) {
    std::uint32_t& seen = seen_[key >> (32 - kSeenBits)];
    keys_[count_] = key;
    count_ += seen != key ? 1 : 0;  // no branch: it would be mispredicted for every other key
    seen = key;
  }
  class Inserter;
  void insert_owner(const Owner& owner);
  [[nodiscard]] std::size_t distinct_keys() const;

  static constexpr int kSeenBits = 13;

  std::vector<std::uint32_t> keys_;  // of the frame, some of them several times
  std::size_t count_ = 0;
  std::vector<std::uint32_t> seen_;  // the last key for each value of its upper bits
  std::array<std::uint32_t, 16> tap_keys_{};
  std::array<std::uint32_t, 16> last_numbers_{};  // for each kind the last value, + 1
  struct SeenOwner {
    std::shared_ptr<const Process> process;
    std::uint64_t key = 0;
    std::uint32_t uid = 0;
  };
  std::array<SeenOwner, 16> owners_;  // of this frame, by their keys
  std::vector<std::byte> out_;
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  std::uint32_t packets_ = 0;
  std::uint8_t flags_ = 0;
  bool has_had_packets_ = false;  // in this frame or in one before
};

// For an entry of finish() that was made before its frame had a place.
void place_entry(std::span<std::byte> entry, std::uint64_t offset, std::uint32_t stored_size, std::uint32_t size);

// Reads the entries of an index file that is in memory, which it borrows. Every bit is checked.
class IndexReader {
 public:
  enum class State : std::uint8_t { kEntry, kEnd, kCut, kDamaged };  // kCut: the last entry is not complete

  explicit IndexReader(std::span<const std::byte> file) : rest_(file) {}
  // kEntry: entry() is the next one. kEnd, kCut and kDamaged are final.
  State next();
  // Borrows its filter from the file.
  [[nodiscard]] const FrameEntry& entry() const { return entry_; }

 private:
  std::span<const std::byte> rest_;
  FrameEntry entry_;
  bool has_begun_ = false;
};

}  // namespace ringtap
