// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/capture_files.hpp"

#include <algorithm>
#include <utility>

namespace ringtap {
namespace {

// So that thousands of files do not need gigabytes; a buffer grows when a record needs it.
constexpr std::size_t kAllBuffers = 16 * 1024 * 1024;
constexpr std::size_t kLeastBuffer = 16 * 1024;
// Keeps the sum of now and the wait within the range of the clock.
constexpr std::chrono::nanoseconds kLongestWait = std::chrono::hours(1);

}  // namespace

// One file, and the record of it that comes next.
class CaptureFiles::Input final : public Sink {
 public:
  Input(CaptureFiles& files, std::size_t number, std::unique_ptr<CaptureReader> reader)
      : files_(files), number_(number), reader_(std::move(reader)) {}

  [[nodiscard]] CaptureReader& reader() { return *reader_; }
  [[nodiscard]] const RecordView& head() const { return *head_; }
  static bool is_later(const Input* one, const Input* other) {
    return std::pair(one->head().time_ns, one->number_) > std::pair(other->head().time_ns, other->number_);
  }
  // Reads on until there is a record; interfaces go to `sink`. kEnd: there is none any more.
  Result<ReadState> read(Sink& sink, Deadline deadline) {
    out_ = &sink;
    head_.reset();
    while (!head_) {
      // The record borrows from the reader, which does not go on before the next call.
      auto state = reader_->turn(*this, 1, std::max(deadline - std::chrono::steady_clock::now(), Deadline::duration()));
      if (!state) return state.take_error();
      if (head_) break;
      if (*state == SourceState::kEnd) return ReadState::kEnd;
      if (std::chrono::steady_clock::now() >= deadline) return ReadState::kNothingYet;
    }
    return ReadState::kData;
  }
  Result<std::vector<InterfaceStatistics>> statistics() {
    auto totals = reader_->statistics();
    if (totals) {
      for (InterfaceStatistics& interface : *totals) interface.interface_id = ids_[interface.interface_id];
    }
    return totals;
  }

  Result<> on_interface(const Interface& interface) override {
    ids_.push_back(files_.next_interface_id_++);
    Interface announced = interface;
    if (files_.snaplen_ == 0 || announced.snaplen < files_.snaplen_) announced.snaplen = files_.snaplen_;
    return out_->on_interface(announced);
  }
  Result<> on_record(const RecordView& record) override {
    head_ = record;
    head_->interface_id = ids_[record.interface_id];
    return ok();
  }
  Result<> on_block(const FileBlockView& block) override { return out_->on_block(block); }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return 0; }

 private:
  CaptureFiles& files_;
  std::size_t number_;
  std::unique_ptr<CaptureReader> reader_;
  std::vector<std::uint32_t> ids_;  // of its interfaces, over all files
  std::optional<RecordView> head_;
  Sink* out_ = nullptr;
};

CaptureFiles::CaptureFiles() = default;
CaptureFiles::~CaptureFiles() = default;

Result<std::unique_ptr<CaptureFiles>> CaptureFiles::open(const std::vector<std::string>& paths, const Begin& begin) {
  std::unique_ptr<CaptureFiles> files(new CaptureFiles);
  const std::size_t buffer = std::max(kAllBuffers / paths.size(), kLeastBuffer);
  bool is_unlimited = false;
  for (const std::string& path : paths) {
    auto reader = open_capture(path, buffer);
    if (!reader) return reader.take_error();
    files->inputs_.push_back(std::make_unique<Input>(*files, files->inputs_.size(), reader.take()));
    Input& input = *files->inputs_.back();
    files->waiting_.push_back(&input);
    auto known = input.reader().first_interfaces();
    if (!known) return known.take_error();
    for (const Interface& interface : *known) {
      files->link_types_.insert(interface.link_type);
      is_unlimited |= interface.snaplen == 0;
      files->snaplen_ = std::max(files->snaplen_, interface.snaplen);
    }
    if (known->empty() || !begin) continue;
    const File file{.path = path, .first = known->front(), .has_directions = input.reader().has_directions()};
    if (auto begun = begin(file); !begun) return begun.take_error();
  }
  if (is_unlimited) files->snaplen_ = 0;
  if (paths.size() == 1) files->only_ = &files->inputs_.front()->reader();
  return files;
}

Result<bool> CaptureFiles::fill(Sink& sink, Deadline deadline) {
  while (!waiting_.empty()) {
    Input& input = *waiting_.front();
    auto state = input.read(sink, deadline);
    if (!state && state.error().kind() == ErrorKind::kOutput) return state.take_error();
    if (state && *state == ReadState::kNothingYet) return false;
    waiting_.erase(waiting_.begin());
    if (state && *state == ReadState::kData) {
      heads_.push_back(&input);
      std::push_heap(heads_.begin(), heads_.end(), Input::is_later);
      continue;
    }
    if (!state && !damage_) damage_ = state.take_error();
    options_left_out_ += input.reader().options_left_out();
    if (auto totals = input.statistics()) statistics_.insert(statistics_.end(), totals->begin(), totals->end());
    std::erase_if(inputs_, [&](const auto& other) { return other.get() == &input; });
  }
  return true;
}

Result<SourceState> CaptureFiles::merge(Sink& sink, std::uint64_t max_records, Deadline deadline) {
  for (std::uint64_t handed_over = 0; handed_over < max_records; ++handed_over) {
    auto filled = fill(sink, deadline);
    if (!filled) return filled.take_error();
    if (!*filled) return SourceState::kMore;
    if (heads_.empty()) return end();
    std::pop_heap(heads_.begin(), heads_.end(), Input::is_later);
    Input* earliest = heads_.back();
    heads_.pop_back();
    waiting_.push_back(earliest);
    if (auto taken = sink.on_record(earliest->head()); !taken) return taken.take_error();
    // From here on only data that has arrived: the first record must not wait for the second.
    deadline = std::chrono::steady_clock::now();
  }
  return SourceState::kMore;
}

Result<SourceState> CaptureFiles::end() {
  if (damage_) return *std::exchange(damage_, std::nullopt);
  return SourceState::kEnd;
}

Result<SourceState> CaptureFiles::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  if (only_ != nullptr) return only_->turn(sink, max_records, wait);
  return merge(sink, max_records, std::chrono::steady_clock::now() + std::min(wait, kLongestWait));
}

Result<> CaptureFiles::stop() {
  if (only_ != nullptr) return only_->stop();
  waiting_.clear();
  heads_.clear();
  return ok();
}

std::uint64_t CaptureFiles::options_left_out() const {
  std::uint64_t sum = options_left_out_;
  for (const auto& input : inputs_) sum += input->reader().options_left_out();
  return sum;
}

Result<std::vector<InterfaceStatistics>> CaptureFiles::statistics() {
  std::vector<InterfaceStatistics> all = statistics_;
  for (const auto& input : inputs_) {
    auto some = only_ != nullptr ? only_->statistics() : input->statistics();
    if (!some) return some;
    all.insert(all.end(), some->begin(), some->end());
  }
  std::sort(all.begin(), all.end(),
            [](const auto& one, const auto& other) { return one.interface_id < other.interface_id; });
  return all;
}

}  // namespace ringtap
