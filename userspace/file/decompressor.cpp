// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/decompressor.hpp"

#include <utility>

namespace ringtap {
namespace {

constexpr std::size_t kInputSize = 64 * 1024;

}  // namespace

Decompressor::Decompressor(std::unique_ptr<Codec> codec, std::unique_ptr<ByteSource> packed,
                           std::span<const std::byte> head)
    : codec_(std::move(codec)), packed_(std::move(packed)), input_(head.begin(), head.end()), pending_(input_) {}

Result<ReadResult> Decompressor::read(std::span<std::byte> into, Deadline deadline) {
  for (;;) {
    auto produced = codec_->decode(pending_, into);
    if (!produced) return produced.take_error();
    if (*produced > 0) return ReadResult{ReadState::kData, *produced};
    if (!pending_.empty()) continue;
    input_.resize(kInputSize);
    auto got = packed_->read(input_, deadline);
    if (!got) return got.take_error();
    if (got->state == ReadState::kNothingYet) return *got;
    if (got->state == ReadState::kEnd) {
      if (!codec_->at_end()) return Error("truncated compressed data");
      return *got;
    }
    pending_ = std::span<const std::byte>(input_).first(got->size);
  }
}

}  // namespace ringtap
