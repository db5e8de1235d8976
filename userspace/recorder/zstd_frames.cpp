// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/zstd_frames.hpp"

#include <algorithm>

namespace ringtap {
namespace {

constexpr std::uint32_t kOurSkippableMagic = kSkippableMagic | 0xe;  // that of the seekable format
constexpr std::size_t kStoredHeaders = 12;
constexpr std::size_t kLargestStored = kWindow - kStoredHeaders;
constexpr std::size_t kUsualFill = kWindow / 20 * 19;  // what a frame is meant to take

// Formats are little-endian, whatever this machine is.
void put(std::vector<std::byte>& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// RFC 8878, 3.1.1: in front of so many bytes that stand as they are, a frame of one raw block; the size of the content
// and no checksum.
std::vector<std::byte> stored_headers(std::size_t size) {
  constexpr std::uint8_t kDescriptor = 0xa0;  // content size in 4 bytes, single segment
  constexpr std::uint32_t kLastRawBlock = 1;
  std::vector<std::byte> out;
  put(out, kZstdMagic, 4);
  put(out, kDescriptor, 1);
  put(out, size, 4);
  put(out, size << 3 | kLastRawBlock, 3);
  return out;
}

// What is left of a window has to be filled, or to be nothing.
bool fits(std::size_t used, std::size_t packed) {
  return used + packed == kWindow || used + packed + kSkippableHeader <= kWindow;
}

}  // namespace

Result<FramePacker> FramePacker::create(int level) {
  std::unique_ptr<ZSTD_CCtx, Free> context(::ZSTD_createCCtx());
  if (context == nullptr) return Error("zstd: out of memory", ErrorKind::kOutput);
  return FramePacker(std::move(context), level);
}

void FramePacker::pack(std::span<const std::byte> bytes, PackedFrames& into) {
  into.bytes.clear();
  into.sizes.clear();
  pack_parts(bytes, into);
}

// One frame, or if that does not fit, equal parts that probably do.
void FramePacker::pack_parts(std::span<const std::byte> bytes, PackedFrames& into) {
  const std::size_t packed = pack_one(bytes, into);
  if (packed == 0) return;
  const std::size_t parts = packed / kUsualFill + 1 + (packed <= kUsualFill ? 1 : 0);
  for (std::size_t size = bytes.size() / parts + 1; !bytes.empty(); bytes = bytes.subspan(size)) {
    size = std::min(size, bytes.size());
    pack_parts(bytes.first(size), into);
  }
}

// 0: done. Else how large it would be, too large.
std::size_t FramePacker::pack_one(std::span<const std::byte> bytes, PackedFrames& into) {
  const std::size_t before = into.bytes.size();
  into.bytes.resize(before + ::ZSTD_compressBound(bytes.size()));
  const std::size_t size = ::ZSTD_compressCCtx(context_.get(), into.bytes.data() + before, into.bytes.size() - before,
                                               bytes.data(), bytes.size(), level_);
  const bool works = ::ZSTD_isError(size) == 0;
  const bool is_done = works && fits(0, size);
  into.bytes.resize(before + (is_done ? size : 0));
  if (is_done) {
    into.sizes.push_back({static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(bytes.size())});
    return 0;
  }
  if (!fits(0, bytes.size() + kStoredHeaders)) return works ? size : bytes.size();
  const auto headers = stored_headers(bytes.size());
  into.bytes.insert(into.bytes.end(), headers.begin(), headers.end());
  into.bytes.insert(into.bytes.end(), bytes.begin(), bytes.end());
  into.sizes.push_back(
      {static_cast<std::uint32_t>(kStoredHeaders + bytes.size()), static_cast<std::uint32_t>(bytes.size())});
  return 0;
}

std::size_t FrameLayout::most_placed(const PackedFrames& packed, std::size_t bytes) {
  if (!packed.sizes.empty()) return packed.bytes.size() + packed.sizes.size() * kWindow;
  return bytes + (bytes / kLargestStored + 2) * (kStoredHeaders + kSkippableHeader) + kWindow;
}

std::size_t FrameLayout::place(const PackedFrames& packed, std::span<const std::byte> bytes, const Append& append) {
  const std::uint64_t begin = size_;
  const bool is_stored = packed.sizes.empty();
  const bool begins_here =
      is_stored ? used() + kStoredHeaders + kSkippableHeader < kWindow : fits(used(), packed.sizes.front().packed);
  if (!begins_here) pad(append);
  const auto padding = static_cast<std::size_t>(size_ - begin);
  if (is_stored) {
    store(bytes, append);
    return padding;
  }
  std::span<const std::byte> rest = packed.bytes;
  for (const PackedFrames::Size& frame : packed.sizes) {
    if (!fits(used(), frame.packed)) pad(append);
    append(rest.first(frame.packed));
    add(frame);
    rest = rest.subspan(frame.packed);
  }
  return padding;
}

void FrameLayout::store(std::span<const std::byte> bytes, const Append& append) {
  while (!bytes.empty()) {
    const std::size_t room = kWindow - used();
    if (room <= kStoredHeaders + kSkippableHeader) {
      pad(append);
      continue;
    }
    std::size_t size = std::min(bytes.size(), room - kStoredHeaders);
    // One that nearly fills the window leaves no place for padding.
    if (!fits(used(), kStoredHeaders + size)) size = room - kStoredHeaders - kSkippableHeader;
    append(stored_headers(size));
    append(bytes.first(size));
    add({static_cast<std::uint32_t>(kStoredHeaders + size), static_cast<std::uint32_t>(size)});
    bytes = bytes.subspan(size);
  }
}

// A skippable frame up to the next window, in which nothing is.
void FrameLayout::pad(const Append& append) {
  const std::size_t size = kWindow - used();
  std::vector<std::byte> out;
  put(out, kOurSkippableMagic, 4);
  put(out, size - kSkippableHeader, 4);
  out.resize(size);
  append(out);
  add({static_cast<std::uint32_t>(size), 0});
}

void FrameLayout::add(PackedFrames::Size frame) {
  size_ += frame.packed;
  frames_.push_back(frame);
}

void FrameLayout::cut(std::uint64_t size) {
  while (size_ > size && !frames_.empty()) {
    size_ -= frames_.back().packed;
    frames_.pop_back();
  }
}

std::vector<std::byte> FrameLayout::seek_table() const {
  constexpr std::size_t kEntry = 8;
  constexpr std::size_t kFooter = 9;
  std::vector<std::byte> table;
  put(table, kOurSkippableMagic, 4);
  put(table, frames_.size() * kEntry + kFooter, 4);
  for (const PackedFrames::Size& frame : frames_) {
    put(table, frame.packed, 4);
    put(table, frame.unpacked, 4);
  }
  put(table, frames_.size(), 4);
  put(table, 0, 1);  // descriptor: no checksums
  put(table, kSeekTableMagic, 4);
  return table;
}

}  // namespace ringtap
