// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ByteSource that decompresses another one by a Codec. Owns the compressed source. Output comes as soon as the format
// allows. Memory: 64 KiB of input, and what the codec needs. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "file/byte_source.hpp"
#include "file/codec.hpp"

namespace ringtap {

class Decompressor final : public ByteSource {
 public:
  // `head` has already been read from `packed`.
  Decompressor(std::unique_ptr<Codec> codec, std::unique_ptr<ByteSource> packed, std::span<const std::byte> head);

  Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) override;
  [[nodiscard]] ReadPosition position() const override { return packed_->position(); }

 private:
  std::unique_ptr<Codec> codec_;
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::byte> input_;
  std::span<const std::byte> pending_;  // the part of input_ that is not decompressed yet
};

}  // namespace ringtap
