// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The frames of a segment that a query has to read: those whose index entry does not rule them out, and every frame
// with other blocks than packets. Read one after the other they are a pcapng file. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "file/byte_source.hpp"
#include "recorder/frame_index.hpp"
#include "ringtap/unique_fd.hpp"

struct ZSTD_DCtx_s;

namespace ringtap {

struct FrameChoice {
  struct Frame {
    std::uint64_t offset;
    std::uint32_t stored_size;
    std::uint32_t size;
    // Packets before the frame have times up to this, those that are not read too: merged with other files, no packet
    // of the frame comes earlier.
    std::uint64_t floor_ns;
    std::uint64_t first_ns;  // of its packets; 0: it has none
  };
  std::vector<Frame> frames;
  std::size_t leading = 0;      // so many of `frames` come before every packet of the segment
  std::uint64_t all = 0;        // frames of the segment
  std::uint64_t whole_end = 0;  // where they end in the file
};

using FrameTest = std::function<bool(const FrameEntry& entry)>;

// Chooses by the index file of a segment. `is_part`: it is being written and may go on after the frames of the index.
// None: the index is damaged, or is not that of this file.
std::optional<FrameChoice> choose_frames(std::span<const std::byte> index, int segment, bool is_part,
                                         const FrameTest& may_match);

class SelectedFrames final : public ByteSource {
 public:
  // Owns `segment`.
  SelectedFrames(UniqueFd segment, FrameChoice choice);
  ~SelectedFrames() override;

  // Never crosses the border of a frame.
  Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) override;
  // Of the frame that was read last: no block of one before is still to be parsed when a reader asks for its first
  // bytes.
  [[nodiscard]] std::uint64_t floor_ns() const { return floor_ns_; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  Result<> load(const FrameChoice::Frame& frame);

  UniqueFd segment_;
  FrameChoice choice_;
  std::size_t next_ = 0;
  std::vector<std::byte> stored_;
  std::vector<std::byte> frame_;
  std::span<const std::byte> rest_;  // of frame_
  std::uint64_t floor_ns_ = 0;
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;  // made when the first frame is compressed
};

}  // namespace ringtap
