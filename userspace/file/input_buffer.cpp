// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/input_buffer.hpp"

#include <cstring>
#include <utility>

#include "file/decompressor.hpp"

namespace ringtap {

InputBuffer::InputBuffer(std::unique_ptr<ByteSource> source, std::size_t size)
    : source_(std::move(source)), buffer_(size) {}

Result<ReadState> InputBuffer::require(std::size_t size) {
  while (end_ - begin_ < size) {
    if (!deadline_) return ReadState::kNothingYet;
    if (size > buffer_.size() - begin_) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    auto got = source_->read(std::span(buffer_).subspan(end_), *deadline_);
    if (!got) return got.take_error();
    if (got->state != ReadState::kData) return got->state;
    end_ += got->size;
  }
  return ReadState::kData;
}

std::string InputBuffer::place(std::size_t ahead) const {
  return "byte " + std::to_string(offset_ + ahead) + (is_unpacked_ ? " of the uncompressed data" : "");
}

bool InputBuffer::unpack() {
  auto codec = is_unpacked_ ? nullptr : codec_for(bytes());
  if (codec == nullptr) return false;
  source_ = std::make_unique<Decompressor>(std::move(codec), std::move(source_), bytes());
  begin_ = end_ = 0;
  offset_ = 0;
  is_unpacked_ = true;
  return true;
}

}  // namespace ringtap
