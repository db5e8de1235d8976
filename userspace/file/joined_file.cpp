// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/joined_file.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kAllTimes = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kFlushNs = 5'000'000;                // as the session's
constexpr std::size_t kBatchBytes = std::size_t{256} << 10;  // of a batch that is handed over before its time

constexpr std::size_t kMostEmpty = JoinedFile::kMostWaiting / kBatchBytes;  // batches
constexpr std::size_t kRoomBehind = std::size_t{64} << 10;                  // for the record that fills it

}  // namespace

class JoinedFile::Part final : public Sink {
 public:
  Part(std::shared_ptr<JoinedFile> file, std::size_t number)
      : file_(std::move(file)), number_(number), encoder_(file_->file_->encoder()) {}

  Result<> on_interface(const Interface& interface) override {
    file_->announce(interface, interfaces_++);
    return file_->take_error();
  }
  Result<> on_record(const RecordView& record) override {
    const std::size_t before = batch_.bytes.size();
    if (batch_.bytes.capacity() == 0) batch_.bytes.reserve(kBatchBytes + kRoomBehind);
    encoder_->append(record, batch_.bytes);
    batch_.entries.push_back({.time_ns = record.time_ns,
                              .size = static_cast<std::uint32_t>(batch_.bytes.size() - before),
                              .cap_len = static_cast<std::uint32_t>(record.data.size()),
                              .link_type = record.link_type});
    // They come in time order, but for those that are late and counted as that.
    until_ns_ = std::max(until_ns_, record.time_ns);
    if (batch_.bytes.size() >= kBatchBytes) file_->hand_over(number_, batch_, until_ns_);
    return file_->take_error();
  }
  void on_time(std::uint64_t until_ns) override {
    until_ns_ = until_ns;
    file_->hand_over(number_, batch_, until_ns);
  }
  Result<> on_statistics(const InterfaceStatistics& statistics) override {
    if (number_ != 0) return ok();
    file_->worker_.wait();
    return file_->with_file([&] { return file_->file_->on_statistics(statistics); });
  }
  // What was handed over is written and flushed by the file's thread.
  Result<> flush() override { return file_->take_error(); }
  Result<> finish() override {
    on_time(kAllTimes);
    if (number_ != 0) return ok();
    file_->worker_.wait();
    Result<> written = file_->take_error();
    Result<> finished = file_->file_->finish();
    file_->bytes_taken_ = file_->written_();
    return written ? std::move(finished) : std::move(written);
  }
  [[nodiscard]] std::uint64_t records_stored() const override {
    return number_ == 0 ? file_->file_->records_stored() : 0;
  }

 private:
  std::shared_ptr<JoinedFile> file_;
  std::size_t number_;
  std::unique_ptr<RecordEncoder> encoder_;
  Batch batch_;
  std::uint64_t until_ns_ = 0;
  std::uint32_t interfaces_ = 0;
};

JoinedFile::JoinedFile(std::unique_ptr<EncodedSink> file, std::function<std::uint64_t()> written, std::size_t parts)
    : file_(std::move(file)), written_(std::move(written)) {
  for (std::size_t i = 0; i < parts; ++i) lanes_.push_back(std::make_unique<Lane>());
}

std::vector<std::unique_ptr<Sink>> JoinedFile::parts(const std::shared_ptr<JoinedFile>& file) {
  std::vector<std::unique_ptr<Sink>> parts;
  for (std::size_t i = 0; i < file->lanes_.size(); ++i) parts.push_back(std::make_unique<Part>(file, i));
  return parts;
}

Result<> JoinedFile::with_file(const std::function<Result<>()>& work) {
  const std::lock_guard lock(file_mutex_);
  if (failed_) return ok();
  auto done = work();
  if (!done) failed_ = true;
  bytes_taken_ = written_();
  return done;
}

// All parts announce the same interfaces in the same order.
void JoinedFile::announce(const Interface& interface, std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  if (number < announced_) return;
  interfaces_.push_back(interface);
  ++announced_;
}

void JoinedFile::hand_over(std::size_t part, Batch& batch, std::uint64_t until_ns) {
  Lane& lane = *lanes_[part];
  bool asks = false;
  {
    const std::lock_guard lock(mutex_);
    if (!batch.entries.empty()) {
      lane.waiting_bytes += batch.bytes.size();
      if (lane.handed_over.empty() || !lane.handed_over.back().take(batch)) {
        lane.handed_over.push_back(std::exchange(batch, {}));
        if (!lane.empty.empty()) {
          batch = std::move(lane.empty.back());
          lane.empty.pop_back();
        }
      }
    }
    lane.is_stepped |= until_ns < lane.until_ns;
    lane.until_ns = until_ns;
    const auto waits = [](const auto& other) { return other->waiting_bytes > 0; };
    if (interfaces_.empty() && std::none_of(lanes_.begin(), lanes_.end(), waits)) return;
    has_news_ = true;
    asks = std::exchange(is_idle_, false);
  }
  if (asks) worker_.give([this] { write_what_is_ready(); });
  if (lane.waiting_bytes < kMostWaiting) return;
  // Where nothing can be written another part has to come first, and may need what this one's thread holds.
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return lane.waiting_bytes < kMostWaiting || is_idle_; });
}

Result<> JoinedFile::take_error() {
  if (!has_error_) return ok();
  const std::lock_guard lock(mutex_);
  has_error_ = false;
  return std::exchange(error_, ok());
}

void JoinedFile::note(Result<> result) {
  if (result || failed_) return;
  const std::lock_guard lock(mutex_);
  error_ = std::move(result);
  failed_ = has_error_ = true;
}

// So that few records at a time do not take a batch each.
bool JoinedFile::Batch::take(Batch& other) {
  if (bytes.size() + other.bytes.size() > kBatchBytes) return false;
  bytes.insert(bytes.end(), other.bytes.begin(), other.bytes.end());
  entries.insert(entries.end(), other.entries.begin(), other.entries.end());
  other.bytes.clear();
  other.entries.clear();
  return true;
}

std::uint64_t JoinedFile::Lane::next_ns() const {
  return batches.empty() ? kAllTimes : batches.front().entries[entry].time_ns;
}

// Everything that was handed over; the result is up to when it can be written.
std::uint64_t JoinedFile::take_over() {
  std::vector<Interface> interfaces;
  std::uint64_t bound_ns = kAllTimes;
  {
    const std::lock_guard lock(mutex_);
    has_news_ = false;
    interfaces.swap(interfaces_);
    bool is_stepped = false;
    for (const auto& lane : lanes_) {
      std::move(lane->handed_over.begin(), lane->handed_over.end(), std::back_inserter(lane->batches));
      lane->handed_over.clear();
      lane->empty.insert(lane->empty.end(), std::make_move_iterator(lane->written.begin()),
                         std::make_move_iterator(lane->written.end()));
      lane->empty.resize(std::min(lane->empty.size(), kMostEmpty));
      lane->written.clear();
      bound_ns = std::min(bound_ns, lane->until_ns);
      is_stepped |= std::exchange(lane->is_stepped, false);
    }
    // What has a time from before the clock was set back would wait until it is that late again.
    if (is_stepped) bound_ns = kAllTimes;
  }
  for (const Interface& interface : interfaces) {
    if (!failed_) note(file_->on_interface(interface));
  }
  return bound_ns;
}

// The records of a lane up to the time of another lane's next one.
void JoinedFile::write(Lane& lane, std::uint64_t bound_ns) {
  while (!lane.batches.empty()) {
    Batch& batch = lane.batches.front();
    for (; lane.entry < batch.entries.size(); ++lane.entry) {
      const Entry& entry = batch.entries[lane.entry];
      if (entry.time_ns > bound_ns) return;
      if (!failed_) {
        note(file_->on_encoded({.bytes = std::span(batch.bytes).subspan(lane.offset, entry.size),
                                .link_type = entry.link_type,
                                .cap_len = entry.cap_len}));
      }
      lane.offset += entry.size;
    }
    lane.waiting_bytes -= batch.bytes.size();
    batch.bytes.clear();
    batch.entries.clear();
    lane.written.push_back(std::move(batch));
    lane.batches.pop_front();
    lane.entry = lane.offset = 0;
    room_.notify_all();
  }
}

void JoinedFile::write_up_to(std::uint64_t bound_ns) {
  for (;;) {
    Lane* first = lanes_.front().get();
    std::uint64_t second_ns = kAllTimes;
    for (std::size_t i = 1; i < lanes_.size(); ++i) {
      Lane* lane = lanes_[i].get();
      if (lane->next_ns() < first->next_ns()) std::swap(lane, first);
      second_ns = std::min(second_ns, lane->next_ns());
    }
    if (first->batches.empty() || first->next_ns() > bound_ns) return;
    write(*first, std::min(second_ns, bound_ns));
  }
}

void JoinedFile::write_what_is_ready() {
  for (bool is_over = false; !is_over;) {
    const std::lock_guard file_lock(file_mutex_);
    write_up_to(take_over());
    bytes_taken_ = written_();
    {
      const std::lock_guard lock(mutex_);
      is_over = is_idle_ = !has_news_;
    }
    room_.notify_all();
    const std::uint64_t now_ns = monotonic_now_ns();
    if (failed_ || (!is_over && now_ns - flushed_ns_ < kFlushNs)) continue;
    note(file_->flush());
    flushed_ns_ = now_ns;
  }
}

}  // namespace ringtap
