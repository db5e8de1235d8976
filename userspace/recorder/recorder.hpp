// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that records into segments: encodes records as pcapng into frames, indexes them, and cuts segments by size and
// age. A frame ends when it is full or a second old, so that what a killed recorder has not written is at most that.
// The counts of interfaces are at the end of each segment. Borrows the writer. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "file/pcapng_writer.hpp"
#include "recorder/event_buffer.hpp"
#include "recorder/frame_index.hpp"
#include "recorder/segment_writer.hpp"
#include "recorder/triggers.hpp"
#include "ringtap/recording.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class Recorder final : public Sink {
 public:
  static constexpr std::uint64_t kFrameNs = 1'000'000'000;
  // How often limits are looked at.
  static constexpr std::uint64_t kLookNs = 1'000'000'000;

  struct Hooks {
    std::function<Result<std::vector<InterfaceStatistics>>()> statistics;  // for the end of a segment
    std::function<std::uint64_t()> now_ns;                                 // since 1970
    bool is_live = true;                                                   // the packets' time is now
    std::function<bool(const RecordView&)> matches = {};                   // EventSettings::expression
    std::function<void(const std::string& text)> tell = {};                // that an event came, or is over
  };
  Recorder(SegmentWriter& writer, const RecordSettings& settings, PcapngOptions about, Hooks hooks);

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_block(const FileBlockView& block) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  // Ends frames and segments whose time has come.
  Result<> flush() override;
  // An Error if packets could not be written.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override { return writer_.counts().packets; }

  // The next record begins a new segment.
  Result<> end_segment();
  // Somebody asks for what is in memory.
  Result<> trigger(const std::string& why);
  // Packets that were held in memory and are in no segment.
  [[nodiscard]] std::uint64_t records_left_out() const override;

 private:
  Result<> note_event(const std::string& why, std::uint64_t time_ns);
  std::unique_ptr<Chunk> take_chunk();
  bool make_room(std::size_t size);
  void put_frame();
  [[nodiscard]] bool is_segment_full() const;
  void append_other(std::span<const std::byte> block, OtherBlock kind = OtherBlock::kPlaced);
  void extend_head(std::span<const std::byte> block);

  SegmentWriter& writer_;
  PcapngOptions about_;
  const std::uint64_t segment_bytes_;
  const std::size_t most_frame_;  // so that a segment has some
  const std::uint64_t segment_ns_;
  const bool compresses_;
  Hooks hooks_;
  PcapngBlock block_;
  std::shared_ptr<const std::vector<std::byte>> head_;  // section header and all interfaces so far
  std::vector<LinkType> link_types_;                    // of the interfaces
  std::optional<Triggers> triggers_;                    // with memory for what comes before them
  std::optional<EventBuffer> events_;
  NamedProcesses named_;  // by the frame: a query may read no other
  FrameIndexer indexer_;
  Frame frame_;                       // without a chunk: nothing is in it
  std::uint64_t frame_first_ns_ = 0;  // times of packets
  std::uint64_t last_ns_ = 0;         // of the last packet
  std::size_t frame_bytes_ = 0;       // how large it shall be
  std::uint64_t frame_begun_ns_ = 0;
  std::uint64_t segment_begun_ns_ = 0;  // 0: there is none
  std::uint64_t segment_size_ = 0;      // not compressed
  std::uint64_t segment_index_ = 0;     // bytes of its index
  std::uint64_t segment_frames_ = 0;
  std::uint64_t segment_ = 0;  // its number
  std::uint64_t looked_ns_ = 0;
  std::uint64_t now_ns_ = 0;  // as of the last flush()
};

}  // namespace ringtap
