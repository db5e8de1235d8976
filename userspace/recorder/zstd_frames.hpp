// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A file of zstd frames (RFC 8878) that can be read one by one: each is compressed by itself, and the file ends with
// the seek table of zstd's contrib/seekable_format, a skippable frame that other readers pass over. No frame crosses a
// multiple of kWindow bytes in the file, and at each of them one begins: Wireshark 4.0 and 4.2 look for the beginning
// of a frame only at the start of their buffer of this size (wiretap/file_wrappers.c). One thread each.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

inline constexpr std::size_t kWindow = 131075;  // ZSTD_DStreamInSize()

// The first four bytes of a frame, little-endian; of a skippable one the lowest four bits are free (RFC 8878, 3.1.2).
inline constexpr std::uint32_t kZstdMagic = 0xfd2fb528;
inline constexpr std::uint32_t kSkippableMagic = 0x184d2a50;
inline bool is_skippable_frame(std::uint32_t magic) {
  return (magic & 0xfffffff0) == kSkippableMagic;
}
inline constexpr std::size_t kSkippableHeader = 8;            // the magic and the size of what follows
inline constexpr std::uint32_t kSeekTableMagic = 0x8f92eab1;  // the last four bytes of a seek table

// Frames one after the other, each at most a window.
struct PackedFrames {
  struct Size {
    std::uint32_t packed;
    std::uint32_t unpacked;
  };
  std::vector<std::byte> bytes;
  std::vector<Size> sizes;  // none: what was to be compressed is to be stored as it is
};

class FramePacker {
 public:
  // `level`: of ZSTD_compressCCtx(), from ZSTD_minCLevel() on.
  static Result<FramePacker> create(int level);

  // As few frames as it takes.
  void pack(std::span<const std::byte> bytes, PackedFrames& into);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };
  FramePacker(std::unique_ptr<ZSTD_CCtx, Free> context, int level) : context_(std::move(context)), level_(level) {}
  std::size_t pack_one(std::span<const std::byte> bytes, PackedFrames& into);
  void pack_parts(std::span<const std::byte> bytes, PackedFrames& into);

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  int level_;
};

// Where frames stand in a file, and its seek table.
class FrameLayout {
 public:
  using Append = std::function<void(std::span<const std::byte> bytes)>;

  // Gives out what is to be appended to the file: the frames of `bytes`, and padding in front of those that would cross
  // a window. Bytes that are stored as they are fill the windows. Returns the size of the padding at the beginning.
  std::size_t place(const PackedFrames& packed, std::span<const std::byte> bytes, const Append& append);
  // The most that place() gives out.
  static std::size_t most_placed(const PackedFrames& packed, std::size_t bytes);
  // As it stands at the end of the file.
  [[nodiscard]] std::vector<std::byte> seek_table() const;
  // Forgets the frames that do not fit into this size, as the file was cut.
  void cut(std::uint64_t size);

 private:
  void store(std::span<const std::byte> bytes, const Append& append);
  void pad(const Append& append);
  void add(PackedFrames::Size frame);
  [[nodiscard]] std::size_t used() const { return size_ % kWindow; }

  std::uint64_t size_ = 0;
  std::vector<PackedFrames::Size> frames_;
};

}  // namespace ringtap
