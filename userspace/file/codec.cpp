// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/codec.hpp"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/shared_library.hpp"

namespace ringtap {
namespace {

struct XzFunctions {
  decltype(&::lzma_stream_decoder) begin = nullptr;
  decltype(&::lzma_code) code = nullptr;
  decltype(&::lzma_end) end = nullptr;
};
const SharedLibrary<XzFunctions>& xz() {
  static const SharedLibrary<XzFunctions> library("liblzma.so.5", [](SharedLibrary<XzFunctions>& found) {
    found.find(found.functions.begin, "lzma_stream_decoder");
    found.find(found.functions.code, "lzma_code");
    found.find(found.functions.end, "lzma_end");
  });
  return library;
}

struct Bzip2Functions {
  decltype(&::BZ2_bzDecompressInit) begin = nullptr;
  decltype(&::BZ2_bzDecompress) decompress = nullptr;
  decltype(&::BZ2_bzDecompressEnd) end = nullptr;
};
const SharedLibrary<Bzip2Functions>& bzip2() {
  static const SharedLibrary<Bzip2Functions> library("libbz2.so.1.0", [](SharedLibrary<Bzip2Functions>& found) {
    found.find(found.functions.begin, "BZ2_bzDecompressInit");
    found.find(found.functions.decompress, "BZ2_bzDecompress");
    found.find(found.functions.end, "BZ2_bzDecompressEnd");
  });
  return library;
}

struct Lz4Functions {
  decltype(&::LZ4F_createDecompressionContext) begin = nullptr;
  decltype(&::LZ4F_decompress) decompress = nullptr;
  decltype(&::LZ4F_freeDecompressionContext) end = nullptr;
  decltype(&::LZ4F_isError) is_error = nullptr;
  decltype(&::LZ4F_getErrorName) error_name = nullptr;
};
const SharedLibrary<Lz4Functions>& lz4() {
  static const SharedLibrary<Lz4Functions> library("liblz4.so.1", [](SharedLibrary<Lz4Functions>& found) {
    found.find(found.functions.begin, "LZ4F_createDecompressionContext");
    found.find(found.functions.decompress, "LZ4F_decompress");
    found.find(found.functions.end, "LZ4F_freeDecompressionContext");
    found.find(found.functions.is_error, "LZ4F_isError");
    found.find(found.functions.error_name, "LZ4F_getErrorName");
  });
  return library;
}

Error without_library(const char* format, const char* package, const std::string& why) {
  return Error(std::string("compressed with ") + format + ", and the library that unpacks it cannot be loaded: " + why)
      .hint(std::string("install it (Debian: the package ") + package + ")");
}

// Behind the end of a member, whether another one begins. Zeros, with which tapes and disks fill their last block, are
// passed over, as gzip(1) and xz(1) do.
bool begins_another(std::span<const std::byte>& in) {
  while (!in.empty() && in.front() == std::byte{0}) in = in.subspan(1);
  return !in.empty();
}

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
    if (at_end_ && begins_another(in)) {
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

class XzCodec final : public Codec {
 public:
  XzCodec() {
    if (library_.missing.empty()) begin();
  }
  ~XzCodec() override {
    if (library_.missing.empty()) library_.functions.end(&stream_);
  }
  XzCodec(const XzCodec&) = delete;
  XzCodec& operator=(const XzCodec&) = delete;

  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) override {
    if (!library_.missing.empty()) return without_library("xz", "liblzma5", library_.missing);
    if (at_end_ && !begins_another(in)) return 0;
    if (at_end_) begin();
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = begun_ == LZMA_OK ? library_.functions.code(&stream_, LZMA_RUN) : begun_;
    in = in.subspan(in.size() - stream_.avail_in);
    at_end_ = status == LZMA_STREAM_END;
    if (status == LZMA_OK || at_end_ || status == LZMA_BUF_ERROR) return out.size() - stream_.avail_out;
    if (status == LZMA_MEM_ERROR) return Error("xz: out of memory");
    if (status == LZMA_MEMLIMIT_ERROR) return Error("xz: unpacking it takes more than 256 MiB of memory");
    return Error(std::string("damaged xz data: ") + (status == LZMA_FORMAT_ERROR    ? "not the beginning of a stream"
                                                     : status == LZMA_OPTIONS_ERROR ? "unknown options"
                                                                                    : "wrong contents"));
  }
  [[nodiscard]] bool at_end() const override { return at_end_; }

 private:
  void begin() {
    constexpr std::uint64_t kMostMemory = 256 << 20;
    begun_ = library_.functions.begin(&stream_, kMostMemory, 0);
    at_end_ = false;
  }

  const SharedLibrary<XzFunctions>& library_ = xz();
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_ret begun_ = LZMA_OK;
  bool at_end_ = false;
};

class Bzip2Codec final : public Codec {
 public:
  Bzip2Codec() {
    if (library_.missing.empty()) begin();
  }
  ~Bzip2Codec() override { end(); }
  Bzip2Codec(const Bzip2Codec&) = delete;
  Bzip2Codec& operator=(const Bzip2Codec&) = delete;

  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) override {
    if (!library_.missing.empty()) return without_library("bzip2", "libbz2-1.0", library_.missing);
    if (at_end_ && !begins_another(in)) return 0;
    if (at_end_) {
      end();
      begin();
    }
    if (!ready_) return Error("bzip2: out of memory");
    constexpr std::size_t kMax = std::numeric_limits<unsigned>::max();
    const auto taken = static_cast<unsigned>(std::min(in.size(), kMax));
    const auto room = static_cast<unsigned>(std::min(out.size(), kMax));
    // Its interface has no const; it reads only.
    stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
    stream_.avail_in = taken;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = room;
    const int status = library_.functions.decompress(&stream_);
    in = in.subspan(taken - stream_.avail_in);
    at_end_ = status == BZ_STREAM_END;
    if (status == BZ_OK || at_end_) return room - stream_.avail_out;
    return Error(status == BZ_MEM_ERROR          ? "bzip2: out of memory"
                 : status == BZ_DATA_ERROR_MAGIC ? "damaged bzip2 data: not the beginning of a stream"
                                                 : "damaged bzip2 data");
  }
  [[nodiscard]] bool at_end() const override { return at_end_; }

 private:
  void begin() {
    stream_ = {};
    ready_ = library_.functions.begin(&stream_, 0, 0) == BZ_OK;
    at_end_ = false;
  }
  void end() {
    if (ready_) library_.functions.end(&stream_);
    ready_ = false;
  }

  const SharedLibrary<Bzip2Functions>& library_ = bzip2();
  bz_stream stream_{};
  bool ready_ = false;
  bool at_end_ = false;
};

class Lz4Codec final : public Codec {
 public:
  Lz4Codec() {
    if (library_.missing.empty()) library_.functions.begin(&context_, LZ4F_VERSION);
  }
  ~Lz4Codec() override {
    if (context_ != nullptr) library_.functions.end(context_);
  }
  Lz4Codec(const Lz4Codec&) = delete;
  Lz4Codec& operator=(const Lz4Codec&) = delete;

  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out) override {
    if (!library_.missing.empty()) return without_library("LZ4", "liblz4-1", library_.missing);
    if (context_ == nullptr) return Error("LZ4: out of memory");
    std::size_t taken = in.size();
    std::size_t made = out.size();
    const std::size_t status = library_.functions.decompress(context_, out.data(), &made, in.data(), &taken, nullptr);
    if (library_.functions.is_error(status) != 0) {
      return Error(std::string("damaged LZ4 data: ") + library_.functions.error_name(status));
    }
    // 0 at the end of a frame; with no input the result is how much the next one needs.
    if (taken != 0 || made != 0) at_end_ = status == 0;
    in = in.subspan(taken);
    return made;
  }
  [[nodiscard]] bool at_end() const override { return at_end_; }

 private:
  const SharedLibrary<Lz4Functions>& library_ = lz4();
  LZ4F_dctx* context_ = nullptr;
  bool at_end_ = false;
};

template <class T>
std::unique_ptr<Codec> make_codec() {
  return std::make_unique<T>();
}

struct Kind {
  std::string_view magic;
  std::unique_ptr<Codec> (*make)();
};
constexpr std::array kKinds = {
    Kind{"\x1f\x8b", make_codec<GzipCodec>},        Kind{"\x28\xb5\x2f\xfd", make_codec<ZstdCodec>},
    Kind{"\xfd\x37zX", make_codec<XzCodec>},        Kind{"BZh", make_codec<Bzip2Codec>},
    Kind{"\x04\x22\x4d\x18", make_codec<Lz4Codec>},
};

}  // namespace

std::unique_ptr<Codec> codec_for(std::span<const std::byte> magic) {
  const std::string_view head(reinterpret_cast<const char*>(magic.data()), magic.size());
  for (const Kind& kind : kKinds) {
    if (head.starts_with(kind.magic)) return kind.make();
  }
  return nullptr;
}

void load_codec_libraries() {
  static_cast<void>(xz());
  static_cast<void>(bzip2());
  static_cast<void>(lz4());
}

}  // namespace ringtap
