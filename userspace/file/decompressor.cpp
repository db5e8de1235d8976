// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/decompressor.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace ringtap {
namespace {

constexpr std::size_t kInputSize = 64 * 1024;

class GzipCodec final : public Codec {
 public:
  GzipCodec() {
    constexpr int kGzipHeader = 16;  // added to the window bits, zlib.h
    ready_ = ::inflateInit2(&stream_, MAX_WBITS + kGzipHeader) == Z_OK;
  }
  ~GzipCodec() override {
    if (ready_) ::inflateEnd(&stream_);
  }
  GzipCodec(const GzipCodec&) = delete;
  GzipCodec& operator=(const GzipCodec&) = delete;

  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) override {
    if (!ready_) return Error("gzip: out of memory");
    if (at_end_ && !in.empty()) {
      ::inflateReset(&stream_);
      at_end_ = false;
    }
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    const auto taken = static_cast<uInt>(std::min(in.size(), kMax));
    const auto room = static_cast<uInt>(std::min(out.size(), kMax));
    // zlib's interface has no const; it reads only.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
    stream_.avail_in = taken;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = room;
    const int status = at_end_ ? Z_STREAM_END : ::inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(taken - stream_.avail_in);
    // Z_BUF_ERROR: there was nothing to do.
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return Error(std::string("damaged gzip data: ") + (stream_.msg != nullptr ? stream_.msg : ::zError(status)));
    }
    at_end_ = status == Z_STREAM_END;
    return room - stream_.avail_out;
  }
  [[nodiscard]] bool at_end() const override { return at_end_; }

 private:
  z_stream stream_{};
  bool ready_;
  bool at_end_ = false;
};

class ZstdCodec final : public Codec {
 public:
  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) override {
    if (stream_ == nullptr) return Error("zstd: out of memory");
    ZSTD_inBuffer input{.src = in.data(), .size = in.size(), .pos = 0};
    ZSTD_outBuffer output{.dst = out.data(), .size = out.size(), .pos = 0};
    const std::size_t status = ::ZSTD_decompressStream(stream_.get(), &output, &input);
    if (::ZSTD_isError(status) != 0) {
      return Error(std::string("damaged zstd data: ") + ::ZSTD_getErrorName(status));
    }
    // 0 is returned once at the end of a frame; with no input the result is how much the next frame needs.
    if (input.pos != 0 || output.pos != 0) at_end_ = status == 0;
    in = in.subspan(input.pos);
    return output.pos;
  }
  [[nodiscard]] bool at_end() const override { return at_end_; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ::ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{::ZSTD_createDStream()};
  bool at_end_ = false;
};

template <class T>
std::unique_ptr<Codec> make_codec() {
  return std::make_unique<T>();
}

struct Kind {
  std::array<std::byte, 4> magic;
  std::size_t magic_size;
  std::unique_ptr<Codec> (*make)();
};
constexpr std::array kKinds = {
    Kind{{std::byte{0x1f}, std::byte{0x8b}}, 2, make_codec<GzipCodec>},
    Kind{{std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}}, 4, make_codec<ZstdCodec>},
};

}  // namespace

std::unique_ptr<Codec> codec_for(std::span<const std::byte> magic) {
  for (const Kind& kind : kKinds) {
    if (magic.size() >= kind.magic_size &&
        std::equal(magic.begin(), magic.begin() + kind.magic_size, kind.magic.begin())) {
      return kind.make();
    }
  }
  return nullptr;
}

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
