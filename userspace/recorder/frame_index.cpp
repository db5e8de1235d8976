// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/frame_index.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <tuple>

#include "base/hash_map.hpp"
#include "recorder/index_keys.hpp"
#include "recorder/owner_keys.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kFileMagic = 0x58495452;   // "RTIX" on a little-endian machine
constexpr std::uint32_t kEntryMagic = 0x45495452;  // "RTIE"
constexpr std::uint32_t kVersion = 1;

// 10 bits a key and 3 hashes: an absent key hits 1.7 % of the filters.
constexpr std::size_t kBitsPerKey = 10;
constexpr std::uint8_t kHashes = 3;

constexpr std::size_t kUsualKeys = 1 << 14;
constexpr std::size_t kMostKeysOfPacket = 64;  // with the most tags and labels that are read

struct FileHeader {
  std::uint32_t magic = kFileMagic;
  std::uint32_t version = kVersion;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(FileHeader) == 16);

struct EntryHeader {
  std::uint32_t magic;
  std::uint32_t crc;  // of what follows in this struct
  std::uint64_t offset;
  std::uint32_t stored_size;
  std::uint32_t size;
  std::uint64_t first_ns;
  std::uint64_t last_ns;
  std::uint32_t packets;
  std::uint32_t bloom_size;
  std::uint8_t hashes;
  std::uint8_t flags;
  std::uint16_t reserved;
  std::uint32_t bloom_crc;  // of the filter, which follows
};
static_assert(sizeof(EntryHeader) == 56 && std::has_unique_object_representations_v<EntryHeader>);
constexpr std::size_t kCheckedFrom = 8;

std::uint32_t checksum(const std::byte* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes), size));
}
std::uint32_t header_checksum(const EntryHeader& header) {
  return checksum(reinterpret_cast<const std::byte*>(&header) + kCheckedFrom, sizeof header - kCheckedFrom);
}

// The bits of a key in a filter of so many: double hashing, both from one product.
class BloomBits {
 public:
  BloomBits(std::uint32_t key, std::size_t bits) : bits_(bits) {
    const std::uint64_t product = key * kGoldenRatio;
    at_ = static_cast<std::uint32_t>(product >> 32);
    step_ = static_cast<std::uint32_t>(product) | 1;
  }
  std::size_t next() {
    const std::size_t bit = at_ * std::uint64_t{bits_} >> 32;
    at_ += step_;
    return bit;
  }

 private:
  std::size_t bits_;
  std::uint32_t at_;
  std::uint32_t step_;
};

// Unrolled: this is half of what the index costs.
void set_bits(std::span<std::byte> bloom, std::span<const std::uint32_t> keys) {
  static_assert(kHashes == 3);
  const auto set = [&](std::size_t bit) { bloom[bit / 8] |= std::byte{1} << (bit % 8); };
  for (const std::uint32_t key : keys) {
    BloomBits bits(key, bloom.size() * 8);
    const std::array<std::size_t, kHashes> places = {bits.next(), bits.next(), bits.next()};
    set(places[0]);
    set(places[1]);
    set(places[2]);
  }
}

}  // namespace

std::array<std::byte, 16> index_file_header() {
  return std::bit_cast<std::array<std::byte, 16>>(FileHeader{});
}

bool FrameEntry::may_have(std::uint32_t key) const {
  if (has(kOpaque)) return true;
  if (bloom.empty()) return false;
  BloomBits bits(key, bloom.size() * 8);
  for (std::uint8_t n = 0; n < hashes; ++n) {
    const std::size_t bit = bits.next();
    if ((std::to_integer<unsigned>(bloom[bit / 8]) >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

FrameIndexer::FrameIndexer() : keys_(kUsualKeys), seen_(std::size_t{1} << kSeenBits) {
  static_assert(kTapTraits.size() <= std::tuple_size_v<decltype(tap_keys_)>);
  for (const TapTraits& traits : kTapTraits) {
    tap_keys_[static_cast<std::size_t>(traits.tap)] = text_key(KeyKind::kTap, traits.name);
  }
}

class FrameIndexer::Inserter {
 public:
  explicit Inserter(FrameIndexer& to) : to_(to) {}
  void operator()(std::uint32_t key) const { to_.insert(key); }
  void number(KeyKind kind, std::uint16_t value) const {
    std::uint32_t& last = to_.last_numbers_[static_cast<std::size_t>(kind)];
    if (last == value + 1U) return;
    last = value + 1U;
    to_.insert(key_hash(kind, value));
  }

 private:
  FrameIndexer& to_;
};

void FrameIndexer::add(const RecordView& record, LinkType link_type) {
  first_ns_ = packets_ == 0 ? record.time_ns : std::min(first_ns_, record.time_ns);
  last_ns_ = std::max(last_ns_, record.time_ns);
  ++packets_;
  has_had_packets_ = true;
  if (count_ + kMostKeysOfPacket > keys_.size()) keys_.resize(2 * keys_.size());
  const Inserter inserter(*this);
  if (record.tap != Tap::kUnknown) insert(tap_keys_[static_cast<std::size_t>(record.tap)]);
  if (record.trace && !record.trace->reason.empty()) insert(text_key(KeyKind::kDropReason, record.trace->reason));
  if (!each_key(record.data, link_type, inserter)) flags_ |= kOpaque;
  if (record.owners == nullptr) return;
  insert_owner(record.owners->sender);
  insert_owner(record.owners->receiver);
}

void FrameIndexer::insert_owner(const Owner& owner) {
  if (!names_process(owner.kind)) return;
  SeenOwner& seen = owners_[pid_of(owner.key) % owners_.size()];
  if (seen.key == owner.key && seen.uid == owner.uid && seen.process == owner.process) return;
  seen = {.process = owner.process, .key = owner.key, .uid = owner.uid};
  each_owner_key(owner, [this](std::uint32_t key) {
    if (count_ == keys_.size()) keys_.resize(2 * keys_.size());
    insert(key);
  });
  if (count_ + kMostKeysOfPacket > keys_.size()) keys_.resize(2 * keys_.size());
}

void FrameIndexer::add_other(OtherBlock block) {
  flags_ |= kHasOther;
  if (block == OtherBlock::kPlaced && has_had_packets_) flags_ |= kHasPlaced;
}

// By linear counting (Whang, Vander-Zanden, Taylor 1990), within some percent.
std::size_t FrameIndexer::distinct_keys() const {
  constexpr std::size_t kCells = 1 << 16;
  std::vector<std::uint64_t> cells(kCells / 64);
  for (std::size_t n = 0; n < count_; ++n)
    cells[keys_[n] >> 1 & (kCells / 64 - 1)] |= std::uint64_t{1} << (keys_[n] >> 11 & 63);
  std::size_t used = 0;
  for (const std::uint64_t cell : cells) used += static_cast<std::size_t>(std::popcount(cell));
  if (used == kCells) return count_;
  const double distinct = -std::log1p(-static_cast<double>(used) / kCells) * kCells;
  return std::min(count_, static_cast<std::size_t>(distinct * 1.01) + 1);
}

std::span<const std::byte> FrameIndexer::finish(std::uint64_t offset, std::uint32_t stored_size, std::uint32_t size) {
  const bool is_opaque = (flags_ & kOpaque) != 0;
  if (packets_ > 0) flags_ |= kHasOwners;
  const std::size_t bloom_size = is_opaque || count_ == 0 ? 0 : (distinct_keys() * kBitsPerKey + 63) / 64 * 8;
  out_.assign(sizeof(EntryHeader) + bloom_size, std::byte{});
  const auto bloom = std::span(out_).subspan(sizeof(EntryHeader));
  if (!bloom.empty()) set_bits(bloom, std::span(keys_).first(count_));
  EntryHeader header{.magic = kEntryMagic,
                     .crc = 0,
                     .offset = 0,
                     .stored_size = 0,
                     .size = 0,
                     .first_ns = first_ns_,
                     .last_ns = last_ns_,
                     .packets = packets_,
                     .bloom_size = static_cast<std::uint32_t>(bloom_size),
                     .hashes = kHashes,
                     .flags = flags_,
                     .reserved = 0,
                     .bloom_crc = checksum(bloom.data(), bloom.size())};
  std::memcpy(out_.data(), &header, sizeof header);
  place_entry(out_, offset, stored_size, size);

  if (count_ != 0) std::fill(seen_.begin(), seen_.end(), 0);
  count_ = 0;
  last_numbers_.fill(0);
  owners_.fill({});
  packets_ = 0;
  first_ns_ = last_ns_ = 0;
  flags_ = 0;
  return out_;
}

void place_entry(std::span<std::byte> entry, std::uint64_t offset, std::uint32_t stored_size, std::uint32_t size) {
  EntryHeader header;
  std::memcpy(&header, entry.data(), sizeof header);
  header.offset = offset;
  header.stored_size = stored_size;
  header.size = size;
  header.crc = header_checksum(header);
  std::memcpy(entry.data(), &header, sizeof header);
}

IndexReader::State IndexReader::next() {
  if (!has_begun_) {
    FileHeader header;
    if (rest_.size() < sizeof header) return State::kCut;
    std::memcpy(&header, rest_.data(), sizeof header);
    if (header.magic != kFileMagic || header.version != kVersion) return State::kDamaged;
    rest_ = rest_.subspan(sizeof header);
    has_begun_ = true;
  }
  if (rest_.empty()) return State::kEnd;
  EntryHeader header;
  if (rest_.size() < sizeof header) return State::kCut;
  std::memcpy(&header, rest_.data(), sizeof header);
  if (header.magic != kEntryMagic || header.crc != header_checksum(header)) return State::kDamaged;
  if (rest_.size() - sizeof header < header.bloom_size) return State::kCut;
  const auto bloom = rest_.subspan(sizeof header, header.bloom_size);
  if (header.bloom_crc != checksum(bloom.data(), bloom.size())) return State::kDamaged;
  entry_ = {.offset = header.offset,
            .stored_size = header.stored_size,
            .size = header.size,
            .first_ns = header.first_ns,
            .last_ns = header.last_ns,
            .packets = header.packets,
            .hashes = header.hashes,
            .flags = header.flags,
            .bloom = bloom};
  rest_ = rest_.subspan(sizeof header + bloom.size());
  return State::kEntry;
}

}  // namespace ringtap
