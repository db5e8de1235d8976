// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writes frames into the segments of a folder, each with its index, and keeps the folder within its limits. Three kinds
// of threads of its own: some compress, one writes, and one completes segments that get no more frames, so that the
// caller waits only for memory. Where the disk is full the oldest segments go; what cannot be written all the same is
// counted as lost, and writing goes on when it can. Borrows the folder. put() and the like by one thread; counts, any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/worker.hpp"
#include "file/chunk.hpp"
#include "file/direct_file.hpp"
#include "recorder/frame_index.hpp"
#include "recorder/retention.hpp"
#include "recorder/segment_folder.hpp"
#include "recorder/zstd_frames.hpp"
#include "ringtap/recording.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// Whole blocks of pcapng, and what is known of them.
struct Frame {
  std::unique_ptr<Chunk> chunk;  // of pool()
  std::vector<std::byte> index;  // its entry, not placed yet
  std::uint64_t packets = 0;
  bool has_others = false;                             // blocks that are not packets
  std::shared_ptr<const std::vector<std::byte>> head;  // the blocks with which a file of such packets begins
  std::uint64_t segment = 0;                           // counted by the caller: which segment it belongs to
};

class SegmentWriter {
 public:
  struct Settings {
    RecordSettings record;
    std::function<void(const std::string& text)> tell;  // what the user has to know; by any thread
    std::function<std::uint64_t()> now_ns;              // since 1970
    bool is_live = true;    // packets do not wait: what there is no time for is not compressed
    bool explains = false;  // also why something is slower than it could be
  };
  using Counts = RecordingCounts;

  // `present`: what is in the folder.
  static Result<std::unique_ptr<SegmentWriter>> start(Settings settings, SegmentFolder& folder, FolderContents present);
  ~SegmentWriter();

  // Completes what a recorder that was killed left behind, before anything is written.
  void repair();
  [[nodiscard]] ChunkPool& pool() { return pool_; }
  void put(Frame frame);
  // The next frame goes into a new segment.
  void end_segment();
  // To be called once a second or so, also when nothing is to be written: segments grow old.
  void look();
  // How large a frame should be: compressed it then nearly fills a window.
  [[nodiscard]] std::size_t frame_bytes() const { return frame_bytes_.load(std::memory_order_relaxed); }
  // How far a segment is written, which is a moment behind put().
  struct Progress {
    std::uint64_t segment = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;  // with its index
  };
  [[nodiscard]] Progress progress() const;
  // Returns when all is written and complete. The first reason why packets were lost.
  Result<> finish();
  [[nodiscard]] Counts counts() const;
  // No segment can be begun any more, whatever happens.
  [[nodiscard]] bool is_dead() const { return dead_; }

 private:
  struct Segment {
    Segment(const SegmentName& is, UniqueFd fd, const std::string& path) : name(is), file(std::move(fd), path) {}

    SegmentName name;
    DirectFile file;
    UniqueFd index;  // none: it has none
    std::uint64_t index_bytes = 0;
    std::uint64_t packets = 0;
    FrameLayout layout;              // of a compressed one
    std::atomic<int> sync_error{0};  // an errno, by the thread that completes
  };

  SegmentWriter(Settings settings, SegmentFolder& folder, FolderContents present);
  PackedFrames compress(std::size_t which, std::span<const std::byte> bytes);
  void write(Frame frame, const std::shared_future<PackedFrames>& packed);
  bool begin(const Frame& frame);
  Result<std::shared_ptr<Segment>> create();
  bool append_head(std::span<const std::byte> bytes);
  bool append(Chunk& chunk, const PackedFrames* packed, std::span<std::byte> entry);
  bool append_bytes(Chunk& chunk);
  Chunk* lay_out(const PackedFrames& packed, std::span<const std::byte> bytes);
  void append_index(std::span<std::byte> entry, std::uint64_t offset, std::uint32_t stored, std::uint32_t size);
  void close_segment();
  void complete(Segment& segment);
  bool restore_folder();
  void apply_limits(std::uint64_t coming);
  bool make_space(int error);
  bool remove(const KeptSegment& segment);
  void lose(const Frame& frame, const Error& error);
  void note_written();
  void look_at_limits();
  void sync_now_and_then();

  const Settings settings_;
  SegmentFolder& folder_;
  FolderContents present_;  // when this was made; its parts until they are repaired
  ChunkPool pool_;

  // By the thread that writes.
  std::shared_ptr<Segment> segment_;
  FrameIndexer head_indexer_;
  std::unique_ptr<Chunk> staging_;  // compressed frames on their way to the file
  std::size_t padding_ = 0;         // in front of those in it
  std::uint64_t last_name_ns_ = 0;
  std::uint64_t looked_ns_ = 0;  // when the limits were looked at
  std::uint64_t synced_ns_ = 0;
  std::uint64_t failed_ns_ = 0;  // when no segment could be begun; 0: it could
  bool folder_is_gone_ = false;
  bool loses_ = false;  // the last frame
  bool told_of_loss_ = false;
  std::uint64_t told_ns_ = 0;     // when
  bool told_of_removal_ = false;  // that failed

  bool explained_ = false;  // by the thread that completes: why files go through the page cache

  mutable std::mutex mutex_;  // of the following
  Retention retention_;
  Result<> failure_;
  Progress progress_;

  std::atomic<std::size_t> frame_bytes_{Chunk::kRoom};
  std::atomic<std::uint64_t> packets_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> raw_{0};
  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> removed_{0};
  std::atomic<std::uint64_t> closing_bytes_{0};  // of segments that are not complete yet, and get no more frames
  std::atomic<bool> looks_{false};               // look() waits for the thread that writes
  std::atomic<bool> dead_{false};
  std::atomic<bool> syncs_{false};  // the thread that completes, what is written so far

  // Last: they use the others. The one that writes ends before the one that completes.
  std::unique_ptr<Worker> completer_;
  std::vector<FramePacker> packers_;
  std::unique_ptr<Worker> disk_;
  std::vector<std::unique_ptr<Worker>> compressors_;
  std::size_t next_compressor_ = 0;
};

}  // namespace ringtap
