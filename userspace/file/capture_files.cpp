// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/capture_files.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace ringtap {
namespace {

// So that thousands of files do not need gigabytes; a buffer grows when a record needs it.
constexpr std::size_t kAllBuffers = 16 * 1024 * 1024;
constexpr std::size_t kLeastBuffer = 16 * 1024;

}  // namespace

// One file, and the record of it that comes next. With a CaptureInput the file is closed until that is due.
class CaptureFiles::Input final : public Sink {
 public:
  Input(CaptureFiles& files, std::size_t number, std::unique_ptr<CaptureReader> reader)
      : files_(files), number_(number), reader_(std::move(reader)) {}
  Input(CaptureFiles& files, std::size_t number, std::unique_ptr<CaptureInput> later)
      : files_(files), number_(number), later_(std::move(later)) {}

  [[nodiscard]] CaptureReader* reader() { return reader_.get(); }
  [[nodiscard]] const std::string& path() const { return later_->path(); }
  // None: the file is closed.
  [[nodiscard]] const RecordView* head() const { return head_ ? &*head_ : nullptr; }
  static bool is_later(const Input* one, const Input* other) {
    return std::pair(one->time_ns_, one->number_) > std::pair(other->time_ns_, other->number_);
  }

  // Of a CaptureInput: keeps what comes before the first record, and learns when that comes. The interfaces that are at
  // the very beginning, as of CaptureReader.
  Result<std::vector<Interface>> look() {
    auto reader = later_->open(CaptureInput::Extent::kBeginning);
    if (!reader) return reader.take_error();
    if (*reader == nullptr) return std::vector<Interface>{};
    reader_ = reader.take();
    auto known = reader_->first_interfaces();
    if (!known) return known;
    has_directions_ = reader_->has_directions();
    is_looking_ = true;
    std::optional<std::uint64_t> first_ns;
    for (bool goes_on = true; goes_on && !first_ns;) {
      const std::size_t before = ahead_.size();
      auto state = reader_->turn(*this, 1, {});
      if (!state) {
        // What is damaged after the beginning is met again when it is due.
        if (ahead_.empty()) return state.take_error();
        break;
      }
      if (head_) first_ns = head_->time_ns;
      goes_on = *state == SourceState::kMore && ahead_.size() > before;
    }
    is_looking_ = false;
    head_.reset();
    due_ns_ = first_ns ? first_ns : later_->due_ns();
    if (!due_ns_) {
      options_left_out_ = reader_->options_left_out();
      if (auto totals = reader_->statistics()) statistics_ = totals.take();
    }
    reader_.reset();
    return known;
  }
  [[nodiscard]] bool has_directions() const { return has_directions_; }

  // Reads on until there is a record, or until the file is due; interfaces go to `sink`. kEnd: there is none any more.
  Result<ReadState> read(Sink& sink, Deadline deadline) {
    out_ = &sink;
    head_.reset();
    if (later_ != nullptr) {
      if (!ahead_.empty()) {
        if (auto handed_over = hand_over_ahead(); !handed_over) return handed_over.take_error();
      }
      if (due_ns_ && !is_due_) {
        is_due_ = true;
        time_ns_ = *due_ns_;
        return ReadState::kData;
      }
      if (!due_ns_) return ReadState::kEnd;
      if (reader_ == nullptr) {
        if (auto opened = open(); !opened) return opened.take_error();
      }
    }
    while (!head_) {
      // The record borrows from the reader, which does not go on before the next call.
      auto state = reader_->turn(*this, 1, std::max(deadline - std::chrono::steady_clock::now(), Deadline::duration()));
      if (!state) return state.take_error();
      if (head_) break;
      if (*state == SourceState::kEnd) return ReadState::kEnd;
      if (std::chrono::steady_clock::now() >= deadline) return ReadState::kNothingYet;
    }
    time_ns_ = later_ == nullptr ? head_->time_ns : std::max(head_->time_ns, later_->floor_ns());
    return ReadState::kData;
  }
  Result<std::vector<InterfaceStatistics>> statistics() {
    auto totals = reader_ == nullptr ? Result(statistics_) : reader_->statistics();
    if (totals) {
      std::erase_if(*totals, [this](const auto& one) { return one.interface_id >= ids_.size(); });  // not announced yet
      for (InterfaceStatistics& interface : *totals) interface.interface_id = ids_[interface.interface_id];
    }
    return totals;
  }
  [[nodiscard]] std::uint64_t options_left_out() const {
    return reader_ == nullptr ? options_left_out_ : reader_->options_left_out();
  }
  [[nodiscard]] ReadPosition position() const {
    return later_ == nullptr && reader_ != nullptr ? reader_->position() : ReadPosition{};
  }

  Result<> on_interface(const Interface& interface) override {
    if (is_looking_) {
      ahead_.emplace_back(interface);
      return ok();
    }
    if (interfaces_to_pass_over_ > 0) {
      --interfaces_to_pass_over_;
      return ok();
    }
    ids_.push_back(files_.next_interface_id_++);
    if (!files_.has_several_) return out_->on_interface(interface);
    Interface announced = interface;
    if (files_.snaplen_ == 0 || announced.snaplen < files_.snaplen_) announced.snaplen = files_.snaplen_;
    return out_->on_interface(announced);
  }
  Result<> on_record(const RecordView& record) override {
    head_ = record;
    if (!is_looking_) head_->interface_id = ids_[record.interface_id];
    return ok();
  }
  Result<> on_block(const FileBlockView& block) override {
    if (is_looking_) {
      ahead_.emplace_back(OwnedBlock{block.kind, block.type, {block.body.begin(), block.body.end()}});
      return ok();
    }
    if (blocks_to_pass_over_ > 0) {
      --blocks_to_pass_over_;
      return ok();
    }
    return out_->on_block(block);
  }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return 0; }

 private:
  struct OwnedBlock {
    FileBlockKind kind;
    std::uint32_t type;
    std::vector<std::byte> body;
  };

  // When the file is opened again these come once more.
  Result<> hand_over_ahead() {
    std::size_t interfaces = 0;
    std::size_t blocks = 0;
    for (const auto& part : std::exchange(ahead_, {})) {
      if (const auto* interface = std::get_if<Interface>(&part)) {
        ++interfaces;
        if (auto taken = on_interface(*interface); !taken) return taken;
        continue;
      }
      ++blocks;
      const auto& block = std::get<OwnedBlock>(part);
      if (auto taken = on_block({block.kind, block.type, block.body}); !taken) return taken;
    }
    interfaces_to_pass_over_ = interfaces;
    blocks_to_pass_over_ = blocks;
    return ok();
  }
  Result<> open() {
    auto reader = later_->open(CaptureInput::Extent::kWhole);
    if (!reader) return reader.take_error();
    if (*reader == nullptr) return Error(path() + ": there is nothing in it any more");
    reader_ = reader.take();
    return ok();
  }

  CaptureFiles& files_;
  std::size_t number_;
  std::unique_ptr<CaptureInput> later_;  // outlives the reader, which it may know more of
  std::unique_ptr<CaptureReader> reader_;
  std::vector<std::uint32_t> ids_;  // of its interfaces, over all files
  std::optional<RecordView> head_;
  std::uint64_t time_ns_ = 0;  // when it comes
  Sink* out_ = nullptr;

  // Of a CaptureInput.
  std::vector<std::variant<Interface, OwnedBlock>> ahead_;
  std::optional<std::uint64_t> due_ns_;          // none: it has no packet that is wanted
  std::vector<InterfaceStatistics> statistics_;  // of one that is not due
  std::uint64_t options_left_out_ = 0;           // the same
  std::size_t interfaces_to_pass_over_ = 0;
  std::size_t blocks_to_pass_over_ = 0;
  bool is_looking_ = false;
  bool is_due_ = false;
  bool has_directions_ = false;
};

CaptureFiles::CaptureFiles() = default;
CaptureFiles::~CaptureFiles() = default;

Result<> CaptureFiles::begin_file(const std::string& path, const std::vector<Interface>& interfaces,
                                  bool has_directions, const Begin& begin) {
  for (const Interface& interface : interfaces) {
    link_types_.insert(interface.link_type);
    is_unlimited_ |= interface.snaplen == 0;
    snaplen_ = std::max(snaplen_, interface.snaplen);
  }
  if (interfaces.empty() || !begin) return ok();
  return begin({.path = path, .first = interfaces.front(), .has_directions = has_directions});
}

Result<std::unique_ptr<CaptureFiles>> CaptureFiles::open(const std::vector<std::string>& paths, const Begin& begin) {
  std::unique_ptr<CaptureFiles> files(new CaptureFiles);
  files->has_several_ = paths.size() > 1;
  const std::size_t buffer = std::max(kAllBuffers / paths.size(), kLeastBuffer);
  for (const std::string& path : paths) {
    auto reader = open_capture(path, buffer);
    if (!reader) return reader.take_error();
    files->inputs_.push_back(std::make_unique<Input>(*files, files->inputs_.size(), reader.take()));
    Input& input = *files->inputs_.back();
    files->waiting_.push_back(&input);
    auto known = input.reader()->first_interfaces();
    if (!known) return known.take_error();
    auto begun = files->begin_file(path, *known, input.reader()->has_directions(), begin);
    if (!begun) return begun.take_error();
  }
  if (files->is_unlimited_) files->snaplen_ = 0;
  if (paths.size() == 1) files->only_ = files->inputs_.front()->reader();
  return files;
}

Result<std::unique_ptr<CaptureFiles>> CaptureFiles::open(std::vector<std::unique_ptr<CaptureInput>> inputs,
                                                         const Begin& begin, Damaged damaged) {
  std::unique_ptr<CaptureFiles> files(new CaptureFiles);
  files->on_damage_ = std::move(damaged);
  for (auto& later : inputs) {
    auto input = std::make_unique<Input>(*files, files->inputs_.size(), std::move(later));
    auto known = input->look();
    if (!known) {
      ++files->damaged_;
      files->on_damage_(known.error());
      continue;
    }
    auto begun = files->begin_file(input->path(), *known, input->has_directions(), begin);
    if (!begun) return begun.take_error();
    files->waiting_.push_back(input.get());
    files->inputs_.push_back(std::move(input));
  }
  files->has_several_ = files->inputs_.size() > 1;
  if (files->is_unlimited_) files->snaplen_ = 0;
  return files;
}

void CaptureFiles::close(Input& input) {
  options_left_out_ += input.options_left_out();
  position_ += input.position();
  if (auto totals = input.statistics()) statistics_.insert(statistics_.end(), totals->begin(), totals->end());
  std::erase_if(inputs_, [&](const auto& other) { return other.get() == &input; });
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
    if (!state && on_damage_) {
      ++damaged_;
      on_damage_(state.error());
    } else if (!state && !damage_) {
      damage_ = state.take_error();
    }
    close(input);
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
    if (earliest->head() == nullptr) {  // it is opened now
      --handed_over;
      continue;
    }
    if (auto taken = sink.on_record(*earliest->head()); !taken) return taken.take_error();
    // From here on only data that has arrived: the first record must not wait for the second.
    deadline = std::chrono::steady_clock::now();
  }
  return SourceState::kMore;
}

Result<SourceState> CaptureFiles::end() {
  if (damage_) return *std::exchange(damage_, std::nullopt);
  if (const std::uint64_t count = std::exchange(damaged_, 0); count > 0) {
    return Error(std::to_string(count) + (count == 1 ? " file was" : " files were") + " not read to the end");
  }
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

ReadPosition CaptureFiles::position() const {
  ReadPosition sum = position_;
  for (const auto& input : inputs_) sum += input->position();
  return sum;
}

std::uint64_t CaptureFiles::options_left_out() const {
  std::uint64_t sum = options_left_out_;
  for (const auto& input : inputs_) sum += input->options_left_out();
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
