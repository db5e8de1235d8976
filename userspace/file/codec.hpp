// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Decompresses one format: gzip (RFC 1952), zstd (RFC 8878), and by libraries that are loaded with the first such file,
// xz (the .xz file format, version 1.2.1), bzip2 and LZ4 frames (version 1.6.4). Several members, streams or frames in
// a row are one. Memory: 32 KiB of gzip window, at most 128 MiB of zstd window and 256 MiB of xz (the libraries'
// limits). One thread each.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "ringtap/result.hpp"

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

// Chosen by the first bytes of the compressed data; null if they are of no known kind. Where its library is missing,
// decode() says so.
std::unique_ptr<Codec> codec_for(std::span<const std::byte> magic);

// Loads the libraries now, as far as they are there: in the sandbox that is not possible any more.
void load_codec_libraries();

}  // namespace ringtap
