// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ByteSource that decompresses another one: gzip (RFC 1952) or zstd (RFC 8878), also several members or frames in a
// row. Owns the compressed source. Output comes as soon as the format allows. Memory: 64 KiB of input, 32 KiB of gzip
// window or at most 128 MiB of zstd window (libzstd's default limit). One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "file/byte_source.hpp"

namespace ringtap {

class Codec {
 public:
  virtual ~Codec() = default;

  // Consumes the front of `in`, fills the front of `out`, returns how many bytes it wrote. As long as neither is empty
  // each call makes progress.
  virtual Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) = 0;
  // The data may end here.
  [[nodiscard]] virtual bool at_end() const = 0;
};

// Chosen by the first bytes of the compressed data; null if they are of no known kind.
std::unique_ptr<Codec> codec_for(std::span<const std::byte> magic);

class Decompressor final : public ByteSource {
 public:
  // `head` has already been read from `packed`.
  Decompressor(std::unique_ptr<Codec> codec, std::unique_ptr<ByteSource> packed, std::span<const std::byte> head);

  Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) override;

 private:
  std::unique_ptr<Codec> codec_;
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::byte> input_;
  std::span<const std::byte> pending_;  // the part of input_ that is not decompressed yet
};

}  // namespace ringtap
