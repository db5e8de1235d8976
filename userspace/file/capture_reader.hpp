// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over a capture file: pcap or pcapng, plain or packed with gzip or zstd, told apart by their first
// bytes. Records go out as soon as they are whole, so a pipe is followed live. A damaged file is an Error after its
// good part. Owns the input. One thread; a turn reads the input until there are records, and then hands over what was
// read.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "file/format_parser.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class CaptureReader final : public RecordSource {
 public:
  // Told of the first interface before anybody else; its Error ends the reading.
  using Begin = std::function<Result<>(const Interface& first)>;

  // `name` is for messages.
  CaptureReader(std::unique_ptr<ByteSource> source, std::string name)
      : in_(std::move(source)), name_(std::move(name)) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  // What interface statistics blocks have told so far.
  Result<std::vector<InterfaceStatistics>> statistics() override;

  // The first interface, read ahead however long it takes; null for a file without any. Before the first turn.
  Result<const Interface*> first_interface();

  void on_begin(Begin begin) { begin_ = std::move(begin); }
  // Interfaces of the file get numbers from here on; before anything is read.
  void number_interfaces_from(std::uint32_t first) { next_interface_id_ = first; }
  // As of FormatParser; once the first interface is known.
  [[nodiscard]] bool has_directions() const { return parser_ != nullptr && parser_->has_directions(); }
  // Behind the last interface read.
  [[nodiscard]] std::uint32_t next_interface_id() const { return next_interface_id_; }

  // Finds out the format; waits for the first bytes however long it takes. turn() does it too, in its time.
  Result<> detect_format();

 private:
  Result<ParseStep> next();
  Result<bool> detect();  // false: not enough bytes yet

  InputBuffer in_;
  std::string name_;
  std::unique_ptr<FormatParser> parser_;  // null until the format is known
  std::optional<ParseStep> read_ahead_;   // made by first_interface(), and still to be dealt with
  Begin begin_;                           // none once it was called
  std::uint32_t next_interface_id_ = 0;
  bool is_over_ = false;
};

// "-" is standard input. The format of a regular file is known when this returns; that of a pipe may take its time.
Result<std::unique_ptr<CaptureReader>> open_capture(const std::string& path, std::uint32_t first_interface_id = 0);

}  // namespace ringtap
