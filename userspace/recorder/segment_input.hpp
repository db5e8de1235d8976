// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A file of a folder that is queried, as an input of CaptureFiles: of a segment with an index the frames that may match
// are read, of any other capture file everything. Of a segment that is still being written, what its index has so far.
// The index is read once; then some 40 bytes are kept for each frame that is to be read. Borrows the Query. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "file/capture_input.hpp"
#include "recorder/index_condition.hpp"
#include "recorder/selected_frames.hpp"

namespace ringtap {

struct Query {
  IndexCondition condition;
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = std::numeric_limits<std::uint64_t>::max();
  // The first packet of each file is read whatever the rest says: times may count from it.
  bool needs_first_packet = false;
  std::function<void(const std::string& text)> tell;  // about an index that is of no use

  // What was read of all files so far.
  struct Counts {
    std::uint64_t segments = 0;   // with an index
    std::uint64_t unindexed = 0;  // of a recorder, and without one
    std::uint64_t frames = 0;     // of those
    std::uint64_t frames_chosen = 0;
  };
  Counts counts;
};

class SegmentInput final : public CaptureInput {
 public:
  SegmentInput(std::string path, Query& query) : path_(std::move(path)), query_(query) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  Result<std::unique_ptr<CaptureReader>> open(Extent extent) override;
  [[nodiscard]] std::optional<std::uint64_t> due_ns() const override { return due_ns_; }
  [[nodiscard]] std::uint64_t floor_ns() const override { return frames_ == nullptr ? 0 : frames_->floor_ns(); }

 private:
  Result<> choose(UniqueFd& segment);
  std::optional<FrameChoice> choose_by(std::span<const std::byte> index, const UniqueFd& segment) const;
  Result<UniqueFd> open_segment();

  std::string path_;
  Query& query_;
  bool is_part_ = false;
  bool has_looked_ = false;
  std::optional<FrameChoice> choice_;  // none: all of the file is read
  std::optional<std::uint64_t> due_ns_;
  const SelectedFrames* frames_ = nullptr;  // owned by the reader that was opened last
};

}  // namespace ringtap
