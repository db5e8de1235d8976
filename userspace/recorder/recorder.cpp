// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/recorder.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "file/pcapng_blocks.hpp"

namespace ringtap {

Recorder::Recorder(SegmentWriter& writer, const RecordSettings& settings, PcapngOptions about, Hooks hooks)
    : writer_(writer),
      about_(std::move(about)),
      segment_bytes_(settings.segment_bytes),
      most_frame_(std::clamp<std::uint64_t>(settings.segment_bytes / 4, 64 * 1024, kMostFrameBytes)),
      segment_ns_(settings.segment_ns),
      compresses_(settings.zstd_level.has_value()),
      hooks_(std::move(hooks)),
      now_ns_(hooks_.now_ns()) {
  const auto section = encode_section_header(block_, about_);
  head_ = std::make_shared<const std::vector<std::byte>>(section.begin(), section.end());
  if (settings.event.memory_bytes == 0) return;
  triggers_.emplace(settings.event, hooks_.matches);
  events_.emplace(writer_, settings.event, settings.segment_bytes, [this](const std::string& comment) {
    PcapngBlock block;
    PcapngOptions commented = about_;
    append_option(commented.section_options, pcapng::kOptComment, std::as_bytes(std::span(comment)));
    const auto encoded = encode_section_header(block, commented);
    return std::vector<std::byte>(encoded.begin(), encoded.end());
  });
}

std::unique_ptr<Chunk> Recorder::take_chunk() {
  ChunkPool& pool = writer_.pool();
  if (!events_) return pool.take();
  // Those that are held in memory are given back by nobody else.
  for (;;) {
    if (auto chunk = pool.try_take()) return chunk;
    if (!events_->forget_oldest()) return pool.take();
  }
}

// Whether a chunk has this much space now; ends the frame that has not.
bool Recorder::make_room(std::size_t size) {
  if (frame_.chunk != nullptr && frame_.chunk->size() + size > frame_bytes_) put_frame();
  if (frame_.chunk != nullptr) return true;
  frame_bytes_ = std::min(writer_.frame_bytes(), most_frame_);
  frame_.chunk = size > kMostFrameBytes ? std::make_unique<Chunk>(size + Chunk::kAlign) : take_chunk();
  if (frame_.chunk == nullptr || !frame_.chunk->has_memory()) return false;
  if (segment_begun_ns_ == 0) {
    segment_begun_ns_ = now_ns_;
    segment_size_ = head_->size();
    segment_index_ = segment_frames_ = 0;
    ++segment_;
  }
  // Where nothing is compressed it will stand there in its page.
  frame_.chunk->clear(compresses_ ? 0 : segment_size_ % Chunk::kAlign);
  frame_.head = head_;
  frame_begun_ns_ = now_ns_;
  frame_first_ns_ = 0;
  return true;
}

void Recorder::put_frame() {
  if (frame_.chunk == nullptr) return;
  named_.clear();
  segment_size_ += frame_.chunk->size();
  const std::span<const std::byte> entry = indexer_.finish(0, 0, 0);
  segment_index_ += entry.size();
  ++segment_frames_;
  frame_.segment = segment_;
  frame_.index.assign(entry.begin(), entry.end());
  if (events_) return events_->put(std::exchange(frame_, Frame{}), frame_first_ns_, last_ns_);
  writer_.put(std::exchange(frame_, Frame{}));
}

Result<> Recorder::on_record(const RecordView& record) {
  if (events_ && events_->is_over(record.time_ns)) {
    if (auto ended = end_segment(); !ended) return ended;
  }
  RecordBlock block = encode_record(block_, record, named_);
  std::size_t size = block.head.size() + record.data.size() + block.tail.size();
  if (frame_.chunk == nullptr || frame_.chunk->size() + size > frame_bytes_) {
    put_frame();
    if (segment_begun_ns_ != 0 && is_segment_full()) {
      if (auto ended = end_segment(); !ended) return ended;
      return on_record(record);  // the block was overwritten by the statistics
    }
    if (record.owners != nullptr) {
      named_.clear();
      block = encode_record(block_, record, named_);
      size = block.head.size() + record.data.size() + block.tail.size();
    }
    if (!make_room(size)) return Error::from_errno(ENOMEM, "record", ErrorKind::kOutput);
  }
  Chunk& chunk = *frame_.chunk;
  chunk.append(block.head);
  chunk.append(record.data);
  chunk.append(block.tail);
  ++frame_.packets;
  indexer_.add(record, link_types_[record.interface_id]);
  if (!events_) return ok();
  if (frame_first_ns_ == 0) frame_first_ns_ = record.time_ns;
  last_ns_ = record.time_ns;
  const auto why = triggers_->look(record);
  return why ? note_event(*why, record.time_ns) : ok();
}

Result<> Recorder::note_event(const std::string& why, std::uint64_t time_ns) {
  const bool is_first = !events_->is_open();
  const std::uint64_t oldest = events_->oldest_ns().value_or(frame_first_ns_);
  if (!events_->begin(why, time_ns) || !is_first) return ok();
  if (!hooks_.tell) return ok();
  const std::uint64_t before = oldest != 0 && oldest < time_ns ? time_ns - oldest : 0;
  hooks_.tell("event: " + why + "; writing the " + std::to_string(before / 1'000'000) +
              " ms before it and what follows");
  return ok();
}

Result<> Recorder::trigger(const std::string& why) {
  if (!events_) {
    if (hooks_.tell) hooks_.tell("nothing is held in memory (no --memory), so there is nothing to write");
    return ok();
  }
  put_frame();
  return note_event(why, hooks_.is_live ? hooks_.now_ns() : last_ns_);
}

std::uint64_t Recorder::records_left_out() const {
  return events_ ? events_->packets_forgotten() : 0;
}

// Whether another frame could be too much.
bool Recorder::is_segment_full() const {
  if (events_) return false;  // it ends with the event
  if (compresses_) {
    // Those that are not written yet probably take a window each.
    const auto written = writer_.progress();
    const bool has_begun = written.segment == segment_;
    const std::uint64_t waiting = segment_frames_ - (has_begun ? written.frames : 0);
    return (has_begun ? written.bytes : 0) + (waiting + 1) * kWindow > segment_bytes_;
  }
  return segment_size_ + segment_index_ + most_frame_ > segment_bytes_;
}

void Recorder::append_other(std::span<const std::byte> block, OtherBlock kind) {
  if (!make_room(block.size())) return;
  frame_.chunk->append(block);
  frame_.has_others = true;
  indexer_.add_other(kind);
}

void Recorder::extend_head(std::span<const std::byte> block) {
  auto head = std::make_shared<std::vector<std::byte>>(*head_);
  head->insert(head->end(), block.begin(), block.end());
  head_ = std::move(head);
}

Result<> Recorder::on_interface(const Interface& interface) {
  if (link_types_.empty()) writer_.repair();  // now the rights are given up with which nothing should be parsed
  const auto block = encode_interface(block_, interface);
  link_types_.push_back(interface.link_type);
  // A segment that is being written has only the interfaces from its beginning.
  if (segment_begun_ns_ != 0) append_other(block);
  extend_head(block);
  return ok();
}

Result<> Recorder::on_block(const FileBlockView& block) {
  if (block.kind == FileBlockKind::kSection || block.kind == FileBlockKind::kUncopied) return ok();
  const auto encoded = block_.start_body(static_cast<pcapng::BlockType>(block.type), block.body).finish();
  append_other(encoded);
  return ok();
}

Result<> Recorder::on_statistics(const InterfaceStatistics& statistics) {
  if (segment_begun_ns_ == 0) return ok();
  if (frame_.packets > 0) put_frame();  // so that a query need not read packets for the sake of these
  append_other(encode_statistics(block_, statistics), OtherBlock::kStatistics);
  return ok();
}

Result<> Recorder::end_segment() {
  if (segment_begun_ns_ == 0 || (events_ && !events_->is_open())) return ok();
  auto statistics = hooks_.statistics();
  if (!statistics) return statistics.take_error();
  for (const InterfaceStatistics& interface : *statistics) {
    if (auto written = on_statistics(interface); !written) return written;
  }
  put_frame();
  if (events_) {
    events_->end();
    if (hooks_.tell) hooks_.tell("event: over");
  } else {
    writer_.end_segment();
  }
  segment_begun_ns_ = 0;
  return ok();
}

Result<> Recorder::flush() {
  now_ns_ = hooks_.now_ns();
  if (writer_.is_dead()) {
    return Error("no segment can be begun any more: the process that creates files in the folder is gone",
                 ErrorKind::kOutput)
        .hint("start the recorder again");
  }
  if (now_ns_ - looked_ns_ >= kLookNs || now_ns_ < looked_ns_) {
    looked_ns_ = now_ns_;
    writer_.look();
  }
  if (events_) {
    if (hooks_.is_live && events_->is_over(now_ns_)) return end_segment();
  } else if (segment_begun_ns_ != 0 && now_ns_ - segment_begun_ns_ >= segment_ns_) {
    return end_segment();
  }
  if (frame_.packets > 0 && now_ns_ - frame_begun_ns_ >= kFrameNs) put_frame();
  return ok();
}

Result<> Recorder::finish() {
  put_frame();
  while (events_ && events_->forget_oldest()) {
  }
  return writer_.finish();
}

}  // namespace ringtap
