// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over capture files, one after the other; their interfaces are numbered consecutively. A file is opened
// when the previous one has ended. Files may have different link types; a sink that cannot store that (a pcap file)
// returns an Error. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "file/capture_reader.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class CaptureFiles final : public RecordSource {
 public:
  // Called for each file that has an interface, before its records; its Error ends the reading.
  using Begin = std::function<Result<>(const CaptureFiles& files, const std::string& path, const Interface& first)>;

  // When this returns, the first of `paths`, of which there must be at least one, is open.
  static Result<std::unique_ptr<CaptureFiles>> open(std::vector<std::string> paths, Begin begin);

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  // As in CaptureReader, for the first file.
  Result<const Interface*> first_interface() { return reader_->first_interface(); }
  // As in CaptureReader, for the file that is being read; valid in Begin, too.
  [[nodiscard]] bool has_directions() const { return reader_->has_directions(); }

 private:
  CaptureFiles(std::vector<std::string> paths, Begin begin) : paths_(std::move(paths)), begin_(std::move(begin)) {}
  Result<> open_next();

  std::vector<std::string> paths_;
  Begin begin_;
  std::size_t opened_ = 0;                       // of paths_
  std::unique_ptr<CaptureReader> reader_;        // the last one opened
  std::vector<InterfaceStatistics> statistics_;  // of the files before it
};

}  // namespace ringtap
