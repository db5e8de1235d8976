// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/capture_files.hpp"

namespace ringtap {

Result<std::unique_ptr<CaptureFiles>> CaptureFiles::open(std::vector<std::string> paths, Begin begin) {
  std::unique_ptr<CaptureFiles> files(new CaptureFiles(std::move(paths), std::move(begin)));
  if (auto opened = files->open_next(); !opened) return opened.take_error();
  return files;
}

Result<> CaptureFiles::open_next() {
  const std::string& path = paths_[opened_++];
  auto reader = open_capture(path, reader_ == nullptr ? 0 : reader_->next_interface_id());
  if (!reader) return reader.take_error();
  if (auto told = statistics(); told) statistics_ = told.take();
  reader_ = reader.take();
  reader_->on_begin([this, &path](const Interface& first) { return begin_ ? begin_(*this, path, first) : ok(); });
  return ok();
}

Result<SourceState> CaptureFiles::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  auto state = reader_->turn(sink, max_records, wait);
  if (!state || *state == SourceState::kMore || opened_ == paths_.size()) return state;
  if (auto opened = open_next(); !opened) {
    opened_ = paths_.size();
    return opened.take_error();
  }
  return SourceState::kMore;
}

Result<> CaptureFiles::stop() {
  opened_ = paths_.size();
  return reader_->stop();
}

Result<std::vector<InterfaceStatistics>> CaptureFiles::statistics() {
  std::vector<InterfaceStatistics> all = statistics_;
  if (reader_ == nullptr) return all;
  auto last = reader_->statistics();
  if (!last) return last;
  all.insert(all.end(), last->begin(), last->end());
  return all;
}

}  // namespace ringtap
