// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over capture files, one after the other; their interfaces get growing numbers. One thread; a file is
// opened when the one before it has ended. Each may have a link type of its own: what cannot take that (a pcap file)
// says so.
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
  // Told of each file with an interface, before any record of it; its Error ends the reading.
  using Begin = std::function<Result<>(const CaptureFiles& files, const std::string& path, const Interface& first)>;

  // The first of `paths`, of which there is one at least, is open when this returns.
  static Result<std::unique_ptr<CaptureFiles>> open(std::vector<std::string> paths, Begin begin);

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  // As of CaptureReader, of the first file.
  Result<const Interface*> first_interface() { return reader_->first_interface(); }
  // As of CaptureReader, of the file that is being read, also when Begin is called.
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
