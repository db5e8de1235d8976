// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The unread bytes of a ByteSource, contiguous, for a parser. Owns the source. Grows only when it is full of bytes that
// have arrived, so a wrong length in a damaged file costs no memory. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "file/byte_source.hpp"

namespace ringtap {

class InputBuffer {
 public:
  static constexpr std::size_t kUsualSize = 256 * 1024;

  // `size` is the size to begin with.
  explicit InputBuffer(std::unique_ptr<ByteSource> source, std::size_t size = kUsualSize);

  // How long require() may wait; without a deadline it does not read at all.
  void set_deadline(std::optional<Deadline> deadline) { deadline_ = deadline; }

  // kData: bytes() has `size` bytes or more. kEnd: it has fewer, and no more will come.
  Result<ReadState> require(std::size_t size);
  // Whether require() would succeed without reading.
  [[nodiscard]] bool has(std::size_t size) const { return size <= end_ - begin_; }
  // Borrowed until the next require().
  [[nodiscard]] std::span<const std::byte> bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t size) {
    begin_ += size;
    offset_ += size;
  }

  [[nodiscard]] ReadPosition position() const { return source_->position(); }
  // For messages: where bytes()[ahead] is in the file.
  [[nodiscard]] std::string place(std::size_t ahead = 0) const;

  // Inserts a decompressor between the source and this buffer if bytes() begin with a known kind of compressed data;
  // otherwise returns false. At most once.
  bool unpack();

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;  // of begin_ in the file
  std::optional<Deadline> deadline_;
  bool is_unpacked_ = false;
};

}  // namespace ringtap
