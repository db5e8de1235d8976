// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/build_index.hpp"

#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "file/fd_source.hpp"
#include "file/input_buffer.hpp"
#include "file/pcapng_parser.hpp"
#include "recorder/block_walk.hpp"
#include "recorder/zstd_frames.hpp"

namespace ringtap {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMostFrame = BlockWalk::kMostBlockBytes;

// A ByteSource of bytes that are at hand; then it has nothing yet.
class Feed final : public ByteSource {
 public:
  void set(Bytes bytes) { rest_ = bytes; }
  Result<ReadResult> read(std::span<std::byte> into, Deadline) override {
    if (rest_.empty()) return ReadResult{ReadState::kNothingYet};
    const std::size_t size = std::min(into.size(), rest_.size());
    std::memcpy(into.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
    return ReadResult{ReadState::kData, size};
  }

 private:
  Bytes rest_;
};

// The entries of frames that follow each other.
class Entries {
 public:
  Entries() : feed_(new Feed), in_(std::unique_ptr<ByteSource>(feed_)) {
    in_.set_deadline(Deadline::max());
    const auto header = index_file_header();
    built_.file.assign(header.begin(), header.end());
  }

  // Whether `frame` is whole blocks; it may end within one.
  [[nodiscard]] bool is_whole(Bytes frame) const {
    BlockWalk walk = walk_;
    while (!frame.empty()) {
      const auto block = walk.first(frame);
      if (!block || block->size > frame.size()) return false;
      frame = frame.subspan(block->size);
    }
    return true;
  }
  // Bytes of the file that belong to no frame.
  void skip(std::size_t bytes) { skipped_ += bytes; }
  // False: `frame` is not whole blocks that can be read.
  bool add(Bytes frame, std::uint32_t stored_size) {
    BlockWalk walk = walk_;
    for (Bytes rest = frame; !rest.empty();) {
      const auto block = walk.first(rest);
      if (!block || block->size > rest.size()) return false;
      if (!BlockWalk::is_packet(block->type)) {
        const bool is_statistics = block->type == pcapng::BlockType::kInterfaceStatistics;
        indexer_.add_other(is_statistics ? OtherBlock::kStatistics : OtherBlock::kPlaced);
      }
      rest = rest.subspan(block->size);
    }
    walk_ = walk;
    feed_->set(frame);
    for (;;) {
      auto step = parser_.next(in_);
      if (!step) return false;
      if (*step == ParseStep::kNothingYet) break;
      if (*step == ParseStep::kRecord) indexer_.add(parser_.record(), parser_.record().link_type);
    }
    built_.packets += indexer_.packets();
    built_.whole_bytes += std::exchange(skipped_, 0);
    const auto entry = indexer_.finish(built_.whole_bytes, stored_size, static_cast<std::uint32_t>(frame.size()));
    built_.file.insert(built_.file.end(), entry.begin(), entry.end());
    built_.whole_bytes += stored_size;
    return true;
  }
  BuiltIndex take(bool is_complete) {
    built_.is_complete = is_complete;
    return std::move(built_);
  }

 private:
  BuiltIndex built_;
  FrameIndexer indexer_;
  BlockWalk walk_;
  std::uint64_t skipped_ = 0;  // since the last frame
  Feed* feed_;                 // owned by in_
  InputBuffer in_;
  PcapngParser parser_;
};

// Frames as a recorder makes them: the first one and the last one have no packets.
Result<BuiltIndex> index_plain(InputBuffer& file, std::size_t frame_bytes) {
  Entries entries;
  BlockWalk walk;
  std::vector<std::byte> frame;
  pcapng::BlockType last{};
  const auto end_frame = [&] {
    const bool good = frame.empty() || entries.add(frame, static_cast<std::uint32_t>(frame.size()));
    frame.clear();
    return good;
  };
  for (;;) {
    auto state = file.require(pcapng::kMinBlockLength);
    if (!state) return state.take_error();
    const auto block = walk.first(file.bytes());
    if (!block) {
      const bool is_end = file.bytes().empty();
      return entries.take(end_frame() && is_end);
    }
    state = file.require(block->size);
    if (!state) return state.take_error();
    const Bytes bytes = file.bytes().first(std::min(block->size, file.bytes().size()));
    if (bytes.size() < block->size || !walk.first(bytes)) {
      end_frame();
      return entries.take(false);
    }
    const bool changes = BlockWalk::is_packet(last) != BlockWalk::is_packet(block->type) && !frame.empty() &&
                         (block->type == pcapng::BlockType::kInterfaceStatistics || !BlockWalk::is_packet(last));
    if ((changes || frame.size() + bytes.size() > frame_bytes) && !end_frame()) return entries.take(false);
    frame.insert(frame.end(), bytes.begin(), bytes.end());
    last = block->type;
    file.consume(bytes.size());
  }
}

// How many bytes the zstd frame has with which the rest of the file begins; 0: it is not complete.
Result<std::size_t> frame_size(InputBuffer& file) {
  for (std::size_t wanted = kMostFrameBytes;; wanted *= 2) {
    auto state = file.require(wanted);
    if (!state) return state.take_error();
    const std::size_t size = ::ZSTD_findFrameCompressedSize(file.bytes().data(), file.bytes().size());
    if (::ZSTD_isError(size) == 0) return size;
    if (*state != ReadState::kData || wanted > kMostFrame) return 0;
  }
}

Result<BuiltIndex> index_zstd(InputBuffer& file) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
  };
  const std::unique_ptr<ZSTD_DCtx, Free> context(::ZSTD_createDCtx());
  if (context == nullptr) return Error("zstd: out of memory");
  Entries entries;
  std::vector<std::byte> frame;  // of one or more frames of zstd: as many as it takes to have whole blocks
  std::size_t stored = 0;        // their bytes in the file, with what is between them
  for (;;) {
    auto state = file.require(kSkippableHeader);
    if (!state) return state.take_error();
    if (*state != ReadState::kData) return entries.take(file.bytes().empty() && frame.empty());
    if (is_skippable_frame(load<std::uint32_t>(file.bytes()))) {
      // Padding, or the seek table, after which a recorder writes nothing.
      const std::size_t size = kSkippableHeader + load<std::uint32_t>(file.bytes(), sizeof(std::uint32_t));
      state = file.require(size);
      if (!state) return state.take_error();
      if (*state != ReadState::kData) return entries.take(false);
      const bool is_table = load<std::uint32_t>(file.bytes(), size - sizeof(std::uint32_t)) == kSeekTableMagic;
      file.consume(size);
      if (is_table) {
        state = file.require(1);
        if (!state) return state.take_error();
        return entries.take(file.bytes().empty() && frame.empty());
      }
      if (frame.empty()) {
        entries.skip(size);
      } else {
        stored += size;
      }
      continue;
    }
    const auto packed = frame_size(file);
    if (!packed) return Error(packed.error().text());
    if (*packed == 0) return entries.take(false);
    const unsigned long long size = ::ZSTD_getFrameContentSize(file.bytes().data(), *packed);
    const std::size_t before = frame.size();
    // Or an error, which is more.
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMostFrame - before) return entries.take(false);
    frame.resize(before + size);
    const std::size_t got =
        ::ZSTD_decompressDCtx(context.get(), frame.data() + before, size, file.bytes().data(), *packed);
    if (got != size) return entries.take(false);
    file.consume(*packed);
    stored += *packed;
    if (!entries.is_whole(frame)) continue;
    if (!entries.add(frame, static_cast<std::uint32_t>(stored))) return entries.take(false);
    frame.clear();
    stored = 0;
  }
}

}  // namespace

Result<BuiltIndex> build_index(UniqueFd segment, std::size_t frame_bytes) {
  if (::lseek(segment.get(), 0, SEEK_SET) < 0) return Error::from_errno(errno, "read");
  InputBuffer file(std::make_unique<FdSource>(std::move(segment)), 2 * std::size_t{kMostFrameBytes});
  file.set_deadline(Deadline::max());
  auto state = file.require(sizeof(std::uint32_t));
  if (!state) return state.take_error();
  const bool is_plain = *state != ReadState::kData || PcapngParser::recognizes(load<std::uint32_t>(file.bytes()));
  return is_plain ? index_plain(file, frame_bytes) : index_zstd(file);
}

}  // namespace ringtap
