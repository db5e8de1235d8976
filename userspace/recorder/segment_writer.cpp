// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/segment_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/now.hpp"
#include "base/write_all.hpp"
#include "recorder/repair.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kPoolChunks = 64;
constexpr std::size_t kFewChunks = kPoolChunks / 2;
constexpr std::size_t kMostClosing = 4;

// What is held in memory for an event is written at once, while more comes.
std::size_t chunks_of(const RecordSettings& settings) {
  return kPoolChunks + settings.event.memory_bytes / Chunk::kRoom;
}

constexpr std::size_t kWindowFill = kWindow / 100 * 93;  // what a compressed frame is meant to take: some are larger

}  // namespace

SegmentWriter::SegmentWriter(Settings settings, SegmentFolder& folder, FolderContents present)
    : settings_(std::move(settings)),
      folder_(folder),
      present_(std::move(present)),
      pool_(chunks_of(settings_.record)),
      retention_(settings_.record.keep) {
  // As if nothing could be compressed, until it is known.
  if (settings_.record.zstd_level) frame_bytes_ = kWindowFill;
  for (const KeptSegment& segment : present_.whole) retention_.add(segment);
  for (const KeptSegment& segment : present_.whole) last_name_ns_ = std::max(last_name_ns_, segment.name.begin_ns);
  for (const KeptSegment& part : present_.parts) last_name_ns_ = std::max(last_name_ns_, part.name.begin_ns);
}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::start(Settings settings, SegmentFolder& folder,
                                                            FolderContents present) {
  std::unique_ptr<SegmentWriter> writer(new SegmentWriter(std::move(settings), folder, std::move(present)));
  writer->completer_ = std::make_unique<Worker>("completes segments", kMostClosing);
  const RecordSettings& record = writer->settings_.record;
  const unsigned compressors = record.zstd_level ? std::max(record.compressors, 1U) : 0;
  for (unsigned i = 0; i < compressors + 1 && record.zstd_level; ++i) {
    auto packer = FramePacker::create(*record.zstd_level);
    if (!packer) return packer.take_error();
    writer->packers_.push_back(packer.take());  // the last one for what a file begins with
  }
  writer->disk_ = std::make_unique<Worker>("writes segments", chunks_of(record));
  for (unsigned i = 0; i < compressors; ++i) {
    writer->compressors_.push_back(std::make_unique<Worker>("compresses", chunks_of(record)));
  }
  return writer;
}

SegmentWriter::~SegmentWriter() {
  compressors_.clear();
  disk_.reset();
  completer_.reset();
}

void SegmentWriter::put(Frame frame) {
  std::shared_future<PackedFrames> packed;
  if (!compressors_.empty()) {
    const std::size_t which = next_compressor_++ % compressors_.size();
    auto done = std::make_shared<std::promise<PackedFrames>>();
    packed = done->get_future().share();
    compressors_[which]->give(
        [this, which, done, bytes = frame.chunk->bytes()] { done->set_value(compress(which, bytes)); });
  }
  auto shared = std::make_shared<Frame>(std::move(frame));
  disk_->give([this, shared, packed] { write(std::move(*shared), packed); });
}

// By a thread that compresses.
PackedFrames SegmentWriter::compress(std::size_t which, std::span<const std::byte> bytes) {
  PackedFrames packed;
  if (settings_.is_live && pool_.spare() < kPoolChunks / 4) {  // stored as it is rather than lost
    raw_.fetch_add(1, std::memory_order_relaxed);
    return packed;
  }
  packers_[which].pack(bytes, packed);
  // The next frames are probably like this one. A few bytes say nothing.
  constexpr std::size_t kLeast = 64 * 1024;
  if (bytes.size() >= kLeast) {
    const std::size_t wanted = kWindowFill * bytes.size() / packed.bytes.size();
    frame_bytes_.store(std::clamp(wanted, kLeast, Chunk::kRoom), std::memory_order_relaxed);
  }
  return packed;
}

void SegmentWriter::repair() {
  completer_->give([this] {  // not by the one that writes: it reads all of them
    for (const KeptSegment& segment : repair_segments(folder_, present_, settings_.tell)) {
      const std::lock_guard lock(mutex_);
      retention_.add(segment);
    }
  });
}

void SegmentWriter::end_segment() {
  disk_->give([this] { close_segment(); });
}

void SegmentWriter::look() {
  if (looks_.exchange(true)) return;
  disk_->give([this] {
    looks_ = false;
    look_at_limits();
  });
}

Result<> SegmentWriter::finish() {
  end_segment();
  for (const auto& compressor : compressors_) compressor->wait();
  disk_->wait();
  completer_->wait();
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, ok());
}

SegmentWriter::Progress SegmentWriter::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

SegmentWriter::Counts SegmentWriter::counts() const {
  Counts counts{.packets = packets_.load(),
                .packets_lost = lost_.load(),
                .bytes = bytes_.load(),
                .stored = stored_.load(),
                .segments = segments_.load(),
                .removed = removed_.load(),
                .waits = pool_.waits()};
  if (settings_.record.zstd_level) counts.frames_stored_raw = raw_.load();
  const auto space = folder_.space();
  if (space) counts.free = space->free;
  const std::lock_guard lock(mutex_);
  counts.kept_bytes = retention_.bytes();
  counts.oldest_ns = retention_.oldest_ns();
  return counts;
}

// The rest is run by the thread that writes, unless it says otherwise.

void SegmentWriter::write(Frame frame, const std::shared_future<PackedFrames>& packed) {
  const PackedFrames* const frames = packed.valid() ? &packed.get() : nullptr;
  look_at_limits();
  if (begin(frame)) {
    if (append(*frame.chunk, frames, frame.index)) {
      segment_->packets += frame.packets;
      packets_.fetch_add(frame.packets, std::memory_order_relaxed);
      bytes_.fetch_add(frame.chunk->size(), std::memory_order_relaxed);
      note_written();
      sync_now_and_then();
    } else {
      const int error = errno;
      lose(frame, Error::from_errno(error, "write " + segment_->file.name(), ErrorKind::kOutput));
      // What comes later may need the interfaces that were lost; and a broken file is left alone.
      if (frame.has_others || (error != ENOSPC && error != EDQUOT)) {
        close_segment();
        failed_ns_ = settings_.now_ns();
      }
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (progress_.segment != frame.segment) progress_ = {.segment = frame.segment};
    ++progress_.frames;
    if (segment_ != nullptr) progress_.bytes = segment_->file.size() + segment_->index_bytes;
  }
  pool_.give_back(std::move(frame.chunk));
}

// Whether there is a segment; if none can be begun the frame is lost, and after a second the next one tries again.
bool SegmentWriter::begin(const Frame& frame) {
  if (segment_ != nullptr) return true;
  const std::uint64_t now = settings_.now_ns();
  if (failed_ns_ != 0 && now >= failed_ns_ && now - failed_ns_ < kNsPerSecond) {
    lose(frame, Error("no segment"));
    return false;
  }
  if (folder_is_gone_ && !restore_folder()) {
    failed_ns_ = now;
    lose(frame, Error::from_errno(ENOENT, "begin a segment in " + folder_.path(), ErrorKind::kOutput));
    return false;
  }
  apply_limits(settings_.record.segment_bytes);
  auto created = create();
  while (!created && make_space(created.error().errno_value())) created = create();
  if (!created) {
    failed_ns_ = now;
    const int error = created.error().errno_value();
    if (error == 0) dead_ = true;  // the helper process is gone, which does not come back
    folder_is_gone_ = folder_.is_gone() || error == ENOENT || error == ESTALE;
    lose(frame, created.error());
    return false;
  }
  segment_ = created.take();
  failed_ns_ = 0;
  segments_.fetch_add(1, std::memory_order_relaxed);

  if (append_head(*frame.head)) return true;
  const int error = errno;
  lose(frame, Error::from_errno(error, "write " + segment_->file.name(), ErrorKind::kOutput));
  static_cast<void>(folder_.remove(segment_->name, SegmentFile::kPart));
  static_cast<void>(folder_.remove(segment_->name, SegmentFile::kIndex));
  segment_.reset();
  failed_ns_ = now;
  return false;
}

bool SegmentWriter::restore_folder() {
  auto present = folder_.restore();
  if (!present) return false;
  folder_is_gone_ = false;
  const std::lock_guard lock(mutex_);
  retention_.clear();
  for (const KeptSegment& segment : *present) retention_.add(segment);
  return true;
}

// With errno, if not all of it is in the file.
bool SegmentWriter::append_head(std::span<const std::byte> bytes) {
  Chunk head(bytes.size() + Chunk::kAlign);
  if (!head.has_memory()) {
    errno = ENOMEM;
    return false;
  }
  head.append(bytes);
  PackedFrames packed;
  if (!packers_.empty()) packers_.back().pack(head.bytes(), packed);
  head_indexer_.add_other();
  const std::span<const std::byte> entry = head_indexer_.finish(0, 0, 0);
  std::vector<std::byte> index(entry.begin(), entry.end());
  return append(head, packers_.empty() ? nullptr : &packed, index);
}

Result<std::shared_ptr<SegmentWriter::Segment>> SegmentWriter::create() {
  // A clock that was set back gives no name twice, and none before those that are there.
  last_name_ns_ = std::max(settings_.now_ns(), last_name_ns_ + 1);
  const SegmentName name{.begin_ns = last_name_ns_, .compressed = settings_.record.zstd_level.has_value()};
  auto fd = folder_.create(name, SegmentFile::kPart);
  if (!fd) return fd.take_error();
  auto index = folder_.create(name, SegmentFile::kIndex);
  if (index) {
    const auto header = index_file_header();
    if (write_all(index->get(), header, true).error != 0) index->reset();
  } else if (const int error = index.error().errno_value(); error != ENOSPC && error != EDQUOT) {
    static_cast<void>(folder_.remove(name, SegmentFile::kPart));
    return index.take_error();
  }
  auto segment = std::make_shared<Segment>(name, fd.take(), folder_.path() + "/" + name.text(SegmentFile::kPart));
  if (index) segment->index = index.take();
  segment->index_bytes = index_file_header().size();
  return segment;
}

// With errno, if not all of it is in the file. `packed`: what is written instead of the chunk.
bool SegmentWriter::append(Chunk& chunk, const PackedFrames* packed, std::span<std::byte> entry) {
  const std::uint64_t offset = segment_->file.size();
  Chunk* const bytes = packed == nullptr ? &chunk : lay_out(*packed, chunk.bytes());
  if (bytes == nullptr) errno = ENOMEM;
  if (bytes == nullptr || !append_bytes(*bytes)) {
    const int error = errno;
    segment_->layout.cut(offset);
    errno = error;
    return false;
  }
  const std::uint64_t begin = offset + (packed == nullptr ? 0 : padding_);
  const std::uint64_t end = segment_->file.size();
  append_index(entry, begin, static_cast<std::uint32_t>(end - begin), static_cast<std::uint32_t>(chunk.size()));
  stored_.fetch_add(end - offset, std::memory_order_relaxed);
  return true;
}

bool SegmentWriter::append_bytes(Chunk& chunk) {
  const std::size_t size = chunk.size();
  // What the disk does not take in time the page cache does, as far as there is memory for it.
  const bool past_cache = size >= DirectFile::kWorthTheDisk && pool_.spare() >= kFewChunks;
  for (;;) {
    const auto appended = segment_->file.append(chunk, past_cache);
    if (appended.error == 0) return true;
    if (make_space(appended.error)) continue;
    errno = appended.error;
    return false;
  }
}

// With the padding that the frames need at their places in the file.
Chunk* SegmentWriter::lay_out(const PackedFrames& packed, std::span<const std::byte> bytes) {
  const std::size_t most = FrameLayout::most_placed(packed, bytes.size());
  if (staging_ == nullptr || staging_->room() < most) staging_ = std::make_unique<Chunk>(most);
  if (!staging_->has_memory()) {
    staging_.reset();
    return nullptr;
  }
  staging_->clear(segment_->file.size() % Chunk::kAlign);
  padding_ = segment_->layout.place(packed, bytes, [this](std::span<const std::byte> more) { staging_->append(more); });
  return staging_.get();
}

// Without space for it the segment has none: who queries it reads all of it.
void SegmentWriter::append_index(std::span<std::byte> entry, std::uint64_t offset, std::uint32_t stored,
                                 std::uint32_t size) {
  if (!segment_->index) return;
  place_entry(entry, offset, stored, size);
  if (write_all(segment_->index.get(), entry, true).error != 0) {
    segment_->index.reset();
    static_cast<void>(folder_.remove(segment_->name, SegmentFile::kIndex));
    segment_->index_bytes = 0;
    return;
  }
  segment_->index_bytes += entry.size();
}

void SegmentWriter::close_segment() {
  if (segment_ == nullptr) return;
  if (segment_->name.compressed) {
    const std::vector<std::byte> table = segment_->layout.seek_table();
    Chunk end(table.size());
    if (end.has_memory()) {
      end.append(table);
      static_cast<void>(segment_->file.append(end, false));  // without it the frames are read all the same
    }
  }
  closing_bytes_ += segment_->file.size() + segment_->index_bytes;
  completer_->give([this, segment = std::exchange(segment_, nullptr)] { complete(*segment); });
}

// By the thread that completes.
void SegmentWriter::complete(Segment& segment) {
  const std::string name = segment.file.name();
  const std::string why = segment.file.why_cached();
  if (settings_.explains && !why.empty() && !std::exchange(explained_, true)) {
    settings_.tell(name + " was written through the page cache, since this file system knows no other way (" + why +
                   ")");
  }
  int error = segment.sync_error;
  if (error == 0) error = segment.file.sync();
  if (segment.index && ::fdatasync(segment.index.get()) != 0) segment.index.reset();
  segment.index.reset();
  const std::uint64_t bytes = segment.file.size() + segment.index_bytes;
  KeptSegment kept{.name = segment.name, .bytes = bytes, .end_ns = settings_.now_ns(), .is_part = false};
  if (const int closed = segment.file.close(); error == 0) error = closed;
  Result<> published = error == 0 ? folder_.publish(segment.name)
                                  : Result<>(Error::from_errno(error, "complete " + name, ErrorKind::kOutput));
  kept.is_part = !published;
  {
    const std::lock_guard lock(mutex_);
    if (published || !folder_.is_gone()) retention_.add(kept);
    closing_bytes_ -= bytes;
  }
  if (published) return;
  packets_.fetch_sub(segment.packets, std::memory_order_relaxed);
  lost_.fetch_add(segment.packets, std::memory_order_relaxed);
  settings_.tell(published.error().text() + "; its " + std::to_string(segment.packets) + " packets are lost");
  const std::lock_guard lock(mutex_);
  if (failure_) failure_ = std::move(published);
}

void SegmentWriter::apply_limits(std::uint64_t coming) {
  // Of a disk that does not tell it, nothing follows.
  const auto space = folder_.space();
  constexpr DiskSpace kUnknown{.size = 0, .free = std::numeric_limits<std::uint64_t>::max() / 2};
  std::vector<KeptSegment> surplus;
  {
    const std::lock_guard lock(mutex_);
    surplus = retention_.take_surplus(settings_.now_ns(), space ? *space : kUnknown, coming + closing_bytes_);
  }
  for (const KeptSegment& segment : surplus) remove(segment);
}

// The disk took no more, whatever it says of its space: whether the oldest segment is gone.
bool SegmentWriter::make_space(int error) {
  if (error != ENOSPC && error != EDQUOT) return false;
  std::optional<KeptSegment> oldest;
  {
    const std::lock_guard lock(mutex_);
    oldest = retention_.take_oldest();
  }
  return oldest && remove(*oldest);
}

// One that cannot be removed stays in the list.
bool SegmentWriter::remove(const KeptSegment& segment) {
  auto removed = folder_.remove(segment.name, segment.is_part ? SegmentFile::kPart : SegmentFile::kWhole);
  if (!removed) {
    if (!std::exchange(told_of_removal_, true)) settings_.tell(removed.error().text() + "; it stays");
    const std::lock_guard lock(mutex_);
    retention_.add(segment);
    return false;
  }
  static_cast<void>(folder_.remove(segment.name, SegmentFile::kIndex));
  removed_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void SegmentWriter::lose(const Frame& frame, const Error& error) {
  lost_.fetch_add(frame.packets, std::memory_order_relaxed);
  if (std::exchange(loses_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) failure_ = Error(error.text(), ErrorKind::kOutput);
  }
  // A disk that is nearly full changes its mind many times a second.
  constexpr std::uint64_t kInterval = 10 * kNsPerSecond;
  const std::uint64_t now = settings_.now_ns();
  told_of_loss_ = told_ns_ == 0 || now < told_ns_ || now - told_ns_ >= kInterval;
  if (!told_of_loss_) return;
  told_ns_ = now;
  settings_.tell(error.text() + "; packets are lost until this is mended");
}

void SegmentWriter::note_written() {
  if (!std::exchange(loses_, false) || !std::exchange(told_of_loss_, false)) return;
  settings_.tell("recording into " + folder_.path() + " goes on; " + std::to_string(lost_.load()) +
                 " packets were lost so far");
}

// Other programs fill the disk, and segments grow old.
void SegmentWriter::look_at_limits() {
  const std::uint64_t now = settings_.now_ns();
  if (now - looked_ns_ < kNsPerSecond && now >= looked_ns_) return;
  looked_ns_ = now;
  if (segment_ != nullptr && folder_.is_gone()) {
    folder_is_gone_ = true;
    close_segment();
  }
  // The kernel tells of an error of writing back once.
  if (segment_ != nullptr && segment_->sync_error != 0) close_segment();
  apply_limits(0);
}

// So that a power cut costs no more than a few frames. By the other thread: what went through the page cache may take
// long.
void SegmentWriter::sync_now_and_then() {
  constexpr std::uint64_t kInterval = kNsPerSecond / 10;
  const std::uint64_t now = settings_.now_ns();
  if (now - synced_ns_ < kInterval && now >= synced_ns_) return;
  if (syncs_.exchange(true)) return;
  synced_ns_ = now;
  completer_->give([this, segment = segment_] {
    if (const int error = segment->file.sync(); error != 0) segment->sync_error = error;
    syncs_ = false;
  });
}

}  // namespace ringtap
