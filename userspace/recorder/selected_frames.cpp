// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/selected_frames.hpp"

#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/read_at.hpp"
#include "recorder/block_walk.hpp"
#include "recorder/zstd_frames.hpp"

namespace ringtap {
namespace {

bool is_compressed(std::uint32_t magic) {
  return magic == kZstdMagic || is_skippable_frame(magic);
}

bool is_compressed_file(int file) {
  std::array<std::uint32_t, 1> magic{};
  auto got = read_at(file, std::as_writable_bytes(std::span(magic)), 0);
  return got && *got == sizeof magic && is_compressed(magic[0]);
}

// Whether the rest of the file is skippable frames: padding, a seek table.
bool is_skippable(int file, std::uint64_t offset, std::uint64_t file_size) {
  while (offset < file_size) {
    std::array<std::uint32_t, 2> header{};
    auto got = read_at(file, std::as_writable_bytes(std::span(header)), offset);
    if (!got || *got != sizeof header || !is_skippable_frame(header[0])) return false;
    offset += sizeof header + header[1];
  }
  return offset == file_size;
}

}  // namespace

std::optional<FrameChoice> choose_frames(std::span<const std::byte> index, int segment, bool is_part,
                                         const FrameTest& may_match) {
  struct stat status {};
  if (::fstat(segment, &status) != 0) return std::nullopt;
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  // A recorder fills up what is left of a window.
  const std::uint64_t most_padding = is_compressed_file(segment) ? kWindow : 0;
  FrameChoice choice;
  IndexReader reader(index);
  std::uint64_t floor_ns = 0;
  bool has_packets = false;
  std::optional<FrameChoice::Frame> before;  // the last frame with packets, if it was not chosen
  IndexReader::State state = reader.next();
  for (; state == IndexReader::State::kEntry; state = reader.next()) {
    const FrameEntry& entry = reader.entry();
    const std::uint64_t padding = entry.offset - choice.whole_end;
    const bool fits = padding <= most_padding && entry.offset <= file_size &&
                      entry.stored_size <= file_size - entry.offset && entry.stored_size > 0 && entry.size > 0 &&
                      entry.size <= BlockWalk::kMostBlockBytes;
    if (!fits) return std::nullopt;
    choice.whole_end = entry.offset + entry.stored_size;
    ++choice.all;
    const FrameChoice::Frame frame{.offset = entry.offset,
                                   .stored_size = entry.stored_size,
                                   .size = entry.size,
                                   .floor_ns = floor_ns,
                                   .first_ns = entry.packets > 0 ? std::max<std::uint64_t>(entry.first_ns, 1) : 0};
    floor_ns = std::max(floor_ns, entry.last_ns);
    // Where a block has its place between packets, the packet before it tells where that is among those of other files.
    if (entry.has(kHasPlaced) && before) choice.frames.push_back(*before);
    const bool is_chosen = entry.has(kHasOther) || (entry.packets > 0 && may_match(entry));
    if (is_chosen) choice.frames.push_back(frame);
    if (entry.packets > 0 || is_chosen) before.reset();
    if (entry.packets > 0 && !is_chosen) before = frame;
    has_packets |= entry.packets > 0;
    if (is_chosen && !has_packets) ++choice.leading;
  }
  if (state == IndexReader::State::kDamaged || choice.all == 0) return std::nullopt;
  const bool is_whole =
      choice.whole_end == file_size || (most_padding > 0 && is_skippable(segment, choice.whole_end, file_size));
  if (!is_part && !is_whole) return std::nullopt;
  return choice;
}

void SelectedFrames::Free::operator()(ZSTD_DCtx_s* context) const {
  ::ZSTD_freeDCtx(context);
}

SelectedFrames::SelectedFrames(UniqueFd segment, FrameChoice choice)
    : segment_(std::move(segment)), choice_(std::move(choice)) {}

SelectedFrames::~SelectedFrames() = default;

Result<> SelectedFrames::load(const FrameChoice::Frame& frame) {
  const auto damaged = [&](const char* how) {
    return Error(std::string(how) + " (frame at byte " + std::to_string(frame.offset) + ")");
  };
  std::vector<std::byte>& stored = stored_;
  stored.resize(frame.stored_size);
  auto got = read_at(segment_.get(), stored, frame.offset);
  if (!got) return got.take_error();
  if (*got < stored.size()) return damaged("the file is shorter than its index says");
  std::uint32_t magic = 0;
  if (stored.size() >= sizeof magic) std::memcpy(&magic, stored.data(), sizeof magic);
  if (is_compressed(magic)) {
    if (context_ == nullptr) context_.reset(::ZSTD_createDCtx());
    if (context_ == nullptr) return Error("zstd: out of memory");
    frame_.resize(frame.size);
    const std::size_t size =
        ::ZSTD_decompressDCtx(context_.get(), frame_.data(), frame_.size(), stored.data(), stored.size());
    if (::ZSTD_isError(size) != 0 || size != frame.size) return damaged("damaged zstd data");
  } else {
    if (frame.size != frame.stored_size) return damaged("the index does not belong to this file");
    std::swap(frame_, stored);
  }
  rest_ = frame_;
  floor_ns_ = frame.floor_ns;
  return ok();
}

Result<ReadResult> SelectedFrames::read(std::span<std::byte> into, Deadline) {
  if (rest_.empty()) {
    if (next_ == choice_.frames.size()) return ReadResult{ReadState::kEnd};
    if (auto loaded = load(choice_.frames[next_]); !loaded) return loaded.take_error();
    ++next_;
  }
  const std::size_t size = std::min(into.size(), rest_.size());
  std::memcpy(into.data(), rest_.data(), size);
  rest_ = rest_.subspan(size);
  return ReadResult{ReadState::kData, size};
}

}  // namespace ringtap
